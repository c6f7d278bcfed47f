//! The two adapters, behind one face.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantflow::{AsyncStore, Failed, Fetched, Store, StoreError, Stored, Ticket, TokenKey};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use http_body_util::Empty;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::runtime::{Builder, Runtime};
use tokio::time;

use super::{Job, Trouble};
use crate::clients;

/// What a worker works with: a store, a transport, and an HTTP client for the API.
pub(super) trait Means {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError>;

    fn swap(&self, key: &TokenKey, expected: Option<u64>, new: &Stored)
    -> Result<bool, StoreError>;

    fn perform(&self, ticket: Ticket) -> Result<Fetched, Failed<Ticket>>;

    /// The status of the API's answer to this `Authorization`.
    fn call(&self, header: HeaderValue) -> Option<u16>;
}

/// By way of grantflow-ureq.
pub(super) struct Blocking {
    store: Arc<dyn Store>,
    transport: grantflow_ureq::Transport,
    agent: ureq::Agent,
    api: String,
}

impl Blocking {
    pub(super) fn new(job: &Job, store: Arc<dyn Store>) -> Result<Self, Trouble> {
        let builder = grantflow_ureq::Transport::builder().timeout(job.timeout);
        let transport = builder.root_certificates(job.ca_pem.as_bytes())?.build();
        Ok(Self { store, transport, agent: clients::blocking(&job.ca_pem), api: api(job) })
    }
}

impl Means for Blocking {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.store.load(key)
    }

    fn swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.store.compare_and_swap(key, expected, new)
    }

    fn perform(&self, ticket: Ticket) -> Result<Fetched, Failed<Ticket>> {
        self.transport.perform(ticket)
    }

    fn call(&self, header: HeaderValue) -> Option<u16> {
        let answer = self.agent.get(&self.api).header(AUTHORIZATION, header).call();
        Some(answer.ok()?.status().as_u16())
    }
}

/// By way of grantflow-hyper.
pub(super) struct Asynchronous<S> {
    runtime: Runtime,
    store: S,
    transport: grantflow_hyper::Transport,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    api: String,
}

impl<S: AsyncStore> Asynchronous<S> {
    pub(super) fn new(job: &Job, store: S) -> Result<Self, Trouble> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let builder = grantflow_hyper::Transport::builder().timeout(job.timeout);
        let transport = builder.root_certificates(job.ca_pem.as_bytes())?.build();
        let client = clients::async_client(&job.ca_pem)?;
        Ok(Self { runtime, store, transport, client, api: api(job) })
    }
}

impl<S: AsyncStore> Means for Asynchronous<S> {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.runtime.block_on(self.store.load(key))
    }

    fn swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.runtime.block_on(self.store.compare_and_swap(key, expected, new))
    }

    fn perform(&self, ticket: Ticket) -> Result<Fetched, Failed<Ticket>> {
        self.runtime.block_on(self.transport.perform(ticket))
    }

    fn call(&self, header: HeaderValue) -> Option<u16> {
        let request = Request::get(&self.api).header(AUTHORIZATION, header);
        let request = request.body(Empty::new()).ok()?;
        let answer = async { time::timeout(PATIENCE, self.client.request(request)).await };
        Some(self.runtime.block_on(answer).ok()?.ok()?.status().as_u16())
    }
}

fn api(job: &Job) -> String {
    format!("https://{}/test/company/info", job.host)
}

const PATIENCE: Duration = Duration::from_secs(30);
