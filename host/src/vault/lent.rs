//! A vault in the hands of one call: `token-vault` in `wit/vault.wit`.

use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;

use super::{Format, Term, Tokens, Vault, VaultError};
use crate::keys::{Canonical, Cells, LentCells, Refusal};

/// May lend a vault to calls, for one domain. Cheap to clone, and shared by threads.
#[derive(Clone, Debug)]
pub struct VaultGrant {
    /// The vault.
    pub vault: Arc<Vault>,
    /// The domain: the same value has other tokens in another.
    pub domain: Arc<str>,
    /// Today, in days since 1970-01-01, if there is one.
    pub today: Option<i32>,
}

impl VaultGrant {
    /// Lends the vault to one call that was given these columns, the ones to mask first and the context after them.
    pub fn lend<C: Into<Cells>>(&self, columns: Vec<C>) -> LentVault {
        LentVault { grant: self.clone(), columns: LentCells::new(columns) }
    }
}

/// A vault in the hands of one call. It is asked for each lent column once.
pub struct LentVault {
    grant: VaultGrant,
    columns: LentCells,
}

impl LentVault {
    /// The token of every value of a column.
    ///
    /// # Errors
    /// The outer error is of the vault. [`Refusal::NotGranted`], [`Refusal::QuotaExhausted`]: the column was not lent, or
    /// was asked for before. [`Refusal::InvalidParameter`]: `days` without a today, or none at all.
    /// [`Refusal::UnsupportedType`]: not text, binary or int64.
    pub fn tokens(
        &mut self,
        column: u32,
        format: Format,
        days: Option<u16>,
    ) -> Result<Result<Tokens, Refusal>, VaultError> {
        let Ok(term) = term(self.grant.today, days) else { return Ok(Err(Refusal::InvalidParameter)) };
        let set = self.grant.vault.set(&self.grant.domain, format);
        let values = self.columns.spend(column, |cells| {
            let mut values = Vec::with_capacity(cells.array.len());
            Canonical::of(cells.array.as_ref())?.for_each(|value| values.push(value.map(<[u8]>::to_vec)));
            Ok(values)
        });
        let values = match values {
            Ok(values) => values,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let values: Vec<_> = values.iter().map(Option::as_deref).collect();
        set.tokens(&values, term).map(Ok)
    }
}

/// Without a lifetime, tokens stand for ever, and only those that expired long ago would need to know the day.
fn term(today: Option<i32>, days: Option<u16>) -> Result<Term, Refusal> {
    match (today, days.map(NonZeroU16::new)) {
        (today, None) => Ok(Term { today: today.unwrap_or_default(), days: None }),
        (Some(today), Some(Some(days))) => Ok(Term { today, days: Some(days) }),
        _ => Err(Refusal::InvalidParameter),
    }
}

impl fmt::Debug for LentVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentVault").field("vault", &self.grant.vault).finish_non_exhaustive()
    }
}
