//! The token sources of many tenants and many users.

use std::fmt;
use std::sync::Arc;

use grantflow::flow::{Authorized, Requesting};
use grantflow::{Client, Flow, SharedTokenCaches, TokenCache, TokenKey, Vacancy};

use crate::source::{Inner, TokenSource};
use crate::system::now;
use crate::transport::Transport;

/// A [`TokenSource`] for each tenant and for each user's session: made when it is first asked for,
/// found from then on. A million of them have no thread and no timer.
///
/// Cheap to clone; the clones share their sources. A tenant's source is dropped in time when nobody
/// holds it and it has no valid token.
///
/// ```no_run
/// use grantflow_ureq::grantflow::{Client, Scope};
/// use grantflow_ureq::TokenSources;
///
/// # fn run(sources: &TokenSources, client: &Client) -> Result<(), Box<dyn std::error::Error>> {
/// let read: Scope = "bookings:read".parse()?;
/// let source = sources.tenant("acme", client.client_credentials(read)?);
/// let header = source.authorization()?;
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
    /// tenant is the same and all that is sent: client, secret, scope, resource, and any other
    /// parameter (RFC 8707 section 2.2).
    pub fn tenant(&self, tenant: &str, request: Flow<Requesting>) -> TokenSource {
        match self.0.sources.find(TokenKey::of_request(tenant, &request)) {
            Ok(found) => TokenSource(found),
            Err(vacancy) => self.fill(vacancy, request),
        }
    }

    /// The source of a session's tokens. If it is not here yet, or has ended, it is loaded: by
    /// [`Client::resume`] from a store, say.
    /// `name` tells the client's sessions apart: a user's identifier, with the business where there
    /// are several (fact F14).
    ///
    /// A session stays until it ends or is [removed](Self::remove_session).
    ///
    /// ```no_run
    /// # fn run(
    /// #     sources: &grantflow_ureq::TokenSources,
    /// #     client: &grantflow_ureq::grantflow::Client,
    /// #     record: grantflow_ureq::grantflow::TokenRecord,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let load = || client.resume(record); // a `TokenRecord` from your store
    /// let source = sources.session("anna", client, load)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `load`.
    pub fn session<E>(
        &self,
        name: &str,
        client: &Client,
        load: impl FnOnce() -> Result<Flow<Authorized>, E>,
    ) -> Result<TokenSource, E> {
        match self.0.sources.find(TokenKey::of_session(name, client)) {
            Ok(found) => Ok(TokenSource(found)),
            Err(vacancy) => Ok(self.fill(vacancy, load()?)),
        }
    }

    /// Forgets a tenant's source. Whoever holds it still has it.
    pub fn remove_tenant(&self, tenant: &str, request: &Flow<Requesting>) -> Option<TokenSource> {
        self.0.sources.remove(&TokenKey::of_request(tenant, request)).map(TokenSource)
    }

    /// Forgets a session, after a logout say; the next one is loaded anew. Whoever holds its source
    /// still has it, and it goes on until the session is revoked.
    pub fn remove_session(&self, name: &str, client: &Client) -> Option<TokenSource> {
        self.0.sources.remove(&TokenKey::of_session(name, client)).map(TokenSource)
    }

    fn fill(&self, vacancy: Vacancy, grant: impl Into<TokenCache>) -> TokenSource {
        let new = || Inner::new(&self.0.transport, grant.into());
        TokenSource(self.0.sources.fill(vacancy, now, new))
    }
}

impl fmt::Debug for TokenSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSources").field(&self.0.sources).finish()
    }
}
