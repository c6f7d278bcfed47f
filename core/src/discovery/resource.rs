//! What a protected resource says of itself (RFC 9728).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;

use super::issuer::{Issuer, inserted};
use super::read::Document;
use crate::error::{ConfigurationError, Error, ProtocolErrorKind};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::Failed;
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::{Endpoint, same_host};
use crate::wire::challenge::Challenge;
use crate::wire::json::Members;
use crate::wire::{self, Response};

/// An API is about to be asked which servers it trusts. Send it: [`Exchange`].
#[derive(Clone, Debug)]
#[must_use = "nothing is known until it is sent"]
pub struct ResourceDiscovery {
    resource: String,
    endpoint: Endpoint,
}

/// A protected resource's metadata (RFC 9728 section 2).
#[derive(Clone)]
pub struct ResourceMetadata {
    resource: String,
    authorization_servers: Vec<String>,
    extra: Members,
    deviations: Vec<Deviation>,
}

impl ResourceDiscovery {
    /// Of the resource with this identifier: an https URL without a fragment (section 1.2). Its
    /// metadata are at a well-known place of its host (section 3).
    ///
    /// ```
    /// use grantflow::{Exchange, ResourceDiscovery};
    ///
    /// let discovery = ResourceDiscovery::new("https://api.example.com/v1")?;
    /// assert_eq!(
    ///     discovery.request().uri(),
    ///     "https://api.example.com/.well-known/oauth-protected-resource/v1",
    /// );
    /// # Ok::<(), grantflow::ConfigurationError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where it is not such a URL.
    pub fn new(resource: &str) -> Result<Self, ConfigurationError> {
        let named = |error: ConfigurationError| error.named("resource");
        // The endpoint is of the same URL, so this says what is wrong with it.
        resource.parse::<Endpoint>().map_err(named)?;
        let url = inserted(resource, "/.well-known/oauth-protected-resource");
        let endpoint = url.parse().map_err(named)?;
        Ok(Self { resource: resource.to_owned(), endpoint })
    }

    /// Of the resource that answered a request to this URL with this challenge, which says where
    /// (`resource_metadata`, section 5.1). Anywhere but at the resource's own host, that must be a
    /// public place.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the challenge names none, or one that must not be asked.
    pub fn from_challenge(
        request_url: &str,
        challenge: &Challenge,
    ) -> Result<Self, ConfigurationError> {
        let url = challenge.param(FIELD).ok_or_else(|| {
            let message = "is not in the challenge, so it does not say where its metadata are";
            ConfigurationError::invalid(FIELD, message)
        })?;
        let endpoint =
            if same_host(url, request_url) { url.parse() } else { Endpoint::discovered(url) };
        let endpoint = endpoint.map_err(|error| error.named(FIELD))?;
        Ok(Self { resource: request_url.to_owned(), endpoint })
    }

    /// The same resource, named by somebody else than the configuration, a user for one: then its
    /// host must be public too (section 7.7).
    ///
    /// # Errors
    /// [`ConfigurationError`] where it is not.
    pub fn untrusted(self) -> Result<Self, ConfigurationError> {
        let endpoint = Endpoint::discovered(self.endpoint.as_str());
        let endpoint = endpoint.map_err(|error| error.named("resource"))?;
        Ok(Self { endpoint, ..self })
    }
}

impl Exchange for ResourceDiscovery {
    type Output = ResourceMetadata;

    fn wire_request(&self) -> wire::Request<'_> {
        wire::Request::get(&self.endpoint)
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<ResourceMetadata, Failed<Self>> {
        read(response.into(), &self.resource, sent_at).map_err(|error| Failed::new(error, self))
    }

    fn may_repeat(&self) -> bool {
        true
    }
}

impl ResourceMetadata {
    /// The resource's identifier: what a token is asked for with, as
    /// [`resource`](crate::Flow::resource).
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The first of its servers that the configuration knows, to the letter: the one to use unasked.
    pub fn known_issuer<'a>(&self, configured: &'a [Issuer]) -> Option<&'a Issuer> {
        let known = |name: &String| configured.iter().find(|issuer| issuer.as_str() == name);
        self.authorization_servers.iter().find_map(known)
    }

    /// The issuers of the servers that it takes tokens from, as it says: anybody can say so. Where
    /// the configuration [knows](Self::known_issuer) none of them, ask somebody, and then read it as
    /// [`Issuer::untrusted`] (section 7.6): read without that, it may lead into a private network.
    pub fn authorization_servers(&self) -> &[String] {
        &self.authorization_servers
    }

    /// The other members, `scopes_supported` for one, read as a type of the caller's. Members that
    /// the type does not have are passed over.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the members do not fit the type.
    pub fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        self.extra.extra()
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }
}

fn read(
    response: Response<'_>,
    resource: &str,
    sent_at: Timestamp,
) -> Result<ResourceMetadata, Error> {
    let mut document = Document::read(response, sent_at)?;
    if document.text("resource")? != resource {
        return Err(document.problem(ProtocolErrorKind::ResourceMismatch));
    }
    Ok(ResourceMetadata {
        resource: resource.to_owned(),
        authorization_servers: document.texts("authorization_servers")?.unwrap_or_default(),
        extra: document.members,
        deviations: document.deviations,
    })
}

impl Sealed for ResourceDiscovery {}

impl fmt::Debug for ResourceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceMetadata").field("resource", &self.resource).finish_non_exhaustive()
    }
}

const FIELD: &str = "resource_metadata";

#[cfg(test)]
mod tests;
