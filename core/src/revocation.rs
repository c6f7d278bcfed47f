//! Revocation (RFC 7009): a token is ended before its time, at a logout for one.

use crate::about_token::{AboutToken, exchange_about_token};
use crate::client::Client;
use crate::error::{ConfigurationError, Error};
use crate::flow::{Authorized, Failed, Flow};
use crate::token_type::TypedToken;
use crate::wire::Response;
use crate::wire::answer::{Asked, check};

/// A token is about to be ended. Send it: [`Exchange`](crate::Exchange). Whatever comes back, do
/// not use the token again.
///
/// A token that the server does not know is as good as ended (section 2.2). Where the server gave
/// no verdict ([`Error::Unavailable`]), it may still live: try again (section 2.2.1).
#[derive(Debug)]
#[must_use = "nothing is ended until it is sent"]
pub struct Revocation(AboutToken);

impl Client {
    /// Ends a token at the server (RFC 7009 section 2.1). A refresh token takes the access tokens
    /// with it that came from it; so, to log out, end that one, as
    /// [`Flow::revoke`](crate::Flow::revoke) does.
    ///
    /// ```
    /// use grantflow::{Client, Exchange, Provider, RefreshToken, Secret, Timestamp};
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?)
    ///     .with_revocation_endpoint("https://as.example.com/revoke".parse()?);
    /// let client = Client::new("app", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// let revocation = client.revoke(&RefreshToken::new("45ghiukldjahdnhzdauz")?)?;
    /// let request = revocation.request();
    /// assert_eq!(request.uri(), "https://as.example.com/revoke");
    /// assert_eq!(
    ///     request.body().as_ref(),
    ///     b"token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token",
    /// );
    /// let response = http::Response::new("");
    /// revocation.receive(&response, Timestamp::from_unix_seconds(0))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the provider has no revocation endpoint.
    pub fn revoke(&self, token: impl Into<TypedToken>) -> Result<Revocation, ConfigurationError> {
        let endpoint = self.provider().revocation_endpoint();
        AboutToken::new(self, endpoint, "revocation_endpoint", token.into()).map(Revocation)
    }
}

impl Flow<Authorized> {
    /// Logs the user out: ends the refresh token at the server, or the access token where there is
    /// no other. The tokens here are gone with it, whatever the server answers; take them out of
    /// the store as well.
    ///
    /// # Errors
    /// [`Failed`], with the flow to be taken back by [`retry`](Failed::retry), where the provider
    /// has no revocation endpoint.
    pub fn revoke(self) -> Result<Revocation, Failed<Self>> {
        let tokens = self.tokens();
        let token = match tokens.refresh_token() {
            Some(token) => TypedToken::from(token),
            None => TypedToken::from(tokens.access_token()),
        };
        self.client().revoke(token).map_err(|error| Failed::new(error, self))
    }
}

exchange_about_token!(Revocation, (), read);

/// The status says it all, and the body nothing (section 2.2): so that not even one that is too
/// long is a failure.
fn read(response: &Response<'_>, asked: &Asked<'_>) -> Result<(), Error> {
    if response.status == asked.success { Ok(()) } else { check(response, asked) }
}

#[cfg(test)]
mod tests;
