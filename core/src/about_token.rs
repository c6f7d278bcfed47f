//! A request about a token: to end it (RFC 7009 section 2.1) or to look it up (RFC 7662 section
//! 2.1). Both have the same form.

use crate::client::Client;
use crate::dialect::BodyFormat;
use crate::error::ConfigurationError;
use crate::provider::known;
use crate::secret::Hidden;
use crate::time::Timestamp;
use crate::token_type::TypedToken;
use crate::url::Endpoint;
use crate::wire::answer::Asked;
use crate::wire::{Extra, Request};

#[derive(Debug)]
pub(crate) struct AboutToken {
    client: Client,
    endpoint: Endpoint,
    token: Hidden,
    hint: &'static str,
}

impl AboutToken {
    pub(crate) fn new(
        client: &Client,
        endpoint: Option<&Endpoint>,
        field: &'static str,
        token: TypedToken,
    ) -> Result<Self, ConfigurationError> {
        let endpoint = known(endpoint, field)?;
        let hint = token.hint();
        Ok(Self { client: client.clone(), endpoint, token: token.token, hint })
    }

    pub(crate) fn without_hint(self) -> Self {
        Self { hint: "", ..self }
    }

    /// A form, whatever the token endpoint takes.
    pub(crate) fn request(&self) -> Request<'_> {
        let parameters = [("token", self.token.expose()), ("token_type_hint", self.hint)];
        self.client.request(&self.endpoint, BodyFormat::Form, &parameters, &Extra::default())
    }

    pub(crate) fn asked<T>(&self, sent_at: Timestamp, read: impl FnOnce(&Asked<'_>) -> T) -> T {
        self.client.asked(sent_at, false, &|| [self.token.expose()].into(), read)
    }
}

/// Declares the exchange of a type that is such a request and nothing else. `$read` reads its
/// answer.
macro_rules! exchange_about_token {
    ($exchange:ident, $output:ty, $read:path) => {
        impl $exchange {
            /// The same without `token_type_hint`, for a server that stumbles over it.
            pub fn without_hint(self) -> Self {
                Self(self.0.without_hint())
            }
        }

        impl $crate::Exchange for $exchange {
            type Output = $output;

            fn wire_request(&self) -> $crate::wire::Request<'_> {
                self.0.request()
            }

            fn receive<'a>(
                self,
                response: impl Into<$crate::wire::Response<'a>>,
                sent_at: $crate::Timestamp,
            ) -> Result<$output, $crate::Failed<Self>> {
                let response = response.into();
                self.0
                    .asked(sent_at, |asked| $read(&response, asked))
                    .map_err(|error| $crate::Failed::new(error, self))
            }

            /// It changes nothing that the first did not: a token that is over is no error.
            fn may_repeat(&self) -> bool {
                true
            }
        }

        impl $crate::exchange::sealed::Sealed for $exchange {}
    };
}
pub(crate) use exchange_about_token;
