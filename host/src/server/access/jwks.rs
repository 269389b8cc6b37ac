//! The keys that tokens are signed with (RFC 7517): read again from time to time, and when a key is not known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use rustls::crypto::aws_lc_rs;
use ureq::Agent;
use ureq::tls::TlsConfig;

use crate::error::Error;
use crate::https::{self, NoAuthorities};

/// No key set has more, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// How long the issuer may take to give its keys.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tokens with unknown keys do not make the server ask more often than this.
const NOT_BEFORE: Duration = Duration::from_secs(10);

/// Where the keys are.
#[derive(Clone, Debug)]
pub(crate) enum KeyFile {
    /// A file.
    At(PathBuf),
    /// An address, and the authorities of it if not the system's.
    From(String, Option<PathBuf>),
}

/// One key, and the algorithm that it is for, where it says so.
pub(super) struct Key {
    pub(super) key: DecodingKey,
    pub(super) jwk: Jwk,
}

impl Key {
    /// The algorithm that the key is for, if it says one.
    pub(super) fn algorithm(&self) -> Option<KeyAlgorithm> {
        self.jwk.common.key_algorithm
    }
}

type Keys = BTreeMap<String, Arc<Key>>;

/// The keys by their `kid`.
pub(crate) struct Jwks {
    file: KeyFile,
    keys: RwLock<Arc<Keys>>,
    read: Mutex<Instant>,
}

impl Jwks {
    /// Reads the keys.
    ///
    /// # Errors
    /// They cannot be had, or there is none that can be used.
    pub(crate) fn open(file: KeyFile) -> Result<Self, Error> {
        let keys = file.read().map_err(Error::Usage)?;
        Ok(Self { file, keys: RwLock::new(Arc::new(keys)), read: Mutex::new(Instant::now()) })
    }

    /// Reads the keys again. What was known stays if that fails. Waits for the issuer: not for a thread of the network.
    ///
    /// # Errors
    /// Why it fails.
    pub(crate) fn refresh(&self) -> Result<(), String> {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let keys = self.file.read()?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// Whether an unknown key is a reason to read them again. Then it is for who asks to do so.
    pub(crate) fn may_refresh(&self) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let due = read.elapsed() >= NOT_BEFORE;
        if due {
            *read = Instant::now();
        }
        due
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }
}

impl std::fmt::Debug for Jwks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwks").field("file", &self.file).finish_non_exhaustive()
    }
}

impl KeyFile {
    fn read(&self) -> Result<Keys, String> {
        let name = match self {
            Self::At(path) => path.display().to_string(),
            Self::From(address, _) => address.clone(),
        };
        let text = match self {
            Self::At(path) => std::fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?,
            Self::From(address, authorities) => {
                fetch(address, authorities.as_deref()).map_err(|why| format!("{name} gives no keys: {why}"))?
            }
        };
        let set: JwkSet = serde_json::from_slice(&text).map_err(|_| format!("{name} is no JSON Web Key Set"))?;
        let keys: Keys = set.keys.into_iter().filter_map(usable).collect();
        match keys.is_empty() {
            true => Err(format!("{name} has no key with a `kid` that signatures can be verified with")),
            false => Ok(keys),
        }
    }
}

/// A public key for signatures, and its name. Secret keys are none: whoever verifies with one can sign with it.
fn usable(jwk: Jwk) -> Option<(String, Arc<Key>)> {
    use jsonwebtoken::jwk::AlgorithmParameters;
    let is_for_signatures = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
    let is_public = !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
    let kid = jwk.common.key_id.clone().filter(|_| is_for_signatures && is_public)?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((kid, Arc::new(Key { key, jwk })))
}

fn fetch(address: &str, authorities: Option<&Path>) -> Result<Vec<u8>, String> {
    let roots = https::authorities(authorities).map_err(|why| match why {
        NoAuthorities::Malformed => "`jwks_ca` is no file of PEM certificates",
        NoAuthorities::NotGiven => "this system trusts no authority; name some as `jwks_ca`",
    })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    let tls = tls.root_certs(roots).build();
    let config = Agent::config_builder().max_redirects(0).proxy(None).https_only(true).timeout_global(Some(PATIENCE));
    let agent = config.tls_config(tls).build().new_agent();
    let mut answer = agent.get(address).call().map_err(|error| error.to_string())?;
    answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec().map_err(|error| error.to_string())
}
