//! What may be done under a key, for one purpose and one domain: a key in use, without its bytes.

use std::fmt;
use std::sync::Arc;

use super::keyed_digest::KeyedDigest;
use super::material::Material;
use super::memory;
use super::signing::Signing;
use super::token::TokenVersions;
use super::{Purpose, VersionState};

/// May lend a key for pseudonyms to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct PseudonymGrant(pub(in crate::keys) Arc<Granted<KeyedDigest>>);

/// May lend a key for date shifts to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct DateShiftGrant(pub(in crate::keys) Arc<Granted<KeyedDigest>>);

/// May lend a key for encryption to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct EncryptionGrant(pub(in crate::keys) Arc<Granted<Material>>);

/// May lend a key for deterministic encryption to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct DeterministicEncryptionGrant(pub(in crate::keys) Arc<Granted<Material>>);

/// May lend a key for format-preserving encryption to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct FormatPreservingGrant(pub(in crate::keys) Arc<Granted<Material>>);

/// May open what was encrypted under any version of a key that is not disabled or destroyed. No plugin is lent it.
#[derive(Clone)]
pub struct DecryptionGrant(pub(in crate::keys) Arc<Versions>);

/// The versions of a key: what opens cells of each, or the state in which it opens none.
pub(in crate::keys) struct Versions {
    pub(in crate::keys) name: String,
    pub(in crate::keys) purpose: Purpose,
    pub(in crate::keys) versions: Vec<(u32, Result<Material, VersionState>)>,
}

impl fmt::Debug for DecryptionGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionGrant").field("key", &self.0.name).finish_non_exhaustive()
    }
}

/// May seal and open quarantine files. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct QuarantineGrant(pub(in crate::keys) Arc<Granted<Material>>);

/// May sign checkpoints of an audit trail. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct AuditGrant(pub(in crate::keys) Arc<Granted<Signing>>);
/// May make and open token vaults. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct TokenGrant(pub(in crate::keys) Arc<Granted<TokenVersions>>);

/// One version of a key, in the one form in which its purpose uses it.
pub(in crate::keys) struct Granted<T> {
    pub(in crate::keys) name: String,
    pub(in crate::keys) version: u32,
    pub(in crate::keys) secret: T,
}

impl<T> Granted<T> {
    /// One place for all that share it, kept from swap.
    pub(in crate::keys) fn shared(name: &str, version: u32, secret: T) -> Arc<Self> {
        let granted = Arc::new(Self { name: name.to_owned(), version, secret });
        memory::keep_from_swap(&*granted);
        granted
    }
}

macro_rules! identify {
    ($($grant:ident),*) => {$(
        impl $grant {
            /// The name of the key.
            pub fn key_id(&self) -> &str {
                &self.0.name
            }

            /// The version of the key, counted from 1.
            pub fn version(&self) -> u32 {
                self.0.version
            }
        }

        impl fmt::Debug for $grant {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = stringify!($grant);
                f.debug_struct(name).field("key", &self.0.name).field("version", &self.0.version).finish_non_exhaustive()
            }
        }
    )*};
}

identify!(
    PseudonymGrant,
    DateShiftGrant,
    EncryptionGrant,
    DeterministicEncryptionGrant,
    FormatPreservingGrant,
    QuarantineGrant,
    AuditGrant,
    TokenGrant
);
