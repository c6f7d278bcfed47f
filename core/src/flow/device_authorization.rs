//! Device authorization, first half (RFC 8628 sections 3.1 and 3.2): a device without a browser asks
//! for the codes that its user logs in with on another one.

use alloc::string::String;
use alloc::vec::Vec;

use super::awaiting_user::AwaitingUser;
use super::pending_device::{DAY, FORMAT, PendingDevice, is_page, is_visible};
use crate::client::Client;
use crate::dialect::BodyFormat;
use crate::error::{ConfigurationError, DEFAULT_INTERVAL, Error};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow};
use crate::provider::known;
use crate::scope::Scope;
use crate::secret::{Hidden, check_credential, secret_text};
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::Endpoint;
use crate::wire::answer::{Asked, invalid, missing, optional, read_object, required, seconds};
use crate::wire::json::Members;
use crate::wire::text::is_harmful;
use crate::wire::{self, Extra, Response, token_answer};

secret_text! {
    /// The `device_code`: what the token is asked for with (RFC 8628 section 3.4).
    DeviceCode, "device_code", check_credential
}

/// A device is about to ask for its codes. Send it: [`Exchange`].
#[derive(Debug)]
#[must_use = "there are no codes until it is sent"]
pub struct DeviceAuthorizationRequest {
    client: Client,
    endpoint: Endpoint,
    scope: Scope,
    extra: Extra,
}

impl Client {
    /// Starts a login on a device without a browser (RFC 8628 section 3.1). The empty scope leaves
    /// the choice to the server.
    ///
    /// ```
    /// use grantflow::flow::AwaitingUser;
    /// use grantflow::{Client, Exchange, Flow, Provider, Timestamp};
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?)
    ///     .with_device_authorization_endpoint("https://as.example.com/device".parse()?);
    /// let client = Client::public("1406020730", provider)?;
    /// # let answer = |status, body| {
    /// #     let answer = http::Response::builder().status(status);
    /// #     answer.header("content-type", "application/json").body(body)
    /// # };
    /// # let mut now = Timestamp::from_unix_seconds(0);
    ///
    /// let request = client.device_authorization("example_scope".parse()?)?;
    /// assert_eq!(request.request().body().as_ref(), b"scope=example_scope&client_id=1406020730");
    /// let response = answer(
    ///     200,
    ///     r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
    ///         "verification_uri":"https://as.example.com/go","expires_in":1800,"interval":5}"#,
    /// )?;
    /// let mut device = request.receive(&response, now)?;
    /// println!("Go to {} and type {}", device.verification_uri(), device.user_code());
    ///
    /// # let mut answers = [
    /// #     (400, r#"{"error":"authorization_pending"}"#),
    /// #     (200, r#"{"access_token":"t","token_type":"Bearer"}"#),
    /// # ]
    /// # .into_iter();
    /// // In earnest an adapter's `perform`. The user takes a while.
    /// let mut perform = |device: Flow<AwaitingUser>, now| {
    ///     assert_eq!(
    ///         device.request().body().as_ref(),
    ///         b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
    ///           &device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=1406020730",
    ///     );
    /// #     let (status, body) = answers.next().unwrap();
    /// #     let response = answer(status, body).unwrap();
    ///     device.receive(&response, now)
    /// };
    /// let authorized = loop {
    ///     now = now.saturating_add(device.pause(now)?); // in earnest: sleep for that long
    ///     match perform(device, now) {
    ///         Ok(authorized) => break authorized,
    ///         Err(failed) => device = failed.retry()?, // not yet, or no answer: all else ends it
    ///     }
    /// };
    /// assert_eq!(now.unix_seconds(), 10);
    /// assert_eq!(authorized.tokens().access_token().expose(), "t");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the provider has no device authorization endpoint.
    pub fn device_authorization(
        &self,
        scope: Scope,
    ) -> Result<DeviceAuthorizationRequest, ConfigurationError> {
        let endpoint = self.provider().device_authorization_endpoint();
        let endpoint = known(endpoint, "device_authorization_endpoint")?;
        let extra = Extra::default();
        Ok(DeviceAuthorizationRequest { client: self.clone(), endpoint, scope, extra })
    }
}

impl DeviceAuthorizationRequest {
    /// What a caller adds to it. It is a form, whatever the token endpoint takes.
    pub(super) fn adding(
        mut self,
        add: impl FnOnce(&mut Extra, BodyFormat) -> Result<(), ConfigurationError>,
    ) -> Result<Self, Failed<Self>> {
        match add(&mut self.extra, BodyFormat::Form) {
            Ok(()) => Ok(self),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// RFC 8628 section 3.2.
    fn read(&self, response: &Response<'_>, asked: &Asked<'_>) -> Result<AwaitingUser, Error> {
        let (mut members, mut deviations) = read_object(response, asked)?;
        let members = &mut members;
        let text = "a text without control characters";
        let device_code =
            required(response, members, "device_code", text, |code| DeviceCode::new(code).ok())?;
        let user_code =
            required(response, members, "user_code", "a text that can be seen", |mut code| {
                code.retain(|character| !is_harmful(character));
                is_visible(&code).then_some(code)
            })?;
        let own = self.client.provider().token_endpoint.as_str();
        let (https, page) = ("an https URL", |url: String| is_page(&url, own).then_some(url));
        // Some servers were there before the RFC, with another name.
        let alias = optional(response, members, "verification_url", https, page)?;
        let uri = optional(response, members, "verification_uri", https, page)?;
        let verification_uri =
            uri.or(alias).ok_or_else(|| missing(response, "verification_uri"))?;
        let complete = optional(response, members, "verification_uri_complete", https, page)?;
        let expires_in =
            members.take("expires_in").ok_or_else(|| missing(response, "expires_in"))?;
        let lifetime = token_answer::lifetime(response, &expires_in, &mut deviations)?;
        let interval = interval(response, members, &mut deviations)?;
        let pending = PendingDevice {
            format: FORMAT,
            device_code,
            user_code: Hidden::new(user_code),
            verification_uri,
            verification_uri_complete: complete.map(Hidden::new),
            scope: self.scope.clone(),
            sent_at: asked.sent_at,
            expires_in: lifetime.into(),
            interval,
            retry_after: 0,
            extra: Extra::default(),
            client_id: Hidden::new(self.client.client_id().into()),
            token_endpoint: self.client.provider().token_endpoint.as_str().into(),
        };
        Ok(AwaitingUser { pending, deviations })
    }
}

impl Exchange for DeviceAuthorizationRequest {
    type Output = Flow<AwaitingUser>;

    fn wire_request(&self) -> wire::Request<'_> {
        let parameters = [("scope", self.scope.as_str())];
        self.client.request(&self.endpoint, BodyFormat::Form, &parameters, &self.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<AwaitingUser>, Failed<Self>> {
        let (response, secrets) = (response.into(), || self.extra.secrets().collect());
        let read = |asked: &Asked<'_>| self.read(&response, asked);
        match self.client.asked(sent_at, false, &secrets, read) {
            Ok(state) => Ok(Flow { client: self.client, state }),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// Codes that nobody uses go away by themselves.
    fn may_repeat(&self) -> bool {
        true
    }
}

/// In seconds: at least one, and at most a day, for no code lives that long.
fn interval(
    response: &Response<'_>,
    members: &mut Members,
    deviations: &mut Vec<Deviation>,
) -> Result<u64, Error> {
    let Some(value) = members.take("interval") else {
        return Ok(DEFAULT_INTERVAL.as_secs());
    };
    let interval = seconds(&value.0, deviations).map(|interval| interval.clamp(1, DAY));
    interval.ok_or_else(|| invalid(response, "interval", "a number of seconds, zero or more"))
}

impl Sealed for DeviceAuthorizationRequest {}

#[cfg(test)]
mod tests;
