//! Finds a secret in what was said, however it is spelled, and where it is cut into rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64ct::{Base64UrlUnpadded, Encoding};
use grantflow_tests::collector::Line;

/// The places where the secret is, in a few words each.
pub(crate) fn find<'a>(secret: &str, texts: &'a [Text]) -> Vec<&'a str> {
    let spellings = spellings(secret);
    let has = |text: &Text| spellings.iter().any(|it| text.said.contains(it.as_str()));
    let mut places: Vec<&str> =
        texts.iter().filter(|text| has(text)).map(|text| text.place.as_str()).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Something to search in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) place: String,
    pub(crate) said: String,
}

impl Text {
    pub(crate) fn new(place: &str, said: impl Into<String>) -> Self {
        Self { place: place.to_owned(), said: said.into() }
    }
}

/// What each thread said to each target in one text, as it stands and with the dumps in it undone: a
/// secret may begin in one line and end in the next.
pub(crate) fn joined<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<Text> {
    let mut said = BTreeMap::<(&str, &str), [String; 2]>::new();
    for line in lines {
        let [plain, dumped] = said.entry((&line.target, &line.thread)).or_default();
        plain.push_str(&line.text);
        dumped.push_str(&bytes_of_row(&line.text).unwrap_or_default());
    }
    let texts =
        |((target, _), said): ((&str, &str), [String; 2])| said.map(|said| Text::new(target, said));
    said.into_iter().flat_map(texts).collect()
}

/// The bytes of a row as `ureq_proto` writes it: 16 at most, `4745 5420 … ----  GET ……`.
pub(crate) fn bytes_of_row(row: &str) -> Option<String> {
    let digits: String = row.get(..39)?.split(' ').collect();
    let digits = digits.trim_end_matches('-');
    let bytes = (0..digits.len()).step_by(2);
    bytes.map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(char::from)).collect()
}

/// The secret as it is, and as a URL, a form, a text in JSON, a Basic credential, `{:?}` and a dump
/// would have it.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let of_all = |spell: fn(&mut String, u8)| {
        bytes.iter().fold(String::new(), |mut all, byte| {
            spell(&mut all, *byte);
            all
        })
    };
    let form: String = form_urlencoded::byte_serialize(bytes).collect();
    let url = form.replace('+', "%20").replace('*', "%2A");
    let json = serde_json::to_string(secret).unwrap();
    let mut all = vec![
        secret.to_owned(),
        lower_escapes(&form),
        lower_escapes(&url),
        of_all(|all, byte| write!(all, "%{byte:02X}").unwrap()),
        of_all(|all, byte| write!(all, "%{byte:02x}").unwrap()),
        of_all(|all, byte| write!(all, "{byte:02X}").unwrap()),
        of_all(|all, byte| write!(all, "{byte:02x}").unwrap()),
        of_all(|all, byte| write!(all, "\\x{byte:02x}").unwrap()),
        of_all(|all, byte| write!(all, "\\u{byte:04x}").unwrap()),
        of_all(|all, byte| write!(all, ", {byte}").unwrap())[2..].to_owned(),
        json[1..json.len() - 1].to_owned(),
        json[1..json.len() - 1].replace('/', "\\/"),
        secret.escape_debug().to_string(),
        bytes.escape_ascii().to_string(),
    ];
    for text in [secret, &form, &url] {
        all.extend(in_base64(text));
    }
    all.extend([form, url]);
    all.sort_unstable();
    all.dedup();
    all
}

/// What base64 makes of it, wherever in a longer text it stands: without the digits that belong to
/// its neighbours as well.
fn in_base64(text: &str) -> impl Iterator<Item = String> {
    let at = |offset: usize| {
        let digits =
            Base64UrlUnpadded::encode_string(&[&b"::"[..offset], text.as_bytes()].concat());
        let whole = (offset + text.len()) / 3 * 4;
        digits[[0, 2, 3][offset]..whole].to_owned()
    };
    (0..3).map(at).flat_map(|digits| [digits.replace('-', "+").replace('_', "/"), digits])
}

/// `%2f` for `%2F`.
fn lower_escapes(text: &str) -> String {
    let mut pieces = text.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| {
        let (digits, rest) = piece.split_at(2);
        all + "%" + &digits.to_ascii_lowercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumped(text: &str) -> Vec<Line> {
        let row = |bytes: &[u8]| {
            let mut row = String::new();
            for at in 0..16 {
                match bytes.get(at) {
                    Some(byte) => write!(row, "{byte:02x}").unwrap(),
                    None => row.push_str("--"),
                }
                row.push_str(if at % 2 == 1 { " " } else { "" });
            }
            let shown = String::from_utf8_lossy(bytes).into_owned();
            Line { thread: "1".into(), target: "dump".into(), text: row + " " + &shown }
        };
        text.as_bytes().chunks(16).map(row).collect()
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let secret = "s3cret&100%+pl\"us/eq==";
        for said in [
            "client_secret=s3cret%26100%25%2Bpl%22us%2Feq%3D%3D&x=y",
            "client_secret=s3cret%26100%25%2bpl%22us%2feq%3d%3d&x=y",
            r#"{"client_secret":"s3cret&100%+pl\"us/eq=="}"#,
            r#"{"client_secret":"s3cret&100%+pl\"us\/eq=="}"#,
            "7333637265742631303025 -> 73336372657426313030252b706c2275732f65713d3d",
            &format!("{:?}", secret.as_bytes()),
            &format!("{secret:?}"),
        ] {
            assert_eq!(find(secret, &[Text::new("here", said)]), ["here"], "{said}");
        }
        for id in ["a", "ab", "abc", "abcd"] {
            let pair = format!("{id}:{secret}:");
            let said = base64ct::Base64::encode_string(pair.as_bytes());
            assert_eq!(find(secret, &[Text::new("here", said)]), ["here"], "{id}");
        }
        assert!(find(secret, &[Text::new("here", "s3cret&100%")]).is_empty());
    }

    #[test]
    fn a_secret_that_is_cut_into_rows_is_found() {
        let lines = dumped(
            "POST /token HTTP/1.1\r\nauthorization: Bearer a-token-of-28-characters-xyz\r\n\r\n",
        );
        let secret = "a-token-of-28-characters-xyz";
        assert!(lines.iter().all(|line| !line.text.contains(secret)));
        assert_eq!(find(secret, &joined(&lines)), ["dump"]);
        // The other half was said by another thread.
        let mut lines = lines;
        lines[3].thread = "2".into();
        assert!(find(secret, &joined(&lines)).is_empty());
    }

    #[test]
    fn a_secret_that_is_cut_into_lines_is_found() {
        let line = |text: &str| Line { thread: "1".into(), target: "x".into(), text: text.into() };
        assert_eq!(find("SECRETMARK", &joined(&[line("a SECRE"), line("TMARK b")])), ["x"]);
    }
}
