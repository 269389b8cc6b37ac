//! What a plugin may be lent, whatever the capability: a grant for as long as a revision is in force, a key for one call.

use arrow_array::ArrayRef;

use crate::keys::{
    BatchOffsets, Cells, DateShiftGrant, DeterministicEncryptionGrant, EncryptionGrant, FormatPreservingGrant,
    KeyError, Keyring, LentDateShiftKey, LentDeterministicEncryptionKey, LentEncryptionKey, LentFormatPreservingKey,
    LentPseudonymKey, LentRandomness, PseudonymGrant, Purpose, TokenGrant,
};
use crate::manifest::World;
use crate::vault::{LentVault, VaultError, VaultGrant};

/// The key lent to one call.
#[derive(Debug)]
pub enum LentKey {
    /// None: the world has no key.
    None,
    /// For the world `pseudonym-masker`.
    Pseudonym(LentPseudonymKey),
    /// For the world `date-shift-masker`.
    DateShift(LentDateShiftKey),
    /// For the world `encryption-masker`.
    Encryption(LentEncryptionKey),
    /// For the world `deterministic-encryption-masker`.
    DeterministicEncryption(LentDeterministicEncryptionKey),
    /// For the world `format-preserving-masker`.
    FormatPreserving(LentFormatPreservingKey),
    /// For the world `token-masker`.
    Tokens(LentVault),
    /// For the world `random-masker`.
    Randomness(LentRandomness),
}

impl LentKey {
    /// What a world is lent for a call with so many rows when the rule names no key.
    pub(crate) fn without_key(world: World, rows: usize) -> Self {
        match world {
            World::RandomMasker => Self::Randomness(LentRandomness::for_rows(rows)),
            _ => Self::None,
        }
    }
}

/// May lend a key to calls, for one purpose and one domain.
#[derive(Clone, Debug)]
pub enum Grant {
    /// Digests that pseudonyms are made of.
    Pseudonym(PseudonymGrant),
    /// Offsets that dates are shifted by.
    DateShift(DateShiftGrant),
    /// Ciphertexts of which no two are equal.
    Encryption(EncryptionGrant),
    /// Ciphertexts that are equal for equal values.
    DeterministicEncryption(DeterministicEncryptionGrant),
    /// Ciphertexts of the same length and alphabet.
    FormatPreserving(FormatPreservingGrant),
    /// Random tokens, under the key that the vault is sealed with.
    Tokens(TokenGrant, VaultGrant),
}

/// What a key is lent with.
pub(crate) struct Lending<'a> {
    /// The columns of the call, the ones to mask first and the context after them.
    pub(crate) columns: Vec<Cells>,
    /// Who each row is about, for date shifts.
    pub(crate) subjects: Option<ArrayRef>,
    /// What is known of these subjects already.
    pub(crate) offsets: &'a BatchOffsets,
}

impl Grant {
    /// Grants the use of a key for a purpose that plugins are lent keys for. `vault` opens the vault that was made under
    /// it, for tokens.
    ///
    /// # Errors
    /// The keyring has no such key, it is for something else, or plugins are lent no key for that purpose. The vault does
    /// not open.
    pub fn of(
        keyring: &Keyring,
        purpose: Purpose,
        name: &str,
        domain: &str,
        vault: impl Fn(&TokenGrant) -> Result<VaultGrant, VaultError>,
    ) -> Result<Self, VaultError> {
        Ok(match purpose {
            Purpose::Pseudonym => Self::Pseudonym(keyring.pseudonym_key(name, domain)?),
            Purpose::DateShift => Self::DateShift(keyring.date_shift_key(name, domain)?),
            Purpose::Encrypt => Self::Encryption(keyring.encryption_key(name, domain)?),
            Purpose::EncryptDeterministic => {
                Self::DeterministicEncryption(keyring.deterministic_encryption_key(name, domain)?)
            }
            Purpose::FormatPreserving => Self::FormatPreserving(keyring.format_preserving_key(name, domain)?),
            Purpose::Token => tokens(keyring, name, vault)?,
            Purpose::Quarantine | Purpose::Audit => return Err(KeyError::ForNoPlugin(purpose).into()),
        })
    }

    /// A grant of a key that is made for it and gone with it, for a trial.
    ///
    /// # Errors
    /// The system gives no random bytes, or no room for a vault.
    pub(crate) fn for_trial(purpose: Purpose) -> Result<Self, VaultError> {
        const NAME: &str = "trial";
        let keyring = Keyring::ephemeral(&[(NAME, purpose)])?;
        Self::of(&keyring, purpose, NAME, NAME, |key| VaultGrant::ephemeral(key, NAME, None))
    }

    /// The name of the key.
    pub fn key_id(&self) -> &str {
        match self {
            Self::Pseudonym(grant) => grant.key_id(),
            Self::DateShift(grant) => grant.key_id(),
            Self::Encryption(grant) => grant.key_id(),
            Self::DeterministicEncryption(grant) => grant.key_id(),
            Self::FormatPreserving(grant) => grant.key_id(),
            Self::Tokens(key, _) => key.key_id(),
        }
    }

    /// The version of the key, counted from 1.
    pub fn version(&self) -> u32 {
        match self {
            Self::Pseudonym(grant) => grant.version(),
            Self::DateShift(grant) => grant.version(),
            Self::Encryption(grant) => grant.version(),
            Self::DeterministicEncryption(grant) => grant.version(),
            Self::FormatPreserving(grant) => grant.version(),
            Self::Tokens(_, grant) => grant.vault.key_version(),
        }
    }

    /// Lends the key to one call.
    ///
    /// # Errors
    /// The system gives no random bytes; or a key for date shifts is lent without subjects.
    pub(crate) fn lend(&self, lending: Lending<'_>) -> Result<LentKey, KeyError> {
        let Lending { columns, subjects, offsets } = lending;
        Ok(match self {
            Self::Pseudonym(grant) => LentKey::Pseudonym(grant.lend(columns)),
            Self::DateShift(grant) => {
                let subjects = subjects.ok_or(KeyError::NoSubjects)?;
                LentKey::DateShift(grant.lend_in(subjects, offsets))
            }
            Self::Encryption(grant) => LentKey::Encryption(grant.lend(columns)?),
            Self::DeterministicEncryption(grant) => LentKey::DeterministicEncryption(grant.lend(columns)),
            Self::FormatPreserving(grant) => LentKey::FormatPreserving(grant.lend(columns)),
            Self::Tokens(_, grant) => LentKey::Tokens(grant.lend(columns)),
        })
    }
}

/// Grants a vault. Another process may have rotated the key after this one opened the keyring, and sealed the vault's header
/// under the new version: then the keyring of now opens it.
fn tokens(
    keyring: &Keyring,
    name: &str,
    vault: impl Fn(&TokenGrant) -> Result<VaultGrant, VaultError>,
) -> Result<Grant, VaultError> {
    let key = keyring.token_key(name)?;
    match vault(&key) {
        Err(VaultError::Key(KeyError::NotLent { .. })) => {
            let key = keyring.newer()?.token_key(name)?;
            Ok(Grant::Tokens(key.clone(), vault(&key)?))
        }
        vault => Ok(Grant::Tokens(key, vault?)),
    }
}
