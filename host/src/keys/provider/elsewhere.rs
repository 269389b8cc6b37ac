//! Where a key-encryption key is that never comes into this process.
//!
//! The file of a keyring names the key, so that it is found again. It does not name an address or a program: those, and
//! the key once more, come from the environment of who runs the command. So a file that somebody else wrote can neither
//! send a credential to another place nor have another key accepted.

use serde::{Deserialize, Serialize};

use super::{ProviderFault, Secrets};
use crate::keys::KeyError;

/// The ARN of a key of AWS KMS.
pub(super) const KMS_KEY: &str = "MORETTA_KMS_KEY";
/// The key of a transit engine.
pub(super) const TRANSIT_KEY: &str = "MORETTA_OPENBAO_KEY";
/// The label of a token.
pub(super) const TOKEN: &str = "MORETTA_PKCS11_TOKEN";
/// The label of a key in it.
pub(super) const TOKEN_KEY: &str = "MORETTA_PKCS11_KEY";

/// A key of a transit engine of OpenBao or Vault: where the engine is mounted, and the name of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct TransitKey {
    pub(super) mount: String,
    pub(super) key: String,
}

impl TransitKey {
    /// The key that the environment names, as `MOUNT/KEY`.
    ///
    /// # Errors
    /// It names none.
    pub(super) fn given(secrets: &Secrets) -> Result<Self, KeyError> {
        let text = secrets.setting(TRANSIT_KEY, "which key of OpenBao it is")?;
        let (mount, key) = text.rsplit_once('/').unwrap_or(("transit", &text));
        if !mount.split('/').chain([key]).all(is_part_of_path) {
            return Err(ProviderFault::Malformed { variable: TRANSIT_KEY, expected: "as transit/moretta" }.into());
        }
        Ok(Self { mount: mount.to_owned(), key: key.to_owned() })
    }

    /// This key, if the environment names it as well.
    ///
    /// # Errors
    /// It names another, or none.
    pub(super) fn confirmed(&self, secrets: &Secrets) -> Result<Self, KeyError> {
        confirm(self.path(), Self::given(secrets)?.path(), TRANSIT_KEY)?;
        Self::given(secrets)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.mount, self.key)
    }
}

/// A key in a token: the labels of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct TokenKey {
    pub(super) token: String,
    pub(super) key: String,
}

impl TokenKey {
    /// The key that the environment names.
    ///
    /// # Errors
    /// It names none.
    pub(super) fn given(secrets: &Secrets) -> Result<Self, KeyError> {
        let token = secrets.setting(TOKEN, "the label of the token")?;
        Ok(Self { token, key: secrets.setting(TOKEN_KEY, "the label of the key in the token")? })
    }

    /// This key, if the environment names it as well.
    ///
    /// # Errors
    /// It names another, or none.
    pub(super) fn confirmed(&self, secrets: &Secrets) -> Result<Self, KeyError> {
        let given = Self::given(secrets)?;
        confirm(&self.token, &given.token, TOKEN)?;
        confirm(&self.key, &given.key, TOKEN_KEY)?;
        Ok(given)
    }
}

/// A key of AWS KMS: its ARN. An alias will not do, because it can be moved to another key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct KmsKey {
    arn: String,
}

impl KmsKey {
    /// The key that the environment names.
    ///
    /// # Errors
    /// It names none.
    pub(super) fn given(secrets: &Secrets) -> Result<Self, KeyError> {
        let expected = "as arn:aws:kms:REGION:ACCOUNT:key/ID";
        let malformed = || ProviderFault::Malformed { variable: KMS_KEY, expected }.into();
        Self::parse(&secrets.setting(KMS_KEY, "which key of AWS KMS it is")?).ok_or_else(malformed)
    }

    /// The key with this ARN. `None` if it is none.
    pub(super) fn parse(arn: &str) -> Option<Self> {
        is_arn(arn).then(|| Self { arn: arn.to_owned() })
    }

    /// This key, if the environment names it as well.
    ///
    /// # Errors
    /// It names another, or none.
    pub(super) fn confirmed(&self, secrets: &Secrets) -> Result<Self, KeyError> {
        let given = Self::given(secrets)?;
        confirm(&self.arn, &given.arn, KMS_KEY)?;
        Ok(given)
    }
}

#[cfg(feature = "aws-kms")]
impl KmsKey {
    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    pub(super) fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }

    /// Where AWS has the service in that region.
    pub(super) fn endpoint(&self) -> String {
        let domain = if self.arn.starts_with("arn:aws-cn:") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://kms.{}.{domain}", self.region())
    }
}

fn confirm(held: impl AsRef<str>, given: impl AsRef<str>, variable: &'static str) -> Result<(), KeyError> {
    let (held, given) = (held.as_ref(), given.as_ref());
    if held == given {
        return Ok(());
    }
    let [held, given] = [held, given].map(|name| format!("`{}`", name.escape_default()));
    Err(ProviderFault::Elsewhere { held, given, variable }.into())
}

/// Nothing that could lead out of its place in a path.
fn is_part_of_path(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<_> = text.split(':').collect();
    let plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let [arn, partition, service, region, account, key] = parts.as_slice() else { return false };
    let key = key.strip_prefix("key/").unwrap_or_default();
    let all_are_there = [partition, region, account, &key].iter().all(|part| !part.is_empty() && plain(part));
    (*arn, *service) == ("arn", "kms") && all_are_there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_kms_is_named_by_its_arn_alone() {
        assert!(is_arn("arn:aws:kms:eu-west-1:123456789012:key/79356668-ff2d-4f11-8cca-db4f897ab446"));
        assert!(is_arn("arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-12"));
        for other in [
            "",
            "79356668-ff2d",
            "alias/moretta",
            "arn:aws:kms:eu-west-1:1:alias/moretta",
            "arn:aws:kms:eu-west-1:1:key/",
            "arn:aws:kms:evil.example.org/:1:key/2",
            "arn:aws:s3:eu-west-1:1:key/2",
            "arn:aws:kms::1:key/2",
        ] {
            assert!(!is_arn(other), "{other}");
        }
    }

    #[test]
    fn a_path_cannot_lead_elsewhere() {
        for part in ["moretta", "research-2026_v1.2"] {
            assert!(is_part_of_path(part), "{part}");
        }
        for part in ["", ".", "..", "a b", "a?b", "a#b", "a%2e", "a\n", "é"] {
            assert!(!is_part_of_path(part), "{part}");
        }
    }

    #[test]
    fn another_key_than_the_environments_is_refused_and_nothing_odd_is_printed() {
        assert!(confirm("transit/moretta", "transit/moretta", TRANSIT_KEY).is_ok());
        let why = confirm("transit/\u{1b}[2J", "transit/moretta", TRANSIT_KEY).unwrap_err().to_string();
        assert!(why.contains("`transit/\\u{1b}[2J`, and MORETTA_OPENBAO_KEY says `transit/moretta`"), "{why}");
    }
}
