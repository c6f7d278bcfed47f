//! Real crashes: processes that share one `FlowAccount` session by way of a store, are killed with
//! SIGKILL while they refresh it, and lose answers. At the end, all that they told and all that the
//! server saw has to add up.
//!
//! ```text
//!   supervisor ── starts ──▶ the sandbox, in its own process
//!       │                        ▲ refreshes, calls of the API
//!       └─ starts, kills ──▶ workers ◀──▶ the store: files, or Redis
//!                  ◀── each step as a line, flushed ──┘
//! ```
//! A pipe keeps what was written to it, so the last line of a killed worker says how far it came.
//!
//! What is checked, when all has ended ([`Ledger`]):
//! - New tokens that reached a process which was not killed before it had stored them are in the
//!   store; a token is used only after that.
//! - Nobody sends without a mark, or sets one over another's before its time; so no refresh token
//!   comes to the server twice within one mark.
//! - Every session that ended did so because an answer was lost: dropped by the sandbox, or waited
//!   for too long, or its receiver was killed; then it is called uncertain, not refused.
//! - Each refresh token that was ever stored was used for the next one, or its session ended with
//!   it, or it stands in the store at the end, where it still works.
//! - Requests that workers told and the server did not see are those of workers that were killed in
//!   between, or had no answer: each is named. All other numbers are equal.
//!
//! A process that stands still for longer than its mark lasts is nobody's fault, and is counted as
//! that. In a run on a machine that is not overloaded there is none.
//!
//! A mark lasts for tens of seconds, and each kill may cost one. So the workers' clock is a fast one
//! ([`Plan::scale`]): the protocol's times keep their proportions, and pass sooner. The exchange and
//! the store take their real time, for which the shorter times have room enough.

mod attempts;
mod audit;
mod chance;
mod checks;
mod clock;
mod deed;
mod history;
mod ledger;
mod means;
mod mischief;
mod places;
mod pool;
mod supervisor;
mod worker;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use grantflow::{Client, ConfigurationError, Provider, Secret, partner::flow_account};
use serde::{Deserialize, Serialize};

pub use self::ledger::Ledger;
pub use self::supervisor::run;
pub use self::worker::work;
use crate::sandbox::credentials::FLOW_ACCOUNT;

/// What goes wrong with the test itself.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// What is done to whom.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program that is a worker when it is called with `worker` and a job.
    pub program: PathBuf,
    /// How many workers there are at a time.
    pub processes: usize,
    /// After how many stored refreshes it is over.
    pub refreshes: u64,
    /// How many workers are killed at most.
    pub kills: u64,
    /// How many times something of a refresh is lost on its way, at most.
    pub losses: u64,
    /// How many times faster the workers' clock is than the real one.
    pub scale: u32,
    /// How long an exchange may take, by the real clock.
    pub timeout: Duration,
    /// Where chance begins. The same seed plans the same kills and losses; whom they hit at which
    /// step is the machine's affair.
    pub seed: u64,
    /// Where the session is kept.
    pub place: Place,
    /// How long it may take, by the real clock.
    pub patience: Duration,
}

impl Plan {
    /// How long an exchange may take by the workers' clock, with the adapters' own grace.
    fn lease(&self) -> Duration {
        lease(self.timeout, self.scale)
    }

    /// How long a mark lasts by that clock: the exchange, 5 s to begin with it, 10 s to store what
    /// came of it, and one to round up.
    fn mark(&self) -> Duration {
        Duration::from_secs(self.lease().as_secs().saturating_add(5 + 10 + 1))
    }
}

fn lease(timeout: Duration, scale: u32) -> Duration {
    timeout.saturating_mul(scale).saturating_add(GRACE)
}

/// Where the session is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Place {
    /// A directory.
    File(PathBuf),
    /// The URL of a Redis server.
    Redis(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "files",
            Self::Redis(_) => "Redis",
        })
    }
}

/// What a worker has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    carrier: Carrier,
    host: String,
    ca_pem: String,
    place: Place,
    scale: u32,
    timeout: Duration,
    /// After how many tokens it ends by itself.
    rounds: Option<u64>,
}

/// Which of the two adapters carries a worker's exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Carrier {
    Ureq,
    Hyper,
}

fn client(host: &str) -> Result<Client, ConfigurationError> {
    let provider = Provider::new(format!("https://{host}/test/token").parse()?)
        .with_authorization_endpoint(format!("https://{host}/connect/authorize").parse()?)
        .with_dialect(flow_account::dialect());
    Client::new(FLOW_ACCOUNT.client_id, Secret::new(FLOW_ACCOUNT.client_secret)?, provider)
}

/// As the adapters have it, over the timeout of an exchange.
const GRACE: Duration = Duration::from_secs(5);
/// The one session that it is about.
const SESSION: &str = "somchai";
