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
}

impl<F> Failed<F> {
    pub(crate) fn new(error: impl Into<Error>, flow: F) -> Self {
        Self { error: error.into(), flow: Box::new(flow) }
    }

    /// Why it failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        self.error.advice()
    }

    /// The flow, to be tried again as it is.
    ///
    /// # Errors
    /// The failure, as it was, where asking again cannot help: the server has decided, or its
    /// answer was unreadable and a code in the request is spent. After a refresh, what is left is
    /// in [`into_authorized`](Self::into_authorized).
    pub fn retry(self) -> Result<F, Self> {
        let may_help = match &self.error {
            Error::Transport(_) | Error::Configuration(_) => true,
            Error::Callback(error) => error.leaves_login_waiting(),
            error => matches!(error.advice(), Advice::RetryAfter(_)),
        };
        if may_help { Ok(*self.flow) } else { Err(self) }
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
