//! Why a key cannot be had. Never says anything about its bytes.

use std::io;
use std::path::{Path, PathBuf};

/// Why a keyed operation is refused to a plugin. The same cases as `key-error` in `wit/types.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The operation names a column that was not lent with this call.
    #[error("the column was not lent with this call")]
    NotGranted,
    /// The call has used up what it was granted: one operation for each lent cell.
    #[error("the call has used up what it was granted")]
    QuotaExhausted,
    /// A parameter lies outside what its documentation allows.
    #[error("a parameter is out of range")]
    InvalidParameter,
    /// The column is of a type that has no canonical bytes.
    #[error("the column is of a type that has no canonical bytes")]
    UnsupportedType,
}

/// A key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no keyring where the operator says.
    #[error("there is no keyring at {path}; make one with `moretta keys init --keyring {path}`", path = .0.display())]
    NoKeyring(PathBuf),
    /// No keyring was given at all.
    #[error(
        "the policy uses key `{0}` and no keyring was given; name one with --keyring, or try with --ephemeral-keys"
    )]
    NoneGiven(String),
    /// The keyring is there already.
    #[error("there is a keyring at {} already; it is left as it is", .0.display())]
    Exists(PathBuf),
    /// Others than the owner can read it.
    #[error("{} can be read by others; make it yours alone: chmod 600", .0.display())]
    Readable(PathBuf),
    /// Others than the owner can put another file in its place.
    #[error("{} can be written by others; make it yours alone: chmod 700", .0.display())]
    Writable(PathBuf),
    /// The keyring's file is damaged.
    #[error("{path} is damaged: {1}", path = .0.display())]
    Damaged(PathBuf, &'static str),
    /// The keyring cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The keyring has no such key.
    #[error("the keyring has no key `{0}`; see `moretta keys list`")]
    Unknown(String),
    /// The keyring has no such version of the key.
    #[error("the keyring has no version {version} of key `{name}`; see `moretta keys list`")]
    UnknownVersion {
        /// The key.
        name: String,
        /// The version asked for.
        version: u32,
    },
    /// The version of the key may not be used any more.
    #[error("version {version} of key `{name}` is disabled; enable it to read what was sealed under it")]
    Disabled {
        /// The key.
        name: String,
        /// The version asked for.
        version: u32,
    },
    /// What was sealed needs a version of the key that the keyring does not lend.
    #[error(
        "version {version} of key `{name}` is needed to read this, and it is disabled, destroyed or of another \
         keyring; see `moretta keys list`"
    )]
    NotLent {
        /// The key.
        name: String,
        /// The version that it was sealed under.
        version: u32,
    },
    /// Two keys of one name were asked for.
    #[error("two keys are named `{0}`; a name stands for one key")]
    Twice(String),
    /// No name for a key.
    #[error("`{0}` is no name for a key; use up to 64 of a-z, 0-9 and -, and a letter first")]
    InvalidName(String),
    /// The key is for something else.
    #[error("key `{name}` is for {is}, and {wanted} is asked of it; a key has one purpose")]
    WrongPurpose {
        /// The key.
        name: String,
        /// What it is for.
        is: super::Purpose,
        /// What was asked.
        wanted: super::Purpose,
    },
    /// No version of the key may be used for new data.
    #[error("key `{0}` has no primary version")]
    NoPrimary(String),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// A sealed record does not open under this key.
    #[error("record {0} does not open under this keyring: it is damaged, moved, or sealed under another key")]
    Sealed(u64),
    /// One more record would bring the key of this file beyond what is safe (NIST SP 800-38D, 8.3).
    #[error("the quarantine file is full: it holds no more than 2^32 records; split the input")]
    Full,
}

impl KeyError {
    /// Whether a disk or a damaged file is to blame, and not what was asked for.
    pub(crate) fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Damaged(..) | Self::Sealed(_) | Self::NoRandomness | Self::Full)
    }

    /// For `map_err` on input and output.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
