//! The process with the tenants. Nothing goes over a network: each source is given a cache whose
//! ticket was answered by hand, as `replace` takes it.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use dashmap::DashMap;
use grantflow::flow::Requesting;
use grantflow::{
    Client, Dialect, Exchange, Flow, Lookup, Provider, Scope, Secret, Timestamp, TokenCache,
    TokenError,
};
use http::Response;
use stats_alloc::Region;
use tokio::runtime::Builder;

use crate::COUNTED;
use crate::count::median;
use crate::random::Random;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

const TOKEN: usize = 22;
/// So often the two maps are compared, and with so many tenants each time.
const TURNS: usize = 41;
const FOUND: usize = 5_000;
/// From one tenant to the next, so that none is near the one before: a prime number.
const JUMP: usize = 7_368_787;

pub fn over_ureq(rounds: &Rounds<'_>) -> Done {
    let shared = client(0)?;
    in_ureq(rounds, |_| Ok(shared.clone()))
}

pub fn own_clients(rounds: &Rounds<'_>) -> Done {
    in_ureq(rounds, client)
}

fn in_ureq(rounds: &Rounds<'_>, client: impl Fn(usize) -> Result<Client, Box<dyn Error>>) -> Done {
    let sources = grantflow_ureq::TokenSources::new(&grantflow_ureq::Transport::new());
    let insert = |name: &str, request, cache| {
        let source = sources.tenant(name, request);
        source.replace(cache);
        source.authorization().map(drop)
    };
    let find = |name: &str, request| drop(black_box(sources.tenant(name, request)));
    hold(rounds, grantflow_ureq::now(), client, insert, find)
}

pub fn over_hyper(rounds: &Rounds<'_>) -> Done {
    let sources = grantflow_hyper::TokenSources::new(&grantflow_hyper::Transport::new());
    let (shared, runtime) = (client(0)?, Builder::new_current_thread().build()?);
    let insert = |name: &str, request, cache| {
        let source = sources.tenant(name, request);
        source.replace(cache);
        runtime.block_on(source.authorization()).map(drop)
    };
    let find = |name: &str, request| drop(black_box(sources.tenant(name, request)));
    hold(rounds, grantflow_hyper::now(), |_| Ok(shared.clone()), insert, find)
}

/// `client` is a tenant's; `insert` gives it a token, and asks for that once; `find` is what takes time.
fn hold(
    rounds: &Rounds<'_>,
    now: Timestamp,
    client: impl Fn(usize) -> Result<Client, Box<dyn Error>>,
    insert: impl Fn(&str, Flow<Requesting>, TokenCache) -> Result<(), TokenError>,
    find: impl Fn(&str, Flow<Requesting>),
) -> Done {
    let tenants: usize = rounds.arguments.first().ok_or("how many tenants?")?.parse()?;
    let mut random = Random::new(8);
    let before = threads()?;

    let region = Region::new(COUNTED);
    for at in 0..tenants {
        let request = client(at)?.client_credentials(Scope::default())?;
        let cache = filled(client(at)?.client_credentials(Scope::default())?, &mut random, now)?;
        insert(&name(at), request, cache)?;
    }
    let of_grantflow = bytes(&region, tenants);
    let more_threads = threads()? - before;

    let region = Region::new(COUNTED);
    let mut plain = HashMap::new();
    (0..tenants).for_each(|at| drop(plain.insert(name(at), random.token(TOKEN))));
    let of_plain = bytes(&region, tenants);
    drop(plain);

    let region = Region::new(COUNTED);
    let sharded = DashMap::new();
    (0..tenants)
        .for_each(|at| drop(sharded.insert(name(at), Arc::<str>::from(random.token(TOKEN)))));
    let of_sharded = bytes(&region, tenants);

    let mut turns = Vec::new();
    for turn in 0..TURNS {
        let some = (turn * FOUND..).take(FOUND).map(|nth| nth * JUMP % tenants);
        let some = some.map(|at| Ok((name(at), client(at)?.client_credentials(Scope::default())?)));
        let some = some.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        let began = Instant::now();
        for (name, _) in &some {
            black_box(sharded.get(name.as_str()).map(|token| Arc::clone(&token)));
        }
        let dashmap = began.elapsed().as_nanos() as f64 / FOUND as f64;
        let began = Instant::now();
        for (name, request) in some {
            find(&name, request);
        }
        let grantflow = began.elapsed().as_nanos() as f64 / FOUND as f64;
        turns.push((grantflow, dashmap, grantflow / dashmap));
    }
    let find = [
        median(turns.iter().map(|turn| turn.0)),
        median(turns.iter().map(|turn| turn.1)),
        median(turns.iter().map(|turn| turn.2)),
    ];
    println!("{of_grantflow} {of_plain} {of_sharded}");
    println!("{} {} {} {more_threads}", find[0], find[1], find[2]);
    Ok(())
}

fn client(at: usize) -> Result<Client, Box<dyn Error>> {
    let provider = Provider::new("https://partner.example/api/partner/v1/auth/token".parse()?)
        .with_dialect(Dialect::default());
    let secret = Secret::new("b47f8cb732a93dd355565a185a6a04ef")?;
    Ok(Client::new(format!("meed_{at:016x}"), secret, provider)?)
}

fn name(at: usize) -> String {
    format!("tenant-{at:07}")
}

/// A cache that has a token.
fn filled(
    request: Flow<Requesting>,
    random: &mut Random,
    now: Timestamp,
) -> Result<TokenCache, Box<dyn Error>> {
    let token = random.token(TOKEN);
    let answer = Response::builder()
        .header("content-type", "application/json")
        .body(format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#))?;
    let mut cache = TokenCache::from(request);
    let Lookup::Send(ticket) = cache.get(now) else { return Err("a token is there".into()) };
    cache.complete(ticket.receive(&answer, now), now);
    match cache.get(now) {
        Lookup::Ready(_) => Ok(cache),
        other => Err(format!("the answer brought no token: {other:?}").into()),
    }
}

/// For each tenant, without the token's own.
fn bytes(region: &Region<'_, std::alloc::System>, tenants: usize) -> f64 {
    let change = region.change();
    let held = change.bytes_allocated as f64 - change.bytes_deallocated as f64;
    held / tenants as f64 - TOKEN as f64
}

fn threads() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    Ok(threads.ok_or("/proc/self/status has no threads")?.trim().parse()?)
}
