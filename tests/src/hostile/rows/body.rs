//! Bodies that are hard to read.

use std::borrow::Cow;
use std::fmt::Write;

use super::Row;
use crate::hostile::act::{Act, head, say};
use crate::hostile::answer::{JSON, OK, TOKEN};
use crate::hostile::bomb::gzip_bomb;
use crate::hostile::expected::Verdict;

pub(super) fn rows() -> Vec<Row> {
    let bomb = Cow::from(gzip_bomb(64 * 1024 * 1024));
    let unsaid = Row::answering(
        "a gzip bomb, not called one",
        MALFORMED,
        [head(&[OK, JSON, &length(bomb.len())]), Act::Say(bomb.clone())],
    );
    let coded = Row::answering(
        "a gzip bomb in the transfer coding",
        &[Verdict::Interrupted],
        [head(&[OK, JSON, "Transfer-Encoding: gzip"]), Act::Say(bomb.clone())],
    );
    let packed = ["gzip", "br", "deflate", "GZIP, gzip"].map(|coding| {
        Row::answering(
            format!("a gzip bomb, called {coding}"),
            &[Verdict::Packed],
            [
                head(&[OK, JSON, &format!("Content-Encoding: {coding}"), &length(bomb.len())]),
                Act::Say(bomb.clone()),
            ],
        )
    });
    let mut rows = vec![unsaid, coded];
    rows.extend(packed);
    rows.extend(shapes());
    rows
}

fn shapes() -> Vec<Row> {
    let whole = |name, expected, body: Cow<'static, [u8]>| {
        Row::answering(name, expected, [head(&[OK, JSON, &length(body.len())]), Act::Say(body)])
    };
    let until_closed = |name, expected, acts: Vec<Act>| {
        Row::answering(name, expected, [head(&[OK, JSON])].into_iter().chain(acts))
    };
    let good = || say(TOKEN.strip_suffix('}').unwrap_or(TOKEN));
    vec![
        until_closed("an empty body", MALFORMED, Vec::new()),
        whole("bytes that are no UTF-8", MALFORMED, Cow::from(&b"{\"access_token\":\"\xff\"}"[..])),
        whole("two objects", MALFORMED, Cow::from(TOKEN.repeat(2).into_bytes())),
        whole("a web page", MALFORMED, Cow::from(&b"<html><body>stolen</body></html>"[..])),
        until_closed(
            "arrays, 10,000 deep",
            MALFORMED,
            vec![Act::Repeat("[", DEEP), Act::Repeat("]", DEEP)],
        ),
        until_closed("arrays, 1 MB deep and open", MALFORMED, vec![Act::Repeat("[", 1_000_000)]),
        until_closed(
            "objects, 10,000 deep",
            MALFORMED,
            vec![Act::Repeat("{\"a\":", DEEP), say("1"), Act::Repeat("}", DEEP)],
        ),
        until_closed(
            "arrays, 10,000 deep, in a member that does not matter",
            MALFORMED,
            vec![good(), say(",\"a\":"), Act::Repeat("[", DEEP), Act::Repeat("]", DEEP), say("}")],
        ),
        until_closed(
            "objects, 10,000 deep, in a member that does not matter",
            MALFORMED,
            vec![
                good(),
                say(",\"a\":"),
                Act::Repeat("{\"a\":", DEEP),
                say("1"),
                Act::Repeat("}", DEEP),
                say("}"),
            ],
        ),
        until_closed(
            "1 MB of escapes",
            TAKEN,
            vec![good(), say(",\"a\":\""), Act::Repeat("\\u0000", 1_000_000 / 6), say("\"}")],
        ),
        until_closed(
            "1 MB of surrogates that are no pairs",
            MALFORMED,
            vec![good(), say(",\"a\":\""), Act::Repeat("\\ud800", 1_000_000 / 6), say("\"}")],
        ),
        until_closed(
            "a number of 1 MB",
            TAKEN,
            vec![good(), say(",\"a\":1."), Act::Repeat("0", 1_000_000), say("}")],
        ),
        until_closed(
            "a million members",
            &[Verdict::TooLarge],
            vec![good(), Act::Repeat(",\"a\":0", 1_000_000), say("}")],
        ),
        // A value takes 32 bytes, and a vector that grows has two buffers for a moment.
        until_closed(
            "half a million elements in a member that does not matter",
            TAKEN,
            vec![good(), say(",\"a\":[0"), Act::Repeat(",0", 500_000), say("]}")],
        )
        .within_mib(64),
        // Each has a name, a value and its share of the tree.
        whole("as many members as there is room for", TAKEN, Cow::from(members())).within_mib(64),
    ]
}

/// A good answer of nearly 1 MiB with as many members as that can hold.
fn members() -> Vec<u8> {
    let mut text = TOKEN.strip_suffix('}').unwrap_or(TOKEN).to_owned();
    for number in 0..100_000 {
        // Writing into memory does not fail.
        write!(text, ",\"{number:x}\":0").unwrap_or_default();
    }
    text.push('}');
    text.into_bytes()
}

fn length(bytes: usize) -> String {
    format!("Content-Length: {bytes}")
}

const DEEP: usize = 10_000;
const MALFORMED: &[Verdict] = &[Verdict::Malformed];
const TAKEN: &[Verdict] = &[Verdict::Taken];
