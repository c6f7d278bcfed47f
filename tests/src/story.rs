//! What the examples print: a story of steps, and no secret in it.

use std::fmt;

use grantflow::Tokens;
use http::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::sandbox::Sandbox;

/// Prints the steps of an example, one line each.
#[derive(Debug)]
pub struct Story {
    step: u8,
}

impl Story {
    /// Begins with where the partners are.
    pub fn begin(title: &str, sandbox: &Sandbox) -> Self {
        println!("{title}");
        println!("Three partners, played by a sandbox over real HTTPS at {}", sandbox.url(""));
        Self { step: 0 }
    }

    /// Turns to the next partner.
    pub fn partner(&mut self, name: &str, accent: &str) {
        self.step = 0;
        println!("\n{name}\n  {accent}");
    }

    /// Tells one step.
    pub fn step(&mut self, what: &str, how: impl fmt::Display) {
        self.step = self.step.saturating_add(1);
        println!("  {}. {what:<9} {how}", self.step);
    }

    /// Ends with what it came to.
    pub fn end(self, sandbox: &Sandbox) {
        use crate::sandbox::Endpoint::{CoverGeniusToken, FlowAccountToken, MeedToken};
        let requests: u64 = [MeedToken, FlowAccountToken, CoverGeniusToken]
            .map(|at| sandbox.requests(at))
            .iter()
            .sum();
        println!("\nDone: {requests} requests to token endpoints, and no secret on this page.");
    }
}

/// What may be seen of tokens: their kind, their life and their size.
pub fn describe(tokens: &Tokens) -> String {
    let length = tokens.access_token().expose().len();
    match tokens.lifetime() {
        Some(lifetime) => format!(
            "a Bearer token of {length} characters, good for {} minutes",
            lifetime.as_secs().div_euclid(60)
        ),
        None => format!("a Bearer token of {length} characters"),
    }
}

/// An API's answer in a few words: the status, and how much of what.
pub fn answer(status: StatusCode, body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(Value::Array(items)) => format!("{status}: {} of them", items.len()),
        Ok(Value::Object(members)) => {
            let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
            format!("{status}: {name}")
        }
        _ => status.to_string(),
    }
}

/// A name for a secret that tells two apart and gives neither away: the start of its SHA-256.
pub fn fingerprint(secret: &str) -> String {
    let digest = Sha256::digest(secret);
    digest
        .first_chunk()
        .map_or_else(String::new, |start| format!("{:08x}", u32::from_be_bytes(*start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_two_secrets_apart() {
        assert_eq!(fingerprint("abc"), "ba7816bf");
        assert_ne!(fingerprint("abc"), fingerprint("abd"));
    }
}
