//! The body of a request.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::wiping::Wiping;

use super::extra::Extra;
use super::{form, json};
use crate::dialect::BodyFormat;

/// The bytes of a request or an answer. They hold secrets: they print as their number and are
/// zeroed when dropped.
#[derive(Clone, Default)]
pub struct Body(Wiping<Vec<u8>>);

impl Body {
    /// Takes over a buffer, which is zeroed when the body is dropped.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Wiping::new(bytes))
    }

    /// Appends what came in of an answer, unless that would make more than `limit` bytes: then
    /// it is `false`, and nothing is appended. A buffer that is too small is zeroed, not left
    /// behind with half a token in it.
    #[must_use = "false says that the answer is too large"]
    pub fn push_within(&mut self, limit: usize, bytes: &[u8]) -> bool {
        let length = self.0.len().saturating_add(bytes.len());
        if length > limit {
            return false;
        }
        if length > self.0.capacity() {
            let doubled = self.0.capacity().saturating_mul(2).min(limit);
            let mut larger = Vec::with_capacity(length.max(doubled));
            larger.extend_from_slice(&self.0);
            // Dropping the old buffer is what zeroes it.
            self.0 = Wiping::new(larger);
        }
        self.0.extend_from_slice(bytes);
        true
    }

    /// Writes parameters. The buffer has its full size from the start, so that no half-written
    /// copy of a secret stays behind in freed memory.
    pub(crate) fn write<'a>(
        format: BodyFormat,
        own: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        extra: &'a Extra,
    ) -> Self {
        let mut text = String::with_capacity(room(format, own.clone(), extra));
        match format {
            BodyFormat::Form => {
                own.for_each(|(name, value)| form::push_own_pair(&mut text, name, value));
                extra.texts().for_each(|(name, value)| form::push_pair(&mut text, name, value));
            }
            // Writing into memory does not fail.
            BodyFormat::Json => write_members(&mut text, own, extra).unwrap_or_default(),
        }
        Self::new(text.into_bytes())
    }
}

/// The bytes that the parameters take at most.
fn room<'a>(
    format: BodyFormat,
    own: impl Iterator<Item = (&'a str, &'a str)>,
    extra: &'a Extra,
) -> usize {
    match format {
        BodyFormat::Form => {
            let pairs = own.chain(extra.texts());
            pairs.map(|(name, value)| form::pair_bound(name, value)).fold(0, usize::saturating_add)
        }
        BodyFormat::Json => {
            let members = own.map(|(name, value)| json::member_bound(name, value));
            members.fold(extra.json_bound(), usize::saturating_add)
        }
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body([redacted], {} bytes)", self.0.len())
    }
}

/// One JSON object; a parameter that occurs more than once becomes an array.
fn write_members<'a>(
    out: &mut String,
    own: impl Iterator<Item = (&'a str, &'a str)>,
    extra: &Extra,
) -> fmt::Result {
    for (index, (name, value)) in own.enumerate() {
        out.push(if index == 0 { '{' } else { ',' });
        json::push_text(out, name);
        out.push(':');
        json::push_text(out, value);
    }
    let extra = extra.members();
    for (index, (name, value)) in extra.iter().enumerate() {
        let is_same = |(other, _): &&(String, json::Hidden)| other == name;
        if extra.iter().take(index).any(|other| is_same(&other)) {
            continue;
        }
        out.push(',');
        json::push_text(out, name);
        out.push(':');
        let more = extra.iter().skip(index.saturating_add(1)).filter(is_same).collect::<Vec<_>>();
        if more.is_empty() {
            write!(out, "{}", value.0)?;
        } else {
            write!(out, "[{}", value.0)?;
            more.iter().try_for_each(|(_, value)| write!(out, ",{}", value.0))?;
            out.push(']');
        }
    }
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn text(body: &Body) -> &str {
        core::str::from_utf8(body.as_ref()).unwrap()
    }

    #[test]
    fn the_same_parameters_make_a_form_or_a_json_object() {
        let own = [("grant_type", "client_credentials"), ("client_secret", "a\"b\\c\u{1}é")];
        let mut extra = Extra::default();
        extra.add("resource", "https://a.example/").unwrap();
        extra.add("resource", "https://b.example/").unwrap();
        let form = Body::write(BodyFormat::Form, own.into_iter(), &extra);
        assert_eq!(
            text(&form),
            "grant_type=client_credentials&client_secret=a%22b%5Cc%01%C3%A9\
             &resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F"
        );
        let json = Body::write(BodyFormat::Json, own.into_iter(), &extra);
        assert_eq!(
            text(&json),
            r#"{"grant_type":"client_credentials","client_secret":"a\"b\\c\u0001é","resource":["https://a.example/","https://b.example/"]}"#
        );
    }

    #[test]
    fn a_body_is_written_without_growing_its_buffer() {
        let secret = "\u{1}\"".repeat(4_000);
        let mut extra = Extra::default();
        extra.add_value("deep", serde_json::json!({"a": [1.5e-300, {"b": secret}, true]})).unwrap();
        for format in [BodyFormat::Form, BodyFormat::Json] {
            let own = [("client_secret", &*secret), ("x", "")].into_iter();
            let body = Body::write(format, own.clone(), &extra);
            let room = room(format, own, &extra);
            let length = text(&body).len();
            assert!(room >= length && room <= 8 * length, "{room} for {length}");
            assert_eq!(body.0.capacity(), room);
        }
    }

    #[test]
    fn a_body_grows_up_to_its_limit_and_not_beyond() {
        let mut body = Body::default();
        assert!(body.push_within(10, b"12345"));
        assert!(!body.push_within(10, b"678901"));
        assert_eq!(text(&body), "12345");
        assert!(body.push_within(10, b"67890"));
        assert!(!body.push_within(10, b"1"));
        assert_eq!((text(&body), body.0.capacity()), ("1234567890", 10));
    }

    #[test]
    fn a_body_that_just_fits_its_buffer_stays_there() {
        let mut body = Body::new(Vec::with_capacity(10));
        let (room, place) = (body.0.capacity(), body.as_ref().as_ptr());
        assert!(body.push_within(usize::MAX, &[b'x'].repeat(room)));
        assert_eq!(body.as_ref().as_ptr(), place);
    }

    #[test]
    fn a_body_prints_as_its_size() {
        assert_eq!(format!("{:?}", Body::new(b"secret".to_vec())), "Body([redacted], 6 bytes)");
    }
}
