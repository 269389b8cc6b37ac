//! Keys: lent for one call and one purpose, never shown.
//!
//! A [`Keyring`] holds the keys. It gives grants, each for one purpose and one domain; a grant lends a key to one call,
//! with the columns of that call; and what is lent answers with digests or offsets, each cell once.
//!
//! In its file each version of each key is wrapped (AES-256-GCM) under a key-encryption key that a provider holds, bound
//! to keyring, name, purpose and version; the whole file carries a MAC under a key that is wrapped in it. So what is
//! moved, renamed, enabled or added by a hand without the key-encryption key is noticed. What is not noticed: an older
//! file of the same keyring in the place of the new one. It brings back what was destroyed or disabled since, and takes
//! away operators; its `serial` is lower. Whoever can do that and must not be able to use it is kept out by
//! [`Keyring::rewrap`]: no older file opens under the new key-encryption key.

mod canonical;
mod cells;
mod ciphertexts;
mod date_shift;
mod document;
mod encryption;
mod ff1;
mod file;
mod format_preserving;
mod grant;
mod keyed_digest;
mod keyring;
mod lifecycle;
mod material;
mod memory;
mod normalize;
mod operators;
mod private_file;
mod provider;
mod pseudonym;
mod purpose;
mod random_bytes;
mod randomness;
mod refusal;
mod reveal;
mod sealing;
mod signing;
mod token;
#[cfg(test)]
mod vectors;
mod wrapped;

pub(crate) use canonical::Canonical;
pub use cells::Cells;
pub(crate) use cells::LentCells;
pub use ciphertexts::Ciphertexts;
pub(crate) use date_shift::BatchOffsets;
pub use date_shift::LentDateShiftKey;
pub use document::VersionState;
pub use encryption::{LentDeterministicEncryptionKey, LentEncryptionKey};
pub use format_preserving::{LentFormatPreservingKey, Symbols};
pub use grant::{
    AuditGrant, DateShiftGrant, DecryptionGrant, DeterministicEncryptionGrant, EncryptionGrant, FormatPreservingGrant,
    PseudonymGrant, QuarantineGrant, TokenGrant,
};
pub(crate) use keyring::is_name;
pub use keyring::{DEFAULT_KEYS, KeyInfo, Keyring, VersionInfo};
pub use memory::forbid_dumps;
pub use normalize::Normalize;
pub use operators::Approved;
#[cfg(feature = "cli")]
pub(crate) use private_file::{read as read_private, write_new as write_private};
pub use provider::{Prompt, Protection, ProviderFault, Secrets};
pub use pseudonym::LentPseudonymKey;
pub use purpose::Purpose;
pub(crate) use random_bytes::RandomBytes;
pub use randomness::LentRandomness;
pub use refusal::{KeyError, Refusal};
pub(crate) use sealing::FileCipher;
pub use signing::AuditPublicKey;
pub(crate) use signing::SIGNATURE;
pub(crate) use token::{Binding, SealedSecret, SetKeys, VaultKeys};
