//! Where requests may go.

use grantflow::Endpoint;

use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup;

pub(super) fn check_endpoint_url(vector: &Vector) -> Result<Accepted, Stop> {
    let loopback = vector.context.flag("allow_loopback_http")?;
    let url = setup::endpoint(&vector.input, "url", "", loopback)?;
    Ok(Accepted::new([("url", url.as_str().into())]).showing(&url))
}

pub(super) fn check_outbound_url(vector: &Vector) -> Result<Accepted, Stop> {
    let url = Endpoint::discovered(vector.input.required("url")?);
    let url = url.map_err(|error| setup::named(&error.into(), "url"))?;
    Ok(Accepted::new([("url", url.as_str().into())]).showing(&url))
}
