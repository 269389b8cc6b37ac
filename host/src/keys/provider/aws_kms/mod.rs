//! A key-encryption key in AWS KMS, or in what has the same interface.
//!
//! The key never leaves the service: it encrypts and decrypts data keys of 32 bytes, bound to an encryption context,
//! which the service writes to its log (CloudTrail): the keyring's id, the name and purpose of the key, its version. A
//! run costs one call for the keyring itself, and one for each version of a key that is granted; none is made for values.
//!
//! It is called directly, with signed requests, and not through the AWS SDK: two calls do not need its 240 crates. What
//! that leaves out are its sources of credentials; they come from the environment, as `aws configure
//! export-credentials` prints them.

mod signature;

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::elsewhere::KmsKey;
use super::http::{Answer, Client, Variables};
use super::{Provider, ProviderFault, Secrets, Settings, secrets};
use crate::keys::KeyError;
use crate::keys::material::Material;
use crate::keys::wrapped::{Context, Wrapped};
use signature::Signer;

/// Where the service is, if not where AWS has it.
const ADDRESS: &str = "MORETTA_KMS_ENDPOINT";
const AUTHORITY: &str = "MORETTA_KMS_CACERT";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// A key of the service.
pub(super) struct Kms {
    client: Client,
    signer: Signer,
    key: KmsKey,
    settings: Settings,
}

impl Kms {
    /// Finds the service and the credentials. Calls nothing yet.
    ///
    /// # Errors
    /// The environment does not give the credentials.
    pub(super) fn connect(key: KmsKey, secrets: &Secrets) -> Result<Self, KeyError> {
        let address = secrets.setting_if_given(ADDRESS).unwrap_or_else(|| key.endpoint());
        let variables = Variables { address: ADDRESS, authority: AUTHORITY };
        let client = Client::new("AWS KMS", &address, secrets.setting_if_given(AUTHORITY).as_deref(), variables)?;
        let given = |variable: &'static str| -> Result<_, KeyError> {
            let what = "a credential of AWS (`aws configure export-credentials --format env` prints one)";
            secrets.secret_if_given(variable, &[])?.ok_or_else(|| secrets.not_given(what, variable))
        };
        let signer = Signer {
            access_key_id: given(ACCESS_KEY_ID)?,
            secret_access_key: given(SECRET_ACCESS_KEY)?,
            session_token: secrets.secret_if_given(SESSION_TOKEN, &[])?,
            region: key.region().to_owned(),
        };
        Ok(Self { client, signer, settings: Settings::AwsKms(key.clone()), key })
    }

    fn call(&self, action: &'static str, request: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        // Of the whole size at once: a text that grows would leave a copy behind.
        let mut body = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *body, request).map_err(|_| KeyError::OutOfRange("what a key is bound to"))?;
        let target = format!("TrentService.{action}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)];
        let headers = self.signer.sign(self.client.host(), &headers, &body, &now()?);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match self.client.post("/", &headers, &body)? {
            Answer { status: 200, body } => Ok(body),
            answer => Err(self.fault(action, &answer)),
        }
    }

    fn fault(&self, action: &'static str, answer: &Answer) -> KeyError {
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let (_, kind) = refusal.kind.rsplit_once('#').unwrap_or(("", &refusal.kind));
        let who = self.client.who();
        let login = |why: &str| {
            let credential = "AWS credentials";
            ProviderFault::LoginRefused { who: who.clone(), credential, why: why.to_owned() }.into()
        };
        match kind {
            "InvalidCiphertextException" | "IncorrectKeyException" => KeyError::NotUnwrapped,
            "AccessDeniedException" | "AccessDenied" => {
                let doing = if action == "Encrypt" { "encrypt" } else { "decrypt" };
                ProviderFault::Denied { who, doing, grant: format!("`kms:{action}` on `{}`", self.key.arn()) }.into()
            }
            "NotFoundException" => {
                let mend = "see whether it was deleted, or is of another account".to_owned();
                ProviderFault::NoKey { who, what: format!("key `{}`", self.key.arn()), mend }.into()
            }
            "UnrecognizedClientException" | "InvalidClientTokenId" => login("they are unknown"),
            "ExpiredTokenException" => login("they have expired"),
            "InvalidSignatureException" | "SignatureDoesNotMatch" => {
                login("the secret is wrong, or the clock of this machine")
            }
            "" if matches!(answer.status, 401 | 403) => login("it does not say why"),
            "" => self.client.unexpected(format!("status {}", answer.status)),
            other => {
                let said: String = other.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
                ProviderFault::Refused { who, said }.into()
            }
        }
    }

    fn malformed(&self) -> KeyError {
        self.client.unexpected("something else than a key")
    }
}

impl Provider for Kms {
    fn wrap(&self, key: &Material, context: &Context<'_>) -> Result<Wrapped, KeyError> {
        let mut plaintext = Zeroizing::new(String::with_capacity(64));
        STANDARD.encode_string(key.to_store(), &mut plaintext);
        let (plaintext, key_id, encryption_context) = (plaintext.as_str(), self.key.arn(), Bound::to(context));
        let body = self.call("Encrypt", &Encrypt { key_id, plaintext, encryption_context })?;
        let answer: Encrypted<'_> = serde_json::from_slice(&body).map_err(|_| self.malformed())?;
        STANDARD.decode(answer.ciphertext_blob).map(Wrapped).map_err(|_| self.malformed())
    }

    fn unwrap(&self, wrapped: &Wrapped, context: &Context<'_>) -> Result<Material, KeyError> {
        let (ciphertext_blob, key_id) = (STANDARD.encode(&wrapped.0), self.key.arn());
        let encryption_context = Bound::to(context);
        let body = self.call("Decrypt", &Decrypt { key_id, ciphertext_blob, encryption_context })?;
        let answer: Decrypted<'_> = serde_json::from_slice(&body).map_err(|_| self.malformed())?;
        secrets::decode(answer.plaintext.as_bytes()).ok_or_else(|| self.malformed())
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// The time as requests have it: `20150830T123600Z`.
fn now() -> Result<String, KeyError> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
    let seconds = since.and_then(|since| i64::try_from(since.as_secs()).ok());
    let time = seconds.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
    let time = time.ok_or(KeyError::OutOfRange("the clock of this machine"))?;
    Ok(time.format("%Y%m%dT%H%M%SZ").to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: &'a str,
    encryption_context: Bound<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    key_id: &'a str,
    ciphertext_blob: String,
    encryption_context: Bound<'a>,
}

/// What a key is bound to, by name.
#[derive(Serialize)]
struct Bound<'a> {
    moretta: &'a str,
    keyring: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    purpose: &'a str,
    version: String,
}

impl<'a> Bound<'a> {
    fn to(context: &Context<'a>) -> Self {
        let Context { keyring, name, purpose, version } = *context;
        Self { moretta: "wrapped key v1", keyring, name, purpose, version: version.to_string() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted<'a> {
    ciphertext_blob: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted<'a> {
    plaintext: &'a str,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_the_service_says_whose_fault_it_is() {
        let key = KmsKey::parse("arn:aws:kms:eu-west-1:123456789012:key/1").unwrap();
        let variables = Variables { address: ADDRESS, authority: AUTHORITY };
        let client = Client::new("AWS KMS", "http://127.0.0.1:1", None, variables).unwrap();
        let (access_key_id, secret_access_key, session_token) = Default::default();
        let signer = Signer { access_key_id, secret_access_key, session_token, region: String::new() };
        let kms = Kms { client, signer, settings: Settings::AwsKms(key.clone()), key };
        let fault = |status, body: &str| {
            let answer = Answer { status, body: Zeroizing::new(body.as_bytes().to_vec()) };
            kms.fault("Decrypt", &answer)
        };
        for (kind, said, of_the_machine) in [
            (
                "AccessDeniedException",
                "has to allow `kms:Decrypt` on `arn:aws:kms:eu-west-1:123456789012:key/1`",
                false,
            ),
            ("com.amazonaws.kms#NotFoundException", "has no key `arn:aws:kms:eu-west-1:123456789012:key/1`", false),
            ("ExpiredTokenException", "does not take the AWS credentials given (they have expired)", false),
            ("UnrecognizedClientException", "(they are unknown)", false),
            ("InvalidSignatureException", "(the secret is wrong, or the clock of this machine)", false),
            ("DisabledException", "refuses: DisabledException", true),
            ("Throttling\\u0007Exception", "refuses: ThrottlingException", true),
        ] {
            let why = fault(400, &format!("{{\"__type\":\"{kind}\",\"message\":\"more\"}}"));
            assert!(why.to_string().contains(said), "{kind}: {why}");
            assert_eq!(why.is_of_the_machine(), of_the_machine, "{kind}");
        }
        let other = fault(400, "{\"__type\":\"InvalidCiphertextException\"}");
        assert!(matches!(other, KeyError::NotUnwrapped));
        assert!(fault(502, "<html>").to_string().contains("status 502"));
    }
}
