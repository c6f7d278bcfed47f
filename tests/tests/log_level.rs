//! What `grantflow-ureq` does about a log that would hold secrets: the program's level, in one story
//! after another, as a process has one.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use grantflow::{Client, Scope};
use grantflow_tests::gate::Gate;
use grantflow_ureq::Transport;
use log::{Level, LevelFilter, Log, Metadata, Record, max_level, set_logger, set_max_level};

#[test]
fn the_level_is_lowered_while_a_secret_is_on_its_way_and_where_it_would_be_logged() {
    LazyLock::force(&LOGS);
    set_logger(&Logger).unwrap();
    let gate = Gate::start().unwrap();
    let (transport, client) = (Transport::new(), gate.client().unwrap());

    set_max_level(LevelFilter::Trace);
    assert_eq!(during(&gate, &transport, &client, max_level), LevelFilter::Debug);
    assert_eq!(max_level(), LevelFilter::Trace);

    // The last of several that are under way brings it back.
    let other = Gate::start().unwrap();
    let after_another = during(&gate, &transport, &client, || {
        ask(&transport, &other.client().unwrap());
        max_level()
    });
    assert_eq!(after_another, LevelFilter::Debug);
    assert_eq!(max_level(), LevelFilter::Trace);

    // A logger may send what it hears, a warning for one, by this very transport.
    assert!(HEARD.load(Ordering::Relaxed));

    // A program that sets a level meanwhile has it.
    during(&gate, &transport, &client, || set_max_level(LevelFilter::Info));
    assert_eq!(max_level(), LevelFilter::Info);
    // What is not logged anyway is left alone.
    assert_eq!(during(&gate, &transport, &client, max_level), LevelFilter::Info);
    set_max_level(LevelFilter::Trace);
    WIRE.store(false, Ordering::Relaxed);
    assert_eq!(during(&gate, &transport, &client, max_level), LevelFilter::Trace);
}

/// What is so while a token request is at its server.
fn during<R>(gate: &Gate, transport: &Transport, client: &Client, look: impl FnOnce() -> R) -> R {
    gate.hold();
    let before = gate.requests();
    thread::scope(|scope| {
        let asking = scope.spawn(|| ask(transport, client));
        gate.wait_for_requests(before.saturating_add(1));
        let seen = look();
        gate.let_go();
        asking.join().unwrap();
        seen
    })
}

fn ask(transport: &Transport, client: &Client) {
    drop(transport.perform(client.client_credentials(Scope::default()).unwrap()).unwrap());
}

/// Whether the program logs what ureq writes of the wire.
static WIRE: AtomicBool = AtomicBool::new(true);

/// Where the logger sends warnings to.
static LOGS: LazyLock<(Gate, Transport)> =
    LazyLock::new(|| (Gate::start().unwrap(), Transport::new()));
/// Whether it has.
static HEARD: AtomicBool = AtomicBool::new(false);

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() != "ureq_proto::util" || WIRE.load(Ordering::Relaxed)
    }

    fn log(&self, record: &Record<'_>) {
        if record.level() == Level::Warn && record.target().starts_with("grantflow_ureq") {
            let (gate, transport) = &*LOGS;
            ask(transport, &gate.client().unwrap());
            HEARD.store(true, Ordering::Relaxed);
        }
        let is_wire = record.target() == "ureq_proto::util";
        assert!(!is_wire || !self.enabled(record.metadata()), "{}", record.args());
    }

    fn flush(&self) {}
}
