//! What a row expects, and what it says where something else came.

use std::fmt::Debug;

use grantflow::{Advice, Error, Failed};

use super::Trouble;

/// These two are the same.
#[expect(clippy::needless_pass_by_value, reason = "whoever calls it need not write `&` twice")]
pub(super) fn same<T: PartialEq + Debug>(what: &str, came: T, expected: T) -> Result<(), Trouble> {
    if came == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, and {came:?} came").into())
}

/// It is so.
pub(super) fn holds(what: &str, is_so: bool) -> Result<(), Trouble> {
    if is_so { Ok(()) } else { Err(format!("expected that {what}, and it is not so").into()) }
}

/// How a server says no: its status, unless it comes by the callback, its code, and what is to be
/// done.
pub(super) type Refused = (Option<u16>, &'static str, Advice);

/// The grant is over.
pub(super) const LOG_IN_AGAIN: Refused = (Some(400), "invalid_grant", Advice::Reauthorize);

/// It was refused in this way.
pub(super) fn refused<T, F>(
    outcome: Result<T, Failed<F>>,
    expected: Refused,
) -> Result<(), Trouble> {
    failure(outcome, expected).map(drop)
}

/// The same, and what is left of it.
pub(super) fn failure<T, F>(
    outcome: Result<T, Failed<F>>,
    expected: Refused,
) -> Result<Failed<F>, Trouble> {
    let Err(failed) = outcome else {
        return Err(format!("expected a refusal, {expected:?}, and the answer was good").into());
    };
    let came = match failed.error() {
        Error::Refused(refusal) => (refusal.status(), refusal.code(), failed.advice()),
        other => return Err(format!("expected {expected:?}, and this came: {other:?}").into()),
    };
    same("a refusal", came, expected)?;
    Ok(failed)
}
