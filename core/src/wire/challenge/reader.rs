//! The pieces of a `WWW-Authenticate` field, one after the other.

use alloc::string::String;
use alloc::vec::Vec;

use super::MalformedChallenge;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(field: &'a [u8]) -> Self {
        Self { rest: field, length: field.len() }
    }

    /// Goes on to the next element of the list that is not empty; `false` where there is none.
    pub(super) fn skip_to_element(&mut self) -> bool {
        self.rest = split(self.rest, |byte| is_space(byte) || byte == b',').1;
        !self.rest.is_empty()
    }

    pub(super) fn end_element(&mut self) -> Result<(), MalformedChallenge> {
        self.skip_space();
        if self.is_at_end_of_element() {
            Ok(())
        } else {
            Err(self.malformed("there is no comma where one is needed"))
        }
    }

    /// Whether there was any.
    pub(super) fn skip_space(&mut self) -> bool {
        let (space, rest) = split(self.rest, is_space);
        self.rest = rest;
        !space.is_empty()
    }

    pub(super) fn is_at_end_of_element(&self) -> bool {
        ends_element(self.rest)
    }

    pub(super) fn is_at_equals_sign(&self) -> bool {
        self.rest.first() == Some(&b'=')
    }

    /// A scheme or a parameter's name, in lower case.
    pub(super) fn token(&mut self) -> Result<String, MalformedChallenge> {
        let mut token = self.token_as_it_is()?;
        token.make_ascii_lowercase();
        Ok(token)
    }

    fn token_as_it_is(&mut self) -> Result<String, MalformedChallenge> {
        let (token, rest) = split(self.rest, is_token_character);
        if token.is_empty() {
            return Err(self.malformed("there is no name or value where one is needed"));
        }
        self.rest = rest;
        Ok(latin1(token))
    }

    /// A token68 that is all of its element. `name=` with a value behind it is a parameter.
    pub(super) fn token68(&mut self) -> Option<String> {
        let (characters, rest) = split(self.rest, is_token68_character);
        let (padding, rest) = split(rest, |byte| byte == b'=');
        if characters.is_empty() || !ends_element(split(rest, is_space).1) {
            return None;
        }
        self.rest = rest;
        Some(latin1(&[characters, padding].concat()))
    }

    /// `=` and a value.
    pub(super) fn value(&mut self) -> Result<String, MalformedChallenge> {
        let [b'=', rest @ ..] = self.rest else {
            return Err(self.malformed("there is no = where one is needed"));
        };
        self.rest = rest;
        self.skip_space();
        match self.rest {
            [b'"', rest @ ..] => {
                self.rest = rest;
                self.quoted_string()
            }
            _ => self.token_as_it_is(),
        }
    }

    /// What stands behind an opening quote, with quoted pairs undone (RFC 9110 section 5.6.4).
    fn quoted_string(&mut self) -> Result<String, MalformedChallenge> {
        let mut value = Vec::new();
        loop {
            let (byte, rest) = match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(text(value));
                }
                [] | [b'\\'] => return Err(self.malformed("a quoted text has no end")),
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (*byte, rest),
            };
            if byte.is_ascii_control() && byte != b'\t' {
                return Err(self.malformed("a quoted text has a control character"));
            }
            value.push(byte);
            self.rest = rest;
        }
    }

    pub(super) fn malformed(&self, what: &'static str) -> MalformedChallenge {
        let read = self.length.saturating_sub(self.rest.len());
        MalformedChallenge { what, place: read.saturating_add(1) }
    }
}

/// The bytes before the first that is not of a kind, and the others.
fn split(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !is_of_kind(*byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

fn ends_element(rest: &[u8]) -> bool {
    matches!(rest, [] | [b',', ..])
}

/// RFC 9110 says nothing of a quoted text's encoding. Servers mean UTF-8, and old ones Latin-1, in
/// which every byte is a character.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| latin1(error.as_bytes()))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// RFC 9110 section 5.6.2.
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 section 11.2.
fn is_token68_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}
