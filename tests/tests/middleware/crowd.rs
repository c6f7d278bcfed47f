//! Many threads, and a token that is refused while their calls are in flight.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use grantflow::NotRepeated;

use crate::partner::{agent, read, refusal, source, token_server};
use crate::script::{Script, answer};

const CALLS: usize = 20;

#[test]
fn calls_in_flight_with_a_revoked_token_make_two_token_requests_in_all() {
    let tokens = token_server();
    let all_are_here = Count::default();
    let api = Script::start(move |asked| match asked.token() {
        Some("at-0") => {
            all_are_here.add();
            all_are_here.wait_for(CALLS);
            refusal()
        }
        _ => answer(200, &[], "fine"),
    });
    let agent = agent(&source(&tokens), &api);
    thread::scope(|scope| {
        for _ in 0..CALLS {
            scope.spawn(|| {
                let answered = agent.get(api.url("/")).call().unwrap();
                assert!(answered.extensions().get::<NotRepeated>().is_none());
                assert_eq!(read(answered).0, 200);
            });
        }
    });
    assert_eq!(tokens.asked().len(), 2);
    assert_eq!(times(&api, "at-0"), CALLS);
    assert_eq!(times(&api, "at-1"), CALLS);
}

#[test]
fn late_401s_for_an_old_token_leave_the_new_one_alone() {
    let tokens = token_server();
    let all_are_here = Count::default();
    let renewed = Arc::new(Count::default());
    let seen = Arc::clone(&renewed);
    let first = Mutex::new(true);
    let api = Script::start(move |asked| {
        if asked.token() == Some("at-0") {
            all_are_here.add();
            all_are_here.wait_for(CALLS);
            // One is refused at once, and all others when it is served with the new token.
            let is_first = std::mem::take(&mut *first.lock().unwrap());
            if !is_first {
                seen.wait_for(1);
            }
            return refusal();
        }
        seen.add();
        answer(200, &[], "fine")
    });
    let agent = agent(&source(&tokens), &api);
    thread::scope(|scope| {
        for _ in 0..CALLS {
            scope.spawn(|| assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200));
        }
    });
    assert_eq!(tokens.asked().len(), 2);
    assert_eq!((times(&api, "at-0"), times(&api, "at-1")), (CALLS, CALLS));
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    assert_eq!(times(&api, "at-1"), CALLS + 1);
}

#[test]
fn a_call_that_outlives_its_token_is_repeated_with_the_one_that_is_there() {
    let tokens = token_server();
    let (arrived, rejected) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let (here, there) = (Arc::clone(&arrived), Arc::clone(&rejected));
    let api = Script::start(move |asked| match asked.token() {
        Some("at-0") => {
            here.add();
            there.wait_for(1);
            refusal()
        }
        _ => answer(200, &[], "fine"),
    });
    let source = source(&tokens);
    let agent = agent(&source, &api);
    thread::scope(|scope| {
        let slow = scope.spawn(|| read(agent.get(api.url("/")).call().unwrap()).0);
        arrived.wait_for(1);
        source.reject(source.token().unwrap().access_token());
        assert_eq!(source.token().unwrap().access_token().expose(), "at-1");
        rejected.add();
        assert_eq!(slow.join().unwrap(), 200);
    });
    assert_eq!(source.token().unwrap().access_token().expose(), "at-1");
    assert_eq!(tokens.asked().len(), 2);
}

#[test]
fn one_agent_serves_many_threads() {
    fn can_be_shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let tokens = token_server();
    let api = Script::start(|_| answer(200, &[], "fine"));
    can_be_shared(&grantflow_ureq::Authorize::new(&source(&tokens), []));
    let agent = agent(&source(&tokens), &api);
    thread::scope(|scope| {
        for _ in 0..CALLS {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
                }
            });
        }
    });
    assert_eq!((tokens.asked().len(), times(&api, "at-0")), (1, 10 * CALLS));
}

fn times(api: &Script, token: &str) -> usize {
    api.tokens().iter().filter(|sent| *sent == token).count()
}

/// Counts up, and wakes who waits for that.
#[derive(Default)]
struct Count {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Count {
    fn add(&self) {
        *self.count.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    fn wait_for(&self, least: usize) {
        let count = self.count.lock().unwrap();
        let (count, _) = self
            .changed
            .wait_timeout_while(count, Duration::from_secs(10), |count| *count < least)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(*count >= least, "{count} instead of {least}");
    }
}
