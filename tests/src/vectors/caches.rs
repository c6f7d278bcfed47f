//! How often a token is asked for.

use grantflow::{
    Client, Exchange, Failed, Lookup, Provider, Scope, Secret, SharedTokenCache, SharedTokenCaches,
    TokenCache, TokenKey, TransportError, TransportErrorKind,
};
use serde_json::json;

use super::model::Vector;
use super::outcome::{Accepted, Refused, Stop};
use super::replies::Reply;
use super::setup::{self, NOW, TOKEN_ENDPOINT};

/// What one caller gets, and for how many requests.
pub(super) fn token_flow_count(vector: &Vector) -> Result<Accepted, Stop> {
    let mut input = vector.input.clone();
    input.0.entry("client_secret").or_insert_with(|| "s".into());
    let client = setup::authenticated(&input, setup::provider(vector)?)?;
    let mut cache = TokenCache::from(client.client_credentials(Scope::default())?);
    let replies = vector.input.objects("responses")?;
    let mut replies = replies.iter().chain(replies.last().into_iter().cycle());
    let mut token_requests = 0_u64;
    loop {
        let ticket = match cache.get(NOW) {
            Lookup::Send(ticket) => ticket,
            Lookup::Refused(error) => {
                let kind = Refused::new(error.error(), &error).kind;
                let counted = [("token_requests", json!(token_requests)), ("result", kind.into())];
                return Ok(Accepted::new(counted).showing(&error));
            }
            lookup => {
                let counted =
                    [("token_requests", json!(token_requests)), ("result", "token".into())];
                return Ok(Accepted::new(counted).showing(&lookup).showing(&cache));
            }
        };
        token_requests = token_requests.saturating_add(1);
        let reply = replies.next();
        let reply = reply.ok_or_else(|| Stop::Malformed("responses are missing".to_owned()))?;
        let outcome = if reply.flag("timeout")? {
            let error = TransportError::new(TransportErrorKind::Timeout, "no answer came");
            Err(Failed::unanswered(ticket, error))
        } else {
            ticket.receive(Reply::read(reply)?.response(), NOW)
        };
        cache.complete(outcome, NOW);
    }
}

/// Which requests share a token.
pub(super) fn cache_key(vector: &Vector) -> Result<Accepted, Stop> {
    let requests = vector.input.objects("requests")?;
    let caches = SharedTokenCaches::<Entry>::new();
    // Whose each token is.
    let mut owners: Vec<(String, String)> = Vec::new();
    let mut stolen = false;
    for request in &requests {
        // What a request leaves out is as in the others.
        let given = |name: &str| {
            let mut candidates = [request].into_iter().chain(&requests);
            candidates.find(|one| one.get(name).is_some()).unwrap_or(request)
        };
        let id = given("client_id").text_or("client_id", "c")?;
        let secret = given("client_secret").text_or("client_secret", "s")?;
        let provider = Provider::new(TOKEN_ENDPOINT.parse()?);
        let client = Client::new(id, Secret::new(secret)?, provider)?;
        let scope = setup::scope(given("scope"), "scope")?;
        let mut flow = client.client_credentials(scope)?;
        for resource in given("resource").texts("resource")?.unwrap_or_default() {
            flow = flow.resource(resource)?;
        }
        let key = TokenKey::of_request("", &flow);
        let new = || Entry(SharedTokenCache::new(flow));
        let entry = caches.find_or_insert(key, || NOW, new);
        let owner = (id.to_owned(), secret.to_owned());
        let mut lookup = entry.0.get(|| NOW);
        if let Lookup::Send(ticket) = lookup {
            let token = json!({
                "access_token": owners.len().to_string(),
                "token_type": "Bearer",
                "expires_in": 3600,
            });
            entry.0.complete(ticket.receive(Reply::json(&token).response(), NOW), || NOW);
            owners.push(owner.clone());
            lookup = entry.0.get(|| NOW);
        }
        let Lookup::Ready(tokens) = lookup else {
            return Err(Stop::Wrong(format!("no token, but {lookup:?}")));
        };
        let number: usize = tokens.access_token().expose().parse().unwrap_or(usize::MAX);
        stolen |= owners.get(number) != Some(&owner);
    }
    let counted =
        [("token_requests", json!(owners.len())), ("token_of_old_used_after_swap", stolen.into())];
    Ok(Accepted::new(counted).showing(&caches))
}

struct Entry(SharedTokenCache);

impl AsRef<SharedTokenCache> for Entry {
    fn as_ref(&self) -> &SharedTokenCache {
        &self.0
    }
}
