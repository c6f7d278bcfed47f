//! The library.

use std::error::Error;
use std::hint::black_box;

use grantflow::{
    Client, ClientAuth, Dialect, Entropy, Exchange, Provider, RefreshToken, Scope, Secret,
    Timestamp,
};

use super::data::{self, And, Each};
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

fn clients(auth: ClientAuth) -> Result<Vec<Client>, Box<dyn Error>> {
    let mut dialect = Dialect::default();
    dialect.client_auth = auth;
    let provider = Provider::new(data::TOKEN_ENDPOINT.parse()?)
        .with_authorization_endpoint(data::LOGIN_PAGE.parse()?)
        .with_dialect(dialect);
    let client = |secret| Ok(Client::new(data::CLIENT_ID, Secret::new(secret)?, provider.clone())?);
    data::secrets().into_iter().map(client).collect()
}

pub fn post_request(rounds: &Rounds<'_>) -> Done {
    request(rounds, ClientAuth::Post)
}

pub fn basic_request(rounds: &Rounds<'_>) -> Done {
    request(rounds, ClientAuth::Basic)
}

fn request(rounds: &Rounds<'_>, auth: ClientAuth) -> Done {
    let clients = clients(auth)?;
    rounds.run(|round| {
        let flow = clients[round].client_credentials(Scope::default()).ok();
        flow.map(|flow| drop(black_box(flow.request())))
    });
    Ok(())
}

pub fn code_request(rounds: &Rounds<'_>) -> Done {
    let client = clients(ClientAuth::Post)?.remove(0);
    let flows = Each::new(data::entropies().into_iter().zip(data::codes()).map(|(bytes, code)| {
        let redirect_uri = data::REDIRECT_URI.parse().expect("a redirect URI");
        let login = client
            .authorization_code(redirect_uri, Scope::default(), Entropy::from_bytes(bytes), NOW)
            .expect("a login");
        let url = login.authorization_url().expect("its URL");
        let (_, state) = url.as_str().split_once("&state=").expect("a state");
        let state = state.split('&').next().unwrap_or_default();
        let callback = format!("{}?code={code}&state={state}", data::REDIRECT_URI);
        login.callback(&callback, NOW).expect("its callback")
    }));
    rounds.run(|_| drop(black_box(flows.take().request())));
    Ok(())
}

pub fn refresh_request(rounds: &Rounds<'_>) -> Done {
    let (clients, tokens) = (clients(ClientAuth::Post)?, refresh_tokens(data::refresh_tokens()));
    rounds.run(|round| {
        let flow = clients[round].refresh(tokens.take()).ok();
        flow.map(|flow| drop(black_box(flow.request())))
    });
    Ok(())
}

pub fn long_refresh_request() -> Result<impl FnMut(), Box<dyn Error>> {
    let client = clients(ClientAuth::Post)?.remove(0);
    let tokens = refresh_tokens(data::long_refresh_tokens());
    Ok(move || {
        let flow = client.refresh(tokens.take()).expect("a flow");
        drop(black_box(flow.request()));
    })
}

fn refresh_tokens(tokens: Vec<String>) -> Each<RefreshToken> {
    Each::new(tokens.into_iter().map(|token| RefreshToken::new(token).expect("a token")))
}

pub fn short_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 22, And::Scope)
}

pub fn jwt_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 1_228, And::NoMore)
}

fn exchange(rounds: &Rounds<'_>, length: usize, and: And) -> Done {
    let (clients, answers) = (clients(ClientAuth::Post)?, data::answers(length, and));
    rounds.run(|round| {
        let flow = clients[round].client_credentials(Scope::default()).ok()?;
        drop(black_box(flow.request()));
        flow.receive(&answers[round], NOW).ok().map(|granted| granted.into_tokens())
    });
    Ok(())
}

pub fn refresh_exchange(rounds: &Rounds<'_>) -> Done {
    let (clients, tokens) = (clients(ClientAuth::Post)?, refresh_tokens(data::refresh_tokens()));
    let answers = data::answers(22, And::RefreshToken);
    rounds.run(|round| {
        let flow = clients[round].refresh(tokens.take()).ok()?;
        drop(black_box(flow.request()));
        flow.receive(&answers[round], NOW).ok()
    });
    Ok(())
}

pub fn refusal(rounds: &Rounds<'_>) -> Done {
    let clients = clients(ClientAuth::Post)?;
    let flows = clients.iter().map(|client| client.client_credentials(Scope::default()));
    let flows = Each::new(flows.collect::<Result<Vec<_>, _>>()?);
    let answers = data::refusals();
    rounds.run(|round| flows.take().receive(&answers[round], NOW).is_err());
    Ok(())
}

pub fn authorization_url(rounds: &Rounds<'_>) -> Done {
    let clients = clients(ClientAuth::Post)?;
    let scope: Scope = data::SCOPE.parse()?;
    let redirect_uri: grantflow::RedirectUri = data::REDIRECT_URI.parse()?;
    let entropies = data::entropies();
    rounds.run(|round| {
        let entropy = Entropy::from_bytes(entropies[round]);
        let login =
            clients[round].authorization_code(redirect_uri.clone(), scope.clone(), entropy, NOW);
        login.ok().map(|login| login.authorization_url().map_or(0, |url| url.as_str().len()))
    });
    Ok(())
}
