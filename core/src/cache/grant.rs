//! What tokens are asked for with.

use alloc::boxed::Box;
use alloc::string::String;

use super::held::Held;
use super::key::TokenKey;
use super::ticket::{Asking, Refresh, Ticket};
use crate::client::Client;
use crate::error::{Advice, ConfigurationError};
use crate::flow::{Authorized, Flow, Refreshing, Requesting};
use crate::rotation::{Memory, Rotation, Subject, Terms};
use crate::time::Timestamp;
use crate::tokens::{RefreshToken, Tokens};

/// The leave to fetch a token.
pub(super) enum Leave {
    Ticket(Ticket),
    Rotation(Box<Rotation>),
}

#[derive(Debug)]
pub(super) enum Grant {
    /// The same request each time (facts M7, C7).
    Request(Flow<Requesting>),
    /// The newest refresh token that is known (fact F10), until the server refuses it. Boxed, as there
    /// are many more clients' own tokens than sessions in memory.
    Session {
        client: Client,
        refresh_token: Option<Box<RefreshToken>>,
        lost_answers: u8,
        refused: bool,
    },
    /// What stands in a store.
    Stored(Box<Stored>),
}

#[derive(Debug)]
pub(super) struct Stored {
    pub(super) key: TokenKey,
    pub(super) subject: Subject,
    /// The name of this cache, among all that use the store.
    pub(super) process: String,
    pub(super) memory: Memory,
}

impl Grant {
    pub(super) fn session_of(flow: Flow<Authorized>) -> (Self, Tokens) {
        let (client, mut tokens) = flow.into_parts();
        let refresh_token = tokens.take_refresh_token().map(Box::new);
        (Self::Session { client, refresh_token, lost_answers: 0, refused: false }, tokens)
    }

    pub(super) fn client(&self) -> &Client {
        match self {
            Self::Request(flow) => flow.client(),
            Self::Session { client, .. } => client,
            Self::Stored(stored) => match &stored.subject {
                Subject::Request(flow) => flow.client(),
                Subject::Session(client) => client,
            },
        }
    }

    pub(super) fn session(&self) -> Option<(&Client, Option<&RefreshToken>)> {
        match self {
            Self::Request(_) | Self::Stored(_) => None,
            Self::Session { client, refresh_token, .. } => Some((client, refresh_token.as_deref())),
        }
    }

    /// Whether a refresh token is risked by asking.
    pub(super) fn is_of_session(&self) -> bool {
        match self {
            Self::Request(_) => false,
            Self::Session { .. } => true,
            Self::Stored(stored) => matches!(stored.subject, Subject::Session(_)),
        }
    }

    pub(super) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_))
    }

    /// Whether it may get better by itself: another process may log the user in.
    pub(super) fn is_of_stored_session(&self) -> bool {
        self.is_stored() && self.is_of_session()
    }

    /// Whether nothing is lost by dropping it.
    pub(super) fn is_worthless(&self) -> bool {
        match self {
            Self::Request(_) => true,
            Self::Session { .. } => self.end().is_some(),
            Self::Stored(stored) => !stored.memory.has_tokens(),
        }
    }

    /// Whether the server refused the session's newest refresh token.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Session { refused: true, .. })
    }

    /// Why the session has ended, if it has.
    pub(super) fn end(&self) -> Option<ConfigurationError> {
        let message = match self {
            Self::Session { lost_answers: 2.., .. } => {
                "was sent twice and no answer came; log the user in again"
            }
            Self::Session { refused: true, .. } => "was refused; log the user in again",
            _ => return None,
        };
        Some(ConfigurationError::login_needed("refresh_token", message))
    }

    /// What to send for the next token.
    pub(super) fn ask(
        &self,
        held: Option<&Held>,
        terms: Terms,
        now: Timestamp,
    ) -> Result<Leave, ConfigurationError> {
        if let Some(error) = self.end() {
            return Err(error);
        }
        let out = terms.out;
        let ticket = |asking| Ok(Leave::Ticket(Ticket { out, asking }));
        match self {
            Self::Stored(stored) => {
                let Stored { key, subject, process, memory } = &**stored;
                let (subject, spent) = (subject.again(), held.map(Held::spent));
                let memory = memory.clone();
                let rotation = Rotation::new(*key, subject, process, memory, spent, terms, now);
                Ok(Leave::Rotation(Box::new(rotation)))
            }
            Self::Request(flow) => ticket(Asking::Request(flow.again())),
            Self::Session { client, refresh_token, lost_answers, .. } => {
                let Some(refresh_token) = refresh_token.as_deref().cloned() else {
                    return Err(ConfigurationError::login_needed(
                        "refresh_token",
                        "was not given by the server; log the user in again, with a scope that \
                         brings one (often offline_access)",
                    ));
                };
                let (held, sent) = (held.map(|held| held.tokens.copy()), refresh_token.clone());
                Refreshing::again(client.clone(), refresh_token, held, *lost_answers > 0)
                    .and_then(|flow| ticket(Asking::Refresh(Box::new(Refresh { flow, sent }))))
            }
        }
    }

    /// Takes the refresh token out of new tokens: whoever calls an API has no use for it. One that
    /// was merely kept does not replace a newer one.
    pub(super) fn take(&mut self, tokens: &mut Tokens, rotated: bool) {
        let new = tokens.take_refresh_token().filter(|_| rotated).map(Box::new);
        match self {
            // From an assertion or a device's code on, it is a session.
            Self::Request(flow) if new.is_some() && !flow.is_for_the_client() => {
                let client = flow.client().clone();
                *self =
                    Self::Session { client, refresh_token: new, lost_answers: 0, refused: false };
            }
            Self::Request(_) | Self::Stored(_) => {}
            Self::Session { refresh_token, lost_answers, refused, .. } => {
                *lost_answers = 0;
                if rotated {
                    (*refresh_token, *refused) = (new, false);
                }
            }
        }
    }

    /// Takes the new refresh token that came with an answer that could not be read, if one did.
    pub(super) fn take_rotated(&mut self, asking: &Asking) -> bool {
        match (self, asking) {
            (
                Self::Session { refresh_token, lost_answers, refused, .. },
                Asking::Refresh(refresh),
            ) if !refresh.flow.refresh_token().matches(&refresh.sent) => {
                *refresh_token = Some(Box::new(refresh.flow.refresh_token().clone()));
                (*lost_answers, *refused) = (0, false);
                true
            }
            _ => false,
        }
    }

    /// Takes note of what a failed request means for the refresh token that it was made with.
    pub(super) fn take_back(&mut self, asking: &Asking, advice: Advice) {
        if let (
            Self::Session { refresh_token, lost_answers, refused, .. },
            Asking::Refresh(refresh),
        ) = (self, asking)
        {
            *lost_answers = (*lost_answers).max(u8::from(refresh.flow.is_in_doubt()));
            if advice == Advice::Reauthorize {
                (*refresh_token, *refused) = (None, true);
            }
        }
    }

    pub(super) fn note_loss(&mut self) {
        if let Self::Session { lost_answers, .. } = self {
            *lost_answers = lost_answers.saturating_add(1);
        }
    }
}
