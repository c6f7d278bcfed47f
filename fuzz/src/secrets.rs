//! Secrets, where a server that knows them may repeat them, and the search for those that show.

use std::error::Error;
use std::fmt::Debug;

use grantflow::{Advice, Failed, Scope};

/// Secrets of one request. None can stand in an input by chance or by search, for each depends on all
/// of the input.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().filter(|secret| core(secret).len() >= 16).collect())
    }

    /// These and others.
    pub fn with(&self, others: impl IntoIterator<Item = String>) -> Self {
        Self(self.0.iter().cloned().chain(Self::new(others).0).collect())
    }

    pub fn and(&self, others: &Self) -> Self {
        Self([&*self.0, &*others.0].concat())
    }

    /// The bytes with a secret in the place of each of the control characters from 0x10 on, which
    /// stand in no JSON text: three spellings, for a server repeats what it was sent as it was read
    /// or as it was written.
    pub fn plant(&self, bytes: &[u8]) -> Vec<u8> {
        let mut planted = Vec::with_capacity(bytes.len());
        for byte in bytes {
            match self.marked(*byte) {
                Some((secret, spelling)) => planted.extend(spelled(secret, spelling).bytes()),
                None => planted.push(*byte),
            }
        }
        planted
    }

    /// As [`plant`](Self::plant), for a text.
    pub fn plant_text(&self, text: &str) -> String {
        String::from_utf8(self.plant(text.as_bytes())).unwrap()
    }

    fn marked(&self, byte: u8) -> Option<(&str, u8)> {
        let mark = byte.checked_sub(0x10).filter(|mark| *mark < 15)?;
        let secret = self.0.get(usize::from(mark / 3))?;
        Some((secret, mark % 3))
    }

    /// Whether any of them stands in a text, in whatever spelling.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(core(secret)))
    }

    /// Panics if a rendering shows one of them.
    pub fn assert_hidden_by(&self, value: &dyn Debug) {
        self.assert_not_in(&format!("{value:?}"));
    }

    /// As [`assert_hidden_by`](Self::assert_hidden_by), where the server may have made a scope of a
    /// secret: scopes are shown.
    pub fn assert_hidden_by_scoped(&self, value: &dyn Debug, scope: &Scope) {
        if !self.are_in(scope.as_str()) {
            self.assert_hidden_by(value);
        }
    }

    pub fn assert_not_in(&self, printed: &str) {
        assert!(!self.are_in(printed), "a secret shows in {printed}");
    }

    /// Renders an error with all its sources.
    pub fn assert_hidden_by_error(&self, error: &dyn Error) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.assert_not_in(&format!("{error} {error:#} {error:?} {error:#?}"));
            next = error.source();
        }
    }

    /// Renders a failure, and whatever a program may log of it.
    pub fn assert_hidden_by_failure<F>(&self, failed: &Failed<F>) {
        self.assert_hidden_by_error(failed);
        let error = failed.error();
        self.assert_hidden_by_error(error);
        let (field, status, advice) = (error.field(), error.status(), failed.advice());
        assert!(!matches!(advice, Advice::RetryAfter(pause) if pause.as_secs() > 86_400));
        let mut texts = vec![format!("{field:?} {status:?} {advice:?}")];
        match error {
            grantflow::Error::Refused(refusal) => {
                assert!(!refusal.code().is_empty());
                texts.push(refusal.code().into());
                texts.extend(refusal.error_description().map(Into::into));
                texts.extend(refusal.error_uri().map(Into::into));
            }
            grantflow::Error::Unavailable(unavailable) => {
                texts.extend(unavailable.code().map(Into::into));
                texts.extend(unavailable.error_description().map(Into::into));
                texts.extend(unavailable.error_uri().map(Into::into));
                texts.push(format!("{:?}", unavailable.retry_after()));
            }
            _ => {}
        }
        self.assert_not_in(&texts.join(" "));
    }
}

/// A secret's longest run of characters that every encoding leaves as they are.
fn core(secret: &str) -> &str {
    let runs = secret.split(|it: char| !it.is_ascii_alphanumeric() && !matches!(it, '-' | '_'));
    runs.max_by_key(|run| run.len()).unwrap_or_default()
}

fn spelled(secret: &str, spelling: u8) -> String {
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    match spelling {
        0 => secret.into(),
        1 => form,
        _ => form.replace('+', "%20").replace('*', "%2A"),
    }
}
