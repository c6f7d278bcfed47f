//! Renewals one after the other, at once and by rejected tokens, over a store.

use std::time::Duration;

use grantflow::{
    AccessToken, Advice, Client, Error, Lookup, Scope, SessionErrorKind, Timestamp, TokenCache,
    TokenError,
};
use serde_json::{Map, Value, json};

use super::login;
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::rotation_script::{Script, fresh};
use super::setup::{self, NOW};

pub(super) fn refresh_sequence(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let client = setup::client(vector, setup::provider(vector)?)?;
    let mut script = Script::new(input, &client)?;
    let mut sessions = Vec::new();
    match input.text_or("flow", "refresh_token")? {
        "client_credentials" => {
            let cache = client.client_credentials(Scope::default())?.into();
            sessions.push(Session::new("", cache));
        }
        "refresh_token" => {
            for grant in grants(input)? {
                let name = grant.text_or("key", "")?;
                script.log_in(name, &login::held(&client, record(&grant)?)?)?;
                sessions.push(stored(name, &client));
            }
            if sessions.is_empty() {
                sessions.push(stored("", &client));
            }
        }
        other => return Err(Stop::Malformed(format!("no flow is called {other}"))),
    }
    for session in &mut sessions {
        session.happen(input, &mut script)?;
    }
    for key in input.texts("refresh")?.unwrap_or_default() {
        let session = sessions.iter_mut().find(|session| session.name == key);
        let session = session.ok_or_else(|| Stop::Malformed(format!("no grant is {key}")))?;
        session.renew(&mut script)?;
    }
    accepted(&sessions, &script)
}

/// What is held at the start.
fn grants(input: &Members) -> Result<Vec<Members>, Stop> {
    let mut grants = input.objects("grants")?;
    if let Some(initial) = input.get("initial") {
        let initial = initial.as_object().cloned();
        grants.push(Members(initial.ok_or_else(|| Stop::Malformed("initial".to_owned()))?));
    }
    Ok(grants)
}

/// A grant without an access token has one that is over.
fn record(grant: &Members) -> Result<Value, Stop> {
    let token = grant.text("access_token")?;
    let refresh_token = grant.required("refresh_token")?;
    Ok(match token {
        Some(token) if !grant.flag("expired")? => fresh(token, refresh_token, NOW),
        _ => login::record(token.unwrap_or("over"), refresh_token, &Scope::default()),
    })
}

fn stored(name: &str, client: &Client) -> Session {
    Session::new(name, TokenCache::of_session(name, client, 1))
}

/// One cache, those who ask it, and what they were told.
struct Session {
    name: String,
    cache: TokenCache,
    now: Timestamp,
    told: Vec<Told>,
}

/// The access token that a caller got, or why not.
type Told = Result<String, TokenError>;

impl Session {
    fn new(name: &str, cache: TokenCache) -> Self {
        Self { name: name.to_owned(), cache, now: NOW, told: Vec::new() }
    }

    /// All that the input says of every session.
    fn happen(&mut self, input: &Members, script: &mut Script) -> Result<(), Stop> {
        for _ in 0..input.number("refreshes")?.unwrap_or_default() {
            self.renew(script)?;
        }
        if let Some(callers) = input.number("parallel")? {
            // All of them ask before anything is done for the first.
            let lookups: Vec<Lookup> = (0..callers).map(|_| self.cache.get(self.now)).collect();
            for lookup in lookups {
                self.follow(lookup, script)?;
            }
        }
        let calls = input.number("api_calls")?.unwrap_or_default();
        let seconds = input.number("spread_seconds")?.unwrap_or_default();
        for call in 0..calls {
            let part = seconds.saturating_mul(call).checked_div(calls).unwrap_or_default();
            self.now = NOW.saturating_add(Duration::from_secs(part));
            self.ask(script)?;
        }
        for step in input.texts("steps")?.unwrap_or_default() {
            match step.split_once(':') {
                None if step == "refresh" => self.renew(script)?,
                Some(("caller_reports_401_with", token)) => {
                    if self.told.is_empty() {
                        // Whoever used a token had it from here.
                        self.ask(script)?;
                    }
                    self.cache.reject(&AccessToken::new(token)?, self.now);
                    self.ask(script)?;
                }
                _ => return Err(Stop::Malformed(format!("no step is called {step}"))),
            }
        }
        Ok(())
    }

    /// A forced renewal: what is held at the time is rejected.
    fn renew(&mut self, script: &mut Script) -> Result<(), Stop> {
        // By then no pause is left that a failure or many rejections made.
        let failed = self.told.last().and_then(|told| told.as_ref().err());
        let retry_at = failed.and_then(TokenError::retry_at);
        self.now = retry_at.unwrap_or(self.now).saturating_add(A_MINUTE);
        let before = script.sent.len();
        self.ask(script)?;
        if let Some(Ok(held)) = self.told.last()
            && script.sent.len() == before
        {
            self.cache.reject(&AccessToken::new(held.as_str())?, self.now);
            self.told.pop();
            self.ask(script)?;
        }
        Ok(())
    }

    /// One call. Who is told that an answer was lost asks once more when the pause is over; who is
    /// told that nothing was decided has his answer.
    fn ask(&mut self, script: &mut Script) -> Result<(), Stop> {
        let lookup = self.cache.get(self.now);
        self.follow(lookup, script)?;
        for _ in 0..MOST_PAUSES {
            let lost = self.told.last().and_then(|told| told.as_ref().err());
            let Some(retry_at) = lost.filter(|error| is_lost(error)).and_then(TokenError::retry_at)
            else {
                return Ok(());
            };
            self.told.pop();
            self.now = retry_at;
            let lookup = self.cache.get(self.now);
            self.follow(lookup, script)?;
        }
        Err(Stop::Wrong("the pauses do not end".to_owned()))
    }

    /// Does what a lookup asks for, until it is decided.
    fn follow(&mut self, mut lookup: Lookup, script: &mut Script) -> Result<(), Stop> {
        for _ in 0..MOST_PAUSES {
            let (held, waiting) = match lookup {
                Lookup::Ready(tokens) => (Some(tokens), None),
                Lookup::Refused(error) => {
                    self.told.push(Err(error));
                    return Ok(());
                }
                Lookup::Wait(waiting) => (None, Some(waiting)),
                Lookup::Renew(tokens, ticket) => {
                    self.cache.complete(script.perform(ticket, self.now)?, self.now);
                    (Some(tokens), None)
                }
                Lookup::Send(ticket) => {
                    let waiting = ticket.waiting();
                    self.cache.complete(script.perform(ticket, self.now)?, self.now);
                    (None, Some(waiting))
                }
                Lookup::Rotate(held, mut rotation) => {
                    let waiting = rotation.waiting();
                    script.drive(&mut *rotation, &mut self.now)?;
                    self.cache.conclude(*rotation, self.now);
                    (held, Some(waiting))
                }
            };
            if let Some(tokens) = held {
                self.told.push(Ok(tokens.access_token().expose().to_owned()));
                return Ok(());
            }
            lookup = match waiting {
                Some(waiting) => self.cache.get_after(&waiting, self.now),
                None => self.cache.get(self.now),
            };
        }
        Err(Stop::Wrong("a caller is sent for tokens again and again".to_owned()))
    }
}

/// What the callers got, in the end.
fn accepted(sessions: &[Session], script: &Script) -> Result<Accepted, Stop> {
    let told: Vec<&Told> = sessions.iter().flat_map(|session| &session.told).collect();
    let unsaved = told.iter().filter_map(|told| told.as_ref().err()?.unsaved()).next_back();
    let tokens: Vec<Option<&str>> = told
        .iter()
        .map(|told| match told {
            Ok(token) => Some(token.as_str()),
            Err(error) => error.unsaved().map(|flow| flow.tokens().access_token().expose()),
        })
        .collect();
    let last = tokens.last().copied().flatten();
    let all = last.filter(|last| tokens.iter().all(|token| *token == Some(last)));
    let mut by_key = Map::new();
    for session in sessions {
        by_key.insert(session.name.clone(), json!(script.refresh_token(&session.name)?));
    }
    let held = match sessions {
        [session] => script.refresh_token(&session.name)?,
        _ => None,
    };
    let newest = unsaved.and_then(|flow| flow.tokens().refresh_token());
    let newest = newest.map(|token| token.expose().to_owned()).or_else(|| held.clone());
    let sent = |name: &str| -> Value {
        script.sent.iter().filter_map(|sent| sent.get(name).map(String::as_str)).collect()
    };
    let result = match told.last() {
        Some(Ok(_)) => "token",
        Some(Err(error)) if error.unsaved().is_some() => "token",
        Some(Err(error)) => match error.advice() {
            Advice::Reauthorize => "reauthorize",
            Advice::RetryAfter(_) => "retry_later",
            Advice::Uncertain => "unknown",
            _ => "error",
        },
        None => "nobody asked",
    };
    let mut accepted = Accepted::new([
        ("token_requests", script.sent.len().into()),
        ("refresh_tokens_sent", sent("refresh_token")),
        ("grant_types_sent", sent("grant_type")),
        ("caller_gets", json!(last)),
        ("all_callers_get", json!(all)),
        ("final_access", json!(last)),
        ("final_refresh", json!(held)),
        ("memory_refresh", json!(newest)),
        ("final", by_key.into()),
        ("persist_error_reported", unsaved.is_some().into()),
        ("result", result.into()),
    ]);
    for session in sessions {
        accepted = accepted.showing(&session.cache);
        for error in session.told.iter().filter_map(|told| told.as_ref().err()) {
            accepted.shown.error(error);
        }
    }
    Ok(accepted)
}

/// Whether the reply to a refresh was lost, and nobody knows what became of the token.
fn is_lost(error: &TokenError) -> bool {
    match error.error() {
        Error::Transport(error) => error.may_have_arrived(),
        Error::Session(error) => matches!(error.kind(), SessionErrorKind::AnswerLost { .. }),
        _ => false,
    }
}

const A_MINUTE: Duration = Duration::from_secs(61);

/// More than any sequence has.
const MOST_PAUSES: u32 = 10;
