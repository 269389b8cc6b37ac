//! Why a key cannot be had. Never says anything about its bytes.

use std::path::PathBuf;

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
        source: std::io::Error,
    },
    /// The keyring has no such key.
    #[error("the keyring has no key `{0}`; see `moretta keys list`")]
    Unknown(String),
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
}
