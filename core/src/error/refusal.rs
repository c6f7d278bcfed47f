//! The server said no, or said nothing that counts.

use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use super::{Advice, DEFAULT_PAUSE, will_pass};
use crate::wire::text::Shown;

/// An OAuth error: the server's verdict (RFC 6749 sections 4.1.2.1 and 5.2), as in
/// `401 {"error": "invalid_client", "message": "API application is suspended or revoked"}` (fact
/// M13).
///
/// Whatever secret of the request the server repeats in its text is blotted out.
#[derive(Clone)]
pub struct Refusal {
    pub(crate) answer: ErrorAnswer,
    pub(crate) status: Option<u16>,
    pub(crate) advice: Advice,
}

/// No verdict: the server is overloaded or broken (a 5xx or 429), or answered with an error
/// status and no OAuth error. A grant is never given up because of it.
#[derive(Clone)]
pub struct Unavailable {
    pub(crate) answer: ErrorAnswer,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
}

/// The members of an error answer, as far as they could be read.
#[derive(Clone, Default)]
pub(crate) struct ErrorAnswer {
    pub(crate) code: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) error_uri: Option<String>,
}

impl Refusal {
    /// The `error` code as the server spelled it, `invalid_grant` for one. Unknown codes too.
    pub fn code(&self) -> &str {
        self.answer.code.as_deref().unwrap_or_default()
    }

    /// The text for people, from `error_description` or wherever the dialect has it. Untrusted:
    /// may hold line breaks and markup, which printing this error escapes.
    pub fn error_description(&self) -> Option<&str> {
        self.answer.description.as_deref()
    }

    /// A page about the error: http or https, never fetched by this library.
    pub fn error_uri(&self) -> Option<&str> {
        self.answer.error_uri.as_deref()
    }

    /// The HTTP status; `None` where the refusal came by the user's browser.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        self.advice
    }
}

impl Unavailable {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The `error` code, where there was one under a 5xx or 429.
    pub fn code(&self) -> Option<&str> {
        self.answer.code.as_deref()
    }

    /// The text for people, where there was one. Untrusted, as [`Refusal::error_description`].
    pub fn error_description(&self) -> Option<&str> {
        self.answer.description.as_deref()
    }

    /// A page about the error, as [`Refusal::error_uri`].
    pub fn error_uri(&self) -> Option<&str> {
        self.answer.error_uri.as_deref()
    }

    /// What the server asks for in `Retry-After` (RFC 9110 section 10.2.3), at most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What to do next: wait where the status says that it will pass, else look at the
    /// configuration.
    pub fn advice(&self) -> Advice {
        if will_pass(self.status) {
            Advice::RetryAfter(self.retry_after.unwrap_or_default().max(DEFAULT_PAUSE))
        } else {
            Advice::FixConfiguration
        }
    }
}

impl ErrorAnswer {
    fn write_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(text) => write!(f, ": \"{}\"", Shown(text)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server refused with {}", Shown(self.code()))?;
        if let Some(status) = self.status {
            write!(f, " (HTTP status {status})")?;
        }
        self.answer.write_text(f)?;
        f.write_str(match self.advice {
            Advice::RetryAfter(_) if f.alternate() => "",
            Advice::RetryAfter(_) => "; try again later",
            Advice::Reauthorize => "; the user must log in again",
            _ => "; check the client's settings here and its registration there",
        })
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server gave no verdict (HTTP status {})", self.status)?;
        if let Some(code) = &self.answer.code {
            write!(f, ", {}", Shown(code))?;
        }
        self.answer.write_text(f)?;
        match self.advice() {
            Advice::RetryAfter(_) if f.alternate() => Ok(()),
            Advice::RetryAfter(pause) => {
                write!(f, "; try again in {} s", pause.as_secs())
            }
            _ => f.write_str(
                "; check the endpoint's URL and, where any were sent, the client's credentials",
            ),
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.status)
            .field("answer", &self.answer)
            .field("advice", &self.advice)
            .finish()
    }
}

impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unavailable")
            .field("status", &self.status)
            .field("answer", &self.answer)
            .field("retry_after", &self.retry_after)
            .finish()
    }
}

impl fmt::Debug for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| text.as_deref().map(|text| Shown(text).to_string());
        f.debug_struct("ErrorAnswer")
            .field("code", &shown(&self.code))
            .field("description", &shown(&self.description))
            .field("error_uri", &shown(&self.error_uri))
            .finish()
    }
}

impl core::error::Error for Refusal {}
impl core::error::Error for Unavailable {}
