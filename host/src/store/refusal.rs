//! Why a plugin is not trusted, and why a store does not do what is asked.

use std::io;
use std::path::PathBuf;

use super::Release;
use crate::approval::Timestamp;
use crate::plugin::PackageError;

/// Why a plugin is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// There is no signature.
    #[error("it has no signature; `moretta plugin sign` makes one, and `moretta plugin install` keeps it")]
    Unsigned,
    /// A file that is no envelope.
    #[error("a signature cannot be read: {0}")]
    Malformed(&'static str),
    /// Nobody who is trusted.
    #[error("it is signed by a key that the trust root does not have; have somebody sign it who is in there")]
    UnknownKey,
    /// A signature that this key did not make.
    #[error(
        "a signature says to be of `{0}` and is not: it was forged, or changed since; remove that file, and have the plugin signed anew"
    )]
    Forged(String),
    /// The signature is too late.
    #[error("the key of `{0}` expired at {1}; sign it with another, or renew the trust root")]
    KeyExpired(String, Timestamp),
    /// The whole trust root is too old.
    #[error("the trust root expired at {0}; get the one that is in force now")]
    RootExpired(Timestamp),
    /// The key may sign other plugins only.
    #[error("the trust root does not let `{0}` sign plugins of this name")]
    NotAllowed(String),
    /// The signature means something else.
    #[error("what is signed is no release of a plugin: it has another payload type")]
    PayloadType,
    /// The signature is of other bytes.
    #[error("the signature is of another file, with SHA-256 {0}; have this one signed, or install that one")]
    OtherFile(String),
    /// The signature is of another manifest.
    #[error("the signature is of another manifest")]
    OtherManifest,
    /// The signature is of another name or version.
    #[error("the signature is of another release, {0}")]
    OtherRelease(String),
    /// Not enough signatures.
    #[error("{found} of the {needed} signatures that the trust root asks for")]
    TooFew {
        /// Different trusted keys that signed.
        found: usize,
        /// How many must.
        needed: usize,
    },
}

/// Why a store does not do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk failed.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file in it is no plugin.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A plugin is not trusted.
    #[error("plugin {plugin} is not trusted: {why}")]
    Untrusted {
        /// Its name and version, or the file.
        plugin: String,
        /// Why.
        why: Untrusted,
    },
    /// The trust root cannot be used.
    #[error("{}: this is no trust root: {problem}", path.display())]
    TrustRoot {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There is no store here.
    #[error("{} is no store of plugins; `moretta plugin install` makes one in an empty directory", .0.display())]
    NoStore(PathBuf),
    /// Something else is here.
    #[error("{} holds other files, so that no store can begin there; choose an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// A file of the store is not as a store leaves it.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and how to mend it.
        problem: &'static str,
    },
    /// A name or a version that cannot stand in the name of a file.
    #[error(
        "this is no NAME@VERSION: a name has a-z, 0-9 and -, a version letters, digits, `.`, `+` and -, and each at \
         most 64 characters"
    )]
    Name,
    /// The bytes under a name changed.
    #[error("the file of {0} is not the one that was installed; remove it and install it again")]
    Changed(Release),
    /// Other bytes have the name already.
    #[error("another file is installed as {0}; give the new one another version, or remove the old one")]
    OtherDigest(Release),
    /// There is no such plugin or version.
    #[error("{0} is not in the store; see `moretta plugin list`")]
    Unknown(String),
    /// It is in force.
    #[error("{0} is the current version; make another one current first, or say --yes")]
    Current(Release),
    /// There is no way back.
    #[error("no version of `{0}` was current before and is still there; install the one that is wanted")]
    NothingBefore(String),
    /// A registry does not give what is asked for.
    #[cfg(feature = "oci")]
    #[error("{place}: {problem}")]
    Registry {
        /// What was asked of which registry.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The machine's clock shows a time before 1970.
    #[error("the clock of this machine is wrong; set it right")]
    Clock,
}

impl StoreError {
    /// Whether the machine is to blame and not what was asked.
    pub fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() != io::ErrorKind::NotFound)
    }

    /// For `map_err` on input and output.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
