//! Introspection (RFC 7662): a resource server asks what a token is good for.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::about_token::{AboutToken, exchange_about_token};
use crate::client::Client;
use crate::error::{ConfigurationError, Error};
use crate::scope::Scope;
use crate::secret::check_token;
use crate::time::Timestamp;
use crate::token_type::TypedToken;
use crate::tokens::Deviation;
use crate::wire::answer::{Asked, duration, invalid, missing, read_object};
use crate::wire::json::{Hidden, Members};
use crate::wire::{Response, token_answer};

/// A token is about to be looked up. Send it: [`Exchange`](crate::Exchange). The answer is `None`
/// where the token is not active; whatever else the server may say of such a token is not read
/// (section 2.2).
#[derive(Debug)]
#[must_use = "nothing is known until it is sent"]
pub struct Introspection(AboutToken);

/// A token that is good, as the server says (RFC 7662 section 2.2). Good for whom and what is for
/// the resource server to check: [`audience`](Self::audience), [`scope`](Self::scope) and, where
/// the token is bound to a key, [`key_thumbprint`](Self::key_thumbprint).
pub struct ActiveToken {
    scope: Scope,
    audience: Vec<String>,
    expires_at: Option<Timestamp>,
    key_thumbprint: Option<String>,
    extra: Members,
    deviations: Vec<Deviation>,
}

impl Client {
    /// Looks a token up at the server (RFC 7662 section 2.1).
    ///
    /// ```
    /// use grantflow::{AccessToken, Client, Exchange, Provider, Secret, Timestamp};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Claims { username: String }
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?)
    ///     .with_introspection_endpoint("https://as.example.com/introspect".parse()?);
    /// let client = Client::new("api", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// let introspection = client.introspect(&AccessToken::new("2YotnFZFEjr1zCsicMWpAA")?)?;
    /// assert_eq!(
    ///     introspection.request().body().as_ref(),
    ///     b"token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token",
    /// );
    /// let response = http::Response::builder().header("content-type", "application/json").body(
    ///     r#"{"active":true,"scope":"read write","aud":"https://api.example.com","username":"jdoe"}"#,
    /// )?;
    /// let token = introspection.receive(&response, Timestamp::from_unix_seconds(0))?;
    /// let token = token.ok_or("the token is over")?;
    /// assert!(token.scope().contains("read"));
    /// assert_eq!(token.audience(), ["https://api.example.com"]);
    /// assert_eq!(token.extra::<Claims>()?.username, "jdoe");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the provider has no introspection endpoint, and for a public
    /// client: otherwise anybody could find tokens by trying (RFC 7662 section 2.1).
    pub fn introspect(
        &self,
        token: impl Into<TypedToken>,
    ) -> Result<Introspection, ConfigurationError> {
        self.check_confidential("is missing; only a client with a secret may look tokens up")?;
        let endpoint = self.provider().introspection_endpoint();
        AboutToken::new(self, endpoint, "introspection_endpoint", token.into()).map(Introspection)
    }
}

exchange_about_token!(Introspection, Option<ActiveToken>, read);

impl ActiveToken {
    /// What the token may do; empty where the server did not say.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whom the token is for (`aud`); empty where the server did not say.
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// When the token is over (`exp`).
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The thumbprint of the key that the token is bound to (`cnf.jkt`, RFC 9449 section 6.2):
    /// whoever comes with the token has to prove that the key is theirs.
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.key_thumbprint.as_deref()
    }

    /// The answer's other members, `sub` and `client_id` for some, read as a type of the caller's.
    /// Members that the type does not have are passed over.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the members do not fit the type. It does not say what stood
    /// there instead.
    pub fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        self.extra.extra()
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }
}

impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken")
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at)
            .field("extra", &self.extra)
            .finish_non_exhaustive()
    }
}

fn read(response: &Response<'_>, asked: &Asked<'_>) -> Result<Option<ActiveToken>, Error> {
    let (mut members, mut deviations) = read_object(response, asked)?;
    // A text "false" must not pass for true, so nothing but a boolean is read.
    match members.take("active").map(|active| active.0.as_bool()) {
        Some(Some(true)) => {}
        Some(Some(false)) => return Ok(None),
        Some(None) => return Err(invalid(response, "active", "true or false")),
        None => return Err(missing(response, "active")),
    }
    let scope = token_answer::scope(response, &mut members, asked.dialect(), &mut deviations)?;
    Ok(Some(ActiveToken {
        scope: scope.unwrap_or_default(),
        audience: audience(response, &mut members)?,
        expires_at: expires_at(response, &mut members)?,
        key_thumbprint: key_thumbprint(response, &members)?,
        extra: members,
        deviations,
    }))
}

/// One text, or a list of texts (RFC 7519 section 4.1.3).
fn audience(response: &Response<'_>, members: &mut Members) -> Result<Vec<String>, Error> {
    let text = |value: &Value| value.as_str().map(String::from);
    let audience = match members.take("aud").as_ref().map(|value| &value.0) {
        None => Some(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(value) => text(value).map(|one| Vec::from([one])),
    };
    audience.ok_or_else(|| invalid(response, "aud", "a text or a list of texts"))
}

/// Seconds since 1970, with a fraction perhaps (RFC 7519 section 2, `NumericDate`).
fn expires_at(response: &Response<'_>, members: &mut Members) -> Result<Option<Timestamp>, Error> {
    let Some(Hidden(value)) = &members.take("exp") else {
        return Ok(None);
    };
    match (value.as_u64(), value.as_f64()) {
        (Some(seconds), _) => Ok(Some(Timestamp::from_unix_seconds(seconds))),
        (None, Some(seconds)) if seconds >= 0.0 => {
            Ok(Some(Timestamp::from_unix(duration(seconds))))
        }
        _ => Err(invalid(response, "exp", "a number of seconds since 1970")),
    }
}

/// A binding that cannot be read must not pass for none.
fn key_thumbprint(response: &Response<'_>, members: &Members) -> Result<Option<String>, Error> {
    let expected = "an object whose jkt, if it has one, is a text";
    let jkt = match members.get("cnf") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(confirmation)) => confirmation.get("jkt"),
        Some(_) => return Err(invalid(response, "cnf", expected)),
    };
    match jkt.map(Value::as_str) {
        None => Ok(None),
        Some(Some(text)) if check_token("jkt", text).is_ok() => Ok(Some(text.into())),
        Some(_) => Err(invalid(response, "cnf", expected)),
    }
}

#[cfg(test)]
mod tests;
