//! What a failure gives back.

use alloc::boxed::Box;
use core::fmt;

use crate::error::{Advice, Error};

/// A step that failed: why, and the flow or exchange `F` that it happened to, so that nothing is
/// lost.
///
/// ```
/// # use grantflow::{Exchange, Failed};
/// # fn again<E: Exchange>(failed: Failed<E>) {
/// eprintln!("{failed}"); // one sentence that says what to do
/// match failed.retry() {
///     Ok(exchange) => { /* perform it again, after the pause that the advice names */ }
///     Err(failed) => { /* asking again would not help: see failed.advice() */ }
/// }
/// # }
/// ```
#[must_use = "it holds the flow, which may be tried again"]
pub struct Failed<F> {
    pub(super) error: Error,
    pub(super) flow: Box<F>,
    /// What to do, where the error alone does not know.
    advice: Option<Advice>,
}

impl<F> Failed<F> {
    pub(crate) fn new(error: impl Into<Error>, flow: F) -> Self {
        Self { error: error.into(), flow: Box::new(flow), advice: None }
    }

    /// A failure of which more is known than the error says: asking again helps if the advice is to
    /// wait for that.
    pub(crate) fn advising(advice: Advice, error: impl Into<Error>, flow: F) -> Self {
        Self { advice: Some(advice), ..Self::new(error, flow) }
    }

    /// Why it failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        self.advice.unwrap_or_else(|| self.error.advice())
    }

    /// The flow, to be tried again as it is.
    ///
    /// # Errors
    /// The failure, as it was, where asking again cannot help: the server has decided, or its
    /// answer was unreadable and a code in the request is spent, or a code or a refresh token was
    /// sent twice and no answer came (RFC 9700 section 4.14). A device's login ends with whatever
    /// does not say that time helps (RFC 8628 section 3.5). What is left after a refresh is in
    /// [`into_authorized`](Self::into_authorized).
    pub fn retry(self) -> Result<F, Self> {
        let may_help = match &self.error {
            _ if self.advice.is_some() => false,
            // Nobody has decided about the grant.
            Error::Transport(_)
            | Error::Configuration(_)
            | Error::Unavailable(_)
            | Error::Session(_) => true,
            Error::Callback(error) => error.leaves_login_waiting(),
            Error::Protocol(error) => error.is_from_elsewhere(),
            Error::Refused(_) => false,
        } || matches!(self.advice(), Advice::RetryAfter(_));
        if may_help { Ok(*self.flow) } else { Err(self) }
    }

    /// The same failure of another thing.
    pub(crate) fn map<G>(self, wrap: impl FnOnce(F) -> G) -> Failed<G> {
        Failed { error: self.error, flow: Box::new(wrap(*self.flow)), advice: self.advice }
    }

    pub(crate) fn into_parts(self) -> (Error, F) {
        (self.error, *self.flow)
    }

    /// The error alone; the flow is dropped.
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl<F> From<Failed<F>> for Error {
    fn from(failed: Failed<F>) -> Self {
        failed.error
    }
}

impl<F> fmt::Display for Failed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<F> fmt::Debug for Failed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<F> core::error::Error for Failed<F> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        core::error::Error::source(&self.error)
    }
}
