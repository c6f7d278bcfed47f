//! The runner of the test vectors: reads files of the schema `oauth-client-vectors/1`, puts each
//! vector's input through the library's public API, and compares what comes out.
//!
//! An operation is a function from a vector to what the library made of it; it knows the vector's
//! input and context, never its id or what it expects. [`operation`] lists them; each family has a
//! file of its own.

mod adapters;
mod authorization;
mod caches;
mod callback;
mod challenges;
mod client_auth;
mod compare;
mod device;
mod discovery;
mod endpoints;
mod fits;
mod generate;
mod kinds;
mod login;
mod members;
mod memory;
mod model;
mod outcome;
mod pkce;
mod primitives;
mod redaction;
mod replies;
mod report;
mod requests;
mod resources;
mod rotation_script;
mod rotations;
mod sequences;
mod servers;
mod setup;
mod urls;
mod usable;
mod world;
mod world_endpoints;

pub use model::{Expectation, Vector};
pub use outcome::{Accepted, Refused, Stop};
pub use report::{Tally, run, run_text};

/// What an operation does with a vector.
pub type Operation = fn(&Vector) -> Result<Accepted, Stop>;

/// The operation of this name; `None` where the runner does not know it.
pub fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "adapter_loopback" => adapters::adapter_loopback,
        "authorization_url_scan" => redaction::authorization_url_scan,
        "authorize_request" => resources::authorize_request,
        "base64url" => primitives::base64url,
        "basic_auth_header" => client_auth::basic_auth_header,
        "build_authorization_url" => authorization::build_authorization_url,
        "build_request" => requests::build_request,
        "cache_key" => caches::cache_key,
        "callback_reuse" => callback::callback_reuse,
        "check_endpoint_url" => urls::check_endpoint_url,
        "check_outbound_url" => urls::check_outbound_url,
        "device_poll" => device::device_poll,
        "mixup" => servers::mixup,
        "parse_callback" => callback::parse_callback,
        "parse_device_authorization" => device::parse_device_authorization,
        "parse_introspection" => endpoints::parse_introspection,
        "parse_metadata" => discovery::parse_metadata,
        "parse_par" => endpoints::parse_par,
        "parse_resource_metadata" => discovery::parse_resource_metadata,
        "parse_revocation" => endpoints::parse_revocation,
        "parse_token_response" => replies::parse_token_response,
        "parse_www_authenticate" => challenges::parse_www_authenticate,
        "pkce_challenge" => pkce::pkce_challenge,
        "pkce_select" => pkce::pkce_select,
        "pkce_verifier_from_octets" => pkce::pkce_verifier_from_octets,
        "redaction_scan" => redaction::redaction_scan,
        "refresh_sequence" => rotations::refresh_sequence,
        "register_servers" => servers::register_servers,
        "resource_sequence" => sequences::resource_sequence,
        "select_auth_method" => client_auth::select_auth_method,
        "sha256" => primitives::sha256,
        "sha256_many" => primitives::sha256_many,
        "token_flow_count" => caches::token_flow_count,
        "token_usable" => usable::token_usable,
        "well_known_url" => discovery::well_known_url,
        _ => return None,
    })
}
