//! The token sources of many tenants and many users.

use std::fmt;
use std::sync::Arc;

use grantflow::flow::{Authorized, Requesting};
use grantflow::{Client, Flow, SharedTokenCaches, TokenKey};

use crate::source::{Inner, TokenSource};
use crate::system::now;
use crate::transport::Transport;

/// A [`TokenSource`] for each tenant and for each user's session: made when it is first asked for,
/// found from then on. A million of them have no thread and no timer.
///
/// Cheap to clone; the clones share their sources. Of a tenant's sources, those that nobody holds
/// and that have no valid token are dropped by and by.
///
/// ```no_run
/// use grantflow_hyper::grantflow::{Client, Scope};
/// use grantflow_hyper::TokenSources;
///
/// # async fn run(sources: &TokenSources, client: &Client) -> Result<(), Box<dyn std::error::Error>> {
/// let read: Scope = "bookings:read".parse()?;
/// let source = sources.tenant("acme", client.client_credentials(read)?);
/// let header = source.authorization().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSources(Arc<Shared>);

struct Shared {
    transport: Transport,
    sources: SharedTokenCaches<Inner>,
}

impl TokenSources {
    /// Sources that ask over this transport.
    pub fn new(transport: &Transport) -> Self {
        let sources = SharedTokenCaches::new();
        Self(Arc::new(Shared { transport: transport.clone(), sources }))
    }

    /// The source of the tokens that this request brings. Two requests share a source only if the
    /// tenant and everything in them is the same: client, secret, scope, resource, and any other
    /// parameter (RFC 8707 section 2.2).
    pub fn tenant(&self, tenant: &str, request: Flow<Requesting>) -> TokenSource {
        let key = TokenKey::of_request(tenant, &request);
        let new = || Inner::new(&self.0.transport, request.into());
        TokenSource(self.0.sources.find_or_insert(key, now, new))
    }

    /// The source of a session's tokens. If it is not here yet, it is loaded: by
    /// [`Client::resume`] from a store, say. If it is, `load` is dropped without being polled. `name` tells the client's sessions apart: a user's
    /// identifier, with the business where there are several (fact F14).
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn session<E>(
        &self,
        name: &str,
        client: &Client,
        load: impl Future<Output = Result<Flow<Authorized>, E>>,
    ) -> Result<TokenSource, E> {
        let key = TokenKey::of_session(name, client);
        if let Some(found) = self.0.sources.find(&key) {
            return Ok(TokenSource(found));
        }
        let session = load.await?;
        let new = || Inner::new(&self.0.transport, session.into());
        Ok(TokenSource(self.0.sources.find_or_insert(key, now, new)))
    }

    /// Forgets a session, after a logout say. Whoever holds its source still has it.
    pub fn remove_session(&self, name: &str, client: &Client) -> Option<TokenSource> {
        self.0.sources.remove(&TokenKey::of_session(name, client)).map(TokenSource)
    }
}

impl fmt::Debug for TokenSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSources").field(&self.0.sources).finish()
    }
}
