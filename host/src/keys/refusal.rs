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
    /// Another user's keyring: what is written would be the writer's, and its owner could not read it any more.
    #[error("{} belongs to another user; change it as its owner", .0.display())]
    NotOwner(PathBuf),
    /// A form that was never released.
    #[error(
        "{} is of an early form, with keys that are not encrypted, which is no longer read; make another keyring with \
         `moretta keys init` in another directory", .0.display()
    )]
    OldForm(PathBuf),
    /// The keyring does not open with the secret that was given.
    #[error(
        "{} does not open with the {secret} given: it is another one, or the file was changed (then take a backup)",
        path.display()
    )]
    NotOpened {
        /// The keyring's file.
        path: PathBuf,
        /// What is to open it: passphrase, key.
        secret: &'static str,
    },
    /// A secret is given, and the keyring opens without one.
    #[error(
        "a secret or a provider is given, and this keyring opens with the key file beside it: it is another keyring than \
         the one you sealed, or was never sealed (then give no secret, or seal it with `moretta keys rewrap`)"
    )]
    NotSealed,
    /// What was wrapped does not open.
    #[error("a wrapped key does not open: it was wrapped under another key or for another use, or was changed")]
    NotUnwrapped,
    /// The keyring's file says something that it cannot mean.
    #[error("the keyring is damaged: {0} cannot be; take a backup")]
    OutOfRange(&'static str),
    /// Nobody gives the passphrase.
    #[error("the keyring is sealed with a passphrase; set {0}, name a file that holds it, or run this on a terminal")]
    NoPassphrase(&'static str),
    /// A new passphrase that can be guessed.
    #[error("the passphrase is shorter than {0} characters; take a longer one, of several words")]
    ShortPassphrase(usize),
    /// Asked twice, two answers.
    #[error("the two passphrases differ; try again")]
    PassphrasesDiffer,
    /// Nobody gives the key-encryption key.
    #[error("the keyring's key-encryption key is not given; set {0} to it")]
    NoKey(&'static str),
    /// The key-encryption key is none.
    #[error("{0} is not base64 of 32 bytes; `head -c 32 /dev/urandom | base64` makes a new one")]
    MalformedKey(&'static str),
    /// A keyring that was never written is to be changed.
    #[error("the keyring is in memory alone; make one that lasts with `moretta keys init`")]
    InMemory,
    /// It was rewrapped while it was open here.
    #[error("the keyring was rewrapped meanwhile; run this again")]
    Rewrapped,
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
    /// The version of the key is gone.
    #[error("version {version} of key `{name}` was destroyed; nobody can read what was sealed under it any more")]
    Destroyed {
        /// The key.
        name: String,
        /// The version asked for.
        version: u32,
    },
    /// The version cannot be brought into that state.
    #[error("version {version} of key `{name}` is {is} and cannot be made {wanted}{mend}")]
    State {
        /// The key.
        name: String,
        /// The version asked for.
        version: u32,
        /// What it is.
        is: super::VersionState,
        /// What was asked.
        wanted: super::VersionState,
        /// How to mend it.
        mend: &'static str,
    },
    /// Who is added is there.
    #[error("the keyring has operator `{0}`, or this public key under another name; see `moretta operators list`")]
    OperatorTwice(String),
    /// The key-encryption key is held elsewhere and cannot be used.
    #[error(transparent)]
    Provider(#[from] super::ProviderFault),
    /// It takes the consent of others.
    #[error(transparent)]
    Approval(#[from] crate::approval::ApprovalError),
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
    /// Plugins are lent no key for this purpose.
    #[error("a key for {0} is lent to no plugin")]
    ForNoPlugin(super::Purpose),
    /// A key for date shifts was to be lent without saying who the rows are about.
    #[error("a key for date shifts is lent with the subjects of the rows, and there are none")]
    NoSubjects,
    /// A cell does not open.
    #[error("a cell does not open under this key: it is damaged, of another column or domain, or no ciphertext")]
    Cell,
    /// No version of the key may be used for new data.
    #[error("key `{0}` has no primary version any more; make one with `moretta keys rotate {0}`")]
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
    /// Whether a disk, a damaged file or a provider elsewhere is to blame, and not what was asked for.
    pub(crate) fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Provider(fault) => fault.is_of_the_machine(),
            Self::Io { .. }
            | Self::Damaged(..)
            | Self::Sealed(_)
            | Self::NotUnwrapped
            | Self::OutOfRange(_)
            | Self::NoRandomness
            | Self::Full => true,
            _ => false,
        }
    }

    /// For `map_err` on input and output.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
