//! Tokens that stand for values, and lead back to them.
//!
//! A token is random: nothing of the value is in it, so that without the vault nobody can go back, not even with the key
//! (45 CFR 164.514(c) wants a code that is not derived from the person's data). What is drawn and what is shown are not the
//! same: the tokens of a batch are drawn side by side, which makes a large vault several times as quick, and are shown
//! under a keyed permutation, which hides that from all who have not both the vault and its key. The vault keeps for each token the value,
//! encrypted, and a keyed index that the value is found by. A token stands for one value inside one domain and format;
//! the same value has another token in another domain.
//!
//! Where a vault is: a file, an SQLite database that the processes of one machine may share; or a PostgreSQL database
//! that machines share (feature `postgres`). Both hold the same rows, and neither ever sees a value or a key.
//!
//! What a stolen vault tells without its key: how many tokens each domain and format has, how long their values are, and
//! when they expire. With the keyring besides, everything: keep the two apart.

mod format;
mod lent;
mod opener;
#[cfg(feature = "postgres")]
mod postgres;
mod problem;
mod reseal;
mod set;
mod sqlite;
mod store;
#[cfg(feature = "postgres")]
mod tls;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

pub use format::{Format, Prefix, Unfit};
pub use lent::{LentVault, VaultGrant};
pub(crate) use opener::{VaultOpener, VaultPlace};
pub use problem::VaultError;
pub use set::{Rejected, Revealed, Term, TokenSet, Tokens};

use crate::keys::{KeyError, TokenGrant, VaultKeys};
use sqlite::SqliteStore;
use store::{Header, TokenStore};

/// A vault, open under its key. Shared by threads.
pub struct Vault {
    store: Arc<dyn TokenStore>,
    keys: VaultKeys,
    /// Removed with the vault, if that is for a trial.
    _directory: Option<TempDir>,
}

/// What is in one set of tokens.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SetStats {
    /// The domain.
    pub domain: String,
    /// The name of the format.
    pub format: String,
    /// How many tokens there are, those that have expired included.
    pub tokens: u64,
    /// How many have expired and are not purged yet.
    pub expired: u64,
    /// How many values are sealed under each version of the key.
    pub key_versions: Vec<SealedUnder>,
}

/// How many values are sealed under one version of the key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SealedUnder {
    /// The version.
    pub version: u32,
    /// How many values.
    pub tokens: u64,
}

impl SetStats {
    /// Counts what is sealed under one version, to the last set if it is of the same.
    fn add(all: &mut Vec<Self>, domain: String, format: String, sealed: SealedUnder, expired: u64) {
        if all.last().is_none_or(|last| (&last.domain, &last.format) != (&domain, &format)) {
            all.push(Self { domain, format, tokens: 0, expired: 0, key_versions: Vec::new() });
        }
        if let Some(last) = all.last_mut() {
            last.tokens = last.tokens.saturating_add(sealed.tokens);
            last.expired = last.expired.saturating_add(expired);
            last.key_versions.push(sealed);
        }
    }
}

impl Vault {
    /// Makes a vault where there is none: in a file, its owner's alone (0600), or, if the place begins with `postgres://`
    /// or `postgresql://`, in tables of a PostgreSQL database (feature `postgres`).
    ///
    /// A server gets tokens, keyed digests and ciphertexts, never a value. Connections to another machine are encrypted
    /// (TLS), and the server's certificate is verified under the system's authorities, or those of the file that
    /// `MORETTA_VAULT_CA` names; there is no way to turn that off. Connections to this machine are, with
    /// `?sslmode=require`.
    ///
    /// # Errors
    /// There is something already, or nothing can be written there.
    pub fn create(place: &Path, key: &TokenGrant) -> Result<Self, VaultError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::NoRandomness)?;
        let keys = key.new_vault(id)?;
        let header = Header { id, key: key.key_id().to_owned(), secret: keys.sealed_secret()? };
        let store: Arc<dyn TokenStore> = match database(place) {
            None => Arc::new(SqliteStore::create(place, &header)?),
            #[cfg(feature = "postgres")]
            Some(url) => Arc::new(postgres::PostgresStore::create(url, &header)?),
            #[cfg(not(feature = "postgres"))]
            Some(_) => return Err(VaultError::NoClient),
        };
        Ok(Self { store, keys, _directory: None })
    }

    /// A vault in a directory of its own, removed with it, for a trial: its tokens are forgotten.
    ///
    /// # Errors
    /// Nothing can be written for the moment.
    pub(crate) fn ephemeral(key: &TokenGrant) -> Result<Self, VaultError> {
        let failed = |source| KeyError::Io { doing: "make", path: std::env::temp_dir(), source };
        let directory = tempfile::tempdir().map_err(failed)?;
        let place = directory.path().join("vault");
        Ok(Self { _directory: Some(directory), ..Self::create(&place, key)? })
    }

    /// Whether it was made under this key.
    pub(crate) fn is_under(&self, key: &TokenGrant) -> bool {
        self.keys.key_id() == key.key_id()
    }

    /// The version of its key that new values are sealed under.
    pub(crate) fn key_version(&self) -> u32 {
        self.keys.version()
    }

    /// Opens the vault in a place: see [`Vault::create`]. After the key was rotated, the vault's header is sealed anew under
    /// the version that is primary now.
    ///
    /// # Errors
    /// There is none, it is damaged, others can read it, or it was made under another key.
    pub fn open(place: &Path, key: &TokenGrant) -> Result<Self, VaultError> {
        match database(place) {
            None => Self::unlock(Arc::new(SqliteStore::open(place)?), key),
            #[cfg(feature = "postgres")]
            Some(url) => Self::unlock(Arc::new(postgres::PostgresStore::open(url)?), key),
            #[cfg(not(feature = "postgres"))]
            Some(_) => Err(VaultError::NoClient),
        }
    }

    /// The tokens of a domain in a format. Nothing is written before the first token is made.
    pub fn set(&self, domain: &str, format: Format) -> TokenSet {
        let keys = self.keys.set(domain, &format.to_string());
        TokenSet::new(self.store.clone(), keys, domain, format)
    }

    /// What is in the vault on this day (days since 1970-01-01), by domain and format. Reads all of it.
    ///
    /// # Errors
    /// The store fails.
    pub fn stats(&self, today: i32) -> Result<Vec<SetStats>, VaultError> {
        self.store.stats(today)
    }

    /// Removes all tokens that have expired on this day (days since 1970-01-01), and the values behind them: nobody can go
    /// back from them any more, and a value that comes again gets another token. Gives how many. Other processes may go on
    /// meanwhile.
    ///
    /// # Errors
    /// The store fails; what is removed then stays so.
    pub fn purge(&self, today: i32) -> Result<u64, VaultError> {
        let mut purged: u64 = 0;
        loop {
            match self.store.purge(today)? {
                0 => return Ok(purged),
                more => purged = purged.saturating_add(more),
            }
        }
    }

    fn unlock(store: Arc<dyn TokenStore>, key: &TokenGrant) -> Result<Self, VaultError> {
        let Header { id, key: made, secret } = store.header()?;
        let (place, given) = (store.place().to_owned(), key.key_id().to_owned());
        if made != given {
            return Err(VaultError::OtherKeyName { place, made, given });
        }
        let keys = key.open_vault(id, &secret)?.ok_or(VaultError::OtherKey { place, key: given })?;
        if secret.version != key.version() {
            store.reseal_header(&keys.sealed_secret()?)?;
        }
        Ok(Self { store, keys, _directory: None })
    }
}

/// The URL of the database, if the place is one.
fn database(place: &Path) -> Option<&str> {
    let url = |place: &&str| ["postgres://", "postgresql://"].iter().any(|scheme| place.starts_with(scheme));
    place.to_str().filter(url)
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("place", &self.store.place()).field("keys", &self.keys).finish()
    }
}

#[cfg(test)]
mod tests;
