//! The user is back (RFC 6749 section 4.1.2), or somebody says so.

use alloc::string::String;
use alloc::vec::Vec;

use super::authorization_code::AwaitingCallback;
use super::exchanging::{AuthorizationCode, Exchanging};
use super::pending_login::PendingLogin;
use crate::client::Client;
use crate::error::{Advice, CallbackError, Error, ErrorAnswer, Refusal, advice_for};
use crate::flow::{Failed, Flow};
use crate::provider::IssParameter;
use crate::secret::{Hidden, check_text};
use crate::time::Timestamp;
use crate::url::RESPONSE;
use crate::wire::answer::{is_error_code, is_web_page};
use crate::wire::{Extra, form};

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
        let text = url.split_once('#').map_or(url, |(text, _)| text);
        let query = text.split_once('?').map_or("", |(_, query)| query);
        let parameters = check_size(url)
            .and_then(|()| ensure(!pending.form_post, CallbackError::UnexpectedMode))
            .and_then(|()| Parameters::read_state(query, pending))
            .and_then(|()| {
                ensure(pending.redirect_uri.is_place_of(text), CallbackError::RedirectUriMismatch)
            })
            .map(|()| query);
        self.answer(parameters, now)
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
        let pending = &self.state.pending;
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let parameters = check_size(body)
            .and_then(|()| ensure(pending.form_post, CallbackError::UnexpectedMode))
            .and_then(|()| ensure(is_form, CallbackError::ContentType))
            .and_then(|()| Parameters::read_state(body, pending))
            .map(|()| body);
        self.answer(parameters, now)
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
                let (pending, extra) = (self.state.pending, Extra::default());
                let state = Exchanging { pending, code, others, extra, in_doubt: false };
                Ok(Flow { client: self.client, state })
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }
}

fn check_size(callback: &str) -> Result<(), CallbackError> {
    let limit = MAX_CALLBACK_BYTES;
    ensure(callback.len() <= limit, CallbackError::TooLarge { limit })
}

fn ensure(holds: bool, otherwise: CallbackError) -> Result<(), CallbackError> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Reads the parameters of a callback whose state was right (RFC 6749 section 10.12).
fn read(
    form: &str,
    client: &Client,
    pending: &PendingLogin,
    now: Timestamp,
) -> Result<(AuthorizationCode, Vec<(String, Hidden)>), Error> {
    if now.unix_seconds() >= pending.expires_at.unix_seconds() {
        return Err(CallbackError::Expired.into());
    }
    let mut parameters = Parameters::read(form)?;
    if let Some(field) = FORBIDDEN.iter().find(|name| parameters.has(name)) {
        return Err(CallbackError::UnexpectedParameter { field }.into());
    }
    if parameters.has("response") {
        return Err(CallbackError::Unsupported.into());
    }
    let said = parameters.take("iss");
    let (code, error) = (parameters.take("code"), parameters.take("error"));
    check_issuer(client, said, || {
        let error = error.as_ref().map(Hidden::expose).filter(|code| is_error_code(code))?;
        Some(client.blot(error, &[pending.state.expose()]))
    })?;
    match (code, error) {
        (Some(_), Some(_)) => Err(CallbackError::Ambiguous.into()),
        (None, None) => Err(CallbackError::MissingField { field: "code" }.into()),
        (None, Some(code)) => Err(refusal(code.expose(), &mut parameters, client, pending)),
        (Some(code), None) => match check_text("code", code.expose()) {
            Ok(()) => Ok((AuthorizationCode(code), parameters.0)),
            Err(_) => Err(CallbackError::InvalidField { field: "code" }.into()),
        },
    }
}

/// Decoded parameters. Those without a value count as absent (RFC 6749 section 3.1).
struct Parameters(Vec<(String, Hidden)>);

impl Parameters {
    /// Compares the state, before anything else is looked at.
    fn read_state(form: &str, pending: &PendingLogin) -> Result<(), CallbackError> {
        let named = |wanted: &'static str| {
            let is = move |name: &str| form::decode(name).is_some_and(|name| name == wanted);
            form::pairs(form).filter(move |(name, _)| is(name)).map(|(_, value)| value)
        };
        let mut states = named("state").map(|value| form::decode(value).map(Hidden::new));
        match (states.next(), states.next()) {
            // A signed response has its state inside.
            (None, _) if named("response").next().is_some() => Err(CallbackError::Unsupported),
            (None, _) => Err(CallbackError::StateMissing),
            (_, Some(_)) => Err(CallbackError::DuplicateField { field: "state" }),
            (Some(Some(state)), None) if state.expose().is_empty() => {
                Err(CallbackError::StateMissing)
            }
            (Some(Some(state)), None) if pending.state.matches(state.expose()) => Ok(()),
            _ => Err(CallbackError::StateMismatch),
        }
    }

    fn read(form: &str) -> Result<Self, CallbackError> {
        let mut parameters = Self(Vec::new());
        for (name, value) in form::pairs(form) {
            let name = form::decode(name).ok_or(CallbackError::InvalidEncoding)?;
            let value = form::decode(value).map(Hidden::new);
            let value = value.ok_or(CallbackError::InvalidEncoding)?;
            if let Some(field) = RESPONSE.iter().find(|own| **own == name && parameters.has(own)) {
                return Err(CallbackError::DuplicateField { field });
            }
            if name != "state" {
                parameters.0.push((name, value));
            }
        }
        parameters.0.retain(|(_, value)| !value.expose().is_empty());
        Ok(parameters)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    fn take(&mut self, name: &str) -> Option<Hidden> {
        let index = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(index).1)
    }
}

/// RFC 9207 section 2.4: compared code point by code point. A server whose issuer is not known
/// here cannot be checked. What else was said is not believed, and of use to whoever has to find out
/// why.
fn check_issuer(
    client: &Client,
    said: Option<Hidden>,
    error: impl FnOnce() -> Option<String>,
) -> Result<(), CallbackError> {
    match (&client.provider().issuer, said) {
        (Some(issuer), Some(said)) if issuer.identifier != said.expose() => {
            Err(CallbackError::IssuerMismatch)
        }
        (Some(issuer), Some(_)) if issuer.iss == IssParameter::Never => {
            Err(CallbackError::UnexpectedParameter { field: "iss" })
        }
        (Some(issuer), None) if issuer.iss == IssParameter::Always => {
            Err(CallbackError::IssuerMissing { error: error() })
        }
        _ => Ok(()),
    }
}

/// The error response of the login page (RFC 6749 section 4.1.2.1).
fn refusal(
    code: &str,
    parameters: &mut Parameters,
    client: &Client,
    pending: &PendingLogin,
) -> Error {
    if !is_error_code(code) {
        return CallbackError::InvalidField { field: "error" }.into();
    }
    // The login is over in any case: another try is another login.
    let advice = match advice_for(code, true, None) {
        Advice::RetryAfter(_) => Advice::Reauthorize,
        advice => advice,
    };
    let blot = |text: &str| client.blot(text, &[pending.state.expose()]);
    let mut text = |name| parameters.take(name).map(|text| blot(text.expose()));
    let answer = ErrorAnswer {
        code: Some(blot(code)),
        description: text("error_description"),
        error_uri: text("error_uri").filter(|uri| is_web_page(uri)),
    };
    Refusal { answer, status: None, advice }.into()
}

/// The longest callback that is read: 64 KiB.
const MAX_CALLBACK_BYTES: usize = 64 * 1024;

/// What belongs to flows that this library does not have (RFC 9700 section 2.1.2).
const FORBIDDEN: &[&str] = &["access_token", "id_token"];
