//! Writes the seeds of the corpora, from the test vectors, the recorded exchanges, and what the library
//! itself writes:
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! ```
//! The layout of each target's input is in the target; see also [`grantflow_fuzz::Input`]. The cache
//! and the rotation have none: their inputs are operations that the fuzzer finds by itself.

mod records;
mod transcripts;
mod vectors;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpora = Corpora { folder: root.join("corpus"), written: 0 };
    for folder in ["../tests/vectors", "../tests/vectors/own"] {
        files(&root.join(folder), "json")
            .iter()
            .for_each(|text| vectors::write(&mut corpora, text));
    }
    let recorded = files(&root.join("../tests/transcripts"), "http");
    recorded.iter().for_each(|text| transcripts::write(&mut corpora, text));
    records::write(&mut corpora);
    println!("{} seeds are in {}", corpora.written, corpora.folder.display());
}

/// The texts of the files with this extension, by name.
fn files(folder: &Path, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|own| own == extension)).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Where the seeds go.
pub struct Corpora {
    folder: PathBuf,
    written: usize,
}

impl Corpora {
    /// A seed: its first bytes, and the parts with a 0xFF between two.
    pub fn put(&mut self, target: &str, head: &[u8], parts: &[&[u8]]) {
        let bytes = [head, &parts.join(&0xff)].concat();
        if bytes.len() > LONGEST {
            return;
        }
        let mut name = DefaultHasher::new();
        bytes.hash(&mut name);
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{:016x}", name.finish())), bytes).unwrap();
        self.written += 1;
    }

    /// An answer to a grant, by each kind of request that it may be for.
    pub fn put_answer(&mut self, target: &str, choice: u16, kinds: &[u8], answer: &Message) {
        let [high, low] = choice.to_be_bytes();
        let status = answer.status.to_string();
        let parts: [&[u8]; 3] = [status.as_bytes(), answer.headers.as_bytes(), &answer.body];
        for kind in kinds {
            self.put(target, &[high, low, *kind], &parts);
        }
    }
}

/// An HTTP answer, or the part of it that a vector tells.
pub struct Message {
    pub status: u64,
    /// A line for each.
    pub headers: String,
    pub body: Vec<u8>,
}

/// Whatever is longer is slow and finds no more.
const LONGEST: usize = 4096;
