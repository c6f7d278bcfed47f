//! Connections that break, and those that stand and bring nothing.

use super::{Link, Row};
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{HALF_TOKEN, JSON, OK};
use crate::hostile::expected::Verdict;

pub(super) fn rows() -> Vec<Row> {
    let begun = || [head(&[OK, JSON, "Content-Length: 1000"]), say(HALF_TOKEN)];
    let then = |acts: Vec<Act>| begun().into_iter().chain(acts);
    vec![
        Row::new("a closed port", &[Verdict::NoConnection], Vec::new()).over(Link::Closed),
        Row::new("an end right away", EARLY, Vec::new()).repeated(),
        Row::new("RST right away", EARLY, vec![Act::Reset]).repeated(),
        Row::new("an end while the request is written", BROKEN, vec![Act::Read(10)]).repeated(),
        Row::new("RST while the request is written", BROKEN, vec![Act::Read(10), Act::Reset])
            .repeated(),
        Row::answering("an end in place of an answer", BROKEN, []).repeated(),
        Row::answering("RST in place of an answer", BROKEN, [Act::Reset]).repeated(),
        Row::answering("RST in the middle of the head", BROKEN, [say(OK), Act::Reset]).repeated(),
        Row::answering("an end in the middle of the body", BROKEN, begun()),
        // The answer's first part may be lost to the RST.
        Row::answering("RST in the middle of the body", BROKEN, then(vec![Act::Reset])).repeated(),
        Row::answering(
            "RST in the middle of a body without a length",
            CUT,
            [head(&[OK, JSON]), say(HALF_TOKEN), Act::Reset],
        )
        .repeated(),
        Row::new("a request that is not read", LATE, vec![Act::Hold]).hanging(),
        Row::answering("no answer", LATE, [Act::Hold]).hanging(),
        Row::answering("half a head, and no more", LATE, [say(OK), Act::Hold]).hanging(),
        Row::answering("half a body, and no more", LATE, then(vec![Act::Hold])).hanging(),
        Row::answering("a head byte by byte", LATE, [say(OK), say("\r\nX: "), Act::Drip("a")])
            .hanging(),
        Row::answering("a body byte by byte", LATE, then(vec![Act::Drip("a")])).hanging(),
        Row::answering(
            "chunks byte by byte",
            LATE,
            [head(&[OK, JSON, "Transfer-Encoding: chunked"]), Act::Drip("1\r\na\r\n")],
        )
        .hanging(),
        Row::answering("100 byte by byte", LATE, [Act::Drip("HTTP/1.1 100 Continue\r\n\r\n")])
            .hanging(),
    ]
}

const BROKEN: &[Verdict] = &[Verdict::Interrupted];
/// Whether the request has begun to leave by then is chance.
const EARLY: &[Verdict] = &[Verdict::Interrupted, Verdict::NoConnection];
/// Where the end of the connection ends a body, one adapter cannot tell a good end from a bad one;
/// but no piece of a JSON object is one.
pub(super) const CUT: &[Verdict] = &[Verdict::Interrupted, Verdict::Malformed];
const LATE: &[Verdict] = &[Verdict::Late];
