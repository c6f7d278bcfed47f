//! Why a refused API request was not sent again.

use core::fmt;

/// Why a middleware hands on an API's 401 though it says that the token is no good: an extension of
/// the response. Where a request was sent again with a new token, and that was taken, there is
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRepeated {
    /// The body of the request is gone, or longer than what is kept of one.
    BodySpent,
    /// The token is a new one already, and too young to be replaced again: the API may be refusing
    /// every token.
    TokenIsNew,
    /// It was sent again with a new token, which was refused as well: it is not sent a third time.
    RefusedAgain,
}

impl fmt::Display for NotRepeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BodySpent => {
                "the API refused the token, and the request's body is gone; make the request again, \
                 with its body"
            }
            Self::TokenIsNew => {
                "the API refused a token that has just been renewed; check what the client may do \
                 there"
            }
            Self::RefusedAgain => {
                "the API refused the token, and a new one as well; check what the client may do \
                 there"
            }
        })
    }
}
