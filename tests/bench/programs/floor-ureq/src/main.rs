//! The least: a form, a request, a field of the answer.

use std::env::var;
use std::error::Error;

use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (id, secret) = (var("CLIENT_ID")?, var("CLIENT_SECRET")?);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let mut answer = ureq::post(var("TOKEN_URL")?).send_form(form)?;
    let answer: Answer = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
    println!("{}", answer.access_token.len());
    Ok(())
}
