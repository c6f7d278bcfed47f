//! Authorization code, second half (RFC 6749 sections 4.1.2 and 4.1.3): the user is back, and the
//! code becomes tokens.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::authorization_code::AwaitingCallback;
use super::authorized::Authorized;
use super::pending_login::PendingLogin;
use crate::client::Client;
use crate::error::{
    Advice, CallbackError, ConfigurationError, DEFAULT_PAUSE, Error, ErrorAnswer, Refusal,
};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::secret::{Hidden, secret_text};
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::wire::answer::{is_error_code, is_web_page};
use crate::wire::{self, Extra, form};

secret_text! {
    /// An authorization code: works once, and only with this login's verifier (facts F5, F12).
    AuthorizationCode, "code", check_code
}

/// The callback was this login's, and its code is about to be exchanged. Send it: [`Exchange`].
pub struct Exchanging {
    pending: PendingLogin,
    code: AuthorizationCode,
    others: Vec<(String, Hidden)>,
}

impl Flow<AwaitingCallback> {
    /// Takes the URL at which the user came back (fact F5): whole, as `https://app.example/cb?code=…`.
    /// A web framework that knows only path and query gets its own origin put before them.
    ///
    /// # Errors
    /// [`Failed`] with an [`Error::Callback`] where it is not this login's answer, and with an
    /// [`Error::Refused`] where the server or the user said no. A callback whose state is not
    /// this login's was a stranger's: [`retry`](Failed::retry) gives the login back, which goes
    /// on waiting. Any other ends it.
    pub fn callback(self, url: &str, now: Timestamp) -> Result<Flow<Exchanging>, Failed<Self>> {
        let pending = &self.state.pending;
        let query = if url.len() > MAX_CALLBACK_BYTES {
            Err(CallbackError::TooLarge { limit: MAX_CALLBACK_BYTES })
        } else if pending.form_post {
            Err(CallbackError::UnexpectedMode)
        } else {
            pending.redirect_uri.query_of(url).ok_or(CallbackError::RedirectUriMismatch)
        };
        self.answer(query, now)
    }

    /// Takes the form that the user's browser posted to the redirect URI, where
    /// [`form_post`](Self::form_post) was asked for.
    ///
    /// # Errors
    /// As for [`callback`](Self::callback).
    pub fn callback_form(
        self,
        content_type: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<Flow<Exchanging>, Failed<Self>> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let form = if body.len() > MAX_CALLBACK_BYTES {
            Err(CallbackError::TooLarge { limit: MAX_CALLBACK_BYTES })
        } else if !self.state.pending.form_post {
            Err(CallbackError::UnexpectedMode)
        } else if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Err(CallbackError::ContentType)
        } else {
            Ok(body)
        };
        self.answer(form, now)
    }

    fn answer(
        self,
        form: Result<&str, CallbackError>,
        now: Timestamp,
    ) -> Result<Flow<Exchanging>, Failed<Self>> {
        let read = form
            .map_err(Error::from)
            .and_then(|form| read(form, &self.client, &self.state.pending, now));
        match read {
            Ok((code, others)) => {
                let state = Exchanging { pending: self.state.pending, code, others };
                Ok(Flow { client: self.client, state })
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }
}

/// Reads the parameters: the state first, and nothing else before it was right (RFC 6749 section
/// 10.12).
fn read(
    form: &str,
    client: &Client,
    pending: &PendingLogin,
    now: Timestamp,
) -> Result<(AuthorizationCode, Vec<(String, Hidden)>), Error> {
    let mut parameters = Parameters::read_state(form, pending)?;
    if now.unix_seconds() >= pending.expires_at.unix_seconds() {
        return Err(CallbackError::Expired.into());
    }
    parameters.read_others(form)?;
    if let Some(field) = FORBIDDEN.iter().find(|name| parameters.has(name)) {
        return Err(CallbackError::UnexpectedParameter { field }.into());
    }
    if parameters.has("response") {
        return Err(CallbackError::Unsupported.into());
    }
    check_issuer(client, parameters.take("iss"))?;
    let (code, error) = (parameters.take("code"), parameters.take("error"));
    match (code, error) {
        (Some(_), Some(_)) => Err(CallbackError::Ambiguous.into()),
        (None, None) => Err(CallbackError::MissingField { field: "code" }.into()),
        (None, Some(code)) => Err(refusal(code.expose(), &mut parameters)),
        (Some(code), None) => match check_code("code", code.expose()) {
            Ok(()) => Ok((AuthorizationCode(code), parameters.0)),
            Err(_) => Err(CallbackError::InvalidField { field: "code" }.into()),
        },
    }
}

/// Decoded parameters. Those without a value count as absent (RFC 6749 section 3.1).
struct Parameters(Vec<(String, Hidden)>);

impl Parameters {
    fn read_state(form: &str, pending: &PendingLogin) -> Result<Self, CallbackError> {
        let mut found = None;
        for (name, value) in form::pairs(form) {
            if form::decode(name).as_deref() != Some("state") {
                continue;
            }
            if found.is_some() {
                return Err(CallbackError::DuplicateField { field: "state" });
            }
            found = Some(Hidden::new(form::decode(value).ok_or(CallbackError::StateMismatch)?));
        }
        match found.as_ref().map(Hidden::expose) {
            None | Some("") => Err(CallbackError::StateMissing),
            Some(state) if !pending.state.matches(state) => Err(CallbackError::StateMismatch),
            Some(_) => Ok(Self(Vec::new())),
        }
    }

    fn read_others(&mut self, form: &str) -> Result<(), CallbackError> {
        for (name, value) in form::pairs(form) {
            let name = form::decode(name).ok_or(CallbackError::InvalidEncoding)?;
            let value = form::decode(value).ok_or(CallbackError::InvalidEncoding)?;
            if let Some(field) = PROTOCOL.iter().find(|own| **own == name && self.has(own)) {
                return Err(CallbackError::DuplicateField { field });
            }
            if name != "state" {
                self.0.push((name, Hidden::new(value)));
            }
        }
        self.0.retain(|(_, value)| !value.expose().is_empty());
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    fn take(&mut self, name: &str) -> Option<Hidden> {
        let index = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(index).1)
    }
}

/// RFC 9207 section 2.4: compared code point by code point. A server whose issuer is not known
/// here cannot be checked.
fn check_issuer(client: &Client, said: Option<Hidden>) -> Result<(), CallbackError> {
    match (&client.provider().issuer, said) {
        (Some(issuer), Some(said)) if issuer.identifier != said.expose() => {
            Err(CallbackError::IssuerMismatch)
        }
        (Some(issuer), None) if issuer.always_sent => Err(CallbackError::IssuerMissing),
        _ => Ok(()),
    }
}

/// The error response of the login page (RFC 6749 section 4.1.2.1).
fn refusal(code: &str, parameters: &mut Parameters) -> Error {
    if !is_error_code(code) {
        return CallbackError::InvalidField { field: "error" }.into();
    }
    let advice = match code {
        "temporarily_unavailable" | "server_error" => Advice::RetryAfter(DEFAULT_PAUSE),
        "invalid_request"
        | "unauthorized_client"
        | "unsupported_response_type"
        | "invalid_scope"
        | "invalid_target" => Advice::FixConfiguration,
        _ => Advice::Reauthorize,
    };
    let mut text = |name| parameters.take(name).map(|text| String::from(text.expose()));
    let answer = ErrorAnswer {
        code: Some(code.into()),
        description: text("error_description"),
        error_uri: text("error_uri").filter(|uri| is_web_page(uri)),
    };
    Refusal { answer, status: None, advice }.into()
}

impl Flow<Exchanging> {
    /// The code that came with the callback.
    pub fn code(&self) -> &AuthorizationCode {
        &self.state.code
    }

    /// A parameter of the callback that the protocol does not need: FlowAccount's `scope` (fact
    /// F5), `session_state`. Whoever made the URL may have made it up: never take it for granted.
    pub fn callback_parameter(&self, name: &str) -> Option<&str> {
        let parameter = self.state.others.iter().find(|(other, _)| other == name);
        parameter.map(|(_, value)| value.expose())
    }
}

impl Exchange for Flow<Exchanging> {
    type Output = Flow<Authorized>;

    fn wire_request(&self) -> wire::Request<'_> {
        let Exchanging { pending, code, .. } = &self.state;
        let verifier = pending.code_verifier.as_ref();
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", pending.redirect_uri.as_str()),
            ("code_verifier", verifier.map_or("", |verifier| verifier.expose())),
        ];
        self.client.token_request(&grant, &Extra::default())
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Authorized>, Failed<Self>> {
        match self.tokens(&response.into(), sent_at) {
            Ok(tokens) => Ok(Authorized::flow(self.client, tokens)),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    fn may_repeat(&self) -> bool {
        false
    }
}

impl Flow<Exchanging> {
    fn tokens(&self, response: &wire::Response<'_>, sent_at: Timestamp) -> Result<Tokens, Error> {
        let Exchanging { pending, code, .. } = &self.state;
        let verifier = pending.code_verifier.as_ref().map_or("", |verifier| verifier.expose());
        let secrets = [code.expose(), verifier];
        self.client.token_answer(response, sent_at, &pending.scope, true, secrets)
    }
}

impl fmt::Debug for Exchanging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanging")
            .field("pending", &self.pending)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// Visible ASCII and spaces (RFC 6749 appendix A.11).
fn check_code(field: &'static str, text: &str) -> Result<(), ConfigurationError> {
    if text.is_empty() {
        return Err(ConfigurationError::empty(field));
    }
    match text.bytes().position(|byte| !matches!(byte, b' '..=b'~')) {
        Some(at) => Err(ConfigurationError::character(field, at, "visible ASCII and spaces")),
        None => Ok(()),
    }
}

impl Sealed for Exchanging {}
impl State for Exchanging {}
impl Sealed for Flow<Exchanging> {}

/// The longest callback that is read: 64 KiB.
const MAX_CALLBACK_BYTES: usize = 64 * 1024;

/// What may come once.
const PROTOCOL: &[&str] = &[
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "iss",
    "response",
    "scope",
];

/// What belongs to flows that this library does not have (RFC 9700 section 2.1.2).
const FORBIDDEN: &[&str] = &["access_token", "id_token"];
