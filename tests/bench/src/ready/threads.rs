//! What threads that ask one source cost each other.
//!
//! Measured is the processor time of a call in short slices, and the median of those: on a machine
//! that is busy with other things too, who is interrupted in a slice does not count. Where there is a
//! core for each thread, a slice counts only if all began it at the same time: then they meet at
//! whatever they share. From the time of a call follows how fast threads are together. A mutex looks
//! better than it is by that: who sleeps takes no time.

use std::hint::{black_box, spin_loop};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use cpu_time::ThreadTime;
use grantflow_ureq::{TokenSource, Transport, now};

use super::floor::{Held, from_arc_swap, from_mutex, from_thread_local};
use super::grantflow::cache;
use crate::count::median;
use crate::table::{Amount, Row};

const THREADS: [usize; 3] = [1, 2, 16];

/// In a slice, by each thread: a tenth of a millisecond or so.
const CALLS: usize = 2_000;

const SLICES: usize = 100;

const ROUNDS: usize = 7;

/// At the same time is what is no further apart.
const TOGETHER: Duration = Duration::from_micros(10);

/// How many times as fast as one thread they have to be together.
const LEAST: f64 = 1.8;

/// A way to have the header field, run by so many threads: what a call takes in nanoseconds.
type Way<'a> = Box<dyn Fn(usize) -> f64 + 'a>;

pub fn measure() -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let cores = thread::available_parallelism()?.get();
    let source = TokenSource::new(&Transport::new(), cache("http://127.0.0.1:1/token", now())?);
    let (swapped, locked) = (ArcSwap::from_pointee(Held::new()), Mutex::new(Held::new()));
    let ways: [Way<'_>; 4] = [
        Box::new(|threads| per_call(threads, cores, || source.authorization())),
        Box::new(|threads| per_call(threads, cores, from_thread_local)),
        Box::new(|threads| per_call(threads, cores, || from_arc_swap(&swapped))),
        Box::new(|threads| per_call(threads, cores, || from_mutex(&locked))),
    ];
    // One after the other in each round, so that what disturbs one disturbs all.
    let round = |_| ways.each_ref().map(|way| THREADS.map(way));
    let measured: Vec<[[f64; 3]; 4]> = (0..ROUNDS).map(round).collect();
    let rows = THREADS.iter().enumerate().map(|(at, &threads)| {
        let each = |way: usize| Amount::new(median(measured.iter().map(|all| all[way][at])));
        // Those that never met give no number.
        let there = |way| Some(each(way)).filter(|amount| amount.value.is_finite());
        let together = threads.min(cores) as f64;
        let speed = median(measured.iter().map(|all| together * all[0][0] / all[0][at]));
        Row {
            what: format!("{threads} thread{}", if threads == 1 { "" } else { "s" }),
            grantflow: each(0),
            floor: there(1),
            // The others allocate, and what counts that is itself shared by all threads.
            peers: vec![there(2), there(3), None, None, None],
            goal: match threads {
                1 => String::new(),
                _ => format!("≥ {LEAST} times as fast as one (is {speed:.2})"),
            },
            is_met: threads.min(cores) == 1 || speed >= LEAST,
        }
    });
    Ok(rows.collect())
}

/// The processor time of a call, in nanoseconds.
fn per_call<T>(threads: usize, cores: usize, ask: impl Fn() -> T + Sync) -> f64 {
    let arrived = AtomicUsize::new(0);
    let slice = |number: usize| {
        // The first call of a thread makes its copy.
        black_box(ask());
        arrived.fetch_add(1, Ordering::AcqRel);
        while arrived.load(Ordering::Acquire) < number * threads {
            if threads <= cores { spin_loop() } else { thread::yield_now() }
        }
        let (begun, used) = (Instant::now(), ThreadTime::now());
        for _ in 0..CALLS {
            black_box(ask());
        }
        (begun, used.elapsed().as_nanos() as f64 / CALLS as f64)
    };
    let run = || (1..=SLICES).map(slice).collect::<Vec<_>>();
    let all = thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|one| one.join().expect("no thread panics")).collect::<Vec<_>>()
    });
    let is_together = |number: &usize| {
        let begun = || all.iter().map(|slices| slices[*number].0);
        let apart = begun().max().zip(begun().min()).map(|(last, first)| last - first);
        threads > cores || apart.is_some_and(|apart| apart < TOGETHER)
    };
    let counted = (0..SLICES).filter(is_together);
    median(counted.flat_map(|number| all.iter().map(move |slices| slices[number].1)))
}
