//! Calls to a registry over HTTP, with what it asks for to let us in.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use serde::Deserialize;
use ureq::Agent;
use ureq::tls::TlsConfig;
use zeroize::Zeroizing;

use super::{Access, Reference, StoreError};
use crate::https::{NoAuthorities, authorities, is_safe};
use crate::store::history::sha256;

/// How long one call may take in all: a large component over a slow line.
const PATIENCE: Duration = Duration::from_secs(300);
/// Layers are often kept somewhere else. Credentials are not sent there.
const MOST_REDIRECTIONS: u32 = 5;
const MOST_TOKEN: u64 = 1 << 16;

/// A SHA-256 digest as registries write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digest(String);

/// One repository, and what it is shown to be let in.
pub(super) struct Client<'a> {
    reference: &'a Reference,
    access: &'a Access,
    address: String,
    agent: Agent,
    authorization: Option<Zeroizing<String>>,
}

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", sha256(bytes)))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let is_hex = hex.len() == 64 && hex.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        is_hex.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(reference: &'a Reference, access: &'a Access) -> Result<Self, StoreError> {
        let address = reference.address(access.authority.is_some());
        let encrypted = address.starts_with("https:");
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
        if encrypted {
            let trusted = authorities(access.authority.as_deref()).map_err(|why| match why {
                NoAuthorities::Malformed => refused(reference, "--registry-authority is no file of PEM certificates"),
                NoAuthorities::NotGiven => refused(
                    reference,
                    "this system has no authorities to trust where they are looked for; give --registry-authority",
                ),
            });
            tls = tls.root_certs(trusted?);
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(MOST_REDIRECTIONS);
        let config = config.https_only(encrypted).proxy(None).timeout_global(Some(PATIENCE)).tls_config(tls.build());
        Ok(Self { reference, access, address, agent: config.build().new_agent(), authorization: None })
    }

    pub(super) fn reference(&self) -> &'a Reference {
        self.reference
    }

    /// A resource of the repository, of at most so many bytes. `None` if it is not there.
    ///
    /// # Errors
    /// No answer, another one, or a larger one.
    pub(super) fn get(&mut self, path: &str, accept: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let url = format!("{}/{path}", self.address);
        let mut answer = self.call(&url, accept, self.authorization.as_ref())?;
        if answer.status() == 401 && self.authorization.is_none() {
            let asked = answer.headers().get("www-authenticate").and_then(|asked| asked.to_str().ok());
            self.authorization = self.authorize(asked.unwrap_or_default())?;
            answer = self.call(&url, accept, self.authorization.as_ref())?;
        }
        match answer.status().as_u16() {
            200 => self.body(answer, most).map(Some),
            404 => Ok(None),
            401 | 403 => Err(self.refused(
                "the registry does not let us read this; set MORETTA_REGISTRY_USER and MORETTA_REGISTRY_PASSWORD",
            )),
            status => Err(self.refused(format!("the registry answered with HTTP status {status}"))),
        }
    }

    /// What the registry wants to see: a name and password, or a token that a service gives for them (distribution
    /// specification, token authentication).
    fn authorize(&self, asked: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
        let basic = self.basic();
        let (scheme, parameters) = asked.split_once(' ').unwrap_or((asked, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(basic);
        }
        let realm = parameter(parameters, "realm").unwrap_or_default();
        let (scheme, rest) = realm.split_once("://").unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !is_safe(&format!("{scheme}://{host}")) {
            return Err(self.refused("the registry names no service over TLS that gives tokens"));
        }
        let given = ["service", "scope"].into_iter().filter_map(|name| Some((name, parameter(parameters, name)?)));
        let query: Vec<_> = given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let join = if realm.contains('?') { '&' } else { '?' };
        let answer = self.call(&format!("{realm}{join}{}", query.join("&")), "application/json", basic.as_ref())?;
        if answer.status() != 200 {
            return Err(self.refused("the service that gives tokens for the registry gives us none"));
        }
        let body = Zeroizing::new(self.body(answer, MOST_TOKEN)?);
        let token: Token<'_> = serde_json::from_slice(&body).map_err(|_| self.refused("the token cannot be read"))?;
        let token = token.token.or(token.access_token).ok_or_else(|| self.refused("there is no token"))?;
        Ok(Some(Zeroizing::new(format!("Bearer {token}"))))
    }

    fn basic(&self) -> Option<Zeroizing<String>> {
        let (user, password) = (self.access.user.as_ref()?, self.access.password.as_ref()?);
        let pair = Zeroizing::new(format!("{user}:{}", password.as_str()));
        Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes()))))
    }

    fn call(
        &self,
        url: &str,
        accept: &str,
        authorization: Option<&Zeroizing<String>>,
    ) -> Result<ureq::http::Response<ureq::Body>, StoreError> {
        let mut request = self.agent.get(url).header("Accept", accept);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization.as_str());
        }
        request.call().map_err(|error| self.refused(error))
    }

    fn body(&self, mut answer: ureq::http::Response<ureq::Body>, most: u64) -> Result<Vec<u8>, StoreError> {
        // One more than allowed: a limit that is met exactly is an error of the client.
        let body = answer.body_mut().with_config().limit(most.saturating_add(1)).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => self.refused("the answer is larger than it may be"),
            error => self.refused(error),
        })?;
        if u64::try_from(body.len()).is_ok_and(|length| length > most) {
            return Err(self.refused("the answer is larger than it may be"));
        }
        Ok(body)
    }

    fn refused(&self, problem: impl Display) -> StoreError {
        refused(self.reference, problem)
    }
}

#[derive(Deserialize)]
struct Token<'a> {
    token: Option<&'a str>,
    access_token: Option<&'a str>,
}

/// Names the artifact in a refusal.
pub(super) fn refused(reference: &Reference, problem: impl Display) -> StoreError {
    StoreError::Registry { place: reference.to_string(), problem: problem.to_string() }
}

/// One parameter of a challenge (RFC 9110, 11.6.1), whose value stands in quotes.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = parameters;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if key.trim_start_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// For a query (RFC 3986, 2.1).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parameters_of_a_challenge() {
        let challenge =
            "realm=\"https://auth.example/token?a=b\",service=\"registry, of x\", Scope=\"repository:a/b:pull\"";
        assert_eq!(parameter(challenge, "realm"), Some("https://auth.example/token?a=b"));
        assert_eq!(parameter(challenge, "service"), Some("registry, of x"));
        assert_eq!(parameter(challenge, "scope"), Some("repository:a/b:pull"));
        assert_eq!(parameter(challenge, "error"), None);
        assert_eq!(parameter("realm=x", "realm"), None);
        assert_eq!(encoded("repository:a/b:pull"), "repository%3Aa%2Fb%3Apull");
    }
}
