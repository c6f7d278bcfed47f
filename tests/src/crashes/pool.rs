//! The workers as children of the supervisor.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use super::deed::Line;
use super::{Carrier, Job, Trouble};

/// A number that no two processes of a run share.
pub(super) type Number = usize;

/// The workers, each at a place of its own. Where one is killed, another takes its place.
pub(super) struct Pool {
    program: PathBuf,
    job: Job,
    places: Vec<Process>,
    /// How many there ever were.
    started: Number,
    sender: Sender<News>,
    receiver: Receiver<News>,
}

struct Process {
    number: Number,
    child: Child,
    /// While it is held, the worker goes on.
    input: Option<ChildStdin>,
}

/// What is heard of a worker.
pub(super) enum News {
    Line(Number, Line),
    /// Nothing more will be.
    End(Number),
}

impl Pool {
    pub(super) fn new(program: PathBuf, job: Job) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self { program, job, places: Vec::new(), started: 0, sender, receiver }
    }

    /// Starts one more. Its number, and who carries its exchanges.
    pub(super) fn add(&mut self, rounds: Option<u64>) -> Result<(Number, Carrier), Trouble> {
        let place = self.places.len();
        let (process, carrier) = self.start(place, rounds)?;
        let number = process.number;
        self.places.push(process);
        Ok((number, carrier))
    }

    /// Kills the one at this place, and starts another there: the numbers of both.
    pub(super) fn replace(&mut self, place: usize) -> Result<(Number, Number, Carrier), Trouble> {
        let old = self.places.get_mut(place).ok_or("there is no such place")?;
        // SIGKILL: it has no time for anything.
        old.child.kill()?;
        old.child.wait()?;
        let old = old.number;
        let (process, carrier) = self.start(place, None)?;
        let new = process.number;
        if let Some(place) = self.places.get_mut(place) {
            *place = process;
        }
        Ok((old, new, carrier))
    }

    /// Where the worker with this number is, if it was not replaced.
    pub(super) fn place_of(&self, number: Number) -> Option<usize> {
        self.places.iter().position(|process| process.number == number)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Lets all end when their rounds do.
    pub(super) fn stop(&mut self) {
        for process in &mut self.places {
            process.input = None;
        }
    }

    /// Kills all that are left.
    pub(super) fn kill(&mut self) {
        for process in &mut self.places {
            // They may have ended by themselves.
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }

    /// The next thing that is heard, `None` where nothing is for so long.
    pub(super) fn hear(&self, for_so_long: Duration) -> Option<News> {
        self.receiver.recv_timeout(for_so_long).ok()
    }

    fn start(&mut self, place: usize, rounds: Option<u64>) -> Result<(Process, Carrier), Trouble> {
        let is_even = place & 1 == 0;
        let carrier = if is_even { Carrier::Ureq } else { Carrier::Hyper };
        let job = serde_json::to_string(&Job { carrier, rounds, ..self.job.clone() })?;
        let mut child = Command::new(&self.program)
            .args(["worker", &job])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let number = self.started;
        self.started = number.saturating_add(1);
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            listen(number, output, self.sender.clone())?;
        }
        Ok((Process { number, child, input }, carrier))
    }
}

/// Whatever goes wrong, nobody stays behind.
impl Drop for Pool {
    fn drop(&mut self) {
        self.kill();
    }
}

fn listen(number: Number, output: ChildStdout, sender: Sender<News>) -> io::Result<()> {
    let read = move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Of a line that was cut short, nothing is known.
            if let Ok(line) = serde_json::from_str(&line) {
                let _ = sender.send(News::Line(number, line));
            }
        }
        let _ = sender.send(News::End(number));
    };
    thread::Builder::new().name(format!("worker {number}")).spawn(read).map(drop)
}
