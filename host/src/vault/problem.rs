//! What can go wrong with a vault, and how to mend it. No message holds a value or a token.

use std::path::PathBuf;

use crate::keys::KeyError;

/// A vault cannot be used, or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no vault where the operator says.
    #[error("there is no vault at {0}; make one with `moretta vault init --vault {0}`")]
    NotThere(String),
    /// None was given at all.
    #[error("the policy uses key `{0}` for tokens and no vault was given; name one with --vault")]
    NoneGiven(String),
    /// There is something already where a vault is to be made.
    #[error("there is something at {0} already; it is left as it is")]
    Exists(String),
    /// Others than the owner can read it.
    #[error("{} can be read by others; make it yours alone: chmod 600", .0.display())]
    Readable(PathBuf),
    /// It is something else.
    #[error("{0} is no token vault of this version of moretta, or is damaged from the first page on")]
    NotAVault(String),
    /// It was made under a key of another name.
    #[error("{place} was made under key `{made}`, and key `{given}` is given; name the key that it was made under")]
    OtherKeyName {
        /// The vault.
        place: String,
        /// The key that it names.
        made: String,
        /// The key that was given.
        given: String,
    },
    /// It was made under another key.
    #[error(
        "{place} does not open under key `{key}` of this keyring: it was made with another keyring, or its header was \
         changed"
    )]
    OtherKey {
        /// The vault.
        place: String,
        /// The key that was given.
        key: String,
    },
    /// A key is missing or may not be used so.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A stored row is not as it was written.
    #[error(
        "{place}: what is stored for the token in row {row} does not open: it was changed, or moved from elsewhere"
    )]
    Tampered {
        /// The vault.
        place: String,
        /// The row of the column that was asked for, counted from 0.
        row: usize,
    },
    /// The database is damaged.
    #[error("{0} is damaged; restore it from a backup")]
    Damaged(String),
    /// The disk has no space left.
    #[error("no space is left for {0}; nothing of the batch was kept, so make space and run again")]
    Full(String),
    /// The database cannot be written.
    #[error("{0} cannot be written; it and its directory must be writable by who runs this")]
    ReadOnly(String),
    /// Another process kept the database to itself.
    #[error("{0} was locked by another process for too long; run again when that is done")]
    Busy(String),
    /// The database does not answer, or not as it should.
    #[error("cannot {doing} {place}: {reason}")]
    Failed {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The vault.
        place: String,
        /// What the system or the database said: words that hold no data.
        reason: String,
    },
    /// No prefix for tokens.
    #[error("a prefix of tokens has 1 to 16 of A-Z, a-z, 0-9, `_`, `-`, `.` and `:`")]
    InvalidPrefix,
    /// No format of tokens.
    #[error("a format of tokens is `opaque`, `prefixed:` with a prefix after it, or `digits`")]
    InvalidFormat,
    /// The URL of a database is malformed. It is not shown: a password may be in it.
    #[error("the URL of the database is malformed; it is `postgres://USER@HOST:PORT/DATABASE`")]
    InvalidUrl,
    /// The database is on another machine, and the URL asks for no encryption.
    #[error(
        "{0} is on another machine, and `sslmode=disable` would send rows of the vault in the clear; leave it out: such \
         connections are encrypted"
    )]
    Unencrypted(String),
    /// No encrypted connection to a server that is trusted.
    #[error("no encrypted connection to {place}: {why}; {variable} names a file of the authorities to trust (PEM)")]
    Untrusted {
        /// The vault.
        place: String,
        /// What TLS said.
        why: String,
        /// The variable that names the authorities.
        variable: &'static str,
    },
    /// A vault in a database server was asked of a program that has no client for it.
    #[error("this moretta was built without PostgreSQL; build it with `--features postgres`")]
    NoClient,
}

impl VaultError {
    /// Whether the machine is to blame, and not what was asked for.
    pub(crate) fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Key(error) => error.is_of_the_machine(),
            Self::Tampered { .. } | Self::Damaged(_) | Self::Full(_) | Self::Busy(_) | Self::Failed { .. } => true,
            Self::NoneGiven(_) => false,
            Self::NotThere(_) | Self::Exists(_) | Self::Readable(_) | Self::NotAVault(_) | Self::ReadOnly(_) => false,
            Self::OtherKeyName { .. } | Self::OtherKey { .. } => false,
            Self::Unencrypted(_) | Self::Untrusted { .. } => false,
            Self::InvalidPrefix | Self::InvalidFormat | Self::InvalidUrl | Self::NoClient => false,
        }
    }
}
