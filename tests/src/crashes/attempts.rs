//! The refreshes that workers attempted, put together from their lines.

use std::fmt;

use super::deed::{Answer, Deed, Over, What};
use super::history::{History, Life};
use super::pool::Number;

/// A refresh from its mark to its end, as far as the worker came.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Attempt<'a> {
    pub(super) worker: Number,
    /// The refresh token that it is about.
    pub(super) token: &'a str,
    pub(super) owner: &'a str,
    pub(super) over: Option<&'a Over>,
    pub(super) marking_at: u64,
    pub(super) marked: bool,
    pub(super) sending_at: Option<u64>,
    pub(super) answer: Option<(u64, Answer)>,
    /// What was last to be stored.
    pub(super) storing: Option<(u64, &'a What)>,
    pub(super) stored: bool,
    /// When something was last heard of it.
    pub(super) heard_at: u64,
    /// The worker was killed in the middle of it.
    pub(super) killed: bool,
    is_open: bool,
    /// Somebody else has changed the record first.
    beaten: bool,
}

impl<'a> Attempt<'a> {
    /// All of them, and what is wrong with the lines themselves.
    pub(super) fn all(history: &'a History) -> (Vec<Self>, Vec<String>) {
        let mut faults = Vec::new();
        let of_life =
            |(worker, life): (&Number, &'a Life)| Self::of_life(*worker, life, &mut faults);
        let attempts = history.lives.iter().flat_map(of_life).collect();
        (attempts, faults)
    }

    fn of_life(worker: Number, life: &'a Life, faults: &mut Vec<String>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for line in &life.lines {
            let at = line.at;
            if let Deed::Marking { token, owner, over } = &line.deed {
                let over = over.as_ref();
                all.push(Self {
                    worker,
                    token,
                    owner,
                    over,
                    marking_at: at,
                    marked: false,
                    sending_at: None,
                    answer: None,
                    storing: None,
                    stored: false,
                    heard_at: at,
                    killed: false,
                    is_open: true,
                    beaten: false,
                });
                continue;
            }
            let Some(this) = all.last_mut() else { continue };
            if this.is_open {
                this.heard_at = at;
            }
            match &line.deed {
                Deed::Marked => this.marked = true,
                Deed::Sending { token } => {
                    this.sending_at = Some(at);
                    if !this.marked {
                        faults.push(format!("worker {worker} sends {token} without a mark"));
                    }
                    if token != this.token {
                        faults.push(format!("worker {worker} marks one token and sends {token}"));
                    }
                }
                Deed::Answered(answer) => this.answer = Some((at, *answer)),
                Deed::Storing { what, .. } => this.storing = Some((at, what)),
                Deed::Stored => (this.stored, this.is_open) = (true, false),
                // Of the race for the mark, nothing is left; what is to be stored is tried again.
                Deed::Beaten => {
                    (this.beaten, this.is_open) = (true, this.is_open && this.storing.is_some());
                }
                Deed::Used { token, status } => {
                    let has_tokens = matches!(this.answer, Some((_, Answer::Tokens)));
                    if has_tokens && this.is_open && !this.beaten {
                        faults.push(format!("worker {worker} uses {token}, which is not stored"));
                    }
                    if *status != Some(200) {
                        faults.push(format!("the API answers {status:?} to worker {worker}"));
                    }
                    this.is_open = false;
                }
                Deed::Failed { .. } => {
                    // New tokens that are not stored yet are kept for the next rotation.
                    this.is_open &= matches!(this.answer, Some((_, Answer::Tokens)));
                }
                Deed::Up | Deed::Down | Deed::Fault | Deed::Marking { .. } => {}
            }
        }
        if let Some(last) = all.last_mut() {
            last.killed = life.killed && last.is_open;
        }
        all
    }

    /// Whether the request left, as far as the worker knows.
    pub(super) fn was_sent(&self) -> bool {
        self.sending_at.is_some() && !matches!(self.answer, Some((_, Answer::Unsent)))
    }

    /// Whether nobody lived to see the answer, or none came.
    pub(super) fn is_without_answer(&self) -> bool {
        self.answer.is_none_or(|(_, answer)| answer == Answer::Lost)
    }
}

impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = |at: u64| at.saturating_sub(self.marking_at);
        write!(f, "worker {} marks it", self.worker)?;
        if let Some(Over { owner, .. }) = self.over {
            write!(f, " over {owner}'s mark")?;
        }
        write!(f, " as {}{}", self.owner, if self.marked { "" } else { " (not confirmed)" })?;
        if let Some(at) = self.sending_at {
            write!(f, "; sends after {} µs", since(at))?;
        }
        if let Some((at, answer)) = self.answer {
            write!(f, "; has {answer:?} after {} µs", since(at))?;
        }
        if let Some((at, what)) = self.storing {
            write!(f, "; stores {what:?} after {} µs", since(at))?;
        }
        let is = |is, what| if is { what } else { "" };
        let (stored, beaten) = (is(self.stored, "; stored"), is(self.beaten, "; beaten"));
        let killed = is(self.killed, "; killed");
        write!(f, "{stored}{beaten}{killed}; last heard of after {} µs", since(self.heard_at))
    }
}
