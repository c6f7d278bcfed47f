//! One of the processes that share the session. It does as the adapters' token sources do, and
//! tells each step.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use grantflow::{
    Advice, Error, Event, Exchange, Failed, Fetched, Lookup, Rotation, SharedTokenCache, Step,
    Stepwise, Stored, Ticket, TokenCache, TokenError, Tokens,
};

use super::clock::Clock;
use super::deed::{Answer, Deed, Line, Record};
use super::means::Means;
use super::{Job, SESSION, Trouble, client, lease, places};
use crate::story::fingerprint;

/// Refreshes the session again and again, until its standard input ends, or it is killed.
///
/// # Errors
/// Where the job is none, or nobody reads any more.
pub fn work(job: &str) -> Result<(), Trouble> {
    let job: Job = serde_json::from_str(job)?;
    let clock = Clock::new(job.scale);
    let lease = lease(job.timeout, job.scale);
    let client = client(&job.host)?;
    let cache = TokenCache::of_session(SESSION, &client, nonce()).with_lease(lease);
    let cache = SharedTokenCache::new(cache.with_seed(seed()));
    let means = places::means(&job)?;
    let worker = Worker { clock, cache, means, stop: stop_at_end_of_input()? };
    Line::tell(Deed::Up)?;
    let mut rounds = 0;
    while !worker.is_over() && job.rounds.is_none_or(|most| rounds < most) {
        if worker.refresh()? {
            rounds = rounds.saturating_add(1);
        }
    }
    Line::tell(Deed::Down)?;
    Ok(())
}

struct Worker {
    clock: Clock,
    cache: SharedTokenCache,
    means: Box<dyn Means>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    /// Has a token that is newer than what was stored when it began, and calls the API with it.
    /// `false` where it is over before that.
    fn refresh(&self) -> Result<bool, Trouble> {
        // Looks into the store again, and forgets that tokens were rejected before.
        self.cache.changed();
        let Some(old) = self.token()? else { return Ok(false) };
        self.cache.reject(old.access_token(), || self.clock.now());
        let Some(new) = self.token()? else { return Ok(false) };
        let token = fingerprint(new.access_token().expose());
        let status = self.means.call(new.access_token().header());
        Line::tell(Deed::Used { token, status })?;
        Ok(true)
    }

    /// A token, however long it takes; `None` where it is over.
    fn token(&self) -> Result<Option<Arc<Tokens>>, Trouble> {
        let mut lookup = self.cache.get(|| self.clock.now());
        loop {
            match lookup {
                Lookup::Ready(tokens) | Lookup::Renew(tokens, _) => return Ok(Some(tokens)),
                Lookup::Rotate(_, rotation) => {
                    lookup = self.rotate(*rotation)?;
                    if let Lookup::Refused(error) = &lookup {
                        Line::tell(failed(error))?;
                    }
                }
                // The pause after an error that was told.
                Lookup::Refused(_) | Lookup::Send(_) | Lookup::Wait(_) => {
                    if self.is_over() {
                        return Ok(None);
                    }
                    self.clock.wait(POLL);
                    lookup = self.cache.get(|| self.clock.now());
                }
            }
        }
    }

    fn rotate(&self, mut rotation: Rotation) -> Result<Lookup, Trouble> {
        let waiting = rotation.waiting();
        let told = self.drive(&mut rotation);
        self.cache.conclude(rotation, || self.clock.now());
        told?;
        Ok(self.cache.get_after(&waiting, || self.clock.now()))
    }

    /// Does the steps of a rotation. What cannot be told any more is not done either.
    fn drive(&self, rotation: &mut Rotation) -> io::Result<()> {
        let mut standing: Option<Record> = None;
        loop {
            let event = match rotation.step(self.clock.now()) {
                Step::Load(key) => {
                    let loaded = self.means.load(key);
                    match &loaded {
                        Ok(found) => standing = found.as_ref().map(read),
                        Err(_) => Line::tell(Deed::Fault)?,
                    }
                    Event::Loaded(loaded)
                }
                Step::Swap { key, expected, new } => {
                    let record = read(new);
                    let deed = record.deed(standing.as_ref());
                    let is_mark = matches!(deed, Deed::Marking { .. });
                    Line::tell(deed)?;
                    let swapped = self.means.swap(key, expected, new);
                    Line::tell(match swapped {
                        Ok(true) if is_mark => Deed::Marked,
                        Ok(true) => Deed::Stored,
                        Ok(false) => Deed::Beaten,
                        Err(_) => Deed::Fault,
                    })?;
                    if let Ok(true) = swapped {
                        standing = Some(record);
                    }
                    Event::Swapped(swapped)
                }
                Step::Send(ticket) => {
                    Line::tell(Deed::Sending { token: refresh_token(&ticket) })?;
                    let answer = self.means.perform(ticket);
                    Line::tell(Deed::Answered(kind(&answer)))?;
                    Event::Answered(answer)
                }
                Step::Wait(time) => {
                    self.clock.wait(time);
                    Event::Waited
                }
                Step::Done => return Ok(()),
            };
            rotation.take(event, self.clock.now());
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn read(stored: &Stored) -> Record {
    Record::read(stored.bytes())
}

/// The fingerprint of the refresh token that is in this request.
fn refresh_token(ticket: &Ticket) -> String {
    let body = ticket.request().into_body();
    let mut form = form_urlencoded::parse(body.as_ref());
    let token = form.find(|(name, _)| name == "refresh_token");
    token.map(|(_, token)| fingerprint(&token)).unwrap_or_default()
}

fn kind(answer: &Result<Fetched, Failed<Ticket>>) -> Answer {
    match answer.as_ref().map_err(Failed::error) {
        Ok(_) => Answer::Tokens,
        Err(Error::Refused(refusal)) if refusal.advice() == Advice::Reauthorize => Answer::Refused,
        Err(Error::Transport(error)) if error.may_have_arrived() => Answer::Lost,
        Err(Error::Transport(_)) => Answer::Unsent,
        Err(_) => Answer::Other,
    }
}

fn failed(error: &TokenError) -> Deed {
    let kind = match error.error() {
        Error::Session(error) => format!("{:?}", error.kind()),
        Error::Refused(_) => "refused by the server".to_owned(),
        Error::Transport(_) => "no answer".to_owned(),
        error => error.to_string(),
    };
    // Without the numbers in it, so that it can be counted.
    let kind = kind.split(" {").next().unwrap_or_default().to_owned();
    let over = matches!(error.error().advice(), Advice::Reauthorize | Advice::Uncertain);
    Deed::Failed { kind, over }
}

/// Set when nobody holds the other end of the standard input any more.
fn stop_at_end_of_input() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&stop);
    let read = move || {
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        own.store(true, Ordering::Relaxed);
    };
    thread::Builder::new().name("input".to_owned()).spawn(read)?;
    Ok(stop)
}

fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Tells this process's cache from all others.
fn nonce() -> u128 {
    (u128::from(seed()) << 64) | u128::from(seed())
}

/// How often it looks whether a pause is over, by the fast clock.
const POLL: Duration = Duration::from_millis(500);
