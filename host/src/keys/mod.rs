//! Keys: lent for one call and one purpose, never shown.
//!
//! A [`Keyring`] holds the keys. It gives grants, each for one purpose and one domain; a grant lends a key to one call,
//! with the columns of that call; and what is lent answers with digests or offsets, each cell once.

mod canonical;
mod date_shift;
mod grant;
mod keyed_digest;
mod keyring;
mod material;
mod normalize;
mod private_file;
mod pseudonym;
mod purpose;
mod refusal;
mod sealing;
mod stored;
mod token;

pub(crate) use date_shift::BatchOffsets;
pub use date_shift::LentDateShiftKey;
pub use grant::{DateShiftGrant, PseudonymGrant, QuarantineGrant, TokenGrant};
pub(crate) use keyring::is_name;
pub use keyring::{DEFAULT_KEYS, KeyInfo, Keyring, VersionInfo, VersionState};
pub use normalize::Normalize;
pub use pseudonym::LentPseudonymKey;
pub use purpose::Purpose;
pub use refusal::{KeyError, Refusal};
pub(crate) use sealing::FileCipher;
pub(crate) use token::{Binding, SealedSecret, SetKeys, VaultKeys};
