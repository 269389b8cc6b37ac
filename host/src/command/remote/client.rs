//! Calls to a running server. No redirection is followed and no proxy used: who asks is shown to the address that was
//! given, and to nobody else.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, TlsConfig, parse_pem};
use zeroize::Zeroizing;

use crate::cli::ServerArguments;
use crate::error::Error;
use crate::https::{NoAuthorities, authorities, is_safe};

/// How long a call may take in all: a reload compiles plugins and tries them.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any answer has.
const MOST_BYTES: u64 = 64 << 20;

/// A running server, and who asks.
pub(super) struct Client {
    address: String,
    token: Option<Zeroizing<String>>,
    agent: Agent,
}

impl Client {
    /// As the arguments say.
    ///
    /// # Errors
    /// The address is not safe, or a file cannot be used.
    pub(super) fn open(arguments: &ServerArguments) -> Result<Self, Error> {
        let address = arguments.server.trim_end_matches('/').to_owned();
        if !is_safe(&address) {
            let expected = "https://HOST[:PORT] (http:// is taken for this very machine alone)";
            return Err(Error::Usage(format!("--server: expected {expected}")));
        }
        let token = arguments.token_file.as_deref().map(token).transpose()?;
        if token.is_none() && arguments.certificate.is_none() {
            let mend = "say who you are: --certificate with --key, or --token-file";
            return Err(Error::Usage(mend.into()));
        }
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
        if address.starts_with("https:") {
            let roots = authorities(arguments.ca.as_deref()).map_err(|why| Error::Usage(no_authorities(why)))?;
            let shown = arguments.certificate.as_deref().zip(arguments.key.as_deref());
            tls = tls.root_certs(roots).client_cert(shown.map(|(file, key)| certificate(file, key)).transpose()?);
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(PATIENCE)).tls_config(tls.build()).build().new_agent();
        Ok(Self { address, token, agent })
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// The server refuses or fails, or cannot be reached.
    pub(super) fn get(&self, path: &str) -> Result<Value, Error> {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.as_str()));
        }
        self.answer(request.call())
    }

    /// Has something done.
    ///
    /// # Errors
    /// The server refuses or fails, or cannot be reached.
    pub(super) fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let mut request = self.agent.post(format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.as_str()));
        }
        self.answer(match body {
            Some(body) => request.header("content-type", "application/json").send(body.to_string()),
            None => request.send_empty(),
        })
    }

    fn answer(&self, answered: Result<Response<ureq::Body>, ureq::Error>) -> Result<Value, Error> {
        let failed = |why: String| Error::io("reach", &self.address)(io::Error::other(why));
        let mut response = answered.map_err(|error| failed(error.to_string()))?;
        let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body: Value = serde_json::from_slice(&body.map_err(|error| failed(error.to_string()))?)
            .map_err(|_| failed("it answers what no moretta server does; look at the address".to_owned()))?;
        if response.status().is_success() {
            return Ok(body);
        }
        let word = |name: &str| body.get(name).and_then(Value::as_str);
        let title = word("title").unwrap_or("the server refused and did not say why").to_owned();
        let message = word("detail").map_or_else(|| title.clone(), |detail| format!("{title}: {detail}"));
        match word("fault") {
            Some("client" | "operator") => Err(Error::Usage(message)),
            _ => Err(Error::io("operate", &self.address)(io::Error::other(message))),
        }
    }
}

fn token(file: &Path) -> Result<Zeroizing<String>, Error> {
    let text = Zeroizing::new(fs::read_to_string(file).map_err(Error::named("read", file))?);
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Usage(format!("{} holds no token", file.display())));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

fn certificate(file: &Path, key: &Path) -> Result<ClientCert, Error> {
    let read = |path: &Path| fs::read(path).map_err(Error::named("read", path));
    let chain: Vec<Certificate<'static>> = parse_pem(&read(file)?)
        .filter_map(|item| if let Ok(PemItem::Certificate(certificate)) = item { Some(certificate) } else { None })
        .collect();
    if chain.is_empty() {
        return Err(Error::Usage(format!("{} has no certificate in PEM", file.display())));
    }
    let text = Zeroizing::new(read(key)?);
    let key = PrivateKey::from_pem(&text)
        .map_err(|_| Error::Usage(format!("{} has no private key in PEM", key.display())))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn no_authorities(why: NoAuthorities) -> String {
    match why {
        NoAuthorities::Malformed => "--ca: expected a file of PEM certificates".to_owned(),
        NoAuthorities::NotGiven => "this system trusts no authority; give that of the server with --ca".to_owned(),
    }
}
