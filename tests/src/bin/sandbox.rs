//! Runs the partner sandbox until it is stopped, and says how to talk to it.
//!
//! `cargo run -p grantflow-tests --bin sandbox [-- --port N]`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io, thread};

use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, COVER_GENIUS, FLOW_ACCOUNT, MEED, PASSWORD, REDIRECT_URI, REDIRECT_URIS, USERNAME,
};

fn main() -> ExitCode {
    let Some(port) = port() else {
        eprintln!("usage: sandbox [--port N]");
        return ExitCode::from(2);
    };
    match run(port) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("the sandbox does not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(port: u16) -> io::Result<std::convert::Infallible> {
    let sandbox = Sandbox::start_on(port)?;
    let ca_file = write_ca(&sandbox)?;
    println!("{}", guide(&sandbox, &ca_file.display().to_string()));
    loop {
        thread::park();
    }
}

/// The port that was asked for, 0 where none was; nothing where the arguments make no sense.
fn port() -> Option<u16> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Some(0),
        [flag, port] if flag == "--port" => port.parse().ok(),
        _ => None,
    }
}

fn write_ca(sandbox: &Sandbox) -> io::Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = env::temp_dir().join(format!("grantflow-sandbox-{}", now.as_nanos()));
    // Fails where something is already there: nobody can have laid out a folder for us.
    fs::create_dir(&folder)?;
    let file = folder.join("ca.pem");
    fs::write(&file, sandbox.ca_pem())?;
    Ok(file)
}

fn guide(sandbox: &Sandbox, ca: &str) -> String {
    let [coffee, fruit] = BUSINESSES.map(|business| {
        let (code, name) = (business.support_code, business.name);
        format!("{code}  {name} ({})", business.thai_name)
    });
    format!(
        r#"The partner sandbox runs at {origin}
Certificate authority: {ca}
Stop it with Ctrl-C. Nothing here is real, the secrets included.

The lines below can be pasted into a shell; start with these two.

  CA='{ca}'
  token_of() {{ sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'; }}

── Meed · client credentials, form body ──────────────────────────────────────
  client_id      {meed_id}
  client_secret  {meed_secret}

  TOKEN=$(curl -sS --cacert "$CA" {origin}/api/partner/v1/oauth/token \
    -d grant_type=client_credentials -d client_id={meed_id} \
    -d client_secret={meed_secret} | token_of)
  curl -sSw '\n' --cacert "$CA" {origin}/api/partner/v1/sales -H "Authorization: Bearer $TOKEN"

── FlowAccount · authorization code, rotating refresh tokens ─────────────────
  client_id      {flow_id}
  client_secret  {flow_secret}
  redirect URIs  {redirect_uris}
  user           {USERNAME}
  password       {PASSWORD}
  businesses     {coffee}
                 {fruit}
  environments   v1, test

  1. Open in a browser, log in, choose a business, and copy the code from the address bar
     (nobody listens at {REDIRECT_URI} unless you do):

  {origin}/connect/authorize?{login_query}

  2. Exchange it:

  CODE=paste-it-here
  curl -sSw '\n' --cacert "$CA" {origin}/test/token -d grant_type=authorization_code \
    -d code="$CODE" --data-urlencode redirect_uri={REDIRECT_URI} \
    -d client_id={flow_id} --data-urlencode 'client_secret={flow_secret}'

  3. Refresh with the latest refresh token; each one works once:

  REFRESH=paste-it-here
  curl -sSw '\n' --cacert "$CA" {origin}/test/token -d grant_type=refresh_token \
    -d refresh_token="$REFRESH" \
    -d client_id={flow_id} --data-urlencode 'client_secret={flow_secret}'

  Or without a user:

  TOKEN=$(curl -sS --cacert "$CA" {origin}/test/token -d grant_type=client_credentials \
    -d scope=flowaccount-api \
    -d client_id={flow_id} --data-urlencode 'client_secret={flow_secret}' | token_of)
  curl -sSw '\n' --cacert "$CA" {origin}/test/company/info -H "Authorization: Bearer $TOKEN"

── Cover Genius · client credentials, JSON body ──────────────────────────────
  client_id      {cover_id}
  client_secret  {cover_secret}

  TOKEN=$(curl -sS --cacert "$CA" {origin}/api/oauth/token \
    -H 'Accept: application/json' -H 'Content-Type: application/json' \
    -d '{{"grant_type":"client_credentials","client_id":"{cover_id}","client_secret":"{cover_secret}"}}' | token_of)
  curl -sSw '\n' --cacert "$CA" {origin}/api/bookings -H "Authorization: Bearer $TOKEN"
"#,
        origin = sandbox.url(""),
        meed_id = MEED.client_id,
        meed_secret = MEED.client_secret,
        flow_id = FLOW_ACCOUNT.client_id,
        flow_secret = FLOW_ACCOUNT.client_secret,
        redirect_uris = REDIRECT_URIS.join("\n                 "),
        login_query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("scope", "flowaccount-api offline_access")
            .append_pair("client_id", FLOW_ACCOUNT.client_id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("state", "from-the-sandbox-guide")
            .finish(),
        cover_id = COVER_GENIUS.client_id,
        cover_secret = COVER_GENIUS.client_secret,
    )
}
