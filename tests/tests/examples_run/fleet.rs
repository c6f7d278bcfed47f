//! Four processes and one session.

use crate::running::Running;

#[test]
fn one_of_four_processes_refreshes_for_all() {
    let run = Running::start("fleet", &[]).end();
    assert!(run.succeeded, "{}{}", run.stdout, run.stderr);
    for number in 1..=4 {
        assert!(run.stdout.contains(&format!("process {number}: 100 calls")), "{}", run.stdout);
    }
    assert_eq!(run.stdout.matches("the refresh for all").count(), 1, "{}", run.stdout);
    let ledger = "Calls: 400 answered, 4 of them at the second try, with the new token\n\
                  Requests to the token endpoint: 2, the login and 1 refresh\n";
    assert!(run.stdout.ends_with(ledger), "{}", run.stdout);
    run.says_no_secret_but(&[]);
}

#[test]
fn without_a_redis_one_sentence_says_what_is_missing() {
    let run = Running::start("fleet", &[("PATH", "/nowhere")]).end();
    assert!(!run.succeeded && run.stdout.is_empty(), "{}", run.stdout);
    let sentence = "there is no redis-server here: install the Debian package redis-server\n";
    assert_eq!(run.stderr, sentence);
}
