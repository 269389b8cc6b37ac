//! What may be done under a key, for one purpose and one domain: a key in use, without its bytes.

use std::fmt;
use std::sync::Arc;

use super::keyed_digest::KeyedDigest;
use super::material::Material;
use super::token::TokenVersions;

/// May lend a key for pseudonyms to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct PseudonymGrant(pub(in crate::keys) Arc<Granted<KeyedDigest>>);

/// May lend a key for date shifts to calls. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct DateShiftGrant(pub(in crate::keys) Arc<Granted<KeyedDigest>>);

/// May seal and open quarantine files. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct QuarantineGrant(pub(in crate::keys) Arc<Granted<Material>>);

/// May make and open token vaults. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct TokenGrant(pub(in crate::keys) Arc<Granted<TokenVersions>>);

/// One version of a key, in the one form in which its purpose uses it.
pub(in crate::keys) struct Granted<T> {
    pub(in crate::keys) name: String,
    pub(in crate::keys) version: u32,
    pub(in crate::keys) secret: T,
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

identify!(PseudonymGrant, DateShiftGrant, QuarantineGrant, TokenGrant);
