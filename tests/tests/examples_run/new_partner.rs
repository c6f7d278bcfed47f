//! A partner that is data.

use crate::running::Running;

#[test]
fn a_new_partner_is_a_file_of_eleven_lines() {
    let run = Running::start("new_partner", &[]).end();
    assert!(run.succeeded, "{}{}", run.stdout, run.stderr);
    let said: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        said[..7],
        [
            "A new partner in 11 lines of JSON",
            "A token for labels tracking, good for 15 minutes",
            "The API answers 200 OK",
            "The API answers 200 OK",
            "The API answers 200 OK",
            "The partner forgets its tokens; the API answers 200 OK",
            "Requests for tokens: 2",
        ]
    );
    // The partner's own words, from where its file says that they stand.
    assert!(said[7].contains("\"this key was replaced; look for the new one"), "{}", said[7]);
    assert!(said[8].contains("unknown field `bodi`"), "{}", said[8]);
    for secret in ["k3y:of&the+shop", "c2hvcDprM3k6b2YmdGhlK3Nob3A", "of-last-year", "parcel-token"]
    {
        assert!(!(run.stdout.clone() + &run.stderr).contains(secret), "{secret}");
    }
}
