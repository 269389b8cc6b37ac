//! Sealing the values of a vault anew, so that nothing needs an old version of its key any more.

use std::collections::HashMap;

use super::store::Stale;
use super::{Vault, VaultError};
use crate::keys::{Binding, RandomBytes, SetKeys};

impl Vault {
    /// Seals every value that is under another version of the key anew under the one that is primary. Gives how many were.
    /// Tokens stay what they are. What is done lasts, so a run that was killed is finished by another; and other processes
    /// may go on meanwhile. Those that opened the vault before the key was rotated still seal under the old version:
    /// [`Vault::stats`] says what is left.
    ///
    /// # Errors
    /// A value was sealed under a version of the key that may not be used; what is stored is not what was; the store fails.
    pub fn reseal(&self) -> Result<u64, VaultError> {
        let version = self.keys.version();
        let (mut sets, mut random) = (HashMap::new(), RandomBytes::new());
        let (mut resealed, mut after) = (0_u64, None);
        loop {
            let stale = self.store.stale(version, after)?;
            let Some(last) = stale.last() else { return Ok(resealed) };
            after = Some(last.at);
            let rows = stale.into_iter().enumerate().map(|(at, stale)| {
                let keys = self.keys_of(stale.set, &mut sets)?;
                let sealed = self.anew(keys, at, &stale, &mut random)?;
                Ok((stale, sealed))
            });
            let rows: Vec<_> = rows.collect::<Result<_, VaultError>>()?;
            resealed = resealed.saturating_add(self.store.reseal(version, &rows)?);
        }
    }

    fn anew(
        &self,
        keys: &SetKeys,
        at: usize,
        Stale { row, .. }: &Stale,
        random: &mut RandomBytes,
    ) -> Result<Vec<u8>, VaultError> {
        let binding = Binding { index: &row.index, token: row.token.as_slice(), expires: row.expires };
        let tampered = || VaultError::Tampered { place: self.store.place().to_owned(), row: at };
        let value = keys.open(row.version, binding, &row.sealed)?.ok_or_else(tampered)?;
        Ok(keys.seal(binding, &value, random)?.1)
    }

    /// The keys of a set, which may have been made since this began.
    fn keys_of<'s>(&self, set: i64, known: &'s mut HashMap<i64, SetKeys>) -> Result<&'s SetKeys, VaultError> {
        if !known.contains_key(&set) {
            let all = self.store.sets()?.into_iter();
            known.extend(all.map(|(id, domain, format)| (id, self.keys.set(&domain, &format))));
        }
        known.get(&set).ok_or_else(|| VaultError::Damaged(self.store.place().to_owned()))
    }
}
