//! Answers that are too long, in each of their parts.

use super::Row;
use super::framing::CHUNKED;
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{JSON, OK, TOKEN};
use crate::hostile::expected::Verdict;

pub(super) fn rows() -> Vec<Row> {
    let chunked = || head(&[OK, JSON, CHUNKED]);
    let open = || say(r#"{"access_token":""#);
    let token =
        || [head(&[OK, JSON, &format!("Content-Length: {}", TOKEN.len())]), say(TOKEN), Act::Again];
    let after = |name, expected, early: Act| {
        Row::answering(name, expected, [early].into_iter().chain(token()))
    };
    vec![
        Row::answering(
            "an endless body",
            LARGE,
            [head(&[OK, JSON]), open(), Act::Repeat("a", usize::MAX)],
        ),
        Row::answering(
            "an endless body of 10 GB",
            LARGE,
            [
                head(&[OK, JSON, "Content-Length: 10000000000"]),
                open(),
                Act::Repeat("a", usize::MAX),
            ],
        ),
        Row::answering(
            "endless chunks",
            LARGE,
            [chunked(), Act::Repeat("20\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", usize::MAX)],
        ),
        Row::answering(
            "an endless chunk extension",
            BROKEN,
            [chunked(), say("1;"), Act::Repeat("a", usize::MAX)],
        ),
        Row::answering(
            "a chunk size with endless zeros",
            ENDLESS,
            [chunked(), Act::Repeat("0", usize::MAX)],
        )
        .hanging(),
        Row::answering(
            "a chunk extension of 1 MB",
            BROKEN,
            [chunked(), say("1;"), Act::Repeat("a", MB), say("\r\na\r\n0\r\n\r\n")],
        ),
        Row::answering(
            "endless trailers",
            ENDLESS,
            [chunked(), say("0\r\n"), Act::Repeat("X-Odd: a\r\n", usize::MAX)],
        )
        .hanging(),
        Row::answering("an endless status line", BROKEN, [say(OK), Act::Repeat("a", usize::MAX)]),
        Row::answering(
            "an endless header line",
            BROKEN,
            [say("HTTP/1.1 200 OK\r\nX-Odd: "), Act::Repeat("a", usize::MAX)],
        ),
        Row::answering(
            "endless header lines",
            BROKEN,
            [say("HTTP/1.1 200 OK\r\n"), Act::Repeat("X-Odd: a\r\n", usize::MAX)],
        ),
        Row::answering(
            "endless lines before the status line",
            BROKEN,
            [Act::Repeat("\r\n", usize::MAX)],
        ),
        Row::answering(
            "a header line of 1 MB",
            BROKEN,
            [say("HTTP/1.1 200 OK\r\nX-Odd: "), Act::Repeat("a", MB), say("\r\n\r\n")],
        ),
        Row::answering(
            "header lines that make 1 MB",
            BROKEN,
            [say("HTTP/1.1 200 OK\r\n"), Act::Repeat("X-Odd: a\r\n", MB / 10), say("\r\n\r\n")],
        ),
        after("100 before the answer", TAKEN, say("HTTP/1.1 100 Continue\r\n\r\n")),
        after("103 before the answer", TAKEN, say("HTTP/1.1 103 Early Hints\r\n\r\n")),
        after(
            "103 five times before the answer",
            TAKEN,
            Act::Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 5),
        ),
        after(
            "102 and a token of its own",
            TAKEN,
            say("HTTP/1.1 102 Processing\r\nContent-Length: 0\r\n\r\n"),
        ),
        Row::answering(
            "endless 100",
            ENDLESS,
            [Act::Repeat("HTTP/1.1 100 Continue\r\n\r\n", usize::MAX)],
        )
        .hanging(),
        Row::answering(
            "endless 103",
            ENDLESS,
            [Act::Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", usize::MAX)],
        )
        .hanging(),
    ]
}

const MB: usize = 1_000_000;
const LARGE: &[Verdict] = &[Verdict::TooLarge];
const BROKEN: &[Verdict] = &[Verdict::Interrupted];
const TAKEN: &[Verdict] = &[Verdict::Taken];
/// Whoever counts them gives up before the time is over.
const ENDLESS: &[Verdict] = &[Verdict::Late, Verdict::Interrupted];
