//! Device authorization (RFC 8628 sections 3.1 and 3.2): a device without a browser asks the user to
//! log in with another one.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::client::Client;
use crate::dialect::BodyFormat;
use crate::error::{ConfigurationError, DEFAULT_INTERVAL, Error};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, Requesting};
use crate::provider::known;
use crate::scope::Scope;
use crate::secret::{check_credential, secret_text};
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::{Endpoint, Parts};
use crate::wire::answer::{Asked, invalid, missing, optional, read_object, required, seconds};
use crate::wire::json::Members;
use crate::wire::text::{Shown, is_harmful};
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

/// What to show to the user, and what to ask for the token with (RFC 8628 section 3.2).
///
/// Show [`verification_uri`](Self::verification_uri) and [`user_code`](Self::user_code); the user
/// goes there with another device, types the code and agrees. Meanwhile send
/// [`token_request`](Self::token_request), after each [`interval`](Self::interval).
pub struct DeviceAuthorization {
    client: Client,
    scope: Scope,
    sent_at: Timestamp,
    answer: Answer,
}

struct Answer {
    device_code: DeviceCode,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    lifetime: Duration,
    interval: Duration,
    deviations: Vec<Deviation>,
}

impl Client {
    /// Starts a login on a device without a browser (RFC 8628 section 3.1). The empty scope leaves
    /// the choice to the server.
    ///
    /// ```
    /// use core::time::Duration;
    /// use grantflow::{Client, Exchange, Provider, Timestamp};
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?)
    ///     .with_device_authorization_endpoint("https://as.example.com/device".parse()?);
    /// let client = Client::public("1406020730", provider)?;
    ///
    /// let request = client.device_authorization("example_scope".parse()?)?;
    /// assert_eq!(request.request().body().as_ref(), b"scope=example_scope&client_id=1406020730");
    /// let response = http::Response::builder().header("content-type", "application/json").body(
    ///     r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
    ///         "verification_uri":"https://as.example.com/go","expires_in":1800,"interval":5}"#,
    /// )?;
    /// let device = request.receive(&response, Timestamp::from_unix_seconds(0))?;
    /// println!("Go to {} and type {}", device.verification_uri(), device.user_code());
    ///
    /// assert_eq!(device.interval(), Duration::from_secs(5)); // wait that long, then send
    /// assert_eq!(
    ///     device.token_request().request().body().as_ref(),
    ///     b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
    ///       &client_id=1406020730&device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
    /// );
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
    pub(crate) fn adding(
        mut self,
        add: impl FnOnce(&mut Extra, BodyFormat) -> Result<(), ConfigurationError>,
    ) -> Result<Self, Failed<Self>> {
        match add(&mut self.extra, BodyFormat::Form) {
            Ok(()) => Ok(self),
            Err(error) => Err(Failed::new(error, self)),
        }
    }
}

impl Exchange for DeviceAuthorizationRequest {
    type Output = DeviceAuthorization;

    fn wire_request(&self) -> wire::Request<'_> {
        let parameters = [("scope", self.scope.as_str())];
        self.client.request(&self.endpoint, BodyFormat::Form, &parameters, &self.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<DeviceAuthorization, Failed<Self>> {
        let (response, secrets) = (response.into(), || self.extra.secrets().collect());
        match self.client.asked(sent_at, false, &secrets, |asked| read(&response, asked)) {
            Ok(answer) => {
                let Self { client, scope, .. } = self;
                Ok(DeviceAuthorization { client, scope, sent_at, answer })
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// Codes that nobody uses go away by themselves.
    fn may_repeat(&self) -> bool {
        true
    }
}

impl DeviceAuthorization {
    /// What the token is asked for with.
    pub fn device_code(&self) -> &DeviceCode {
        &self.answer.device_code
    }

    /// What the user types: as the server gave it, less the characters that would do something to
    /// a terminal instead of being seen on it.
    pub fn user_code(&self) -> &str {
        &self.answer.user_code
    }

    /// Where the user types it: an https URL.
    pub fn verification_uri(&self) -> &str {
        &self.answer.verification_uri
    }

    /// The same with the code in it, for a QR code, where the server has one: an https URL. The
    /// user should see the code all the same, and compare it (RFC 8628 section 3.3.1).
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.answer.verification_uri_complete.as_deref()
    }

    /// How long the codes live, counted from when the request was sent.
    pub fn lifetime(&self) -> Duration {
        self.answer.lifetime
    }

    /// When the codes are over: then start again.
    pub fn expires_at(&self) -> Timestamp {
        self.sent_at.saturating_add(self.answer.lifetime)
    }

    /// The pause before each token request: from one second to a day, and five seconds where the
    /// server does not say (RFC 8628 section 3.2).
    pub fn interval(&self) -> Duration {
        self.answer.interval
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.answer.deviations
    }

    /// Asks for the token (RFC 8628 section 3.4). As long as the user is not done, the server
    /// refuses with `authorization_pending` or `slow_down`, and the advice is to
    /// [wait](crate::Advice::RetryAfter) and ask again. The advice knows nothing of the
    /// [`interval`](Self::interval): wait the longer of the two, and from each `slow_down` on, five
    /// seconds more (section 3.5). When the user said no, or was too slow, it is
    /// [`Reauthorize`](crate::Advice::Reauthorize): start again.
    pub fn token_request(&self) -> Flow<Requesting> {
        let mut extra = Extra::default();
        extra.push("device_code", self.answer.device_code.expose());
        Requesting::flow(self.client.clone(), GRANT_TYPE.into(), self.scope.clone(), extra)
    }
}

/// Without the codes: who reads a log has no business at the user's page.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("device_code", &self.answer.device_code)
            .field("verification_uri", &format_args!("{}", Shown(&self.answer.verification_uri)))
            .field("expires_at", &self.expires_at())
            .field("interval", &self.answer.interval)
            .finish_non_exhaustive()
    }
}

fn read(response: &Response<'_>, asked: &Asked<'_>) -> Result<Answer, Error> {
    let (mut members, mut deviations) = read_object(response, asked)?;
    let members = &mut members;
    let text = "a text without control characters";
    let device_code =
        required(response, members, "device_code", text, |code| DeviceCode::new(code).ok())?;
    let user_code =
        required(response, members, "user_code", "a text that can be seen", |code| visible(&code))?;
    let https = "an https URL";
    // Some servers were there before the RFC, with another name.
    let alias = optional(response, members, "verification_url", https, https_url)?;
    let uri = optional(response, members, "verification_uri", https, https_url)?;
    let verification_uri = uri.or(alias).ok_or_else(|| missing(response, "verification_uri"))?;
    let verification_uri_complete =
        optional(response, members, "verification_uri_complete", https, https_url)?;
    let expires_in = members.take("expires_in").ok_or_else(|| missing(response, "expires_in"))?;
    let lifetime = token_answer::lifetime(response, &expires_in, &mut deviations)?;
    let interval = interval(response, members, &mut deviations)?;
    Ok(Answer {
        device_code,
        user_code,
        verification_uri,
        verification_uri_complete,
        lifetime: Duration::from_secs(lifetime.into()),
        interval,
        deviations,
    })
}

fn visible(code: &str) -> Option<String> {
    let seen: String = code.chars().filter(|character| !is_harmful(*character)).collect();
    Some(seen).filter(|seen| !seen.trim().is_empty())
}

/// Strictly read, so that nothing in it can deceive whoever reads it: the server may not be what
/// it seems (RFC 8628 section 5.4).
fn https_url(url: String) -> Option<String> {
    let https = Parts::read(&url).is_ok_and(|parts| parts.https);
    https.then_some(url)
}

fn interval(
    response: &Response<'_>,
    members: &mut Members,
    deviations: &mut Vec<Deviation>,
) -> Result<Duration, Error> {
    let Some(value) = members.take("interval") else {
        return Ok(DEFAULT_INTERVAL);
    };
    let interval = seconds(&value.0, deviations).map(Duration::from_secs);
    let interval = interval.map(|interval| interval.clamp(MIN_INTERVAL, MAX_INTERVAL));
    interval.ok_or_else(|| invalid(response, "interval", "a number of seconds, zero or more"))
}

impl Sealed for DeviceAuthorizationRequest {}

pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// A day: no code lives that long.
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests;
