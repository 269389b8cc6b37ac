//! The server: where it is, what lets us in, and what it says.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::keys::KeyError;
use crate::keys::provider::http::{Answer, Client, Variables};
use crate::keys::provider::{ProviderFault, Secrets};

const ADDRESS: &str = "MORETTA_OPENBAO_ADDR";
const AUTHORITY: &str = "MORETTA_OPENBAO_CACERT";
const TOKEN: &str = "MORETTA_OPENBAO_TOKEN";
const ROLE_ID: &str = "MORETTA_OPENBAO_ROLE_ID";
const SECRET_ID: &str = "MORETTA_OPENBAO_SECRET_ID";

/// A server that we have logged in to.
pub(super) struct Server {
    pub(super) client: Client,
    credential: Credential,
    token: Mutex<Zeroizing<String>>,
}

/// What lets us in.
enum Credential {
    Token,
    AppRole { role_id: Zeroizing<String>, secret_id: Zeroizing<String> },
}

impl Server {
    /// Logs in with what the environment gives: a token, or the role id and the secret id of an AppRole.
    ///
    /// # Errors
    /// Something is not given, or the server does not let us in.
    pub(super) fn connect(secrets: &Secrets) -> Result<Self, KeyError> {
        let address = secrets.setting(ADDRESS, "the address of OpenBao")?;
        let variables = Variables { address: ADDRESS, authority: AUTHORITY };
        let client = Client::new("OpenBao", &address, secrets.setting_if_given(AUTHORITY).as_deref(), variables)?;
        let (credential, token) = match secrets.secret_if_given(TOKEN, &[ADDRESS, ROLE_ID])? {
            Some(token) => (Credential::Token, token),
            None => (Credential::app_role(secrets)?, Zeroizing::default()),
        };
        let server = Self { client, credential, token: Mutex::new(token) };
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

    /// What a status means that is not about one key.
    pub(super) fn fault(&self, status: u16) -> KeyError {
        match status {
            501 | 503 => ProviderFault::Sealed(self.client.who()).into(),
            300..400 => {
                self.client.unexpected(format!("status {status}, as a standby does that names another address"))
            }
            status => self.client.unexpected(format!("status {status}")),
        }
    }

    /// Gets a new token of an AppRole. Whether there is a new one.
    fn log_in(&self) -> Result<bool, KeyError> {
        let Credential::AppRole { role_id, secret_id } = &self.credential else { return Ok(false) };
        // Of the whole size at once: a text that grows would leave a copy behind.
        let mut body = Zeroizing::new(String::with_capacity(1024));
        for part in ["{\"role_id\":\"", role_id, "\",\"secret_id\":\"", secret_id, "\"}"] {
            body.push_str(part);
        }
        let answer = self.send("auth/approle/login", &body)?;
        if matches!(answer.status, 400 | 403) {
            let (who, why) = (self.client.who(), said(&answer));
            return Err(ProviderFault::LoginRefused { who, credential: "role id and secret id", why }.into());
        }
        let login: Option<Login<'_>> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200);
        let login = login.ok_or_else(|| self.fault(answer.status))?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Zeroizing::new(login.auth.client_token.to_owned());
        Ok(true)
    }

    fn send(&self, path: &str, body: &str) -> Result<Answer, KeyError> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let headers = [("Content-Type", "application/json"), ("X-Vault-Token", token.as_str())];
        // Before a login there is no token yet.
        let headers = if token.is_empty() { headers.get(..1) } else { headers.get(..) };
        self.client.post(&format!("/v1/{path}"), headers.unwrap_or_default(), body.as_bytes())
    }
}

impl Credential {
    fn app_role(secrets: &Secrets) -> Result<Self, KeyError> {
        let given = |variable: &'static str| -> Result<_, KeyError> {
            let missing = || secrets.not_given("a token, or the role id and the secret id of an AppRole,", variable);
            let id = secrets.secret_if_given(variable, &[ADDRESS])?.ok_or_else(missing)?;
            // It stands in a request as it is.
            let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
            if plain { Ok(id) } else { Err(ProviderFault::Malformed { variable, expected: "an id" }.into()) }
        };
        Ok(Self::AppRole { role_id: given(ROLE_ID)?, secret_id: given(SECRET_ID)? })
    }
}

/// What the server says is wrong, on one line and not too long.
pub(super) fn said(answer: &Answer) -> String {
    let errors: Option<Errors> = serde_json::from_slice(&answer.body).ok();
    let said = errors.map(|errors| errors.errors.join("; ")).unwrap_or_default();
    said.chars().filter(|letter| !letter.is_control()).take(200).collect()
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
