//! The configuration: one YAML file, read as a whole before anything listens.
//!
//! Every section is read by itself, so that all mistakes are told at once, each with its place. Paths are relative to the
//! file.

mod bounds;
mod dataset;
mod node;
mod read;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub(crate) use bounds::{Bounds, Quota};
pub(crate) use dataset::DatasetConfig;

use crate::error::Error;
use crate::server::access::{Algorithm, Roles};

/// What a server is to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where metrics are read without saying who asks, if anywhere: an address of this machine.
    pub(crate) metrics: Option<SocketAddr>,
    /// TLS. Without it, a loopback address.
    pub(crate) tls: Option<Tls>,
    /// Whose tokens are believed.
    pub(crate) tokens: Option<Tokens>,
    /// Who may do what.
    pub(crate) roles: Roles,
    /// What can be masked, by name.
    pub(crate) datasets: BTreeMap<String, DatasetConfig>,
    /// What requests may take.
    pub(crate) bounds: Bounds,
    /// Whom traces are sent to, if anybody.
    pub(crate) traces: Option<TracesConfig>,
    /// Where answers are kept for requests that come twice.
    pub(crate) spool: Option<SpoolConfig>,
    /// How many threads mask.
    pub(crate) workers: usize,
    /// Where compiled plugins are kept.
    cache: Option<PathBuf>,
}

/// Certificates: PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// The server's, and those between it and the authority.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// The authorities that clients' certificates are from. Without it clients show none.
    #[serde(default)]
    pub(crate) client_ca: Option<PathBuf>,
    /// The certificates that these authorities have revoked (RFC 5280): a list of each, none of them out of date.
    #[serde(default)]
    pub(crate) client_crl: Option<PathBuf>,
}

/// Whose bearer tokens are believed (RFC 6750, RFC 7519).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    /// The keys (RFC 7517): a file, or an `https://` address.
    pub(crate) jwks: String,
    /// The authorities of that address. Those of the system, if not given.
    #[serde(default)]
    pub(crate) jwks_ca: Option<PathBuf>,
    /// Who must have issued them.
    pub(crate) issuer: String,
    /// Whom they must be for.
    pub(crate) audience: String,
    /// How they may be signed. Only signatures whose key a verifier cannot sign with.
    #[serde(default = "Algorithm::all")]
    pub(crate) algorithms: Vec<Algorithm>,
    /// How far the clocks of issuer and server may differ.
    #[serde(default = "Tokens::leeway")]
    pub(crate) leeway_seconds: u64,
    /// Whether a token serves for one request alone. It then needs `jti` and `iat`.
    #[serde(default)]
    pub(crate) single_use: bool,
    /// How often the keys are read again.
    #[serde(default = "Tokens::refresh")]
    pub(crate) refresh_seconds: u64,
}

impl Tokens {
    fn leeway() -> u64 {
        30
    }

    fn refresh() -> u64 {
        300
    }
}

/// Whom traces are sent to: an OpenTelemetry collector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracesConfig {
    /// Where it takes them, such as `https://collector.example:4318/v1/traces`.
    pub(crate) endpoint: String,
    /// The authorities of that address. Those of the system, if not given.
    #[serde(default)]
    pub(crate) ca: Option<PathBuf>,
    /// How many of the traces are sent, from 0 to 1.
    #[serde(default = "TracesConfig::all")]
    pub(crate) share: f64,
}

impl TracesConfig {
    fn all() -> f64 {
        1.0
    }
}

/// Where answers are kept for requests that come twice with one `Idempotency-Key`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpoolConfig {
    /// A directory of the server's own.
    pub(crate) directory: PathBuf,
    /// How long a record is kept.
    #[serde(default = "SpoolConfig::keep")]
    pub(crate) keep_seconds: u64,
    /// The largest answer that is kept. Of a larger one is kept that it was given.
    #[serde(default = "SpoolConfig::answer")]
    pub(crate) answer_bytes: u64,
    /// How much is kept in all.
    #[serde(default = "SpoolConfig::total")]
    pub(crate) total_bytes: u64,
}

impl SpoolConfig {
    fn keep() -> u64 {
        86_400
    }

    fn answer() -> u64 {
        256 << 20
    }

    fn total() -> u64 {
        4 << 30
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// It cannot be read, or all that is wrong with it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::named("read", path))?;
        Self::parse(path, &text)
    }

    /// Where compiled plugins are kept, if it says.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// All that is wrong with it; if it is no YAML, the first place where it is not.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        Ok(read::config(path, text)?)
    }
}

#[cfg(test)]
mod tests;
