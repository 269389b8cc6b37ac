//! Calls over HTTP to where a key-encryption key is held.
//!
//! What is sent and answered is wiped here. The copies in the buffers of the client and of TLS are not: they are freed
//! and hold data keys and credentials until they are written over.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};
use zeroize::Zeroizing;

use super::ProviderFault;
use crate::https::{self, NoAuthorities, is_safe};
use crate::keys::KeyError;

/// How long one call may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any answer has.
const MOST_BYTES: u64 = 1 << 16;

/// A server and the way to it. No redirection is followed and no proxy used: a credential goes to the address that was
/// given, and nowhere else.
pub(super) struct Client {
    who: String,
    address: String,
    variables: Variables,
    patience: Duration,
    agent: Agent,
}

/// The variables that say where the server is, and which authorities are trusted.
#[derive(Clone, Copy)]
pub(super) struct Variables {
    pub(super) address: &'static str,
    pub(super) authority: &'static str,
}

/// What a server answers.
pub(super) struct Answer {
    pub(super) status: u16,
    /// It may hold a key: wiped when dropped.
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Client {
    /// A client for the server of this name and address. The authorities of a file are trusted, else the system's.
    ///
    /// # Errors
    /// The address is not safe, or there are no authorities.
    pub(super) fn new(
        name: &str,
        address: &str,
        authority: Option<&str>,
        variables: Variables,
    ) -> Result<Self, KeyError> {
        Self::with_patience(name, address, authority, variables, PATIENCE)
    }

    fn with_patience(
        name: &str,
        address: &str,
        authority: Option<&str>,
        variables: Variables,
        patience: Duration,
    ) -> Result<Self, KeyError> {
        let address = address.trim_end_matches('/').to_owned();
        if !is_safe(&address) {
            let expected = "https://HOST[:PORT] (http:// is taken for this very machine alone)";
            return Err(ProviderFault::Malformed { variable: variables.address, expected }.into());
        }
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
        if address.starts_with("https:") {
            tls = tls.root_certs(authorities(authority, variables.authority)?);
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(patience)).tls_config(tls.build()).build().new_agent();
        Ok(Self { who: format!("{name} at {address}"), address, variables, patience, agent })
    }

    /// Calls a path.
    ///
    /// # Errors
    /// No answer.
    pub(super) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, KeyError> {
        let request = self.agent.post(format!("{}{path}", self.address));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = request.send(body).map_err(|error| self.unanswered(error))?;
        let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| self.unanswered(error))?);
        Ok(Answer { status: response.status().as_u16(), body })
    }

    /// As the server is called in messages.
    pub(super) fn who(&self) -> String {
        self.who.clone()
    }

    /// The host and port of its address.
    #[cfg(feature = "aws-kms")]
    pub(super) fn host(&self) -> &str {
        self.address.split_once("://").map_or("", |(_, host)| host)
    }

    /// It answers what no such server does.
    pub(super) fn unexpected(&self, what: impl Into<String>) -> KeyError {
        ProviderFault::Unexpected { who: self.who(), what: what.into(), variable: self.variables.address }.into()
    }

    fn unanswered(&self, error: ureq::Error) -> KeyError {
        let who = self.who();
        let untrusted = |why| ProviderFault::Untrusted { who: self.who(), why, variable: self.variables.authority };
        match error {
            ureq::Error::Timeout(_) => ProviderFault::Slow { who, seconds: self.patience.as_secs() },
            ureq::Error::Rustls(error) => untrusted(error.to_string()),
            ureq::Error::Io(error) if is_of_tls(&error) => untrusted(error.to_string()),
            error => ProviderFault::Unreachable { who, why: error.to_string(), variable: self.variables.address },
        }
        .into()
    }
}

/// The authorities of a file, else those of the system.
fn authorities(file: Option<&str>, variable: &'static str) -> Result<RootCerts, KeyError> {
    let found = https::authorities(file.map(Path::new));
    Ok(found.map_err(|why| match why {
        NoAuthorities::Malformed => ProviderFault::Malformed { variable, expected: "a file of PEM certificates" },
        NoAuthorities::NotGiven => ProviderFault::NotGiven {
            what: "a file with the authorities to trust (this system has none where it is looked for)",
            variable: variable.to_owned(),
        },
    })?)
}

fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::Instant;

    const VARIABLES: Variables = Variables { address: "ADDRESS", authority: "AUTHORITY" };

    #[test]
    fn who_never_answers_is_not_waited_for() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let started = Instant::now();
        let client = Client::with_patience("it", &address, None, VARIABLES, Duration::from_millis(200)).unwrap();
        let why = client.post("/path", &[], b"{}").err().unwrap();
        assert!(matches!(why, KeyError::Provider(ProviderFault::Slow { .. })), "{why}");
        assert!(started.elapsed() < Duration::from_secs(5) && why.is_of_the_machine());
    }

    #[test]
    fn who_is_not_there_is_named() {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = Client::new("it", &format!("http://{gone}/"), None, VARIABLES).unwrap();
        let why = client.post("/path", &[], b"{}").err().unwrap();
        assert!(why.to_string().starts_with(&format!("it at http://{gone} cannot be reached")), "{why}");
    }
}
