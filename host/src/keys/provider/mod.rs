//! Who holds the key-encryption key (KEK) that the data keys of a keyring are wrapped under.

#[cfg(feature = "aws-kms")]
mod aws_kms;
mod elsewhere;
mod fault;
#[cfg(any(feature = "aws-kms", feature = "openbao"))]
mod http;
mod key_file;
mod local;
#[cfg(feature = "openbao")]
mod openbao;
mod passphrase;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod secrets;

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::KeyError;
use super::material::Material;
use super::wrapped::{Context, Wrapped};
use elsewhere::{KmsKey, TokenKey, TransitKey};
use local::LocalKek;
use passphrase::Argon2id;

pub use fault::ProviderFault;
pub use secrets::{Prompt, Secrets};

/// Wraps data keys under a key-encryption key, which it holds or can reach. It is called once for each key that a run
/// uses, and never for each value, so that a call may cross a network. Every call waits until it is done.
///
/// Errors say what the operator can do about it; [`KeyError::is_of_the_machine`] says whether it is the operator's to
/// mend. [`Provider::settings`] are read before the keyring is known to be genuine, so a provider must not hand a
/// credential to a place that they alone name.
pub(in crate::keys) trait Provider: Send + Sync {
    /// Wraps a data key, bound to its context: it unwraps under no other.
    ///
    /// # Errors
    /// The key-encryption key cannot be used.
    fn wrap(&self, key: &Material, context: &Context<'_>) -> Result<Wrapped, KeyError>;

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`KeyError::NotUnwrapped`]: it was wrapped under another key or for another context, or was changed. Or the
    /// key-encryption key cannot be used.
    fn unwrap(&self, wrapped: &Wrapped, context: &Context<'_>) -> Result<Material, KeyError>;

    /// What the keyring's file holds so that the provider is found again. Nothing secret.
    fn settings(&self) -> &Settings;
}

/// What a keyring's file says of its provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(in crate::keys) enum Settings {
    KeyFile(key_file::Name),
    Environment,
    Passphrase(Argon2id),
    #[serde(rename = "openbao")]
    OpenBao(TransitKey),
    Pkcs11(TokenKey),
    AwsKms(KmsKey),
    /// Of a keyring that is never written.
    #[serde(skip)]
    Memory,
}

/// What protects the key-encryption key of a keyring, as an operator chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// A file beside the keyring, mode 0600. Whoever has the directory has the keys.
    KeyFile,
    /// An environment variable, base64 of 32 bytes, which a secret store or a service manager fills.
    Environment,
    /// A passphrase, stretched with Argon2id (RFC 9106).
    Passphrase,
    /// A key in a transit engine of OpenBao or Vault, which never leaves the server.
    #[serde(rename = "openbao")]
    OpenBao,
    /// A key in a token, which PKCS #11 reaches and which it never leaves: a hardware security module.
    Pkcs11,
    /// A key of AWS KMS, which never leaves the service.
    AwsKms,
}

/// Makes a new key-encryption key for the keyring in a directory.
///
/// # Errors
/// No secret is given where one is needed, or a file cannot be written.
pub(in crate::keys) fn establish(
    protection: Protection,
    directory: &Path,
    secrets: &Secrets,
) -> Result<Box<dyn Provider>, KeyError> {
    let (kek, settings) = match protection {
        Protection::KeyFile => {
            let (name, kek) = key_file::make(directory)?;
            (kek, Settings::KeyFile(name))
        }
        Protection::Environment => (secrets.key_encryption_key()?, Settings::Environment),
        Protection::Passphrase => {
            let argon2id = Argon2id::with_new_salt()?;
            (argon2id.derive(&secrets.new_passphrase()?)?, Settings::Passphrase(argon2id))
        }
        Protection::OpenBao => return transit(TransitKey::given(secrets)?, secrets),
        Protection::Pkcs11 => return new_token(TokenKey::given(secrets)?, secrets),
        Protection::AwsKms => return kms(KmsKey::given(secrets)?, secrets),
    };
    Ok(Box::new(LocalKek::new(kek, settings)))
}

/// Makes a new key-encryption key for a keyring that is never written.
///
/// # Errors
/// The system gives no random bytes.
pub(in crate::keys) fn in_memory() -> Result<Box<dyn Provider>, KeyError> {
    Ok(Box::new(LocalKek::new(Material::random()?, Settings::Memory)))
}

/// Opens the provider that the file of a keyring names. Whoever can write the directory can put a keyring of their own
/// there, with keys that they know. Its file could only name a key file beside it: that is refused where a secret is
/// given, and any other provider needs the secret, or has the key that the environment names as well.
///
/// # Errors
/// The secret is not given, or is given and not needed, or its file cannot be read.
pub(in crate::keys) fn open(
    settings: &Settings,
    directory: &Path,
    secrets: &Secrets,
) -> Result<Box<dyn Provider>, KeyError> {
    let kek = match settings {
        Settings::KeyFile(_) if !secrets.given().is_empty() => return Err(KeyError::NotSealed),
        Settings::KeyFile(name) => key_file::read(directory, name)?,
        Settings::Environment => secrets.key_encryption_key()?,
        Settings::Passphrase(argon2id) => argon2id.derive(&secrets.passphrase()?)?,
        Settings::OpenBao(key) => return transit(key.confirmed(secrets)?, secrets),
        Settings::Pkcs11(key) => return token(key.confirmed(secrets)?, secrets),
        Settings::AwsKms(key) => return kms(key.confirmed(secrets)?, secrets),
        Settings::Memory => return Err(KeyError::InMemory),
    };
    Ok(Box::new(LocalKek::new(kek, settings.clone())))
}

#[cfg(feature = "openbao")]
fn transit(key: TransitKey, secrets: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Ok(Box::new(openbao::Transit::connect(key, secrets)?))
}

#[cfg(not(feature = "openbao"))]
fn transit(_: TransitKey, _: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Err(ProviderFault::NotBuilt("openbao").into())
}

#[cfg(feature = "pkcs11")]
fn token(key: TokenKey, secrets: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Ok(Box::new(pkcs11::Token::open(key, secrets)?))
}

#[cfg(feature = "pkcs11")]
fn new_token(key: TokenKey, secrets: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Ok(Box::new(pkcs11::Token::establish(key, secrets)?))
}

#[cfg(not(feature = "pkcs11"))]
use token as new_token;

#[cfg(not(feature = "pkcs11"))]
fn token(_: TokenKey, _: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Err(ProviderFault::NotBuilt("pkcs11").into())
}

#[cfg(feature = "aws-kms")]
fn kms(key: KmsKey, secrets: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Ok(Box::new(aws_kms::Kms::connect(key, secrets)?))
}

#[cfg(not(feature = "aws-kms"))]
fn kms(_: KmsKey, _: &Secrets) -> Result<Box<dyn Provider>, KeyError> {
    Err(ProviderFault::NotBuilt("aws-kms").into())
}

/// Takes away what earlier key-encryption keys left in the directory.
///
/// # Errors
/// A file cannot be removed.
pub(in crate::keys) fn remove_others(settings: &Settings, directory: &Path) -> Result<(), KeyError> {
    match settings {
        Settings::KeyFile(name) => key_file::remove_others(directory, Some(name)),
        _ => key_file::remove_others(directory, None),
    }
}

impl Settings {
    /// What protects the key-encryption key. `None` if it is in memory alone.
    pub(in crate::keys) fn protection(&self) -> Option<Protection> {
        match self {
            Self::KeyFile(_) => Some(Protection::KeyFile),
            Self::Environment => Some(Protection::Environment),
            Self::Passphrase(_) => Some(Protection::Passphrase),
            Self::OpenBao(_) => Some(Protection::OpenBao),
            Self::Pkcs11(_) => Some(Protection::Pkcs11),
            Self::AwsKms(_) => Some(Protection::AwsKms),
            Self::Memory => None,
        }
    }
}

impl Protection {
    /// All there are, also those that this build leaves out.
    pub const ALL: [Self; 6] =
        [Self::KeyFile, Self::Environment, Self::Passphrase, Self::OpenBao, Self::Pkcs11, Self::AwsKms];

    /// As it is written: `key-file`, `environment`, `passphrase`, `openbao`, `pkcs11`, `aws-kms`.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyFile => "key-file",
            Self::Environment => "environment",
            Self::Passphrase => "passphrase",
            Self::OpenBao => "openbao",
            Self::Pkcs11 => "pkcs11",
            Self::AwsKms => "aws-kms",
        }
    }

    /// What opens a keyring that is protected so.
    pub(in crate::keys) fn secret(self) -> &'static str {
        match self {
            Self::KeyFile | Self::Environment => "key",
            Self::Passphrase => "passphrase",
            Self::OpenBao => "transit key",
            Self::Pkcs11 => "key of the token",
            Self::AwsKms => "key of AWS KMS",
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "a key file beside it: against other users of this machine, and nothing else",
            Self::Environment => "a key in the environment: against who has the disk or a backup and not the variable",
            Self::Passphrase => "a passphrase (Argon2id): against who has the disk or a backup and cannot guess it",
            Self::OpenBao => "a transit key of OpenBao: against who has the disk or a backup and may not use that key",
            Self::Pkcs11 => "a key in a token (PKCS #11): against who has the disk or a backup and not token and PIN",
            Self::AwsKms => "a key of AWS KMS: against who has the disk or a backup and may not use that key",
        })
    }
}
