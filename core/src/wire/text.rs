//! Texts from outside that people will read.

use alloc::string::String;
use core::fmt::{self, Write};
use core::mem::take;

use super::form;
use crate::wiping::Wiping;

/// Prints a text from outside so that it cannot do anything to whoever reads it: control
/// characters, line separators and characters that turn the writing direction are escaped, and
/// the text ends after [`SHOWN_CHARACTERS`].
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, character) in self.0.chars().enumerate() {
            if count == SHOWN_CHARACTERS {
                return f.write_char('…');
            }
            if is_harmful(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// The same text with every occurrence of the secrets blotted out: servers do repeat what they
/// were sent, as it is or as it was encoded.
pub(crate) fn without_secrets<'a>(text: String, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut text = Wiping::new(text);
    // No spelling of a secret is shorter than the secret.
    let fits = SECRET_BYTES..=text.len();
    for secret in secrets.filter(|secret| fits.contains(&secret.len())) {
        if form::is_plain(secret) {
            blot(&mut text, secret);
        } else {
            for spelling in &spellings(secret) {
                blot(&mut text, spelling);
            }
        }
    }
    take(&mut *text)
}

fn blot(text: &mut Wiping<String>, secret: &str) {
    // As a rule it is not there, and a look at each place says so faster than a search that has to be
    // prepared.
    if !text.as_bytes().windows(secret.len()).any(|part| part == secret.as_bytes()) {
        return;
    }
    // What is put in their place is hardly longer than the shortest secrets. Dropping the old text is
    // what zeroes the secret in it.
    let mut blotted = Wiping::new(String::with_capacity(text.len().saturating_mul(2)));
    for (index, piece) in text.split(secret).enumerate() {
        blotted.push_str(if index > 0 { "[redacted]" } else { "" });
        blotted.push_str(piece);
    }
    *text = blotted;
}

/// A secret within a JSON text, as it is, in a form and in a URL's query; the hexadecimal digits of the
/// latter two in capitals, as we write them, or not, as some servers do.
fn spellings(secret: &str) -> [Wiping<String>; 7] {
    let room = || Wiping::new(String::with_capacity(form::pair_bound("", secret)));
    let [mut plain, mut quoted, mut slashed] = [room(), room(), room()];
    let [mut form, mut query] = [room(), room()];
    plain.push_str(secret);
    for character in secret.chars() {
        quoted.push_str(if matches!(character, '"' | '\\') { "\\" } else { "" });
        quoted.push(character);
        // As some write JSON.
        slashed.push_str(if matches!(character, '"' | '\\' | '/') { "\\" } else { "" });
        slashed.push(character);
    }
    form::push_value(&mut form, secret, "+");
    form::push_escaped(&mut query, secret);
    let (small_form, small_query) = (with_small_escapes(&form), with_small_escapes(&query));
    [slashed, quoted, plain, form, query, small_form, small_query]
}

fn with_small_escapes(encoded: &str) -> Wiping<String> {
    let mut small = Wiping::new(String::with_capacity(encoded.len()));
    let mut digits = 0_u8;
    for character in encoded.chars() {
        small.push(if digits > 0 { character.to_ascii_lowercase() } else { character });
        digits = if character == '%' { 2 } else { digits.saturating_sub(1) };
    }
    small
}

/// Whether a character does something to whoever reads it, instead of being seen.
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

const SHOWN_CHARACTERS: usize = 240;

/// Shorter ones (`test`, `a`) occur in honest sentences and protect nothing.
const SECRET_BYTES: usize = 8;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn line_breaks_escapes_and_direction_marks_are_shown_not_done() {
        let shown = Shown("bad\r\n\u{1b}[2J \u{202e}txt.exe ผิด").to_string();
        assert_eq!(shown, "bad\\u{d}\\u{a}\\u{1b}[2J \\u{202e}txt.exe ผิด");
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = Shown(&"ก".repeat(100_000)).to_string();
        assert_eq!(shown.chars().count(), SHOWN_CHARACTERS + 1);
    }

    #[test]
    fn a_secret_that_the_server_repeats_is_blotted_out() {
        let text =
            without_secrets("secret s3cr3t-9 is wrong".into(), ["s3cr3t-9", "is", ""].into_iter());
        assert_eq!(text, "secret [redacted] is wrong");
        for echo in [
            r#"p&ss W/"rd"#,
            r#"p&ss W/\"rd"#,
            r#"p&ss W\/\"rd"#,
            "p%26ss+W%2F%22rd",
            "p%26ss%20W%2F%22rd",
            "p%26ss+W%2f%22rd",
            "p%26ss%20W%2f%22rd",
        ] {
            assert_eq!(without_secrets(echo.into(), [r#"p&ss W/"rd"#].into_iter()), "[redacted]");
        }
    }
}
