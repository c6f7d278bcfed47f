//! A login with the values that a vector gives, brought in by the door for stored logins.

use grantflow::flow::{Authorized, AwaitingCallback, Exchanging};
use grantflow::{Client, Flow, PendingLogin, RedirectUri, Scope};
use serde_json::{Value, json};

use super::outcome::{Refused, Stop};
use super::setup::{self, NOW};

/// What a vector gives of a login; what it leaves out is drawn.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub(super) scope: Scope,
    pub(super) state: Option<&'a str>,
    pub(super) verifier: Option<&'a str>,
    pub(super) form_post: bool,
}

impl Given<'_> {
    /// Starts the login, stores it, puts the given values into the record and goes on with it.
    pub(super) fn start(
        self,
        client: &Client,
        redirect_uri: RedirectUri,
    ) -> Result<Flow<AwaitingCallback>, Stop> {
        let login = client.authorization_code(redirect_uri, self.scope, setup::entropy(), NOW)?;
        let login = if self.form_post { login.form_post() } else { login };
        let mut record = stored(login.pending())?;
        for (name, value) in [("state", self.state), ("code_verifier", self.verifier)] {
            let member = record.get_mut(name).filter(|member| !member.is_null());
            if let (Some(member), Some(value)) = (member, value) {
                *member = value.into();
            }
        }
        Ok(client.resume_login(restored(record)?)?)
    }
}

/// Finishes a login with a code, as a browser that comes back with it would.
pub(super) fn back_with(
    login: Flow<AwaitingCallback>,
    redirect_uri: &RedirectUri,
    code: &str,
) -> Result<Flow<Exchanging>, Stop> {
    let answer = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", code)
        .append_pair("state", login.pending().state().expose())
        .finish();
    let uri = redirect_uri.as_str();
    let separator = if uri.contains('?') { '&' } else { '?' };
    Ok(login.callback(&format!("{uri}{separator}{answer}"), NOW)?)
}

/// A user's grant that is held, by the door for stored tokens.
pub(super) fn held(client: &Client, mut record: Value) -> Result<Flow<Authorized>, Stop> {
    if let Value::Object(record) = &mut record {
        let token_endpoint = client.provider().token_endpoint().as_str();
        record.insert("client_id".to_owned(), client.client_id().into());
        record.insert("token_endpoint".to_owned(), token_endpoint.into());
    }
    let record = serde_json::from_value(record).map_err(|error| Refused::by_serde(&error))?;
    Ok(client.resume(record)?)
}

/// The record of a grant whose access token is over.
pub(super) fn record(access_token: &str, refresh_token: &str, scope: &Scope) -> Value {
    json!({
        "format": 1,
        "access_token": access_token,
        "refresh_token": refresh_token,
        "sent_at": NOW.unix_seconds().saturating_sub(3_600),
        "expires_in": 3_600,
        "scope": scope.as_str(),
    })
}

fn stored(pending: &PendingLogin) -> Result<Value, Stop> {
    serde_json::to_value(pending)
        .map_err(|error| Stop::Wrong(format!("a login cannot be stored: {error}")))
}

fn restored(record: Value) -> Result<PendingLogin, Stop> {
    serde_json::from_value(record).map_err(|error| Refused::by_serde(&error).into())
}
