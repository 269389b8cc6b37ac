//! The server: where it is, what lets us in, and what it answers.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use serde::Deserialize;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use zeroize::Zeroizing;

use crate::keys::KeyError;
use crate::keys::provider::{ProviderFault, Secrets};

/// Where the server is.
pub(super) const ADDRESS: &str = "MORETTA_OPENBAO_ADDR";
const AUTHORITY: &str = "MORETTA_OPENBAO_CACERT";
const TOKEN: &str = "MORETTA_OPENBAO_TOKEN";
const ROLE_ID: &str = "MORETTA_OPENBAO_ROLE_ID";
const SECRET_ID: &str = "MORETTA_OPENBAO_SECRET_ID";
/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora and its kin.
const AUTHORITIES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
/// How long one call may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any answer has.
const MOST_BYTES: u64 = 1 << 16;

/// A server that we have logged in to.
pub(super) struct Server {
    address: String,
    agent: Agent,
    credential: Credential,
    token: Mutex<Zeroizing<String>>,
}

/// What lets us in.
enum Credential {
    Token,
    AppRole { role_id: Zeroizing<String>, secret_id: Zeroizing<String> },
}

/// What the server answers.
pub(super) struct Answer {
    pub(super) status: u16,
    /// It may hold a key: wiped when dropped.
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Server {
    /// Logs in with what the environment gives: a token, or the role id and the secret id of an AppRole.
    ///
    /// # Errors
    /// Something is not given, or the server does not let us in.
    pub(super) fn connect(secrets: &Secrets) -> Result<Self, KeyError> {
        let address = secrets.setting(ADDRESS, "the address of OpenBao")?.trim_end_matches('/').to_owned();
        if !is_safe(&address) {
            let expected = "https://HOST[:PORT] (http:// is taken for this very machine alone)";
            return Err(ProviderFault::Malformed { variable: ADDRESS, expected }.into());
        }
        let agent = agent(&address, secrets.setting_if_given(AUTHORITY).as_deref(), PATIENCE)?;
        let (credential, token) = match secrets.secret_if_given(TOKEN)? {
            Some(token) => (Credential::Token, token),
            None => (Credential::app_role(secrets)?, Zeroizing::default()),
        };
        let server = Self { address, agent, credential, token: Mutex::new(token) };
        server.log_in()?;
        Ok(server)
    }

    /// Calls a path with a body of JSON. Logs in again once, where a token has expired meanwhile.
    ///
    /// # Errors
    /// No answer.
    pub(super) fn post(&self, path: &str, body: &str) -> Result<Answer, KeyError> {
        let answer = self.send(path, body)?;
        if answer.status == 403 && self.log_in()? { self.send(path, body) } else { Ok(answer) }
    }

    /// As it is called in messages.
    pub(super) fn name(&self) -> String {
        format!("OpenBao at {}", self.address)
    }

    /// What a status means that is not about one key.
    pub(super) fn fault(&self, status: u16) -> KeyError {
        let unexpected = |what| ProviderFault::Unexpected { who: self.name(), what, variable: ADDRESS };
        match status {
            501 | 503 => ProviderFault::Sealed(self.name()),
            300..400 => unexpected(format!("status {status}, as a standby does that sends us to another address")),
            status => unexpected(format!("status {status}")),
        }
        .into()
    }

    /// Gets a new token of an AppRole. Whether there is a new one.
    fn log_in(&self) -> Result<bool, KeyError> {
        let Credential::AppRole { role_id, secret_id } = &self.credential else { return Ok(false) };
        let mut body = Zeroizing::new(String::with_capacity(1024));
        for part in ["{\"role_id\":\"", role_id, "\",\"secret_id\":\"", secret_id, "\"}"] {
            body.push_str(part);
        }
        let answer = self.send("auth/approle/login", &body)?;
        if matches!(answer.status, 400 | 403) {
            let (who, why) = (self.name(), answer.said());
            return Err(ProviderFault::LoginRefused { who, credential: "role id and secret id", why }.into());
        }
        let login: Option<Login<'_>> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200);
        let login = login.ok_or_else(|| self.fault(answer.status))?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Zeroizing::new(login.auth.client_token.to_owned());
        Ok(true)
    }

    fn send(&self, path: &str, body: &str) -> Result<Answer, KeyError> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = self.agent.post(format!("{}/v1/{path}", self.address)).content_type("application/json");
        if !token.is_empty() {
            request = request.header("X-Vault-Token", token.as_str());
        }
        let mut response = request.send(body).map_err(|error| self.unanswered(error))?;
        let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| self.unanswered(error))?);
        Ok(Answer { status: response.status().as_u16(), body })
    }

    fn unanswered(&self, error: ureq::Error) -> KeyError {
        let who = self.name();
        let untrusted = |why| ProviderFault::Untrusted { who: self.name(), why, variable: AUTHORITY };
        match error {
            ureq::Error::Timeout(_) => ProviderFault::Slow { who, seconds: PATIENCE.as_secs() },
            ureq::Error::Rustls(error) => untrusted(error.to_string()),
            ureq::Error::Io(error) if is_of_tls(&error) => untrusted(error.to_string()),
            error => ProviderFault::Unreachable { who, why: error.to_string(), variable: ADDRESS },
        }
        .into()
    }
}

impl Credential {
    fn app_role(secrets: &Secrets) -> Result<Self, KeyError> {
        let given = |variable: &'static str| -> Result<_, KeyError> {
            let id = secrets.secret_if_given(variable)?.ok_or(ProviderFault::NotGiven {
                what: "a token, or the role id and the secret id of an AppRole,",
                variable,
            })?;
            // It stands in a request as it is.
            let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
            if plain { Ok(id) } else { Err(ProviderFault::Malformed { variable, expected: "an id" }.into()) }
        };
        Ok(Self::AppRole { role_id: given(ROLE_ID)?, secret_id: given(SECRET_ID)? })
    }
}

impl Answer {
    /// What the server says is wrong, on one line and not too long.
    pub(super) fn said(&self) -> String {
        let errors: Option<Errors> = serde_json::from_slice(&self.body).ok();
        let said = errors.map(|errors| errors.errors.join("; ")).unwrap_or_default();
        said.chars().filter(|letter| !letter.is_control()).take(200).collect()
    }
}

#[derive(Deserialize)]
struct Login<'a> {
    #[serde(borrow)]
    auth: Auth<'a>,
}

#[derive(Deserialize)]
struct Auth<'a> {
    client_token: &'a str,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

/// A client that follows no redirection and no proxy: a credential goes to the address that was given and nowhere else.
fn agent(address: &str, authority: Option<&str>, patience: Duration) -> Result<Agent, KeyError> {
    let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
    if address.starts_with("https:") {
        tls = tls.root_certs(authorities(authority)?);
    }
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    let config = config.timeout_global(Some(patience)).tls_config(tls.build()).build();
    Ok(config.new_agent())
}

/// The authorities of a file, else those of the system.
fn authorities(file: Option<&str>) -> Result<RootCerts, KeyError> {
    let malformed = || ProviderFault::Malformed { variable: AUTHORITY, expected: "a file of PEM certificates" };
    let text = match file {
        Some(file) => fs::read(file).map_err(|_| malformed())?,
        None => AUTHORITIES.iter().find_map(|file| fs::read(file).ok()).ok_or(ProviderFault::NotGiven {
            what: "a file with the authorities to trust (this system has none where it is looked for)",
            variable: AUTHORITY,
        })?,
    };
    let items = parse_pem(&text).filter_map(Result::ok);
    let found: Vec<_> =
        items.filter_map(|item| if let PemItem::Certificate(one) = item { Some(one) } else { None }).collect();
    if found.is_empty() { Err(malformed().into()) } else { Ok(RootCerts::new_with_certs(&found)) }
}

/// Whether nobody can listen on the way: TLS, or no way at all.
fn is_safe(address: &str) -> bool {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let host = rest.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(rest, |(host, _)| host);
    let here = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
    !host.is_empty() && rest.bytes().all(plain) && (scheme == "https" || scheme == "http" && here)
}

fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::Instant;

    fn server(address: String, patience: Duration) -> Server {
        let agent = agent(&address, None, patience).unwrap();
        Server { address, agent, credential: Credential::Token, token: Mutex::default() }
    }

    #[test]
    fn a_credential_goes_over_tls_or_stays_on_this_machine() {
        for safe in ["https://bao.example.org", "https://bao:8200", "http://127.0.0.1:8200", "http://[::1]:8200"] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_ in [
            "http://bao.example.org",
            "http://127.0.0.1.example.org",
            "http://127.0.0.1@example.org:80",
            "bao:8200",
            "",
            "https://",
            "https://bao/path",
            "https://bao?x",
            "ftp://127.0.0.1",
            "http://localhost:80:80",
        ] {
            assert!(!is_safe(unsafe_), "{unsafe_}");
        }
    }

    #[test]
    fn who_never_answers_is_not_waited_for() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let started = Instant::now();
        let why = server(address, Duration::from_millis(200)).post("path", "{}").err().unwrap();
        assert!(matches!(why, KeyError::Provider(ProviderFault::Slow { .. })), "{why}");
        assert!(started.elapsed() < Duration::from_secs(5) && why.is_of_the_machine());
    }

    #[test]
    fn who_is_not_there_is_named() {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let why = server(format!("http://{gone}"), PATIENCE).post("path", "{}").err().unwrap();
        assert!(why.to_string().starts_with(&format!("OpenBao at http://{gone} cannot be reached")), "{why}");
    }
}
