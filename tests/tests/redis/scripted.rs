//! A Redis that does what a test says, and counts what it is asked.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use super::*;

/// What it does with the next command that is not of a connection's beginning.
#[derive(Clone, Copy)]
enum Act {
    Nothing,
    Close,
    Silence,
}

struct Scripted {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    acts: VecDeque<Act>,
    connections: Vec<()>,
    commands: Vec<String>,
}

impl Scripted {
    fn start(acts: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let state = State { acts: acts.iter().copied().collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let own = Arc::clone(&state);
        // It lasts as long as the process, and does nothing unless it is asked.
        thread::spawn(move || {
            for stream in listener.incoming() {
                own.lock().unwrap().connections.push(());
                let own = Arc::clone(&own);
                thread::spawn(move || serve(&stream.unwrap(), &own));
            }
        });
        Self { url, state }
    }

    fn seen(&self) -> (usize, String) {
        let state = self.state.lock().unwrap();
        (state.connections.len(), state.commands.join(" "))
    }
}

fn serve(mut stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let words = read_command(&mut reader)?;
        let Some(command) = words.first() else { return Ok(()) };
        let answer = match &**command {
            "CLIENT" => "+OK\r\n",
            "HMGET" => "*2\r\n$-1\r\n$-1\r\n",
            _ => ":1\r\n",
        };
        let mut act = Act::Nothing;
        if command != "CLIENT" {
            let mut state = state.lock().unwrap();
            state.commands.push(command.clone());
            act = state.acts.pop_front().unwrap_or(Act::Nothing);
        }
        match act {
            Act::Nothing => stream.write_all(answer.as_bytes())?,
            Act::Close => return stream.shutdown(std::net::Shutdown::Both),
            Act::Silence => {}
        }
    }
}

/// An array of strings; empty when the connection ends.
pub(crate) fn read_command(reader: &mut impl BufRead) -> io::Result<Vec<String>> {
    let number = |reader: &mut dyn BufRead| -> io::Result<usize> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        Ok(line.trim().trim_start_matches(['*', '$']).parse().unwrap_or(0))
    };
    let mut words = Vec::new();
    for _ in 0..number(reader)? {
        let mut word = vec![0; number(reader)?.saturating_add("\r\n".len())];
        reader.read_exact(&mut word)?;
        words.push(String::from_utf8_lossy(&word).trim_end().to_owned());
    }
    Ok(words)
}

#[test]
fn connections_are_kept() {
    for index in [0, 1] {
        let server = Scripted::start(&[]);
        let (name, store) = stores(&server.url, LONG).into_iter().nth(index).unwrap();
        let key = new_key();
        assert!(store.load(&key).unwrap().is_none());
        assert!(store.compare_and_swap(&key, None, &record(1)).unwrap());
        assert_eq!(server.seen(), (1, "HMGET EVAL".to_owned()), "{name}");
    }
}

#[test]
fn a_load_over_a_broken_connection_is_sent_once_more() {
    for index in [0, 1] {
        let server = Scripted::start(&[Act::Nothing, Act::Close]);
        let (name, store) = stores(&server.url, LONG).into_iter().nth(index).unwrap();
        assert!(store.load(&new_key()).unwrap().is_none(), "{name}");
        assert!(store.load(&new_key()).unwrap().is_none(), "{name}");
        assert_eq!(server.seen(), (2, "HMGET HMGET HMGET".to_owned()), "{name}");
    }
}

#[test]
fn a_load_over_a_new_connection_that_breaks_is_an_error() {
    for index in [0, 1] {
        let server = Scripted::start(&[Act::Close]);
        let (name, store) = stores(&server.url, LONG).into_iter().nth(index).unwrap();
        store.load(&new_key()).unwrap_err();
        assert_eq!(server.seen(), (1, "HMGET".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn tasks_share_one_connection() {
    let server = Scripted::start(&[]);
    let store = Arc::new(Hyper::open(&server.url).unwrap());
    let load = || {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.load(&new_key()).await.unwrap().is_none() })
    };
    let tasks: Vec<_> = (0..50).map(|_| load()).collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(server.seen().0, 1);
}

/// All kept ones are as old as the first that is found broken.
#[test]
fn after_one_broken_connection_no_kept_one_is_used() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    let store = Ureq::open(server.url()).unwrap();
    let key = new_key();
    let barrier = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                assert!(store.load(&key).unwrap().is_none());
            });
        }
    });
    server.kill().unwrap();
    server.start_again().unwrap();
    store.compare_and_swap(&key, None, &record(1)).unwrap_err();
    assert!(store.compare_and_swap(&key, None, &record(1)).unwrap());
}

/// It may have been made: sent again, it would find itself, and say that somebody else was there.
#[test]
fn a_swap_is_never_sent_twice() {
    for index in [0, 1] {
        let server = Scripted::start(&[Act::Nothing, Act::Close]);
        let (name, store) = stores(&server.url, LONG).into_iter().nth(index).unwrap();
        let key = new_key();
        assert!(store.load(&key).unwrap().is_none(), "{name}");
        store.compare_and_swap(&key, None, &record(1)).unwrap_err();
        assert_eq!(server.seen(), (1, "HMGET EVAL".to_owned()), "{name}");
        assert!(store.load(&key).unwrap().is_none(), "{name}: and then all is well");
        assert_eq!(server.seen(), (2, "HMGET EVAL HMGET".to_owned()), "{name}");
    }
}

#[test]
fn a_connection_that_fell_silent_is_not_used_again() {
    for index in [0, 1] {
        let server = Scripted::start(&[Act::Nothing, Act::Silence]);
        let (name, store) = stores(&server.url, SHORT).into_iter().nth(index).unwrap();
        let key = new_key();
        assert!(store.load(&key).unwrap().is_none(), "{name}");
        let error = store.load(&key).unwrap_err().to_string();
        assert!(error.contains("no answer in time"), "{name}: {error}");
        assert_eq!(server.seen(), (1, "HMGET HMGET".to_owned()), "{name}");
        assert!(store.load(&key).unwrap().is_none(), "{name}");
        assert_eq!(server.seen(), (2, "HMGET HMGET HMGET".to_owned()), "{name}");
    }
}

/// Whoever waits less long than the store would else meet the dead connection each time.
#[tokio::test]
async fn a_connection_whose_answer_nobody_waited_for_is_not_used_again() {
    let server = Scripted::start(&[Act::Nothing, Act::Silence]);
    let store = Hyper::open(&server.url).unwrap();
    let key = new_key();
    assert!(store.load(&key).await.unwrap().is_none());
    let new = record(1);
    let swap = store.compare_and_swap(&key, None, &new);
    tokio::time::timeout(SHORT, swap).await.unwrap_err();
    assert!(store.load(&key).await.unwrap().is_none());
    assert_eq!(server.seen(), (2, "HMGET EVAL HMGET".to_owned()));
}
