//! A key-encryption key in a transit engine of OpenBao, or of Vault, which has the same interface.
//!
//! The key never leaves the server: it encrypts and decrypts data keys of 32 bytes, with what they are bound to as
//! associated data. A run costs one login, one call for the keyring itself, and one for each version of a key that is
//! granted; each takes some milliseconds on a near network, and none is made for values.
//!
//! Rotating the key on the server changes nothing here: what is wrapped says under which version. To have every data
//! key wrapped under the newest one, the keyring is rewrapped; the server's own `rewrap` cannot do it, because it takes
//! no associated data (OpenBao 2.7).

mod server;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::elsewhere::TransitKey;
use super::http::Answer;
use super::{Provider, ProviderFault, Secrets, Settings, secrets};
use crate::keys::KeyError;
use crate::keys::material::Material;
use crate::keys::wrapped::{Context, Wrapped};
use server::{Server, said};

/// What every wrapped key begins with.
const PREFIX: &str = "vault:v";

/// A transit engine, and one key of it.
pub(super) struct Transit {
    server: Server,
    key: TransitKey,
    settings: Settings,
}

impl Transit {
    /// Logs in to the server that the environment names.
    ///
    /// # Errors
    /// The environment does not say where it is, or it does not let us in.
    pub(super) fn connect(key: TransitKey, secrets: &Secrets) -> Result<Self, KeyError> {
        let settings = Settings::OpenBao(key.clone());
        Ok(Self { server: Server::connect(secrets)?, key, settings })
    }

    fn call(&self, doing: &'static str, body: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let path = format!("{}/{doing}/{}", self.key.mount, self.key.key);
        match self.server.post(&path, body)? {
            Answer { status: 200, body } => Ok(body),
            answer => Err(self.fault(doing, &path, &answer)),
        }
    }

    fn fault(&self, doing: &'static str, path: &str, answer: &Answer) -> KeyError {
        let (who, said) = (self.server.client.who(), said(answer));
        let key = || format!("key `{}` in an engine at `{}`", self.key.key, self.key.mount);
        let mend = || format!("`bao write -f {}/keys/{} type=aes256-gcm96` makes it", self.key.mount, self.key.key);
        match answer.status {
            403 => ProviderFault::Denied { who, doing, grant: format!("`update` on `{path}`") }.into(),
            404 => ProviderFault::NoKey { who, what: key(), mend: mend() }.into(),
            400 if said.contains("key not found") => ProviderFault::NoKey { who, what: key(), mend: mend() }.into(),
            400 if said.contains("too old") => ProviderFault::TooOld(who).into(),
            400 if said.contains("authentication failed") || said.contains("invalid ciphertext") => {
                KeyError::NotUnwrapped
            }
            400 => ProviderFault::Refused { who, said }.into(),
            status => self.server.fault(status),
        }
    }

    fn malformed(&self) -> KeyError {
        self.server.client.unexpected("something else than a key")
    }
}

impl Provider for Transit {
    fn wrap(&self, key: &Material, context: &Context<'_>) -> Result<Wrapped, KeyError> {
        // Of the whole size at once: a text that grows would leave a copy behind.
        let mut body = Zeroizing::new(String::with_capacity(1024));
        body.push_str("{\"plaintext\":\"");
        STANDARD.encode_string(key.to_store(), &mut body);
        bind(&mut body, context);
        let body = self.call("encrypt", &body)?;
        let answer: Data<Ciphertext<'_>> = serde_json::from_slice(&body).map_err(|_| self.malformed())?;
        let wrapped = answer.data.ciphertext;
        if is_wrapped(wrapped.as_bytes()) { Ok(Wrapped(wrapped.into())) } else { Err(self.malformed()) }
    }

    fn unwrap(&self, wrapped: &Wrapped, context: &Context<'_>) -> Result<Material, KeyError> {
        let text = std::str::from_utf8(&wrapped.0).ok().filter(|text| is_wrapped(text.as_bytes()));
        let mut body = format!("{{\"ciphertext\":\"{}", text.ok_or(KeyError::NotUnwrapped)?);
        bind(&mut body, context);
        let body = self.call("decrypt", &body)?;
        let answer: Data<Plaintext<'_>> = serde_json::from_slice(&body).map_err(|_| self.malformed())?;
        secrets::decode(answer.data.plaintext.as_bytes()).ok_or_else(|| self.malformed())
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// Ends a request with what the key is bound to.
fn bind(body: &mut String, context: &Context<'_>) {
    // Writing to a text does not fail.
    let _ = write!(body, "\",\"associated_data\":\"{}\"}}", STANDARD.encode(context.bytes()));
}

/// Whether this is a wrapped key by its looks, and can stand in a request as it is.
fn is_wrapped(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b":+/=".contains(byte);
    text.starts_with(PREFIX.as_bytes()) && text.len() < 512 && text.iter().all(plain)
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Ciphertext<'a> {
    ciphertext: &'a str,
}

#[derive(Deserialize)]
struct Plaintext<'a> {
    plaintext: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_can_hold_nothing_but_what_a_server_gave() {
        assert!(is_wrapped(b"vault:v12:J2ziv0ltECNPeMHtEPn63i/+A=="));
        for odd in ["", "vault:v1:\"", "vault:v1:\\u0022", "vault:v1:a b", "bao:v1:AAAA", "vault:v1:\u{e9}"] {
            assert!(!is_wrapped(odd.as_bytes()), "{odd}");
        }
    }
}
