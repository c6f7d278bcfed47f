//! As much of a runtime as is needed here.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::panic::resume_unwind;
use std::thread;

/// For futures that wait for nothing but each other.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// Each in a thread of its own.
pub(super) fn in_threads<F: Future<Output: Send> + Send>(all: Vec<F>) -> Vec<F::Output> {
    thread::scope(|scope| {
        let threads = all.into_iter().map(|one| scope.spawn(|| block_on(one)));
        let threads = threads.collect::<Vec<_>>();
        let output =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|e| resume_unwind(e)));
        output.collect()
    })
}

/// All in this task, in turns.
pub(super) async fn in_turns<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let running = |one: F| Turn::Running(Box::pin(one));
    let mut turns = all.into_iter().map(running).collect::<Vec<_>>();
    poll_fn(|context| {
        for turn in &mut turns {
            turn.take(context);
        }
        if turns.iter().any(|turn| matches!(turn, Turn::Running(_))) {
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
    turns.into_iter().filter_map(Turn::end).collect()
}

enum Turn<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Turn<F> {
    fn take(&mut self, context: &mut Context<'_>) {
        if let Self::Running(future) = self
            && let Poll::Ready(output) = future.as_mut().poll(context)
        {
            *self = Self::Done(output);
        }
    }

    fn end(self) -> Option<F::Output> {
        match self {
            Self::Running(_) => None,
            Self::Done(output) => Some(output),
        }
    }
}

/// Lets the others have their turn.
pub(super) async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if given {
            return Poll::Ready(());
        }
        given = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Where those who are to do something at once wait for each other, as often as need be.
#[derive(Default)]
pub(super) struct Gate {
    members: AtomicUsize,
    arrivals: AtomicUsize,
    left: AtomicUsize,
}

/// A place among them.
pub(super) struct Member<'a> {
    gate: &'a Gate,
    rounds: usize,
}

impl Gate {
    /// All join before one waits.
    pub(super) fn join(&self) -> Member<'_> {
        self.members.fetch_add(1, Ordering::SeqCst);
        Member { gate: self, rounds: 0 }
    }

    /// Whether everybody has left who joined.
    pub(super) fn is_deserted(&self) -> bool {
        self.left.load(Ordering::SeqCst) >= self.members.load(Ordering::SeqCst)
    }
}

impl Member<'_> {
    /// Until all are here. Whoever leaves too early, by a panic for one, is not waited for.
    pub(super) async fn wait(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
        self.gate.arrivals.fetch_add(1, Ordering::SeqCst);
        let members = self.gate.members.load(Ordering::SeqCst);
        let all = members.saturating_mul(self.rounds);
        while self.gate.arrivals.load(Ordering::SeqCst) < all
            && self.gate.left.load(Ordering::SeqCst) == 0
        {
            give_way().await;
        }
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.gate.left.fetch_add(1, Ordering::SeqCst);
    }
}
