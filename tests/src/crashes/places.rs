//! The stores that the session is kept in.

use std::sync::Arc;

use grantflow::{FileStore, Store};
use grantflow_hyper::BlockingStore;

use super::means::{Asynchronous, Blocking, Means};
use super::{Carrier, Job, Place, Trouble};

impl Place {
    pub(super) fn open(&self) -> Result<Arc<dyn Store>, Trouble> {
        match self {
            Self::File(directory) => Ok(Arc::new(FileStore::open(directory)?)),
            Self::Redis(url) => Ok(Arc::new(grantflow_ureq::RedisStore::open(url)?)),
        }
    }
}

/// What a worker works with.
pub(super) fn means(job: &Job) -> Result<Box<dyn Means>, Trouble> {
    match (job.carrier, &job.place) {
        (Carrier::Ureq, place) => Ok(Box::new(Blocking::new(job, place.open()?)?)),
        (Carrier::Hyper, Place::File(directory)) => {
            let store = BlockingStore::new(FileStore::open(directory)?);
            Ok(Box::new(Asynchronous::new(job, store)?))
        }
        (Carrier::Hyper, Place::Redis(url)) => {
            Ok(Box::new(Asynchronous::new(job, grantflow_hyper::RedisStore::open(url)?)?))
        }
    }
}
