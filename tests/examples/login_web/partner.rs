//! All that is done with FlowAccount.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantflow_hyper::grantflow::flow::PendingLogin;
use grantflow_hyper::grantflow::partner::flow_account;
use grantflow_hyper::grantflow::{
    Advice, Client, ConfigurationError, Error, Failed, FileStore, Origin, Provider, RedirectUri,
    Secret, Timestamp, TokenError, Tokens,
};
use grantflow_hyper::{
    AuthorizeError, AuthorizeLayer, BlockingStore, RepeatableBody, TokenSource, TokenSources,
    Transport, entropy, now,
};
use grantflow_tests::clients;
use grantflow_tests::sandbox::{Sandbox, credentials::FLOW_ACCOUNT};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;

pub(crate) struct Partner {
    client: Client,
    transport: Transport,
    sessions: TokenSources,
    redirect_uri: RedirectUri,
    /// The one origin that may see tokens.
    api: Origin,
    company: String,
    http: legacy::Client<HttpsConnector<HttpConnector>, RepeatableBody<Empty<Bytes>>>,
}

/// A business that a visitor has connected.
#[derive(Clone)]
pub(crate) struct Business {
    pub(crate) support_code: String,
    pub(crate) name: String,
    pub(crate) thai_name: String,
    /// When its access token is over, as far as was seen.
    pub(crate) good_until: Option<Timestamp>,
    /// Only a new login helps.
    pub(crate) is_over: bool,
    pub(crate) is_gone: bool,
}

/// What the API says of a business.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Company {
    name: String,
    thai_name: String,
}

impl Partner {
    pub(crate) fn new(
        sandbox: &Sandbox,
        store: FileStore,
        redirect_uri: &str,
    ) -> Result<Self, Box<dyn StdError>> {
        // With the real partner: `flow_account::provider("test", "sandbox-auth.flowaccount.com")?`
        // and `Transport::new()`.
        let provider = Provider::new(sandbox.url("/test/token").parse()?)
            .with_authorization_endpoint(sandbox.url("/connect/authorize").parse()?)
            .with_dialect(flow_account::dialect());
        let certificates = sandbox.ca_pem();
        let transport = Transport::builder().root_certificates(certificates.as_bytes())?.build();
        let secret = Secret::new(FLOW_ACCOUNT.client_secret)?;
        Ok(Self {
            client: Client::new(FLOW_ACCOUNT.client_id, secret, provider)?,
            sessions: TokenSources::with_store(&transport, BlockingStore::new(store)),
            transport,
            redirect_uri: redirect_uri.parse()?,
            api: sandbox.url("").parse()?,
            company: sandbox.url("/test/company/info"),
            http: clients::async_client_for(certificates)?,
        })
    }

    /// Where to send the browser, and what to keep until it is back.
    pub(crate) fn begin(&self) -> Result<(String, String), Trouble> {
        let (redirect_uri, scope) = (self.redirect_uri.clone(), flow_account::SCOPE.parse()?);
        let login = self.client.authorization_code(redirect_uri, scope, entropy()?, now())?;
        let pending = serde_json::to_string(login.pending()).map_err(io::Error::from)?;
        Ok((login.authorization_url()?.as_str().to_owned(), pending))
    }

    /// Takes the browser's callback to this login: which business was chosen, and who it is.
    pub(crate) async fn finish(
        &self,
        pending: &str,
        callback: &str,
        visitor: &str,
    ) -> Result<Business, Trouble> {
        let pending: PendingLogin = serde_json::from_str(pending).map_err(io::Error::from)?;
        let exchanging = self.client.resume_login(pending)?.callback(callback, now())?;
        let authorized = self.transport.perform(exchanging).await?;
        let chosen: flow_account::Business =
            authorized.tokens().extra().map_err(io::Error::other)?;
        let mut business = Business::new(chosen.support_code);
        let name = business.session(visitor);
        // A code works once: what it brought is not let go at the store's first trouble.
        if let Err(failed) = self.sessions.login(&name, authorized).await {
            self.sessions.login(&name, failed.retry()?).await?;
        }
        // It is connected, though its name be missing.
        if let Ok(company) = self.company(visitor, &mut business).await {
            (business.name, business.thai_name) = (company.name, company.thai_name);
        }
        Ok(business)
    }

    /// Calls the API; a token that it refuses is replaced, and the call repeated.
    pub(crate) async fn call(
        &self,
        visitor: &str,
        business: &mut Business,
    ) -> Result<String, Trouble> {
        let company = self.company(visitor, business).await?;
        Ok(format!("The API works: it knows this business as {}.", company.name))
    }

    /// Takes a new token before its time.
    pub(crate) async fn refresh(
        &self,
        visitor: &str,
        business: &mut Business,
    ) -> Result<String, Trouble> {
        let source = self.source(visitor, business);
        source.reject(business.heed(source.token().await)?.access_token());
        business.heed(source.token().await)?;
        Ok("There is a new access token, and the session is saved.".into())
    }

    /// Forgets the session here, and at the partner where that can be done.
    pub(crate) async fn disconnect(
        &self,
        visitor: &str,
        business: &mut Business,
    ) -> Result<String, Trouble> {
        let session = self.sessions.logout(&business.session(visitor), &self.client).await?;
        business.is_gone = true;
        // FlowAccount has no endpoint for it, so there the token lives on to its end.
        if let (Some(session), Some(_)) = (session, self.client.provider().revocation_endpoint()) {
            self.transport.perform(session.revoke()?).await?;
        }
        Ok(format!("{} is disconnected, and its tokens are gone from here.", business.name))
    }

    /// At the end of the program.
    pub(crate) async fn settle(&self) -> Result<(), String> {
        let settled = self.sessions.settle().await;
        settled.map_err(|unsaved| format!("{} sessions are not saved", unsaved.len()))
    }

    fn source(&self, visitor: &str, business: &Business) -> TokenSource {
        self.sessions.session(&business.session(visitor), &self.client)
    }

    async fn company(&self, visitor: &str, business: &mut Business) -> Result<Company, Trouble> {
        let source = self.source(visitor, business);
        business.heed(source.token().await)?;
        let api = AuthorizeLayer::new(&source, [self.api.clone()]).layer(self.http.clone());
        let request = http::Request::get(&self.company).body(Empty::new());
        let answer = match api.request(request.map_err(io::Error::other)?).await {
            Ok(answer) => answer,
            Err(AuthorizeError::NoToken(error)) => return Err(business.learn(&error)),
            Err(error) => return Err(Trouble::passing(error)),
        };
        if !answer.status().is_success() {
            return Err(Trouble::passing(format!("the API answers {}", answer.status())));
        }
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        let company = serde_json::from_slice(&body.map_err(Trouble::passing)?.to_bytes());
        Ok(company.map_err(io::Error::from)?)
    }
}

impl Business {
    fn new(support_code: String) -> Self {
        let (name, thai_name) = (support_code.clone(), String::new());
        Self { support_code, name, thai_name, good_until: None, is_over: false, is_gone: false }
    }

    /// For how many minutes more its token is good.
    pub(crate) fn minutes(&self) -> Option<u64> {
        let time_left = self.good_until?.elapsed_since(now())?;
        Some(time_left.as_secs().div_ceil(60))
    }

    /// The name of its session in the store: a visitor may have several (fact F14).
    fn session(&self, visitor: &str) -> String {
        format!("{visitor} {}", self.support_code)
    }

    /// Looks at what the tokens say of its state, or that there are none.
    fn heed(&mut self, tokens: Result<Arc<Tokens>, TokenError>) -> Result<Arc<Tokens>, Trouble> {
        let tokens = tokens.map_err(|error| self.learn(&error))?;
        self.good_until = tokens.expires_at();
        self.is_over = false;
        Ok(tokens)
    }

    fn learn(&mut self, error: &TokenError) -> Trouble {
        self.is_over = matches!(error.advice(), Advice::Reauthorize | Advice::Uncertain);
        Trouble { advice: error.advice(), sentence: error.to_string() }
    }
}

/// What went wrong, in a sentence for the log, and what to do about it.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) advice: Advice,
    pub(crate) sentence: String,
}

impl Trouble {
    fn passing(error: impl fmt::Display) -> Self {
        let advice = Advice::RetryAfter(Duration::from_secs(1));
        Self { advice, sentence: error.to_string() }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { advice: error.advice(), sentence: error.to_string() }
    }
}

impl From<ConfigurationError> for Trouble {
    fn from(error: ConfigurationError) -> Self {
        Error::from(error).into()
    }
}

impl<F> From<Failed<F>> for Trouble {
    fn from(failed: Failed<F>) -> Self {
        Self { advice: failed.advice(), sentence: failed.to_string() }
    }
}

/// This program's own.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self { advice: Advice::Bug, sentence: error.to_string() }
    }
}

const LONGEST_ANSWER: usize = 64 * 1024;
