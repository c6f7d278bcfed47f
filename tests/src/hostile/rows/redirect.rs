//! Statuses that are not the one of a good answer, whatever they have in their bodies.

use super::{Row, STOLEN};
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{JSON, TOKEN};
use crate::hostile::expected::Verdict;

pub(super) fn rows(elsewhere: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        for (place, target) in [
            ("another host", format!("http://127.0.0.1:{elsewhere}/token")),
            ("itself", "/".into()),
        ] {
            for (kind, body) in [("", ""), (", with a token", STOLEN)] {
                let answer = head(&[
                    &format!("HTTP/1.1 {status} Elsewhere"),
                    &format!("Location: {target}"),
                    JSON,
                    &format!("Content-Length: {}", body.len()),
                ]);
                let name = format!("{status} to {place}{kind}");
                rows.push(Row::answering(
                    name,
                    REDIRECT,
                    [answer, say(body), Act::Sent, Act::Again],
                ));
            }
        }
    }
    let refreshing = format!("Refresh: 0; url=http://127.0.0.1:{elsewhere}/token");
    rows.extend([
        Row::answering(
            "302, empty, and a token behind it",
            REDIRECT,
            [
                head(&["HTTP/1.1 302 Found", "Location: /", "Content-Length: 0"]),
                stolen(),
                Act::Sent,
                Act::Again,
            ],
        ),
        Row::answering(
            "200 with Location and Refresh to another host",
            &[Verdict::Taken],
            [
                head(&[
                    "HTTP/1.1 200 OK",
                    &refreshing,
                    &format!("Location: http://127.0.0.1:{elsewhere}/token"),
                    JSON,
                    &format!("Content-Length: {}", TOKEN.len()),
                ]),
                say(TOKEN),
                Act::Again,
            ],
        ),
    ]);
    for (status, expected) in ODD {
        let length = format!("Content-Length: {}", STOLEN.len());
        let answer = head(&[&format!("HTTP/1.1 {status} Odd"), JSON, &length]);
        let name = format!("{status}, with a token");
        rows.push(Row::answering(name, expected, [answer, say(STOLEN), Act::Sent, Act::Again]));
    }
    rows
}

/// A whole answer that nobody asked for.
pub(super) fn stolen() -> Act {
    let length = STOLEN.len();
    let answer = format!("HTTP/1.1 200 OK\r\n{JSON}\r\nContent-Length: {length}\r\n\r\n{STOLEN}");
    Act::Say(answer.into_bytes().into())
}

const REDIRECT: &[Verdict] = &[Verdict::Redirect];

/// Statuses that no token comes with.
const ODD: [(u16, &[Verdict]); 10] = [
    (99, &[Verdict::Interrupted]),
    (101, &[Verdict::Undecided(101)]),
    (201, &[Verdict::OddStatus]),
    (204, &[Verdict::OddStatus]),
    (205, &[Verdict::OddStatus]),
    (206, &[Verdict::OddStatus]),
    (407, &[Verdict::Undecided(407)]),
    (600, &[Verdict::Passing(600)]),
    (999, &[Verdict::Passing(999)]),
    (1000, &[Verdict::Interrupted]),
];
