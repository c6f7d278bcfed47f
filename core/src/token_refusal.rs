//! Whether an API refused the token, and not something else.

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::wire::challenge::Challenge;
use crate::wire::json::Members;

/// How a partner's API says that it refuses an access token, so that the next one is asked for.
/// It says so under status 401 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenRefusal {
    /// By a Bearer challenge with `error="invalid_token"` (RFC 6750 section 3.1).
    Header,
    /// By such a challenge, or where no Bearer challenge has an `error`, by a JSON body whose
    /// `error` is `invalid_token`: a partner may document the code and not where it stands (fact
    /// M6).
    HeaderOrBody,
    /// By every 401, unless a Bearer challenge says that a token of this kind will never do
    /// (`insufficient_scope`, `insufficient_user_authentication`): for servers that say nothing
    /// more.
    Status,
}

/// What an API's answer says about the token. All there is to say, so whoever carries requests
/// deals with each; there will be no fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenVerdict {
    /// The token is refused. Another may be taken.
    Refused,
    /// The answer is about something else: another token of this kind will not change it.
    NotRefused,
    /// Only the body can tell: read it and ask [`is_refused_in`](Self::is_refused_in).
    InBody,
}

impl TokenVerdict {
    /// So many bytes of a body are worth reading to find the verdict in it: 16 KiB. A refusal is a
    /// short text.
    pub const READ_AHEAD: usize = 16 * 1024;

    /// Whether the body of a 401 refuses the token: one JSON object, each
    /// member once, whose `error` is `invalid_token`. One byte order mark is skipped, as in an
    /// answer with tokens. To be asked where the verdict is [`InBody`](Self::InBody).
    pub fn is_refused_in(body: &[u8]) -> bool {
        let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        Members::read(text).is_ok_and(|members| members.text("error") == Some("invalid_token"))
    }
}

impl Dialect {
    /// Judges an API's answer by its status and its `WWW-Authenticate` lines. A line that is
    /// malformed is passed over, and an `error` that comes twice in a challenge is not there.
    ///
    /// ```
    /// use grantflow::{Dialect, TokenVerdict};
    ///
    /// let refused = br#"Bearer realm="sales", error="invalid_token""#.as_slice();
    /// let narrow = br#"Bearer error="insufficient_scope", scope="sales.write""#.as_slice();
    /// let dialect = Dialect::default();
    /// assert_eq!(dialect.token_verdict(401, [refused]), TokenVerdict::Refused);
    /// assert_eq!(dialect.token_verdict(403, [narrow]), TokenVerdict::NotRefused);
    /// assert_eq!(dialect.token_verdict(401, []), TokenVerdict::InBody);
    /// assert!(TokenVerdict::is_refused_in(br#"{"error": "invalid_token"}"#));
    /// ```
    pub fn token_verdict<'a>(
        &self,
        status: u16,
        www_authenticate: impl IntoIterator<Item = &'a [u8]>,
    ) -> TokenVerdict {
        if status != 401 {
            return TokenVerdict::NotRefused;
        }
        let (mut any, mut insufficient) = (false, false);
        let lines = www_authenticate.into_iter();
        for challenge in lines.filter_map(|line| Challenge::parse(line).ok()).flatten() {
            match challenge.error().filter(|_| challenge.scheme() == "bearer") {
                Some("invalid_token") => return TokenVerdict::Refused,
                Some(error) => {
                    any = true;
                    insufficient |= INSUFFICIENT.contains(&error);
                }
                None => {}
            }
        }
        match self.token_refusal {
            TokenRefusal::Status if !insufficient => TokenVerdict::Refused,
            TokenRefusal::HeaderOrBody if !any => TokenVerdict::InBody,
            _ => TokenVerdict::NotRefused,
        }
    }

    /// The same for an `http::Response`. A body that says it is something else than JSON has nothing
    /// to tell (RFC 8259 section 11, RFC 6839 section 3.1).
    #[cfg(feature = "http")]
    pub fn verdict_on<B>(&self, answer: &http::Response<B>) -> TokenVerdict {
        let (status, headers) = (answer.status().as_u16(), answer.headers());
        let lines = headers.get_all(http::header::WWW_AUTHENTICATE);
        let may_be_json = headers.get(http::header::CONTENT_TYPE).is_none_or(|value| {
            let name = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
            let name = name.trim_ascii().to_ascii_lowercase();
            name == b"application/json" || name.ends_with(b"+json")
        });
        match self.token_verdict(status, lines.iter().map(http::HeaderValue::as_bytes)) {
            TokenVerdict::InBody if !may_be_json => TokenVerdict::NotRefused,
            verdict => verdict,
        }
    }
}

/// The token is good and not enough (RFC 6750 section 3.1, RFC 9470 section 3): the same grant
/// brings no better one.
const INSUFFICIENT: &[&str] = &["insufficient_scope", "insufficient_user_authentication"];

#[cfg(test)]
mod tests;
