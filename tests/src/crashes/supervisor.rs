//! Starts, kills and restarts the workers, and logs the user in again where a session is over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use grantflow::partner::flow_account;
use grantflow::{Client, Store, TokenKey};
use grantflow_ureq::{TokenSources, Transport, entropy, now};

use super::clock::micros;
use super::deed::{Deed, Line, Record, What};
use super::history::{End, History, Life};
use super::ledger::Ledger;
use super::mischief::{Act, Mischief, Victim};
use super::pool::{News, Number, Pool};
use super::{Carrier, Job, Plan, SESSION, Trouble, client};
use crate::browser::Browser;
use crate::sandbox::credentials::{BUSINESSES, PASSWORD, REDIRECT_URI, USERNAME};
use crate::sandbox::{Endpoint, Sandbox};
use crate::story::fingerprint;

/// Does what was planned, and gives the account of it.
///
/// # Errors
/// Where something of the test itself fails. What is wrong with the session is in the ledger.
pub fn run(plan: &Plan) -> Result<Ledger, Trouble> {
    let sandbox = Sandbox::start()?;
    let job = Job {
        carrier: Carrier::Ureq,
        host: sandbox.host(),
        ca_pem: sandbox.ca_pem().to_owned(),
        place: plan.place.clone(),
        scale: plan.scale,
        timeout: plan.timeout,
        rounds: None,
    };
    let store = plan.place.open()?;
    let transport = Transport::builder().root_certificates(job.ca_pem.as_bytes())?.build();
    let mut supervisor = Supervisor {
        client: client(&job.host)?,
        sources: TokenSources::with_store(&transport, Arc::clone(&store)),
        transport,
        store,
        sandbox: &sandbox,
        pool: Pool::new(plan.program.clone(), job),
        history: History::default(),
        mischief: Some(Mischief::new(plan)),
        doomed: Vec::new(),
        alive: BTreeSet::new(),
        stored: 0,
        ends_at: Instant::now().checked_add(plan.patience).ok_or("too much patience")?,
    };
    supervisor.log_in()?;
    for _ in 0..plan.processes {
        supervisor.add(None)?;
    }
    let is_done = supervisor.watch(|this| this.stored >= plan.refreshes)? && supervisor.end()?;
    Ok(Ledger::of(plan, &supervisor.finish(is_done)?))
}

struct Supervisor<'a> {
    client: Client,
    transport: Transport,
    sources: TokenSources,
    store: Arc<dyn Store>,
    sandbox: &'a Sandbox,
    pool: Pool,
    history: History,
    mischief: Option<Mischief>,
    /// Who is to be killed when.
    doomed: Vec<(Instant, Victim)>,
    alive: BTreeSet<Number>,
    /// How many refreshes were stored.
    stored: u64,
    ends_at: Instant,
}

impl Supervisor<'_> {
    /// Nothing more goes wrong, and all come to their ends. Whether they do.
    fn end(&mut self) -> Result<bool, Trouble> {
        self.mischief = None;
        self.doomed.clear();
        self.pool.stop();
        if !self.watch(|this| this.alive.is_empty())? {
            return Ok(false);
        }
        // After all that, the session can be refreshed, or at least be had anew.
        self.add(Some(1))?;
        self.watch(|this| this.alive.is_empty())
    }

    /// Hears what the workers tell until it is enough; `false` where that takes too long.
    fn watch(&mut self, is_enough: impl Fn(&Self) -> bool) -> Result<bool, Trouble> {
        while !is_enough(self) {
            let now = Instant::now();
            if now > self.ends_at {
                return Ok(false);
            }
            self.kill_whoever_is_due(now)?;
            let next = self.doomed.iter().map(|(due, _)| due.saturating_duration_since(now)).min();
            match self.pool.hear(next.unwrap_or(IDLE)) {
                Some(News::Line(worker, line)) => self.hear(worker, line)?,
                Some(News::End(worker)) => self.note_end(worker),
                None => {}
            }
        }
        Ok(true)
    }

    fn hear(&mut self, worker: Number, line: Line) -> Result<(), Trouble> {
        let deed = line.deed.clone();
        let told = &mut self.history.lives.get_mut(&worker).ok_or("a line of nobody")?.lines;
        let last = told.last().map(|line| &line.deed);
        if let (Deed::Stored, Some(Deed::Storing { what: What::Tokens(_), .. })) = (&deed, last) {
            self.stored = self.stored.saturating_add(1);
        }
        told.push(line);
        let places = self.pool.len();
        if let Some(mischief) = &mut self.mischief {
            for act in mischief.at(worker, &deed, self.stored, places) {
                match act {
                    Act::Lose(loss) => self.sandbox.lose_next_refresh(loss),
                    Act::Kill(victim, after) => {
                        let now = Instant::now();
                        self.doomed.push((now.checked_add(after).unwrap_or(now), victim));
                    }
                }
            }
        }
        match deed {
            Deed::Failed { over: true, .. } => self.log_in_if_over(),
            _ => Ok(()),
        }
    }

    fn note_end(&mut self, worker: Number) {
        self.alive.remove(&worker);
        let life = self.history.lives.get(&worker);
        let is_done = |life: &Life| {
            life.killed || life.lines.last().is_some_and(|line| line.deed == Deed::Down)
        };
        if !life.is_some_and(is_done) {
            self.history.faults.push(format!("worker {worker} ended by itself"));
        }
    }

    fn kill_whoever_is_due(&mut self, now: Instant) -> Result<(), Trouble> {
        let (due, later) = self.doomed.drain(..).partition(|(at, _)| *at <= now);
        self.doomed = later;
        let due: Vec<(Instant, Victim)> = due;
        for (_, victim) in due {
            let place = match victim {
                Victim::Place(place) => Some(place),
                Victim::Worker(worker) => self.pool.place_of(worker),
            };
            let Some(place) = place else { continue };
            let (old, new, carrier) = self.pool.replace(place)?;
            if let Some(life) = self.history.lives.get_mut(&old) {
                life.killed = true;
            }
            self.welcome(new, carrier);
        }
        Ok(())
    }

    fn add(&mut self, rounds: Option<u64>) -> Result<(), Trouble> {
        let (number, carrier) = self.pool.add(rounds)?;
        self.welcome(number, carrier);
        Ok(())
    }

    fn welcome(&mut self, number: Number, carrier: Carrier) {
        self.alive.insert(number);
        self.history.lives.insert(number, Life { carrier, lines: Vec::new(), killed: false });
    }

    /// Many may say so; and when they do, it may be another session already.
    fn log_in_if_over(&mut self) -> Result<(), Trouble> {
        let record = self.record()?;
        let Some(kind) = record.end() else { return Ok(()) };
        let end =
            End { at: micros(SystemTime::now()), token: record.token(), kind: kind.to_owned() };
        self.history.ends.push(end);
        self.log_in()
    }

    fn log_in(&mut self) -> Result<(), Trouble> {
        let (redirect_uri, scope) = (REDIRECT_URI.parse()?, flow_account::SCOPE.parse()?);
        let login = self.client.authorization_code(redirect_uri, scope, entropy()?, now())?;
        let [business, _] = BUSINESSES;
        let browser = Browser::new(self.sandbox.ca_pem());
        let page = login.authorization_url()?;
        let callback = browser.log_in(page.as_str(), USERNAME, PASSWORD, business.support_code)?;
        let authorized = self.transport.perform(login.callback(&callback, now())?)?;
        let token = authorized.tokens().refresh_token().map(|token| fingerprint(token.expose()));
        self.history.logins.push(token.ok_or("no refresh token")?);
        self.sources.login(SESSION, authorized)?;
        Ok(())
    }

    fn record(&self) -> Result<Record, Trouble> {
        let key = TokenKey::of_session(SESSION, &self.client);
        let stored = self.store.load(&key)?.ok_or("the session is not in the store")?;
        Ok(Record::read(stored.bytes()))
    }

    fn finish(mut self, is_done: bool) -> Result<History, Trouble> {
        if !is_done {
            let alive = &self.alive;
            let cut_off =
                self.history.lives.iter_mut().filter(|(worker, _)| alive.contains(worker));
            cut_off.for_each(|(_, life)| life.killed = true);
            let fault = format!("it takes too long: {} refreshes by now", self.stored);
            self.history.faults.push(fault);
        }
        self.pool.kill();
        self.history.last = self.record()?.token();
        self.history.refreshes = self.sandbox.refreshes();
        self.history.requests = self.sandbox.requests(Endpoint::FlowAccountToken);
        Ok(self.history)
    }
}

/// How long it waits for a line before it looks at the time.
const IDLE: Duration = Duration::from_millis(200);
