//! Where an answer ends, and whether it is one (RFC 9112 sections 2 to 7).

use super::redirect::stolen;
use super::tls::GOOD;
use super::{Row, STOLEN};
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{HALF_TOKEN, JSON, OK, TOKEN};
use crate::hostile::expected::Verdict;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(lengths());
    rows.extend(chunks());
    rows.extend(heads());
    rows.extend(more_than_one());
    rows
}

fn lengths() -> Vec<Row> {
    let whole = TOKEN.len();
    let two = |second: usize| format!("Content-Length: {whole}\r\nContent-Length: {second}");
    let said = |value: &str| format!("Content-Length: {value}");
    let both = format!("Content-Length: {whole}\r\nTransfer-Encoding: chunked");
    vec![
        with("two equal lengths", ONE_OR_NONE, &two(whole)),
        with("two lengths, the first one true", BROKEN, &two(5)),
        with(
            "two lengths, the second one true",
            BROKEN,
            &format!("Content-Length: 5\r\nContent-Length: {whole}"),
        ),
        with("two equal lengths in one field", ONE_OR_NONE, &said(&format!("{whole}, {whole}"))),
        with("two lengths in one field", BROKEN, &said(&format!("{whole}, 5"))),
        with("a negative length", BROKEN, &said("-1")),
        with("a length with a sign", BROKEN, &said(&format!("+{whole}"))),
        with("a length in base 16", BROKEN, &said("0x59")),
        with("an empty length", BROKEN, &said("")),
        with("a length beyond 64 bits", BROKEN, &said("99999999999999999999999")),
        with("a length of 2^64 - 1", BROKEN, &said("18446744073709551615")),
        with("a length that is too small", &[Verdict::Malformed], &said("20")),
        Row::answering(
            "a length and chunks",
            BROKEN,
            [head(&[OK, JSON, &both]), chunk(TOKEN), say("0\r\n\r\n")],
        ),
        with("a length and chunks that are none", BROKEN, &both),
        Row::answering(
            "a length that is too large",
            BROKEN,
            [head(&[OK, JSON, "Content-Length: 1000"]), say(HALF_TOKEN)],
        ),
        Row::answering(
            "a body that the connection's end ends",
            &[Verdict::Taken],
            [head(&[OK, JSON]), say(TOKEN)],
        ),
    ]
}

fn chunks() -> Vec<Row> {
    let chunked = |name, expected, acts: Vec<Act>| {
        let head = [head(&[OK, JSON, CHUNKED])];
        Row::answering(name, expected, head.into_iter().chain(acts))
    };
    let coded = |name, expected, coding: &str| {
        let head = head(&[OK, JSON, &format!("Transfer-Encoding: {coding}")]);
        Row::answering(name, expected, [head, chunk(TOKEN), say("0\r\n\r\n")])
    };
    let end = || say("0\r\n\r\n");
    vec![
        chunked("chunks", &[Verdict::Taken], vec![chunk(TOKEN), end(), Act::Again]),
        chunked("chunks without their end", BROKEN, vec![chunk(TOKEN)]),
        // The chunk that ends them has come (RFC 9112 section 8).
        chunked("chunks without the last line", ONE_OR_NONE, vec![chunk(TOKEN), say("0\r\n")]),
        chunked("a chunk cut short", BROKEN, vec![say("59\r\n"), say(HALF_TOKEN)]),
        chunked("a chunk size that is no number", BROKEN, vec![say("zz\r\n"), say(TOKEN), end()]),
        chunked("a negative chunk size", BROKEN, vec![say("-1\r\n"), say(TOKEN), end()]),
        chunked("an empty chunk size", BROKEN, vec![say("\r\n"), say(TOKEN), end()]),
        chunked(
            "a chunk size beyond 64 bits",
            BROKEN,
            vec![say("10000000000000059\r\n"), say(TOKEN), say("\r\n"), end()],
        ),
        chunked("a chunk of 2^64 - 1", BROKEN, vec![say("ffffffffffffffff\r\n"), say(TOKEN)]),
        chunked(
            "a chunk longer than its size",
            BROKEN,
            vec![say("10\r\n"), say(TOKEN), say("\r\n"), end()],
        ),
        coded("Transfer-Encoding: gzip, chunked", BROKEN, "gzip, chunked"),
        coded("Transfer-Encoding: chunked, gzip", BROKEN, "chunked, gzip"),
        coded("Transfer-Encoding: chunked, chunked", BROKEN, "chunked, chunked"),
        coded("Transfer-Encoding: gzip", BROKEN, "gzip"),
        coded("Transfer-Encoding: identity", BROKEN, "identity"),
        coded("Transfer-Encoding: xchunked", BROKEN, "xchunked"),
        Row::answering(
            "chunks in HTTP/1.0",
            BROKEN,
            [head(&["HTTP/1.0 200 OK", JSON, CHUNKED]), chunk(TOKEN), say("0\r\n\r\n")],
        ),
    ]
}

fn heads() -> Vec<Row> {
    let starting = |name, expected, line: &str| {
        let length = format!("Content-Length: {}", TOKEN.len());
        Row::answering(name, expected, [head(&[line, JSON, &length]), say(TOKEN)])
    };
    let told = |name, expected, text: &'static str| Row::answering(name, expected, [say(text)]);
    vec![
        starting("HTTP/1.0", &[Verdict::Taken], "HTTP/1.0 200 OK"),
        starting("HTTP/1.2", BROKEN, "HTTP/1.2 200 OK"),
        starting("HTTP/2.0 in letters", BROKEN, "HTTP/2.0 200 OK"),
        starting("a status of two digits", BROKEN, "HTTP/1.1 20 OK"),
        starting("a status that is no number", BROKEN, "HTTP/1.1 2x0 OK"),
        starting("a negative status", BROKEN, "HTTP/1.1 -200 OK"),
        told("HTTP/0.9: a body without a head", BROKEN, TOKEN),
        told("the preface of HTTP/2", BROKEN, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        told("a request", BROKEN, "POST /token HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        told("garbage", BROKEN, "\u{0}\u{1}\u{2}\u{7f}garbage\r\n\r\n\r\n"),
        told("half a head", BROKEN, "HTTP/1.1 200 OK\r\nContent-Type: application/j").repeated(),
        Row::answering(
            "lines that end in LF alone",
            &[Verdict::Taken],
            [
                Act::Head(format!("{OK}\n{JSON}\nContent-Length: {}\n\n", TOKEN.len())),
                say(TOKEN),
                Act::Again,
            ],
        ),
        with_line("NUL in a header", BROKEN, "X-Odd: a\0b"),
        with_line("CR in a header", BROKEN, "X-Odd: a\rContent-Length: 5"),
        with_line("a folded header", BROKEN, "X-Odd: a\r\n b"),
        with_line("a space before a colon", BROKEN, "X-Odd : a"),
        with_line("a header without a name", BROKEN, ": a"),
        with_line("a header without a colon", BROKEN, "odd"),
        with_line("two media types", &[Verdict::TwoTypes], "Content-Type: text/html"),
    ]
}

/// Answers that nobody asked for, on connections that are kept.
fn more_than_one() -> Vec<Row> {
    let whole =
        |body: &str| format!("{OK}\r\n{JSON}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let in_one = (whole(TOKEN) + &whole(STOLEN)).into_bytes();
    let good = whole(TOKEN).into_bytes();
    vec![
        Row::answering(
            "two answers in one segment",
            &[Verdict::Taken],
            [Act::Say(in_one.into()), Act::Sent, Act::Again],
        ),
        Row::answering(
            "a second answer right after the first",
            &[Verdict::Taken],
            [Act::Say(good.clone().into()), stolen(), Act::Sent, Act::Again],
        ),
        Row::answering(
            "a second answer right after the first, over TLS",
            &[Verdict::Taken],
            [Act::Say(good.clone().into()), stolen(), Act::Sent, Act::Again],
        )
        .over(GOOD),
        Row::answering(
            "half an answer after the first",
            &[Verdict::Taken],
            [Act::Say(good.clone().into()), say("HTTP/1.1 200 OK\r\n"), Act::Sent, Act::Again],
        ),
        // A server that is trusted may answer before it is asked; what it says is its answer then,
        // or it is refused.
        Row::new(
            "an answer before the request",
            &[Verdict::Taken, Verdict::Interrupted, Verdict::NoConnection],
            vec![Act::Say(good.into()), Act::Request],
        )
        .repeated(),
    ]
}

/// A good answer with these lines in place of its length.
fn with(name: &str, expected: &'static [Verdict], lines: &str) -> Row {
    Row::answering(name, expected, [head(&[OK, JSON, lines]), say(TOKEN)])
}

/// A good answer with one more line in its head.
fn with_line(name: &str, expected: &'static [Verdict], line: &str) -> Row {
    with(name, expected, &format!("{line}\r\nContent-Length: {}", TOKEN.len()))
}

fn chunk(text: &str) -> Act {
    Act::Say(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes().into())
}

pub(super) const CHUNKED: &str = "Transfer-Encoding: chunked";
const BROKEN: &[Verdict] = &[Verdict::Interrupted];
/// A reader may take what is said twice alike, or refuse it (RFC 9112 section 6.3).
const ONE_OR_NONE: &[Verdict] = &[Verdict::Taken, Verdict::Interrupted];
