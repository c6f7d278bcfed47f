//! `oauth2`, over a client that keeps the request and gives the prepared answer.

use std::error::Error;
use std::hint::black_box;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, Scope, TokenUrl,
};

use super::data::{self, And, Each};
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;
type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

#[derive(Debug)]
struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no answer is wanted")
    }
}

impl Error for NoAnswer {}

fn clients(auth: AuthType) -> Result<Vec<Client>, Box<dyn Error>> {
    let client = |secret| {
        let client = BasicClient::new(ClientId::new(data::CLIENT_ID.into()))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_type(auth.clone())
            .set_auth_uri(AuthUrl::new(data::LOGIN_PAGE.into())?)
            .set_token_uri(TokenUrl::new(data::TOKEN_ENDPOINT.into())?)
            .set_redirect_uri(RedirectUrl::new(data::REDIRECT_URI.into())?);
        Ok(client)
    };
    data::secrets().into_iter().map(client).collect()
}

fn unanswered(request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    black_box(request);
    Err(NoAnswer)
}

/// Gives the answers one after the other.
fn answering(
    answers: Each<HttpResponse>,
) -> impl Fn(HttpRequest) -> Result<HttpResponse, NoAnswer> {
    move |request| {
        black_box(request);
        Ok(answers.take())
    }
}

pub fn post_request(rounds: &Rounds<'_>) -> Done {
    request(rounds, AuthType::RequestBody)
}

pub fn basic_request(rounds: &Rounds<'_>) -> Done {
    request(rounds, AuthType::BasicAuth)
}

fn request(rounds: &Rounds<'_>, auth: AuthType) -> Done {
    let clients = clients(auth)?;
    rounds.run(|round| clients[round].exchange_client_credentials().request(&unanswered).is_err());
    Ok(())
}

pub fn code_request(rounds: &Rounds<'_>) -> Done {
    let client = clients(AuthType::RequestBody)?.remove(0);
    let codes = data::codes().into_iter().map(AuthorizationCode::new);
    let verifiers = data::verifiers().into_iter().map(PkceCodeVerifier::new);
    let codes = Each::new(codes.zip(verifiers));
    rounds.run(|_| {
        let (code, verifier) = codes.take();
        client.exchange_code(code).set_pkce_verifier(verifier).request(&unanswered).is_err()
    });
    Ok(())
}

pub fn refresh_request(rounds: &Rounds<'_>) -> Done {
    let clients = clients(AuthType::RequestBody)?;
    let tokens = refresh_tokens(data::refresh_tokens());
    rounds.run(|round| {
        clients[round].exchange_refresh_token(&tokens[round]).request(&unanswered).is_err()
    });
    Ok(())
}

pub fn long_refresh_request() -> Result<impl FnMut(), Box<dyn Error>> {
    let client = clients(AuthType::RequestBody)?.remove(0);
    let mut tokens = refresh_tokens(data::long_refresh_tokens()).into_iter();
    Ok(move || {
        let token = tokens.next().expect("a token");
        let _ = black_box(client.exchange_refresh_token(&token).request(&unanswered));
    })
}

fn refresh_tokens(tokens: Vec<String>) -> Vec<RefreshToken> {
    tokens.into_iter().map(RefreshToken::new).collect()
}

pub fn short_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 22, And::Scope)
}

pub fn jwt_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 1_228, And::NoMore)
}

fn exchange(rounds: &Rounds<'_>, length: usize, and: And) -> Done {
    let clients = clients(AuthType::RequestBody)?;
    let http = answering(Each::new(data::answers(length, and)));
    rounds.run(|round| clients[round].exchange_client_credentials().request(&http).ok());
    Ok(())
}

pub fn refresh_exchange(rounds: &Rounds<'_>) -> Done {
    let clients = clients(AuthType::RequestBody)?;
    let tokens = refresh_tokens(data::refresh_tokens());
    let http = answering(Each::new(data::answers(22, And::RefreshToken)));
    rounds.run(|round| clients[round].exchange_refresh_token(&tokens[round]).request(&http).ok());
    Ok(())
}

/// With its request: it cannot be had alone.
pub fn refusal(rounds: &Rounds<'_>) -> Done {
    let clients = clients(AuthType::RequestBody)?;
    let http = answering(Each::new(data::refusals()));
    rounds.run(|round| clients[round].exchange_client_credentials().request(&http).is_err());
    Ok(())
}

pub fn authorization_url(rounds: &Rounds<'_>) -> Done {
    let clients = clients(AuthType::RequestBody)?;
    let scope = Scope::new(data::SCOPE.into());
    let pkce = PkceCodeChallenge::new_random_sha256;
    rounds.run(|round| {
        let (challenge, verifier) = pkce();
        let request = clients[round].authorize_url(CsrfToken::new_random);
        let request = request.add_scope(scope.clone()).set_pkce_challenge(challenge);
        (request.url(), verifier)
    });
    Ok(())
}
