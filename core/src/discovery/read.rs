//! How a document is read.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{ConfigurationError, Error, ProtocolError, ProtocolErrorKind};
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::Endpoint;
use crate::wire::Response;
use crate::wire::answer::{Asked, invalid, optional, read_object, required};
use crate::wire::json::Members;

/// A document's members, and the answer that they came with.
pub(super) struct Document<'a> {
    response: Response<'a>,
    pub(super) members: Members,
    pub(super) deviations: Vec<Deviation>,
}

impl<'a> Document<'a> {
    pub(super) fn read(response: Response<'a>, sent_at: Timestamp) -> Result<Self, Error> {
        let secrets = &Vec::new;
        let asked = Asked { client: None, sent_at, success: 200, user_grant: false, secrets };
        let (members, deviations) = read_object(&response, &asked)?;
        Ok(Self { response, members, deviations })
    }

    pub(super) fn problem(&self, kind: ProtocolErrorKind) -> Error {
        ProtocolError::new(self.response.status, kind).into()
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<String, Error> {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        required(&self.response, &mut self.members, field, "a text", some)
    }

    /// None where the member is not there.
    pub(super) fn endpoint(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<Endpoint, ConfigurationError>,
    ) -> Result<Option<Endpoint>, Error> {
        let url = optional(&self.response, &mut self.members, field, "a URL", Some)?;
        let endpoint = url.map(|url| read(&url)).transpose();
        let error =
            |error: ConfigurationError| ProtocolErrorKind::Url { field, error: error.named(field) };
        endpoint.map_err(|problem| self.problem(error(problem)))
    }

    /// None where the member is not there.
    pub(super) fn texts(&mut self, field: &'static str) -> Result<Option<Vec<String>>, Error> {
        let Some(value) = self.members.take(field) else {
            return Ok(None);
        };
        let text = |value: &Value| value.as_str().map(String::from);
        let texts = value.0.as_array().and_then(|items| items.iter().map(text).collect());
        let expected = "a list of texts";
        texts.map(Some).ok_or_else(|| invalid(&self.response, field, expected))
    }

    /// No, where the member is not there.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Error> {
        let flag = self.members.take(field).map_or(Some(false), |value| value.0.as_bool());
        flag.ok_or_else(|| invalid(&self.response, field, "true or false"))
    }
}
