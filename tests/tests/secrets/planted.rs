//! Looks for pieces of a secret in all of this process's memory, freed blocks and dead stack frames
//! included: it reads `/proc/self/mem`, which Linux has.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// A secret that is nowhere until [`text`](Self::text) makes it: who looks for it makes it anew, a
/// character at a time, and so never finds itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planted {
    seed: u64,
    length: usize,
    spelling: Spelling,
}

/// Where pieces of it stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Which of the secrets it is.
    pub(crate) secret: usize,
    /// `the stack`, or what the system calls that memory: nothing, where an allocator of threads has
    /// it.
    pub(crate) place: String,
    /// How many characters follow each other.
    pub(crate) length: usize,
}

#[derive(Clone, Copy, Debug)]
enum Spelling {
    Plain,
    /// As base64 (`+/` where it is not for URLs), with this before it.
    Base64 {
        before: &'static str,
        digits: &'static [u8; 64],
    },
}

impl Planted {
    /// A secret of 96 characters that a URL and a form carry as they are.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, length: 96, spelling: Spelling::Plain }
    }

    /// One of so many characters.
    pub(crate) const fn of_length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    /// What base64 makes of it, where `before` stands before it.
    pub(crate) const fn as_base64(self, before: &'static str) -> Self {
        Self { spelling: Spelling::Base64 { before, digits: STANDARD }, ..self }
    }

    /// What base64 for URLs makes of it.
    pub(crate) const fn as_base64_url(self) -> Self {
        Self { spelling: Spelling::Base64 { before: "", digits: FOR_URLS }, ..self }
    }

    /// The secret in a buffer that has its size from the start.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.length);
        text.extend(self.bytes().map(char::from));
        text
    }

    /// The secret, a character at a time.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        (0..self.length).filter_map(|at| self.plain(at))
    }

    /// As it is spelled here.
    pub(crate) fn spelled(&self) -> impl Iterator<Item = u8> {
        (0..).map_while(|at| self.at(at))
    }

    /// How far the window and the secret agree, from a place where they do.
    fn run(&self, window: &[u8], here: usize, at: usize) -> Range<usize> {
        let same = |here: usize, at: usize| window.get(here).copied() == self.at(at);
        let before = (1..=at.min(here)).take_while(|back| same(here - back, at - back)).count();
        let after = (0..window.len() - here).take_while(|on| same(here + on, at + on)).count();
        here - before..here + after
    }

    /// The byte at this place of the spelling that is looked for.
    fn at(&self, place: usize) -> Option<u8> {
        let Spelling::Base64 { before, digits } = self.spelling else { return self.plain(place) };
        let byte = |at: usize| match at.checked_sub(before.len()) {
            None => before.as_bytes().get(at).copied(),
            Some(at) => self.plain(at),
        };
        // Only where all of its bits are the secret's.
        let first = place / 4 * 3 + (place % 4 * 3) / 4;
        if first < before.len() {
            return None;
        }
        let other = if matches!(place % 4, 1 | 2) { byte(first + 1).unwrap_or(0) } else { 0 };
        let one = byte(first)?;
        let digit = match place % 4 {
            0 => one >> 2,
            1 => (one & 3) << 4 | other >> 4,
            2 => (one & 15) << 2 | other >> 6,
            _ => one & 63,
        };
        digits.get(usize::from(digit)).copied()
    }

    fn plain(&self, place: usize) -> Option<u8> {
        let digit = mixed(self.seed << 32 ^ place as u64) & 63;
        (place < self.length).then_some(FOR_URLS[digit as usize])
    }
}

/// Everywhere that 16 characters of one of them or more follow each other. `stack` is any place on
/// the stack that is to be told from other memory.
pub(crate) fn find(planted: &[Planted], stack: usize) -> Vec<Found> {
    // One at a time: another search would find what this one has read.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (memory, words) = (File::open("/proc/self/mem").unwrap(), words(planted));
    let (mut window, mut found) = (vec![0; WINDOW], Vec::new());
    let own = window.as_ptr().addr()..window.as_ptr().addr() + WINDOW;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let Some((area, name)) = area(line) else { continue };
        let place = if area.contains(&stack) { "the stack" } else { name };
        for mut part in parts(area, &own) {
            while !part.is_empty() {
                let window = &mut window[..WINDOW.min(part.len())];
                // What another thread has given back meanwhile cannot be read any more.
                if memory.read_exact_at(window, part.start as u64).is_err() {
                    break;
                }
                search(window, planted, &words, |secret, length| {
                    found.push(Found { secret, place: place.to_owned(), length });
                });
                let is_last = window.len() == part.len();
                part.start += if is_last { part.len() } else { WINDOW - OVERLAP };
            }
        }
    }
    window.fill(0);
    black_box(&window);
    found
}

fn search(
    window: &[u8],
    planted: &[Planted],
    words: &HashMap<u64, (usize, usize)>,
    mut tell: impl FnMut(usize, usize),
) {
    let mut done = 0;
    // Most of it was never written to.
    let pages = window.chunks(PAGE).enumerate();
    for (number, page) in pages.filter(|(_, page)| *page != &[0; PAGE][..page.len()]) {
        for (here, word) in (number * PAGE..).step_by(8).zip(page.chunks_exact(8)) {
            let word = u64::from_be_bytes(word.try_into().unwrap());
            if word == 0 || here < done {
                continue;
            }
            let Some(&(secret, at)) = words.get(&mixed(word)) else { continue };
            let run = planted[secret].run(window, here, at);
            if run.len() >= LEAST {
                tell(secret, run.len());
            }
            done = run.end;
        }
    }
}

/// The places of all runs of eight characters, by what they are made into: the runs themselves would
/// be found.
fn words(planted: &[Planted]) -> HashMap<u64, (usize, usize)> {
    let word = |one: &Planted, from: usize| {
        (from..from + 8).try_fold(0, |word, at| Some(word << 8 | u64::from(one.at(at)?)))
    };
    let words = |(secret, one): (usize, &Planted)| {
        let one = *one;
        let places = (0..one.length * 2).filter_map(move |at| Some((word(&one, at)?, at)));
        places.map(move |(word, at)| (mixed(word), (secret, at)))
    };
    planted.iter().enumerate().flat_map(words).collect()
}

/// The addresses and the name of an area that can be written to, of `start-end rw.p … name`.
fn area(line: &str) -> Option<(Range<usize>, &str)> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let is_writable = fields.next()?.starts_with("rw");
    let place = fields.nth(3).unwrap_or_default().trim();
    is_writable.then_some((address(start)?..address(end)?, place))
}

/// An area without what the search itself reads into.
fn parts(area: Range<usize>, own: &Range<usize>) -> [Range<usize>; 2] {
    if own.end <= area.start || area.end <= own.start {
        return [area.clone(), area.end..area.end];
    }
    [area.start..own.start.max(area.start), own.end.min(area.end)..area.end]
}

/// Of another look than what it is made from (a finalizer of 64 bits, as hash tables use it).
fn mixed(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// What an allocator writes over the start of a freed block is no more than that.
const LEAST: usize = 16;
const PAGE: usize = 4096;
const WINDOW: usize = 256 * PAGE;
/// A multiple of a word, and more than the longest secret.
const OVERLAP: usize = PAGE;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
