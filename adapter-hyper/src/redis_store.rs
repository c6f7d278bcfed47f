//! Sessions in Redis, over tokio.
//!
//! From `TIMEOUT` on, the other adapter has the twin of this file, word for word: change both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use grantflow::{AsyncStore, StoreError, Stored, TokenKey};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo, RedisError,
    Value,
};
use tokio::runtime::{self, Handle};
use tokio::sync;
use tokio::time::{self, Instant};

/// Keeps sessions in Redis (4.0 or newer) or Valkey, for several programs at once. Those that use
/// the other adapter may be among them: both write the same.
///
/// ```no_run
/// use grantflow_hyper::RedisStore;
///
/// let store = RedisStore::open("redis://:password@127.0.0.1:6379/0")?;
/// # Ok::<(), grantflow::StoreError>(())
/// ```
///
/// # What stands there
/// A session is one hash, under the key `grantflow:` and the 64 digits of its [`TokenKey`], with the
/// fields `version` and `record`: tokens in the clear. A load is one `HMGET`, a swap is one script
/// (`EVAL`). No key expires. A user of Redis' access lists needs `+hmget +eval +hget +hset
/// ~grantflow:*`.
///
/// # What Redis must be set to
/// A refresh token that was lost, or stands there again after it was spent, ends a session. So:
/// - `appendonly yes` and `appendfsync always`: with any less, the last seconds are lost when the
///   machine goes down.
/// - `maxmemory-policy noeviction`: with any other, records vanish when the memory is full.
/// - One primary, which answers loads and swaps alike. Redis replicates without waiting: a replica
///   that takes over may be behind, and records go back to what they were. A cluster is not
///   supported.
///
/// # Connections
/// There is one for each runtime that asks, made when it is needed and shared by all tasks. One over
/// which anything failed, or whose answer was not waited for, is not used again. Where a kept one is
/// found broken, a load is sent once more over a new one; a swap is never sent twice.
///
/// An operation ends within the [timeout](Self::timeout). Its future may be dropped at any point.
///
/// `redis://` is not encrypted: use it on this very machine and in networks that you trust with
/// your tokens. `rediss://` is TLS, with the roots of the system, and needs the feature `redis-tls`.
/// The buffers of the Redis client are not zeroed.
pub struct RedisStore {
    client: Client,
    timeout: Duration,
    lines: Mutex<Vec<(runtime::Id, Arc<Line>)>>,
}

/// What the tasks of one runtime share: a connection lives in the runtime in which it was made.
#[derive(Default)]
struct Line {
    /// Held by whoever makes a connection, so that the others do not make theirs.
    connecting: sync::Mutex<()>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    connection: MultiplexedConnection,
    /// Tells it from those before and after.
    mark: Arc<()>,
}

impl RedisStore {
    /// The Redis at a URL: `redis://user:password@host:6379/0`, of which all but the host may be
    /// left out. Nothing is sent yet.
    ///
    /// # Errors
    /// Where the text is no such URL, or one for TLS without the feature `redis-tls`. The URL is
    /// not shown: it may hold a password.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { client: client(url)?, timeout: TIMEOUT, lines: Mutex::default() })
    }

    /// How long an operation may take, from the look-up of the host to the answer. Default: 4 s.
    #[must_use = "it is the store with the new timeout"]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST);
        self
    }

    /// Its answer. What may not be repeated is sent once at most: the swap before an error may have
    /// been made, and would be found by its twin.
    async fn ask(&self, command: Cmd, may_repeat: bool) -> Result<Value, StoreError> {
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        let line = self.line()?;
        let kept = line.kept().clone();
        if let Some(kept) = kept {
            match line.ask_over(kept, &command, deadline).await {
                Err(error) if may_repeat && is_broken(&error) => {}
                answer => return answer.map_err(|error| failure(&self.client, &error)),
            }
        }
        let answer = match line.connect(&self.client, deadline).await {
            Ok(kept) => line.ask_over(kept, &command, deadline).await,
            Err(error) => Err(error),
        };
        answer.map_err(|error| failure(&self.client, &error))
    }

    /// The one of this runtime.
    fn line(&self) -> Result<Arc<Line>, StoreError> {
        let runtime = Handle::try_current()?.id();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, line)) = lines.iter().find(|(id, _)| *id == runtime) {
            return Ok(Arc::clone(line));
        }
        if lines.len() >= MOST_RUNTIMES {
            lines.remove(0);
        }
        let line = Arc::<Line>::default();
        lines.push((runtime, Arc::clone(&line)));
        Ok(line)
    }
}

impl Line {
    async fn connect(&self, client: &Client, deadline: Instant) -> Result<Kept, RedisError> {
        // The deadline is ours, and is for all of it.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connect = async {
            let _connecting = self.connecting.lock().await;
            if let Some(kept) = self.kept().clone() {
                return Ok(kept);
            }
            let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            let kept = Kept { connection, mark: Arc::default() };
            *self.kept() = Some(kept.clone());
            Ok(kept)
        };
        within(deadline, connect).await
    }

    /// Keeps the connection only if the answer came. No answer and a future that was dropped look
    /// alike: whoever asks with a shorter timeout than ours would else meet a dead one for ever.
    async fn ask_over(
        &self,
        kept: Kept,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<Value, RedisError> {
        let Kept { mut connection, mark } = kept;
        let mut doubt = Doubt { line: self, mark, answered: false };
        let answer = within(deadline, command.query_async(&mut connection)).await;
        doubt.answered = answer.is_ok();
        answer
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a connection when dropped, unless it gave an answer. Those who wait for theirs over the
/// same one go on waiting.
struct Doubt<'a> {
    line: &'a Line,
    mark: Arc<()>,
    answered: bool,
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.line.kept().take_if(|kept| Arc::ptr_eq(&kept.mark, &self.mark));
        }
    }
}

impl AsyncStore for RedisStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        stored(self.ask(load(key), true).await?)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        swapped(&self.ask(swap(key, expected, new), false).await?)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("address", &self.client.get_connection_info().addr().to_string())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

async fn within<T>(
    deadline: Instant,
    answer: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, RedisError> {
    match time::timeout_at(deadline, answer).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(io::Error::from(elapsed).into()),
    }
}

/// Of those beyond, the oldest have most likely ended.
const MOST_RUNTIMES: usize = 64;

const TIMEOUT: Duration = Duration::from_secs(4);

/// A day: no deadline that far out can overflow a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Compares and sets in one step: Redis runs nothing else meanwhile. A version stays text: a number
/// of Lua's has 53 bits.
const SWAP: &str = "
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return 1
";

fn client(url: &str) -> Result<Client, StoreError> {
    let opened = url.into_connection_info().and_then(|info| {
        // It would say its own name first, and wait for two answers.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        Client::open(info.set_redis_settings(settings))
    });
    let client = match opened {
        Ok(client) => client,
        Err(_) if url.starts_with("rediss:") && !cfg!(feature = "redis-tls") => {
            return Err("a rediss URL needs the feature `redis-tls`".into());
        }
        Err(_) => {
            return Err("not the URL of a Redis: redis://user:password@host:6379/0".into());
        }
    };
    match client.get_connection_info().addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => {
            Err("a Redis URL with #insecure: certificates are always checked".into())
        }
        _ => Ok(client),
    }
}

fn load(key: &TokenKey) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command.arg(name(key)).arg("version").arg("record");
    command
}

fn swap(key: &TokenKey, expected: Option<u64>, new: &Stored) -> Cmd {
    let expected = expected.map(|version| version.to_string()).unwrap_or_default();
    let mut command = redis::cmd("EVAL");
    command.arg(SWAP).arg("1").arg(name(key));
    command.arg(expected).arg(new.version().to_string()).arg(new.bytes());
    command
}

fn name(key: &TokenKey) -> String {
    format!("grantflow:{key}")
}

fn stored(answer: Value) -> Result<Option<Stored>, StoreError> {
    if let Value::Array(fields) = answer
        && let Ok(fields) = <[Value; 2]>::try_from(fields)
    {
        match fields {
            [Value::Nil, Value::Nil] => return Ok(None),
            [Value::BulkString(version), Value::BulkString(record)] => {
                if let Some(version) = str::from_utf8(&version).ok().and_then(|v| v.parse().ok()) {
                    return Ok(Some(Stored::new(version, record)));
                }
            }
            _ => {}
        }
    }
    Err("what stands in Redis is no record of grantflow".into())
}

fn swapped(answer: &Value) -> Result<bool, StoreError> {
    match answer {
        Value::Int(0) => Ok(false),
        Value::Int(1) => Ok(true),
        _ => Err("Redis did not answer a script as Redis does".into()),
    }
}

/// Whether a connection that stood is gone.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() && !error.is_timeout()
}

/// Without the server's own words: some servers repeat in them what they were sent.
fn failure(client: &Client, error: &RedisError) -> StoreError {
    let why = match (error.kind(), error.code()) {
        _ if error.is_timeout() => {
            "no answer in time: see that it runs and is not overloaded".into()
        }
        (ErrorKind::Io, _) => format!("{error}: see that it runs and can be reached from here"),
        (ErrorKind::Client | ErrorKind::InvalidClientConfig, _) => error.to_string(),
        (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => {
            "it wants another user or password in the URL".into()
        }
        (_, Some(code @ "NOPERM")) => {
            format!("{code}: allow this user +hmget +eval +hget +hset ~grantflow:*")
        }
        (_, Some(code @ "READONLY")) => format!("{code}: it is a replica, name the primary"),
        (_, Some(code @ ("MOVED" | "CLUSTERDOWN"))) => {
            format!("{code}: it is a cluster, which is not supported")
        }
        (_, Some(code)) => format!("it answered with the error {code}"),
        _ => "its answer is none of Redis'".into(),
    };
    format!("the Redis at {}: {why}", client.get_connection_info().addr()).into()
}
