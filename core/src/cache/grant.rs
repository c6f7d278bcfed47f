//! What tokens are asked for with.

use alloc::boxed::Box;

use super::ticket::Asking;
use crate::client::Client;
use crate::error::{Advice, ConfigurationError};
use crate::flow::{Authorized, Flow, Refreshing, Requesting};
use crate::tokens::{RefreshToken, Tokens};

#[derive(Debug)]
pub(super) enum Grant {
    /// The same request each time (facts M7, C7).
    Request(Flow<Requesting>),
    /// The newest refresh token that is known (fact F10), until the server refuses it.
    Session { client: Client, refresh_token: Option<RefreshToken>, lost_answers: u8 },
}

impl Grant {
    pub(super) fn session_of(flow: Flow<Authorized>) -> (Self, Tokens) {
        let (client, mut tokens) = flow.into_parts();
        let refresh_token = tokens.refresh_token.take();
        (Self::Session { client, refresh_token, lost_answers: 0 }, tokens)
    }

    pub(super) fn client(&self) -> &Client {
        match self {
            Self::Request(flow) => flow.client(),
            Self::Session { client, .. } => client,
        }
    }

    pub(super) fn session(&self) -> Option<(&Client, Option<&RefreshToken>)> {
        match self {
            Self::Request(_) => None,
            Self::Session { client, refresh_token, .. } => Some((client, refresh_token.as_ref())),
        }
    }

    /// What to send for the next token.
    pub(super) fn ask(&self, held: Option<&Tokens>) -> Result<Asking, ConfigurationError> {
        match self {
            Self::Request(flow) => Ok(Asking::Request(flow.again())),
            Self::Session { lost_answers: 2.., .. } => Err(ConfigurationError::login_needed(
                "refresh_token",
                "was sent twice and no answer came; log the user in again",
            )),
            Self::Session { client, refresh_token, lost_answers } => {
                let Some(refresh_token) = refresh_token.clone() else {
                    return Err(ConfigurationError::login_needed(
                        "refresh_token",
                        "is not there: the server gave none, or refused it; log the user in again, \
                         with a scope that brings one (often offline_access)",
                    ));
                };
                let held = held.map(Tokens::copy);
                Refreshing::again(client.clone(), refresh_token, held, *lost_answers > 0)
                    .map(|flow| Asking::Refresh(Box::new(flow)))
            }
        }
    }

    /// Takes the refresh token out of new tokens: whoever calls an API has no use for it.
    pub(super) fn take(&mut self, tokens: &mut Tokens) {
        let new = tokens.refresh_token.take();
        match self {
            // From an assertion or a device's code on, it is a session.
            Self::Request(flow) if new.is_some() && !flow.is_for_the_client() => {
                let client = flow.client().clone();
                *self = Self::Session { client, refresh_token: new, lost_answers: 0 };
            }
            Self::Request(_) => {}
            Self::Session { refresh_token, lost_answers, .. } => {
                *refresh_token = new;
                *lost_answers = 0;
            }
        }
    }

    /// Takes back what could not be used, or what came with an answer that could not be read.
    /// Says whether that was a new refresh token.
    pub(super) fn take_back(&mut self, asking: Asking, advice: Advice) -> bool {
        match (self, asking) {
            (Self::Session { refresh_token, lost_answers, .. }, Asking::Refresh(flow)) => {
                let (left, in_doubt) = flow.into_refresh_token();
                let old = refresh_token.as_ref().is_some_and(|old| old.matches(&left));
                *refresh_token = Some(left).filter(|_| advice != Advice::Reauthorize);
                *lost_answers = u8::from(in_doubt && old);
                !old
            }
            _ => false,
        }
    }

    pub(super) fn note_loss(&mut self) {
        if let Self::Session { lost_answers, .. } = self {
            *lost_answers = lost_answers.saturating_add(1);
        }
    }
}
