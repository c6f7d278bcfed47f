//! Where requests may go.

use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup;

pub(super) fn check_endpoint_url(vector: &Vector) -> Result<Accepted, Stop> {
    let loopback = vector.context.flag("allow_loopback_http")?;
    let url = setup::endpoint(&vector.input, "url", "", loopback)?;
    Ok(Accepted::new([("url", url.as_str().into())]).showing(&url))
}
