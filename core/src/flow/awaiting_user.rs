//! Device authorization, second half (RFC 8628 sections 3.3 to 3.5): the user is shown a code and
//! takes a while, and meanwhile the device asks whether it is done.

use alloc::vec::Vec;
use core::time::Duration;

use super::authorized::Authorized;
use super::device_authorization::DeviceCode;
use super::parameters::takes_parameters;
use super::pending_device::{DAY, PendingDevice, check_parameters};
use crate::dialect::BodyFormat;
use crate::error::{Advice, CallbackError, ConfigurationError, Error, TransportError};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::secret::Hidden;
use crate::time::Timestamp;
use crate::tokens::{Deviation, Tokens};
use crate::wire::{self, Extra, Response};

/// The user has been told where to go and what to type, or is about to be told. Show
/// [`verification_uri`](Flow::verification_uri) and [`user_code`](Flow::user_code); the user goes
/// there with another device, types the code and agrees.
///
/// Meanwhile [`pause`](Flow::pause), send it, and go on with what [`retry`](Failed::retry) gives
/// back: [`device_authorization`](crate::Client::device_authorization) has the loop. It is given
/// back as long as the user is not done, where no answer came, and where the answer says that time
/// helps; anything else ends it (RFC 8628 section 3.5), and so does TLS that fails. When the user said
/// no, or was too slow, the advice is [`Reauthorize`](Advice::Reauthorize): start again.
#[derive(Debug)]
pub struct AwaitingUser {
    pub(super) pending: PendingDevice,
    pub(super) deviations: Vec<Deviation>,
}

takes_parameters!(for Flow<AwaitingUser>);

impl Flow<AwaitingUser> {
    /// What a caller adds to each token request.
    fn adding(
        mut self,
        add: impl FnOnce(&mut Extra, BodyFormat) -> Result<(), ConfigurationError>,
    ) -> Result<Self, Failed<Self>> {
        let mut extra = self.state.pending.extra.clone();
        let added = add(&mut extra, self.client.body_format());
        match added.and_then(|()| check_parameters(&extra)) {
            Ok(()) => {
                self.state.pending.extra = extra;
                Ok(self)
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// How long to wait before this is sent, the first time too: the whole
    /// [`interval`](Self::interval), and what the server has asked for by `Retry-After`, if that
    /// is longer.
    ///
    /// # Errors
    /// [`CallbackError::Expired`] where the codes would be over by then, though the server never
    /// said so, and where the clock says that they have not begun: start again.
    pub fn pause(&self, now: Timestamp) -> Result<Duration, Error> {
        let (pause, lifetime) = (self.state.pending.pause(), self.lifetime());
        let age = now.waited_since(self.state.pending.sent_at);
        if age.is_none_or(|age| age.saturating_add(pause) >= lifetime) {
            return Err(CallbackError::Expired.into());
        }
        Ok(pause)
    }

    /// What has to be known to go on after a restart of this program:
    /// [`Client::resume_device`](crate::Client::resume_device).
    pub fn pending(&self) -> &PendingDevice {
        &self.state.pending
    }

    /// What the token is asked for with.
    pub fn device_code(&self) -> &DeviceCode {
        &self.state.pending.device_code
    }

    /// What the user types: as the server gave it, less the characters that would do something to
    /// a terminal instead of being seen on it.
    pub fn user_code(&self) -> &str {
        self.state.pending.user_code.expose()
    }

    /// Where the user types it: an https URL.
    pub fn verification_uri(&self) -> &str {
        &self.state.pending.verification_uri
    }

    /// The same with the code in it, for a QR code, where the server has one: an https URL. The
    /// user should see the code all the same, and compare it (RFC 8628 section 3.3.1).
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.state.pending.verification_uri_complete.as_ref().map(Hidden::expose)
    }

    /// How long the codes live, counted from when they were asked for.
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.state.pending.expires_in)
    }

    /// When the codes are over: then start again.
    pub fn expires_at(&self) -> Timestamp {
        self.state.pending.expires_at()
    }

    /// The pause between two token requests: from one second to a day, and five seconds where the
    /// server does not say (RFC 8628 section 3.2). It grows with each `slow_down`, by five seconds,
    /// and with each request that found no answer, to the double (section 3.5).
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.state.pending.interval)
    }

    /// What was forgiven in the answer that had the codes.
    pub fn deviations(&self) -> &[Deviation] {
        &self.state.deviations
    }
}

/// Asks for the token (RFC 8628 section 3.4).
impl Exchange for Flow<AwaitingUser> {
    type Output = Flow<Authorized>;

    fn wire_request(&self) -> wire::Request<'_> {
        let grant = [("grant_type", GRANT_TYPE), ("device_code", self.device_code().expose())];
        self.client.token_request(&grant, &self.state.pending.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Authorized>, Failed<Self>> {
        let response = response.into();
        match self.tokens(&response, sent_at) {
            Ok(tokens) => Ok(Authorized::flow(self.client, tokens)),
            Err(error) => Err(self.refused(error, &response)),
        }
    }

    /// The code may be spent with it, and what comes too often is slowed down.
    fn may_repeat(&self) -> bool {
        false
    }
}

impl Flow<AwaitingUser> {
    fn tokens(&self, response: &Response<'_>, sent_at: Timestamp) -> Result<Tokens, Error> {
        let PendingDevice { device_code, user_code, scope, extra, .. } = &self.state.pending;
        let own = [device_code.expose(), user_code.expose()];
        let secrets = || own.into_iter().chain(extra.secrets()).collect();
        Ok(self.client.token_answer(response, sent_at, scope, true, &secrets)?)
    }

    /// It goes on where the error says that time helps, and nowhere else (RFC 8628 section 3.5).
    fn refused(mut self, error: Error, response: &Response<'_>) -> Failed<Self> {
        let pending = &mut self.state.pending;
        let advice = match error.advice() {
            Advice::RetryAfter(asked) => {
                if code(&error) == Some("slow_down") {
                    pending.interval = pending.interval.saturating_add(SLOW_DOWN).min(DAY);
                }
                // Without the header, the advice is a guess, and the interval is known.
                pending.retry_after = if response.has_retry_after() { asked.as_secs() } else { 0 };
                Advice::RetryAfter(pending.pause())
            }
            other => other,
        };
        Failed::advising(advice, error, self)
    }
}

fn code(error: &Error) -> Option<&str> {
    match error {
        Error::Refused(refusal) => Some(refusal.code()),
        // Some servers say it with a 429.
        Error::Unavailable(unavailable) => unavailable.code(),
        _ => None,
    }
}

impl Sealed for AwaitingUser {}
impl State for AwaitingUser {}
impl Sealed for Flow<AwaitingUser> {
    /// RFC 8628 section 3.5: who cannot keep up is not to be asked as often.
    fn note_unanswered(&mut self, error: &TransportError) -> Option<Advice> {
        let pending = &mut self.state.pending;
        pending.interval = pending.interval.saturating_mul(2).min(DAY);
        pending.retry_after = 0;
        Some(match error.advice() {
            Advice::RetryAfter(_) => Advice::RetryAfter(pending.pause()),
            other => other,
        })
    }
}

pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// In seconds.
const SLOW_DOWN: u64 = 5;

#[cfg(test)]
mod tests;
