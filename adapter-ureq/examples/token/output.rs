//! What is said of tokens.

use std::error::Error;
use std::io::{self, Write};

use grantflow_ureq::grantflow::{Deviation, Tokens};
use serde_json::{Map, Value};

use crate::options::Options;

/// `held` is the refresh token that the user has already.
pub(crate) fn tell(
    options: &Options,
    tokens: &Tokens,
    held: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    notes(options, tokens, held);
    Ok(print(tokens, options.json)?)
}

/// On standard error: what the server did otherwise than it was asked, or than it should.
fn notes(options: &Options, tokens: &Tokens, held: Option<&str>) {
    if tokens.scope_differs() {
        eprintln!("Note: another scope was granted than asked for: {}", tokens.scope().as_str());
    }
    let new = tokens.refresh_token().filter(|token| held != Some(token.expose()));
    if new.is_some() && !options.json {
        let what = held.map_or("", |_| ", and the one that you have may have ended with it");
        eprintln!("Note: there is a new refresh token, which only --json prints{what}");
    }
    for deviation in tokens.deviations() {
        eprintln!("Note: {}; it was forgiven", forgiven(*deviation));
    }
}

/// On standard output: the token alone, or all as JSON.
fn print(tokens: &Tokens, json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if !json {
        return writeln!(output, "{}", tokens.access_token().expose());
    }
    let mut members: Map<String, Value> = tokens.extra().map_err(io::Error::other)?;
    members.insert("access_token".into(), tokens.access_token().expose().into());
    members.insert("token_type".into(), "Bearer".into());
    if let Some(end) = tokens.expires_at() {
        members.insert("expires_at".into(), end.unix_seconds().into());
    }
    if !tokens.scope().is_empty() {
        members.insert("scope".into(), tokens.scope().as_str().into());
    }
    if let Some(refresh_token) = tokens.refresh_token() {
        members.insert("refresh_token".into(), refresh_token.expose().into());
    }
    writeln!(output, "{}", Value::Object(members))
}

fn forgiven(deviation: Deviation) -> String {
    match deviation {
        Deviation::ExpiresInAsText => "expires_in is a text and not a number".into(),
        Deviation::MissingContentType => "the answer has no Content-Type".into(),
        Deviation::ByteOrderMark => "the answer begins with a byte order mark".into(),
        other => format!("the answer has a slip that the library calls {other:?}"),
    }
}
