//! Why a refused API request was not sent again.

use core::fmt;

/// Why a middleware hands on an API's 401 though it says that the token is no good: an extension of
/// the response. Where a request was sent again with a new token, and that was taken, there is
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotRepeated {
    /// The body of the request was not read to its end, or is longer than what is kept of one.
    BodySpent,
    /// There is no other token: the server gave the same once more, or it is a new one already, and
    /// too young to be replaced again, as the API may be refusing every token.
    TokenIsNew,
    /// It was sent again with a new token, which was refused as well: it is not sent a third time.
    RefusedAgain,
}

impl fmt::Display for NotRepeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BodySpent => {
                "the API refused the token, and the request's body cannot be sent again, as it was \
                 not kept; make the request once more"
            }
            Self::TokenIsNew => {
                "the API refused a token that has just been renewed; check which API, environment, \
                 scope and audience the client's tokens are for"
            }
            Self::RefusedAgain => {
                "the API refused the token, and a new one as well; check which API, environment, \
                 scope and audience the client's tokens are for"
            }
        })
    }
}
