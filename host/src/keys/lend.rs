//! What a plugin may be lent, whatever the capability: a grant for as long as a revision is in force, a key for one call.

use arrow_array::ArrayRef;

use super::{
    BatchOffsets, Cells, DateShiftGrant, DeterministicEncryptionGrant, EncryptionGrant, FormatPreservingGrant,
    KeyError, Keyring, LentDateShiftKey, LentDeterministicEncryptionKey, LentEncryptionKey, LentFormatPreservingKey,
    LentPseudonymKey, PseudonymGrant, Purpose,
};

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

impl Keyring {
    /// Grants the use of a key for a purpose that plugins are lent keys for.
    ///
    /// # Errors
    /// The keyring has no such key, it is for something else, or plugins are lent no key for that purpose.
    pub fn grant(&self, purpose: Purpose, name: &str, domain: &str) -> Result<Grant, KeyError> {
        Ok(match purpose {
            Purpose::Pseudonym => Grant::Pseudonym(self.pseudonym_key(name, domain)?),
            Purpose::DateShift => Grant::DateShift(self.date_shift_key(name, domain)?),
            Purpose::Encrypt => Grant::Encryption(self.encryption_key(name, domain)?),
            Purpose::EncryptDeterministic => {
                Grant::DeterministicEncryption(self.deterministic_encryption_key(name, domain)?)
            }
            Purpose::FormatPreserving => Grant::FormatPreserving(self.format_preserving_key(name, domain)?),
            Purpose::Quarantine | Purpose::Audit | Purpose::Token => return Err(KeyError::ForNoPlugin(purpose)),
        })
    }
}

impl Grant {
    /// The name of the key.
    pub fn key_id(&self) -> &str {
        match self {
            Self::Pseudonym(grant) => grant.key_id(),
            Self::DateShift(grant) => grant.key_id(),
            Self::Encryption(grant) => grant.key_id(),
            Self::DeterministicEncryption(grant) => grant.key_id(),
            Self::FormatPreserving(grant) => grant.key_id(),
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
        })
    }
}
