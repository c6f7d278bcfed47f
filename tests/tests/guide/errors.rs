//! The tables of errors: each row is put to the library, and compared with what it says.

use grantflow::flow::{AwaitingCallback, Refreshing};
use grantflow::{
    Client, Entropy, Error, Exchange, Failed, Flow, Provider, RefreshToken, Scope, Secret,
    Timestamp, TransportError, TransportErrorKind,
};

#[test]
fn a_client_that_asks_for_its_token_is_told_what_the_guide_says() {
    compare("A client asks for its token", 15, |row| {
        row.told(&receive(client().client_credentials(Scope::default()).unwrap(), row))
    });
}

#[test]
fn a_session_that_is_refreshed_is_told_what_the_guide_says() {
    compare("A session is refreshed", 4, |row| row.told(&receive(refresh(), row)));
}

#[test]
fn who_gets_no_answer_is_told_what_the_guide_says() {
    let kinds = [
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::NotPublic,
        TransportErrorKind::Interrupted,
        TransportErrorKind::Timeout,
    ];
    compare("No answer comes", kinds.len(), |row| {
        let is_it = |kind: &TransportErrorKind| row.error == format!("`Transport({kind:?})`");
        let error = TransportError::new(kinds.into_iter().find(is_it).unwrap(), "no answer");
        row.told(&Failed::unanswered(refresh(), error))
    });
}

#[test]
fn who_serves_a_callback_is_told_what_the_guide_says() {
    compare("A user comes back from the login", 8, |row| {
        let login = login();
        let query = row.spans()[0].replace('…', login.pending().state().expose());
        row.told(&login.callback(&format!("{REDIRECT_URI}{query}"), NOW).unwrap_err())
    });
}

/// The one table under this heading, with what the library says to each of its rows.
fn compare(heading: &str, count: usize, ask: impl Fn(&Row<'_>) -> String) {
    let (_, section) = ERRORS.split_once(&format!("\n# {heading}\n")).unwrap();
    let (section, _) = section.split_once("\n# ").unwrap();
    let (_, table) = section.split_once("|---|---|\n").unwrap();
    let shown: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(shown.len(), count);
    let told: Vec<_> = shown.iter().map(|line| ask(&Row::read(line))).collect();
    assert_eq!(shown, told);
}

/// What happens, and the error that the table has for it.
struct Row<'a> {
    happens: &'a str,
    error: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Self {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let &["", happens, told, ""] = cells.as_slice() else {
            panic!("two cells: {line}");
        };
        Self { happens, error: told.split(',').next().unwrap() }
    }

    /// What stands between backticks.
    fn spans(&self) -> Vec<&str> {
        self.happens.split('`').skip(1).step_by(2).collect()
    }

    /// The row as it has to be.
    fn told<F>(&self, failed: &Failed<F>) -> String {
        let (error, advice) = (name(failed.error()), failed.advice());
        format!("| {} | `{error}`, `{advice:?}`<br>{failed} |", self.happens)
    }
}

/// `Protocol(ContentType)`, without what is in it.
fn name(error: &Error) -> String {
    let kind = match error {
        Error::Refused(_) => return "Refused".into(),
        Error::Unavailable(_) => return "Unavailable".into(),
        Error::Protocol(error) => format!("Protocol({:?}", error.kind()),
        Error::Callback(error) => format!("Callback({error:?}"),
        Error::Transport(error) => format!("Transport({:?}", error.kind()),
        other => panic!("{other:?} stands in no table"),
    };
    format!("{})", kind.split(' ').next().unwrap())
}

/// The answer of the row's spans: a status, header fields, a body.
fn receive<E: Exchange>(exchange: E, row: &Row<'_>) -> Failed<E> {
    let spans = row.spans();
    let mut answer = http::Response::builder().status(spans[0]);
    let mut body = "";
    for span in &spans[1..] {
        match span.split_once(": ") {
            Some((name, value)) if !span.starts_with('{') => answer = answer.header(name, value),
            _ => body = span,
        }
    }
    if !body.is_empty() && answer.headers_ref().unwrap().is_empty() {
        answer = answer.header("content-type", "application/json");
    }
    exchange.receive(&answer.body(body).unwrap(), NOW).err().unwrap()
}

fn client() -> Client {
    let at = |path| format!("https://login.partner.example/{path}").parse().unwrap();
    let partner = Provider::new(at("token")).with_authorization_endpoint(at("authorize"));
    Client::new("my-app", Secret::new("s3cr3t-s3cr3t").unwrap(), partner).unwrap()
}

fn refresh() -> Flow<Refreshing> {
    client().refresh(RefreshToken::new("rt-1").unwrap()).unwrap()
}

fn login() -> Flow<AwaitingCallback> {
    let entropy = Entropy::from_bytes([7; 64]);
    let redirect_uri = REDIRECT_URI.parse().unwrap();
    client().authorization_code(redirect_uri, Scope::default(), entropy, NOW).unwrap()
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const REDIRECT_URI: &str = "https://app.example/callback";
const ERRORS: &str = include_str!("../../../core/src/guide/errors.md");
