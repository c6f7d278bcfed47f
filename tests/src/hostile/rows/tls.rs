//! Handshakes that fail or do not end, and TLS that ends too early.

use super::connection::CUT;
use super::{Link, PLAIN, Row};
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{HALF_TOKEN, JSON, OK, TOKEN};
use crate::hostile::certificates::Flaw;
use crate::hostile::expected::Verdict;

pub(super) fn rows() -> Vec<Row> {
    let length = format!("Content-Length: {}", TOKEN.len());
    let good = || [head(&[OK, JSON, &length]), say(TOKEN), Act::Again];
    let until_closed = || [head(&[OK, JSON]), say(TOKEN)];
    let mut rows = vec![
        Row::answering(PLAIN, TAKEN, good()).over(GOOD),
        Row::answering(
            "TLS, a body that its farewell ends",
            TAKEN,
            until_closed().into_iter().chain([Act::Farewell]),
        )
        .over(GOOD),
        // Anybody on the way can end a TCP connection.
        Row::answering(
            "TLS, a body that the end of TCP cuts",
            CUT,
            [head(&[OK, JSON]), say(HALF_TOKEN)],
        )
        .over(GOOD),
        Row::answering(
            "TLS, a whole body that the end of TCP ends",
            &[Verdict::Taken, Verdict::Interrupted],
            until_closed(),
        )
        .over(GOOD),
        Row::answering(
            "TLS, chunks that the end of TCP ends",
            BROKEN,
            [
                head(&[OK, JSON, "Transfer-Encoding: chunked"]),
                say("5a\r\n"),
                say(TOKEN),
                say("\r\n"),
            ],
        )
        .over(GOOD),
        Row::answering("TLS, an end in place of an answer", BROKEN, []).over(GOOD).repeated(),
    ];
    for (name, flaw) in [
        ("a certificate of another host", Flaw::OtherHost),
        ("an expired certificate", Flaw::Expired),
        ("a certificate that is not valid yet", Flaw::NotYetValid),
        ("a self-signed certificate", Flaw::SelfSigned),
        ("a certificate by an unknown CA", Flaw::UnknownCa),
        ("a certificate by a server, which is no CA", Flaw::NoCa),
        ("a certificate for clients only", Flaw::ForClients),
    ] {
        rows.push(Row::answering(name, UNTRUSTED, good()).over(Link::Https(flaw)));
    }
    let in_place = |name, expected, acts: Vec<Act>| {
        // The first bytes of the client's hello have come.
        let hello = [Act::Read(100)];
        Row::new(name, expected, hello.into_iter().chain(acts).collect()).over(Link::InPlaceOfTls)
    };
    rows.extend([
        in_place("plain HTTP in place of TLS", UNTRUSTED, vec![say("HTTP/1.1 400 Bad\r\n\r\n")]),
        in_place("TLS 1.1", UNTRUSTED, vec![say(OLD_HELLO), Act::Hold]),
        in_place("a handshake that ends", &[Verdict::NoConnection], vec![say(&HALF_HELLO)])
            .repeated(),
        in_place(
            "a handshake that RST ends",
            &[Verdict::NoConnection],
            vec![say(&HALF_HELLO), Act::Reset],
        )
        .repeated(),
        in_place("a handshake that stops", LATE, vec![say(&HALF_HELLO), Act::Hold]).hanging(),
        in_place("a handshake byte by byte", LATE, vec![say(&HALF_HELLO), Act::Drip("a")])
            .hanging(),
        in_place("no handshake", LATE, vec![Act::Hold]).hanging(),
    ]);
    rows
}

pub(super) const GOOD: Link = Link::Https(Flaw::Nothing);
const TAKEN: &[Verdict] = &[Verdict::Taken];
const BROKEN: &[Verdict] = &[Verdict::Interrupted];
const UNTRUSTED: &[Verdict] = &[Verdict::Untrusted];
/// Nothing was sent.
const LATE: &[Verdict] = &[Verdict::NoConnection];

/// A record of 16 KiB begins, with a server's hello in it.
const HALF_HELLO: [u8; 11] = [22, 3, 3, 64, 0, 2, 0, 63, 252, 3, 3];

/// A whole server's hello of TLS 1.1 (RFC 4346 section 7.4.1.3), of the suite 0x002F.
const OLD_HELLO: &[u8; 47] =
    b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x0212345678901234567890123456789012\x00\x00\x2f\x00";
