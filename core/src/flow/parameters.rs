//! Parameters that a caller adds to a token request.

use super::DeviceAuthorizationRequest;
use crate::token_exchange::TokenExchange;

/// Declares them for the states whose requests take them. The state has a function `extra_mut`.
/// What is no flow has a function `adding` of its own.
macro_rules! takes_parameters {
    ($state:ident) => {
        impl $crate::flow::Flow<$state> {
            fn adding(
                mut self,
                add: impl FnOnce(
                    &mut $crate::wire::Extra,
                    $crate::dialect::BodyFormat,
                ) -> Result<(), $crate::error::ConfigurationError>,
            ) -> Result<Self, $crate::flow::Failed<Self>> {
                match add(self.state.extra_mut(), self.client.body_format()) {
                    Ok(()) => Ok(self),
                    Err(error) => Err($crate::flow::Failed::new(error, self)),
                }
            }
        }

        takes_parameters!(for $crate::flow::Flow<$state>);
    };
    (for $request:ty) => {
        impl $request {
            /// Adds a parameter to the request, one that it does not have of its own.
            ///
            /// # Errors
            /// [`Failed`]($crate::Failed), with the request to be taken back, where the name is one
            /// of its own parameters', or is there already.
            pub fn parameter(
                self,
                name: &str,
                value: &str,
            ) -> Result<Self, $crate::flow::Failed<Self>> {
                self.adding(|extra, _| extra.add(name, value))
            }

            /// Asks for a token for a resource (RFC 8707 section 2); call it once for each.
            ///
            /// # Errors
            /// As for [`parameter`](Self::parameter), where the resource is not an absolute URI
            /// without a fragment.
            pub fn resource(self, resource: &str) -> Result<Self, $crate::flow::Failed<Self>> {
                self.adding(|extra, _| extra.add("resource", resource))
            }

            /// Adds the fields of a value, written as the body is: flat fields for a form, any for
            /// JSON.
            ///
            /// # Errors
            /// As for [`parameter`](Self::parameter), and where the fields cannot be written so.
            #[cfg(feature = "http")]
            pub fn extra<T: serde::Serialize>(
                self,
                fields: &T,
            ) -> Result<Self, $crate::flow::Failed<Self>> {
                self.adding(|extra, format| extra.add_fields(format, fields))
            }
        }
    };
}
pub(super) use takes_parameters;

// They stand here and not with their types, as this macro is known to the flows only.
takes_parameters!(for DeviceAuthorizationRequest);
takes_parameters!(for TokenExchange);
