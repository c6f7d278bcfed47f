//! The library, as it comes.

use std::error::Error;

use grantflow::{Client, ClientAuth, Dialect, Endpoint, Provider, Scope, Secret};
use tokio::runtime::Builder;

use super::given::{CLIENT_ID, Given};
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

fn clients(given: &Given<'_>) -> Result<Vec<Client>, Box<dyn Error>> {
    let endpoint = match given.root() {
        Some(_) => given.url.parse()?,
        None => Endpoint::insecure_loopback(given.url)?,
    };
    let mut dialect = Dialect::default();
    // As the others send it.
    dialect.client_auth = ClientAuth::Post;
    let provider = Provider::new(endpoint).with_dialect(dialect);
    let client = |secret: &String| {
        Ok(Client::new(CLIENT_ID, Secret::new(secret.as_str())?, provider.clone())?)
    };
    given.secrets.iter().map(client).collect()
}

pub fn blocking(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let clients = clients(&given)?;
    let mut transport = grantflow_ureq::Transport::builder();
    if let Some(root) = given.root() {
        transport = transport.root_certificates(root.as_bytes())?;
    }
    let transport = transport.build();
    rounds.run(|round| {
        let flow = clients[round].client_credentials(Scope::default()).expect("a flow");
        transport.perform(flow).expect("an answer").into_tokens()
    });
    Ok(())
}

pub fn asynchronous(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let clients = clients(&given)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut transport = grantflow_hyper::Transport::builder();
    if let Some(root) = given.root() {
        transport = transport.root_certificates(root.as_bytes())?;
    }
    let transport = transport.build();
    rounds.run(|round| {
        let flow = clients[round].client_credentials(Scope::default()).expect("a flow");
        runtime.block_on(transport.perform(flow)).expect("an answer").into_tokens()
    });
    Ok(())
}
