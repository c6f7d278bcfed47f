//! `oauth2`, over a function for each of the floor's clients. The one for hyper blocks, as the other
//! does, so that no future is boxed for a peer alone.

use std::cell::RefCell;
use std::error::Error;
use std::io;

use http_body_util::Full;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    TokenUrl,
};

use super::given::{CLIENT_ID, Given, MOST};
use super::http::{Connection, agent};
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;
type Client =
    BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn clients(given: &Given<'_>) -> Result<Vec<Client>, Box<dyn Error>> {
    let url = TokenUrl::new(given.url.to_owned())?;
    let client = |secret: &String| {
        BasicClient::new(ClientId::new(CLIENT_ID.into()))
            .set_client_secret(ClientSecret::new(secret.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(url.clone())
    };
    Ok(given.secrets.iter().map(client).collect())
}

pub fn blocking(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let (clients, agent) = (clients(&given)?, agent(&given)?);
    let send = |request: HttpRequest| -> Result<HttpResponse, ureq::Error> {
        let (head, body) = agent.run(request)?.into_parts();
        let body = body.into_with_config().limit(MOST as u64).read_to_vec()?;
        Ok(HttpResponse::from_parts(head, body))
    };
    rounds.run(|round| {
        clients[round].exchange_client_credentials().request(&send).expect("an answer")
    });
    Ok(())
}

pub fn asynchronous(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let (clients, connection) = (clients(&given)?, RefCell::new(Connection::open(&given)?));
    let send = |request: HttpRequest| -> io::Result<HttpResponse> {
        let request = request.map(Full::from);
        Ok(connection.borrow_mut().answer(request)?.map(Vec::from))
    };
    rounds.run(|round| {
        clients[round].exchange_client_credentials().request(&send).expect("an answer")
    });
    Ok(())
}
