//! Authorization code, second half (RFC 6749 section 4.1.3): the code becomes tokens.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::authorized::Authorized;
use super::parameters::takes_parameters;
use super::pending_login::PendingLogin;
use crate::error::{Advice, Error, TransportError};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::secret::{Hidden, check_text, secret_text};
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::wire::{self, Extra};

secret_text! {
    /// An authorization code: works once, and only with this login's verifier (facts F5, F12).
    AuthorizationCode, "code", check_text
}

/// The callback was this login's, and its code is about to be exchanged. Send it: [`Exchange`].
pub struct Exchanging {
    pub(super) pending: PendingLogin,
    pub(super) code: AuthorizationCode,
    /// The callback's parameters that the protocol does not need.
    pub(super) others: Vec<(String, Hidden)>,
    pub(super) extra: Extra,
    pub(super) in_doubt: bool,
}

takes_parameters!(Exchanging);

impl Exchanging {
    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }
}

impl Flow<Exchanging> {
    /// The code that came with the callback.
    pub fn code(&self) -> &AuthorizationCode {
        &self.state.code
    }

    /// A parameter of the callback that the protocol does not need: FlowAccount's `scope` (fact
    /// F5), `session_state`; where it comes twice, the first. Whoever made the URL may have made it up:
    /// never take it for granted.
    pub fn callback_parameter(&self, name: &str) -> Option<&str> {
        let parameter = self.state.others.iter().find(|(other, _)| other == name);
        parameter.map(|(_, value)| value.expose())
    }
}

impl Exchange for Flow<Exchanging> {
    type Output = Flow<Authorized>;

    fn wire_request(&self) -> wire::Request<'_> {
        let Exchanging { pending, code, extra, .. } = &self.state;
        let verifier = pending.code_verifier.as_ref();
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", pending.redirect_uri.as_str()),
            ("code_verifier", verifier.map_or("", |verifier| verifier.expose())),
        ];
        self.client.token_request(&grant, extra)
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
        let Exchanging { pending, code, extra, .. } = &self.state;
        let verifier = pending.code_verifier.as_ref().map_or("", |verifier| verifier.expose());
        let secrets = || [code.expose(), verifier].into_iter().chain(extra.secrets()).collect();
        Ok(self.client.token_answer(response, sent_at, &pending.scope, true, &secrets)?)
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

impl Sealed for Exchanging {}
impl State for Exchanging {}
impl Sealed for Flow<Exchanging> {
    fn note_unanswered(&mut self, error: &TransportError) -> Option<Advice> {
        error.note_risk(&mut self.state.in_doubt)
    }
}
