//! `application/x-www-form-urlencoded` (RFC 6749 appendix B), read strictly: what a lenient reader
//! would repair is an error here.

use alloc::string::String;
use alloc::vec::Vec;

use crate::wiping::{Wipe, Wiping};

/// Appends `name=value` to a form body; a space becomes `+`.
pub(crate) fn push_pair(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    push(form, name, value, "+");
}

/// The same, where the name is one of OAuth's own: it has nothing to escape.
pub(crate) fn push_own_pair(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(name);
    form.push('=');
    push_value(form, value, "+");
}

/// Appends `name=value` to a URL that has its question mark; a space becomes `%20`, which every
/// server reads.
pub(crate) fn push_query(url: &mut String, name: &str, value: &str) {
    if !url.ends_with(['?', '&']) {
        url.push('&');
    }
    push(url, name, value, "%20");
}

/// Appends a value as it stands in a Basic credential: with `%20`, since some servers undo
/// percent-escapes and nothing else.
pub(crate) fn push_escaped(out: &mut String, value: &str) {
    push_value(out, value, "%20");
}

/// The room that a pair takes at most.
pub(crate) fn pair_bound(name: &str, value: &str) -> usize {
    name.len().saturating_add(value.len()).saturating_mul(3).saturating_add(2)
}

/// The pairs of a form or query, still encoded; empty ones are passed over.
pub(crate) fn pairs(form: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = form.split('&').filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Undoes the encoding of a name or value, once. A stray `%` and bytes that are not UTF-8
/// (overlong forms included) have no meaning, so there is none to guess: `None`.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = encoded.bytes();
    // What cannot be read to its end may be a secret all the same.
    let mut decoded = Wiping::new(Vec::with_capacity(encoded.len()));
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                high << 4 | low
            }
            plain => plain,
        });
    }
    let decoded = String::from_utf8(core::mem::take(&mut *decoded));
    decoded.map_err(|error| error.into_bytes().wipe()).ok()
}

fn push(out: &mut String, name: &str, value: &str, space: &str) {
    push_value(out, name, space);
    out.push('=');
    push_value(out, value, space);
}

/// Appends a value; a space becomes what is given. What stands for itself is copied at once, or piece by
/// piece: byte by byte is slow where nobody can guess what comes next.
pub(crate) fn push_value(out: &mut String, value: &str, space: &str) {
    if is_plain(value) {
        return out.push_str(value);
    }
    let mut rest = value;
    while let Some(at) = rest.bytes().position(|byte| !stands(byte)) {
        let (plain, others) = rest.split_at_checked(at).unwrap_or_default();
        out.push_str(plain);
        let mut others = others.chars();
        match others.next() {
            Some(' ') => out.push_str(space),
            // In a URL an asterisk is not one of the characters that stand for themselves.
            Some('*') if space == "+" => out.push('*'),
            character => character.into_iter().for_each(|character| push_escapes(out, character)),
        }
        rest = others.as_str();
    }
    out.push_str(rest);
}

fn push_escapes(out: &mut String, character: char) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

/// Whether there is nothing to escape in a value, wherever it goes. A piece is looked at as a whole, as
/// that takes fewer branches than to stop early.
pub(crate) fn is_plain(value: &str) -> bool {
    let is_plain = |piece: &[u8]| piece.iter().fold(true, |all, byte| all & stands(*byte));
    value.as_bytes().chunks(64).all(is_plain)
}

fn stands(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).is_some_and(|plain| *plain)
}

/// The bytes that stand for themselves anywhere.
#[expect(clippy::indexing_slicing, reason = "in a constant, an index too large does not compile")]
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        byte += 1;
    }
    plain
};

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_characters_of_appendix_b_travel_well() {
        let mut form = String::new();
        push_pair(&mut form, "value", " %&+£€*");
        assert_eq!(form, "value=+%25%26%2B%C2%A3%E2%82%AC*");
        let mut query = String::from("https://as.example.com/authorize?");
        push_query(&mut query, "scope", "a b");
        push_query(&mut query, "x", "");
        assert!(query.ends_with("?scope=a%20b&x="), "{query}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["", "a b", "~*-._", "ก€😀", "100%25", "a=b&c;d", "\u{0}\u{7f}"] {
            let mut form = String::new();
            push_pair(&mut form, text, text);
            let (name, value) = pairs(&form).next().unwrap();
            assert_eq!(decode(name).unwrap(), text);
            assert_eq!(decode(value).unwrap(), text);
            assert!(form.len() <= pair_bound(text, text));
        }
    }

    #[test]
    fn nonsense_is_not_repaired() {
        for text in ["%", "%4", "%zz", "%+1", "%C0%AF", "%ff", "%ed%a0%80"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_ampersand_separates() {
        let read: Vec<_> = pairs("&code=a;state=b&&c&d=e=f").collect();
        assert_eq!(read, [("code", "a;state=b"), ("c", ""), ("d", "e=f")]);
    }
}
