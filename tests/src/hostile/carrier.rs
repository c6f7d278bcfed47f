//! One way to call both adapters.

use std::io;
use std::time::Duration;

use grantflow::{Exchange, Failed};
use tokio::runtime::{Builder, Runtime};

/// An adapter, and what it runs in.
#[derive(Debug)]
pub enum Carrier {
    /// The blocking one.
    Ureq(grantflow_ureq::Transport),
    /// The async one.
    Hyper(Box<(grantflow_hyper::Transport, Runtime)>),
}

/// What of an adapter may be set.
#[derive(Clone, Copy, Default, Debug)]
pub struct Settings<'a> {
    /// Whom it trusts, as PEM.
    pub roots: Option<&'a str>,
    /// How long a connection may take.
    pub connect_timeout: Option<Duration>,
    /// How long an exchange may take.
    pub timeout: Option<Duration>,
    /// How long an answer may be.
    pub response_limit: Option<usize>,
}

impl Carrier {
    /// ureq; hyper in a runtime that stands still between two calls; hyper in one that does not.
    ///
    /// # Errors
    /// Where the roots are none, or a runtime cannot be had.
    pub fn all(settings: Settings<'_>) -> io::Result<[(&'static str, Self); 3]> {
        let still = Builder::new_current_thread().enable_all().build()?;
        let busy = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok([
            ("ureq", Self::Ureq(settings.ureq()?)),
            ("hyper, one thread", Self::Hyper(Box::new((settings.hyper()?, still)))),
            ("hyper, more threads", Self::Hyper(Box::new((settings.hyper()?, busy)))),
        ])
    }

    /// Sends the exchange and takes its answer.
    ///
    /// # Errors
    /// The adapter's.
    pub fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        match self {
            Self::Ureq(transport) => transport.perform(exchange),
            Self::Hyper(hyper) => {
                let (transport, runtime) = &**hyper;
                runtime.block_on(transport.perform(exchange))
            }
        }
    }
}

macro_rules! apply {
    ($settings:expr, $transport:ty) => {{
        let Settings { roots, connect_timeout, timeout, response_limit } = $settings;
        let mut builder = <$transport>::builder();
        if let Some(roots) = roots {
            builder = builder.root_certificates(roots.as_bytes())?;
        }
        if let Some(timeout) = connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(bytes) = response_limit {
            builder = builder.response_limit(bytes);
        }
        Ok(builder.build())
    }};
}

impl Settings<'_> {
    /// The blocking adapter.
    ///
    /// # Errors
    /// Where the roots are none.
    pub fn ureq(self) -> io::Result<grantflow_ureq::Transport> {
        apply!(self, grantflow_ureq::Transport)
    }

    /// The async adapter.
    ///
    /// # Errors
    /// Where the roots are none.
    pub fn hyper(self) -> io::Result<grantflow_hyper::Transport> {
        apply!(self, grantflow_hyper::Transport)
    }
}
