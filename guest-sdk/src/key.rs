//! Keys as a plugin sees them: operations, and no bytes.
//!
//! Traits, so that a plugin's logic is tested natively against the keys of `testing` (feature `testing`).

use crate::bindings::types::{BatchError, KeyError, Rejection, Variable};

/// How a value is brought to one form before it is digested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Normalize {
    /// White space at both ends does not count.
    pub trim: bool,
    /// ASCII upper and lower case are the same.
    pub ascii_case: bool,
    /// Only letters and digits count.
    pub separators: bool,
}

/// Permission to digest the columns of one call. See `wit/pseudonym.wit`.
pub trait PseudonymKey {
    /// The keyed digest of every value of a column, each cut to `length` bytes, zeros for a null.
    ///
    /// # Errors
    /// The column was not lent, `length` is not 1 to 32, the type has no canonical bytes, or the quota is spent.
    fn digests(&self, column: u32, normalize: Normalize, length: u32) -> Result<Vec<u8>, KeyError>;
}

/// Permission to learn the offset of each row's subject. See `wit/date-shift.wit`.
pub trait DateShiftKey {
    /// The offset of each row's subject in days, never 0; 0 for a row without a subject.
    ///
    /// # Errors
    /// `max_days` is not 1 to 36500, or the quota is spent.
    fn offsets(&self, max_days: u32) -> Result<Vec<i32>, KeyError>;
}

/// Permission to encrypt the columns of one call, deterministically or not. See `wit/encryption.wit`.
pub trait EncryptionKey {
    /// The ciphertext of every value of a column, empty for a null.
    ///
    /// # Errors
    /// The column was not lent, its type has no canonical bytes, or the quota is spent.
    fn encrypt(&self, column: u32) -> Result<Variable, KeyError>;
}

/// Which characters of a value are encrypted, where the format is kept.
#[derive(Clone, Debug)]
pub struct Symbols<'a> {
    /// 2 to 94 different printable ASCII characters. Others are left out.
    pub alphabet: &'a str,
    /// How many of a value's symbols are left out at its start.
    pub skip_first: u32,
    /// How many of a value's symbols are left out at its end.
    pub skip_last: u32,
    /// Separates uses of one key. Up to 256 bytes.
    pub tweak: &'a str,
}

/// Permission to encrypt the columns of one call and keep their format. See `wit/encryption.wit`.
pub trait FormatPreservingKey {
    /// The encrypted symbols of every value of a column: empty for a null, and for a value that has too few symbols.
    ///
    /// # Errors
    /// The column was not lent, alphabet or tweak are out of range, its type is neither text nor int64, or the quota is
    /// spent.
    fn encrypt(&self, column: u32, symbols: &Symbols<'_>) -> Result<Variable, KeyError>;
}

/// What tokens look like. See `wit/vault.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFormat {
    /// 26 letters and digits.
    Opaque,
    /// An opaque token behind a prefix of 1 to 16 letters, digits, `_`, `-`, `.` and `:`.
    Prefixed(String),
    /// As many digits as the value has.
    Digits,
}

/// Permission to ask a vault for the tokens of the columns of one call. See `wit/vault.wit`.
pub trait TokenVault {
    /// The token of every value of a column, empty for a null and a row that was rejected; and those rows. `days` is how
    /// long a new token stands for its value, without it for ever.
    ///
    /// # Errors
    /// The column was not lent, the prefix or `days` are out of range, its type has no canonical bytes, or the quota is
    /// spent.
    fn tokens(
        &self,
        column: u32,
        format: TokenFormat,
        days: Option<u16>,
    ) -> Result<(Variable, Vec<Rejection>), KeyError>;
}

/// Permission to draw random bytes for the rows of one call. See `wit/random.wit`.
pub trait Randomness {
    /// So many bytes (1 to 16) for each row.
    ///
    /// # Errors
    /// `bytes` is out of range, or it was drawn before.
    fn draw(&self, bytes: u32) -> Result<Vec<u8>, KeyError>;
}

impl From<KeyError> for BatchError {
    fn from(_: KeyError) -> Self {
        Self::KeyRefused
    }
}
