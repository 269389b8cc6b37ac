//! The way to the collector: over TLS, or on this machine.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::crypto::aws_lc_rs;
use ureq::Agent;
use ureq::tls::TlsConfig;

use crate::error::Error;
use crate::https::{self, NoAuthorities};
use crate::server::config::TracesConfig;
use crate::server::log::{Level, Log};

/// How long the collector may take for one call.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer of it is longer, in bytes.
const MOST_BYTES: u64 = 1 << 16;

/// Calls the collector, from the thread that sends spans: it may wait.
pub(super) struct Sender {
    agent: Agent,
    log: Arc<Log>,
}

impl Sender {
    /// Makes a way to the collector.
    ///
    /// # Errors
    /// There is no authority that could vouch for it.
    pub(super) fn new(config: &TracesConfig, log: Arc<Log>) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
        if config.endpoint.starts_with("https:") {
            let roots = https::authorities(config.ca.as_deref()).map_err(|why| match why {
                NoAuthorities::Malformed => Error::Usage("`traces.ca` is no file of PEM certificates".into()),
                NoAuthorities::NotGiven => Error::Usage(
                    "this system has no authorities to trust where they are looked for; name some as `traces.ca`"
                        .into(),
                ),
            });
            tls = tls.root_certs(roots?);
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(PATIENCE)).tls_config(tls.build()).build().new_agent();
        Ok(Self { agent, log })
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.as_ref()))?;
        let (head, mut body) = answer.into_parts();
        let read = body.with_config().limit(MOST_BYTES).read_to_vec()?;
        Ok(Response::from_parts(head, read.into()))
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        let status = answer.as_ref().map(|answer| answer.status());
        if !status.as_ref().is_ok_and(|status| status.is_success()) {
            let status = status.map(|status| status.as_u16()).ok();
            let reason = answer.as_ref().err().map(ToString::to_string);
            self.log.write(Level::Warning, "traces-not-sent", &[("status", status.into()), ("reason", reason.into())]);
        }
        answer
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
