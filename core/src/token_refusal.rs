//! Whether an API refused the token, and not something else.

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::wire::MAX_RESPONSE_BYTES;
use crate::wire::challenge::Challenge;
use crate::wire::json::Members;

/// How a partner's API says that it refuses an access token, so that the next one is asked for.
/// It says so under status 401 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenRefusal {
    /// By a Bearer challenge with `error="invalid_token"` (RFC 6750 section 3.1).
    Header,
    /// By such a challenge, or where no Bearer challenge has an `error`, by a JSON body whose
    /// `error` is `invalid_token`: a page may name the code and not the place (fact M6).
    HeaderOrBody,
    /// By every 401, unless a Bearer challenge says that a token of this kind will never do
    /// (`insufficient_scope`, `insufficient_user_authentication`): for servers that say nothing
    /// more.
    Status,
}

/// What an API's answer says about the token. All there is to say, so whoever carries requests
/// deals with each; there will be no fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVerdict {
    /// The token is refused. Another may be taken.
    Refused,
    /// The answer is about something else: another token of this kind will not change it.
    NotRefused,
    /// Only the body can tell: read it and ask [`Dialect::body_refuses_token`].
    InBody,
}

impl TokenVerdict {
    /// So many bytes of a body are worth reading to find the verdict in it: 16 KiB. A refusal is a
    /// short text.
    pub const READ_AHEAD: usize = 16 * 1024;
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
    /// assert!(Dialect::body_refuses_token(br#"{"error": "invalid_token"}"#));
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

    /// Whether the body of a 401 refuses the token: one JSON object of at most
    /// [`MAX_RESPONSE_BYTES`], each member once, whose `error` is `invalid_token`. One byte order
    /// mark is skipped, as in an answer with tokens; the Content-Type does not count. To be asked
    /// where the verdict is [`TokenVerdict::InBody`].
    pub fn body_refuses_token(body: &[u8]) -> bool {
        let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        body.len() <= MAX_RESPONSE_BYTES
            && Members::read(text)
                .is_ok_and(|members| members.text("error") == Some("invalid_token"))
    }
}

/// The token is good and not enough (RFC 6750 section 3.1, RFC 9470 section 3): the same grant
/// brings no better one.
const INSUFFICIENT: &[&str] = &["insufficient_scope", "insufficient_user_authentication"];

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::TokenVerdict::{InBody, NotRefused, Refused};
    use super::*;

    fn dialect(token_refusal: TokenRefusal) -> Dialect {
        Dialect { token_refusal, ..Dialect::default() }
    }

    /// The verdicts of `Header`, `HeaderOrBody` and `Status`.
    fn verdicts(status: u16, lines: &[&str]) -> [TokenVerdict; 3] {
        [TokenRefusal::Header, TokenRefusal::HeaderOrBody, TokenRefusal::Status]
            .map(|kind| dialect(kind).token_verdict(status, lines.iter().map(|l| l.as_bytes())))
    }

    #[test]
    fn each_kind_of_server_is_understood_and_only_a_refused_token_is_refused() {
        let silent = [NotRefused, InBody, Refused];
        let otherwise = [NotRefused, NotRefused, Refused];
        for (lines, expected) in [
            (&[r#"Bearer realm="a", error="invalid_token""#][..], [Refused; 3]),
            (&["bEaReR ERROR=invalid_token"], [Refused; 3]),
            (&[r#"Basic realm="a", Bearer error="invalid_token""#], [Refused; 3]),
            (&[r#"Basic realm="a""#, r#"Bearer error="invalid_token""#], [Refused; 3]),
            (&[r#"Bearer error="insufficient_scope""#], [NotRefused; 3]),
            (&[r#"Bearer error="insufficient_user_authentication", max_age=5"#], [NotRefused; 3]),
            (&[r#"Bearer error="invalid_request""#], otherwise),
            (&[r#"Bearer error="INVALID_TOKEN""#], otherwise),
            (&[r#"Bearer error="""#], otherwise),
            (&[], silent),
            (&[""], silent),
            (&["Bearer"], silent),
            (&[r#"Bearer realm="error=invalid_token""#], silent),
            (&[r#"Basic error="invalid_token""#], silent),
            (&[r#"DPoP error="insufficient_scope""#], silent),
        ] {
            assert_eq!(verdicts(401, lines), expected, "{lines:?}");
        }
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_body_that_is_not_json_has_nothing_to_tell() {
        let answer = |content_type: Option<&str>| {
            let answer = http::Response::builder().status(401);
            match content_type {
                Some(value) => answer.header("content-type", value).body(()).unwrap(),
                None => answer.body(()).unwrap(),
            }
        };
        let verdict = |content_type| Dialect::default().verdict_on(&answer(content_type));
        for json in
            ["application/json", "Application/JSON ; charset=utf-8", "application/problem+json"]
        {
            assert_eq!(verdict(Some(json)), InBody, "{json}");
        }
        assert_eq!(verdict(None), InBody);
        for other in ["text/html", "text/plain; x=application/json", "application/jsonx", ""] {
            assert_eq!(verdict(Some(other)), NotRefused, "{other}");
        }
        let refused = ["Bearer", r#"Bearer error="invalid_token""#];
        let mut answer = answer(Some("text/html"));
        for line in refused {
            answer.headers_mut().append("www-authenticate", line.parse().unwrap());
        }
        assert_eq!(Dialect::default().verdict_on(&answer), Refused);
    }

    #[test]
    fn of_several_bearer_challenges_one_that_refuses_is_enough() {
        let (refused, narrow) =
            (r#"Bearer error="invalid_token""#, "Bearer error=insufficient_scope");
        for lines in [vec![refused, narrow], vec![narrow, refused], vec!["Bearer", refused]] {
            assert_eq!(verdicts(401, &lines), [Refused; 3], "{lines:?}");
        }
        let joined = format!("{narrow}, {refused}");
        assert_eq!(verdicts(401, &[&joined]), [Refused; 3]);
        assert_eq!(verdicts(401, &["Bearer error=invalid_request", narrow]), [NotRefused; 3]);
    }

    #[test]
    fn a_malformed_line_is_passed_over_and_the_others_count() {
        let broken = r#"Bearer error="invalid_token"#;
        assert_eq!(verdicts(401, &[broken]), [NotRefused, InBody, Refused]);
        let narrow = "Bearer error=insufficient_scope";
        assert_eq!(verdicts(401, &[broken, narrow]), [NotRefused; 3]);
        let refused = r#"Bearer error="invalid_token""#;
        assert_eq!(verdicts(401, &[broken, refused]), [Refused; 3]);
        assert_eq!(verdicts(401, &[refused, broken]), [Refused; 3]);
    }

    #[test]
    fn an_error_that_comes_twice_is_no_error() {
        for twice in ["invalid_token", "insufficient_scope"] {
            let line = format!("Bearer error=invalid_token, Error={twice}");
            assert_eq!(verdicts(401, &[&line]), [NotRefused, InBody, Refused], "{line}");
        }
    }

    #[test]
    fn no_other_status_refuses_a_token() {
        for status in [0, 200, 204, 302, 400, 402, 403, 407, 500, 503] {
            let line = r#"Bearer error="invalid_token""#;
            assert_eq!(verdicts(status, &[line]), [NotRefused; 3], "{status}");
            assert_eq!(verdicts(status, &[]), [NotRefused; 3], "{status}");
        }
    }

    #[test]
    fn a_body_refuses_by_its_error_and_by_nothing_else() {
        for body in [
            r#"{"error":"invalid_token"}"#,
            "\u{feff}{\"error\":\"invalid_token\"}",
            r#" {"message":"expired","\u0065rror":"invalid_token","x":[{"error":1}]} "#,
        ] {
            assert!(Dialect::body_refuses_token(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "invalid_token",
            r#""invalid_token""#,
            r#"["invalid_token"]"#,
            r#"{"error":"invalid_client"}"#,
            r#"{"error":["invalid_token"]}"#,
            r#"{"error":null}"#,
            r#"{"Error":"invalid_token"}"#,
            r#"{"message":"invalid_token"}"#,
            r#"{"error":{"error":"invalid_token"}}"#,
            r#"{"error":"invalid_token"} {}"#,
            r#"{"error":"invalid_token","error":"invalid_token"}"#,
            r#"{"error":"invalid_token","\u0065rror":"x"}"#,
            "error=invalid_token",
            "\u{feff}\u{feff}{\"error\":\"invalid_token\"}",
        ] {
            assert!(!Dialect::body_refuses_token(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_body_beyond_the_limits_refuses_nothing() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"error":"invalid_token","x":{open}{close}}}"#)
        };
        assert!(Dialect::body_refuses_token(nested(127).as_bytes()));
        assert!(!Dialect::body_refuses_token(nested(128).as_bytes()));
        assert!(!Dialect::body_refuses_token(nested(100_000).as_bytes()));
        let padded = |length: usize| {
            let body = r#"{"error":"invalid_token"}"#;
            [body, &" ".repeat(length - body.len())].concat()
        };
        assert!(Dialect::body_refuses_token(padded(MAX_RESPONSE_BYTES).as_bytes()));
        assert!(!Dialect::body_refuses_token(padded(MAX_RESPONSE_BYTES + 1).as_bytes()));
    }

    #[test]
    fn a_file_says_how_its_server_refuses() {
        for (name, kind) in [
            ("header", TokenRefusal::Header),
            ("header_or_body", TokenRefusal::HeaderOrBody),
            ("status", TokenRefusal::Status),
        ] {
            let file = format!(r#"{{"token_refusal":"{name}"}}"#);
            assert_eq!(serde_json::from_str::<Dialect>(&file).unwrap(), dialect(kind));
        }
        assert_eq!(Dialect::default().token_refusal, TokenRefusal::HeaderOrBody);
    }
}
