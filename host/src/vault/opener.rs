//! Where a run's vault is, opened when the first rule needs it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Vault, VaultError, VaultGrant};
use crate::keys::TokenGrant;

/// Opens the vault of a run, once.
#[derive(Debug, Default)]
pub(crate) struct VaultOpener {
    place: VaultPlace,
    open: Mutex<Option<Arc<Vault>>>,
}

/// Where a vault is.
#[derive(Debug, Default)]
pub(crate) enum VaultPlace {
    /// Nowhere: none was given.
    #[default]
    None,
    /// In a directory that is removed with it, for a trial.
    Ephemeral,
    /// Here.
    At(PathBuf),
}

impl VaultOpener {
    pub(crate) fn new(place: VaultPlace) -> Self {
        Self { place, open: Mutex::default() }
    }

    /// Grants the vault, which must be one that was made under this key.
    ///
    /// # Errors
    /// None was given, or it does not open.
    pub(crate) fn grant(&self, key: &TokenGrant, domain: &str, today: Option<i32>) -> Result<VaultGrant, VaultError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let vault = match (&*open, &self.place) {
            (Some(vault), _) if vault.is_under(key) => vault.clone(),
            (_, VaultPlace::None) => return Err(VaultError::NoneGiven(key.key_id().to_owned())),
            (_, VaultPlace::Ephemeral) => Arc::new(Vault::ephemeral(key)?),
            (_, VaultPlace::At(place)) => Arc::new(Vault::open(place, key)?),
        };
        Ok(VaultGrant { vault: open.insert(vault).clone(), domain: domain.into(), today })
    }
}

impl VaultGrant {
    /// A vault of its own, for a trial.
    ///
    /// # Errors
    /// There is no room for it.
    pub(crate) fn ephemeral(key: &TokenGrant, domain: &str, today: Option<i32>) -> Result<Self, VaultError> {
        VaultOpener::new(VaultPlace::Ephemeral).grant(key, domain, today)
    }
}
