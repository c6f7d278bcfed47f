//! Parameters that a caller adds to a token request.

/// Declares them for the states whose requests take them. The state has a field `extra`.
macro_rules! takes_parameters {
    ($state:ident) => {
        impl $crate::flow::Flow<$state> {
            /// Adds a parameter to the request, one that the flow does not set itself.
            ///
            /// # Errors
            /// [`Failed`]($crate::Failed), with the flow to be taken back, where the name is one of
            /// the flow's own, or is there already.
            pub fn parameter(
                mut self,
                name: &str,
                value: &str,
            ) -> Result<Self, $crate::flow::Failed<Self>> {
                match self.state.extra.add(name, value) {
                    Ok(()) => Ok(self),
                    Err(error) => Err($crate::flow::Failed::new(error, self)),
                }
            }

            /// Asks for a token for a resource (RFC 8707 section 2); call it once for each.
            ///
            /// # Errors
            /// As for [`parameter`](Self::parameter), where the resource is not an absolute URI
            /// without a fragment.
            pub fn resource(mut self, resource: &str) -> Result<Self, $crate::flow::Failed<Self>> {
                match self.state.extra.add_resource(resource) {
                    Ok(()) => Ok(self),
                    Err(error) => Err($crate::flow::Failed::new(error, self)),
                }
            }

            /// Adds the fields of a value, written as the body is: flat fields for a form, any for
            /// JSON.
            ///
            /// # Errors
            /// As for [`parameter`](Self::parameter), and where the fields cannot be written so.
            #[cfg(feature = "http")]
            pub fn extra<T: serde::Serialize>(
                mut self,
                fields: &T,
            ) -> Result<Self, $crate::flow::Failed<Self>> {
                match self.state.extra.add_fields(self.client.body_format(), fields) {
                    Ok(()) => Ok(self),
                    Err(error) => Err($crate::flow::Failed::new(error, self)),
                }
            }
        }
    };
}
pub(super) use takes_parameters;
