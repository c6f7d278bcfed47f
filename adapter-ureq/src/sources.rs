//! The token sources of many tenants and many users.

use std::fmt;
use std::sync::Arc;

use grantflow::flow::{Authorized, Requesting};
use grantflow::{
    Client, Error, Failed, Flow, Login, Logout, MemoryStore, SharedTokenCaches, Store, TokenCache,
    TokenError, TokenKey,
};

use crate::fetch::{Changed, Inner, Means};
use crate::source::TokenSource;
use crate::system::{nonce, now};
use crate::telemetry::Stats;
use crate::transport::Transport;

/// A [`TokenSource`] for each tenant and for each user's session: made when it is first asked for,
/// found from then on. A million of them have no thread and no timer.
///
/// Cheap to clone; the clones share their sources. A source is dropped in time when nobody holds it
/// and it has no valid token.
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
///
/// # Sessions
/// A session's refresh token may work once only (fact F10), so a session is kept in a store, from
/// its login on: this process and any other that uses the same store refresh it in turns, and
/// what reaches one of them is not lost: see what is [promised](grantflow::sessions). At the end of a
/// program, [`settle`](Self::settle). In a program that forks, make the sources after the fork.
///
/// ```no_run
/// use grantflow_ureq::grantflow::{Client, FileStore, Flow, flow::Authorized};
/// use grantflow_ureq::{TokenSources, Transport};
///
/// # fn run(client: &Client, just_logged_in: Flow<Authorized>) -> Result<(), Box<dyn std::error::Error>> {
/// let store = FileStore::open("/var/lib/my-app/sessions")?;
/// let sources = TokenSources::with_store(&Transport::new(), store);
///
/// sources.login("anna", just_logged_in)?; // once, after the login
///
/// let source = sources.session("anna", client); // then, in whatever process
/// let header = source.authorization()?;
///
/// sources.settle().ok(); // at the end of the program: see its errors
///
/// if let Some(session) = sources.logout("anna", client)? {
///     // It is gone from the store: now revoke it at the server, where that can be done.
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSources(Arc<Shared>);

struct Shared {
    means: Arc<Means>,
    sources: SharedTokenCaches<Inner>,
    /// Whether the clients' own tokens are kept there too.
    shares: bool,
}

impl TokenSources {
    /// Sources that ask over this transport. Sessions are kept in memory, so they end with the
    /// process.
    pub fn new(transport: &Transport) -> Self {
        Self::build(Means::new(transport, MemoryStore::new()), false)
    }

    /// Sources that keep sessions in this store, and share the clients' own tokens by way of it.
    /// Where the store fails, a session has no new token until it is there again; a client asks for
    /// its own as if there was no store.
    pub fn with_store(transport: &Transport, store: impl Store + 'static) -> Self {
        Self::build(Means::new(transport, store), true)
    }

    fn build(means: Arc<Means>, shares: bool) -> Self {
        Self(Arc::new(Shared { means, sources: SharedTokenCaches::new(), shares }))
    }

    /// The source of the tokens that this request brings. Two requests share a source only if the
    /// tenant is the same and all that is sent: client, secret, scope, resource, and any other
    /// parameter (RFC 8707 section 2.2).
    pub fn tenant(&self, tenant: &str, request: Flow<Requesting>) -> TokenSource {
        let key = TokenKey::of_request(tenant, &request);
        self.find_or_insert(key, || {
            if self.0.shares { TokenCache::of_tenant(tenant, request) } else { request.into() }
        })
    }

    /// The source of a session's tokens, which stand in the store under this name. It tells the
    /// client's sessions apart: a user's identifier, with the business where there are several
    /// (fact F14). The store is looked at when a token is first asked for; where nothing stands
    /// there, that is the error, until somebody [logs in](Self::login).
    ///
    /// A client with another secret takes the place of the one before (fact M10).
    pub fn session(&self, name: &str, client: &Client) -> TokenSource {
        let key = TokenKey::of_session(name, client);
        let source = self.find_or_insert(key, || TokenCache::of_session(name, client, nonce()));
        source.0.ask_as(client);
        source
    }

    /// Stores a session after its login, over whatever stood under this name. A refresh of the
    /// session before does not overwrite it.
    ///
    /// # Errors
    /// With the session in it, where the store did not take it: [`retry`](Failed::retry) gives it
    /// back, and then it can be tried again. Do not drop it: a code works once (fact F12).
    pub fn login(
        &self,
        name: &str,
        session: Flow<Authorized>,
    ) -> Result<TokenSource, Failed<Flow<Authorized>>> {
        let source = self.session(name, session.client());
        let mut login = Login::new(name, &session);
        Changed(&source.0).0.drive(&mut login);
        login.finish(session)?;
        Ok(source)
    }

    /// Takes a session out of the store. A refresh that is under way, in whatever process, does not
    /// bring it back. Gives what was there, to be [revoked](Flow::revoke) at the server; `None`
    /// where nothing was. Other processes use an access token that they hold until its time is over.
    ///
    /// # Errors
    /// Where the store cannot be asked: then the session may still be there.
    pub fn logout(&self, name: &str, client: &Client) -> Result<Option<Flow<Authorized>>, Error> {
        let source = self.session(name, client);
        let mut logout = Logout::new(name, client);
        Changed(&source.0).0.drive(&mut logout);
        logout.finish()
    }

    /// What has happened so far to all its sources together, in numbers, for a metrics system.
    pub fn stats(&self) -> Stats {
        self.0.means.counters.stats()
    }

    /// Forgets a tenant's source. Whoever holds it still has it.
    pub fn remove_tenant(&self, tenant: &str, request: &Flow<Requesting>) -> Option<TokenSource> {
        self.0.sources.remove(&TokenKey::of_request(tenant, request)).map(TokenSource)
    }

    /// For the end of a program: [settles](TokenSource::settle) every source, all at once.
    /// A refresh that waits for another process can take minutes; a program that has not so long ends
    /// without this.
    ///
    /// # Errors
    /// Those sources' whose new tokens the store does not take, each with its key
    /// ([`TokenKey::of_session`]). Keep the records of [`unsaved`](TokenError::unsaved): they end with
    /// this process.
    pub fn settle(&self) -> Result<(), Vec<(TokenKey, TokenError)>> {
        let sources = self.0.sources.all();
        for (_, source) in &sources {
            source.wait_until_quiet();
        }
        for (_, source) in &sources {
            source.save();
        }
        let mut failed = Vec::new();
        for (key, source) in sources {
            source.wait_until_quiet();
            failed.extend(TokenSource(source).unsaved().map(|error| (key, error)));
        }
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    fn find_or_insert(&self, key: TokenKey, cache: impl FnOnce() -> TokenCache) -> TokenSource {
        let Shared { means, sources, .. } = &*self.0;
        let new = || Inner::new(means, cache());
        TokenSource(sources.find_or_insert(key, now, new))
    }
}

impl fmt::Debug for TokenSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSources").field(&self.0.sources).finish()
    }
}
