//! What can go wrong, whose fault it is, and how to mend it.
//!
//! No error carries a value of the data: positions, column names, codes and counts only.

mod data;

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crate::batch::is_name;
use crate::plugin::{PackageError, PackageProblem};

pub use data::{DataError, DataProblem};

/// Whose fault an [`Error`] is, and so who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// A plugin broke the contract, trapped, or used more than its limits.
    Guest,
    /// The machine or the host itself: disk, memory, a defect.
    Host,
    /// The policy, the plugins chosen, the keyring or the command line.
    Operator,
    /// The input.
    Data,
}

/// A run failed, and nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is missing, malformed, or not what the policy says.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A plugin misbehaved.
    #[error(transparent)]
    Guest(#[from] Box<crate::plugin::GuestError>),
    /// A plugin cannot be used here.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The policy cannot be used, or cannot be used on this input.
    #[error(transparent)]
    Policy(#[from] crate::policy::PolicyErrors),
    /// A key is missing or may not be used so.
    #[error(transparent)]
    Key(#[from] crate::keys::KeyError),
    /// The audit trail cannot be written, or not be trusted.
    #[error(transparent)]
    Audit(#[from] crate::audit::AuditError),
    /// A token vault cannot be used, or failed.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
    /// A store of plugins does not do what is asked.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Nothing is revealed.
    #[error(transparent)]
    Reveal(#[from] crate::reveal::RevealError),
    /// More rows were rejected than the operator allows.
    #[error("{0}")]
    Quarantined(Box<crate::outcome::TooManyQuarantined>),
    /// A plugin could not be built or packed.
    #[error("{0}")]
    Author(String),
    /// A file in an inbox could not be masked.
    #[error("{0}")]
    Unmasked(String),
    /// The options contradict each other.
    #[error("{0}")]
    Usage(String),
    /// The disk or another part of the machine failed.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sandbox cannot be set up on this machine.
    #[error("the sandbox does not start: {0}; it reserves address space for its instances, so lift `ulimit -v`")]
    Engine(String),
    /// There is no room for another instance of a plugin.
    #[error("a plugin cannot be run: {0}; the machine is out of memory or address space: use fewer --workers")]
    Instance(String),
    /// What a plugin was lent failed, by no fault of the plugin: the token vault.
    #[error("{0}")]
    Capability(String),
    /// The revision that a batch was masked under was ended: it drained for too long, or somebody stopped the dataset.
    #[error("ended before it was done: the revision was taken out of force; nothing was written, send it again")]
    Ended,
    /// A candidate for the next revision of a dataset is not good enough.
    #[error("{0}")]
    Candidate(String),
    /// The operator stopped the run.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// A defect of the host: an invariant did not hold. Nothing is written.
    #[error("internal error: {0}; this is a defect of moretta, please report it")]
    Internal(&'static str),
}

impl Error {
    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Data(_) | Self::Quarantined(_) | Self::Unmasked(_) => Blame::Data,
            Self::Guest(_) | Self::Author(_) => Blame::Guest,
            Self::Package(PackageError { problem: PackageProblem::Nonconforming(_), .. }) => Blame::Guest,
            Self::Key(error) if error.is_of_the_machine() => Blame::Host,
            Self::Audit(error) if error.is_of_the_operator() => Blame::Operator,
            Self::Audit(_) => Blame::Host,
            Self::Vault(error) if error.is_of_the_machine() => Blame::Host,
            Self::Store(error) if error.is_of_the_machine() => Blame::Host,
            Self::Candidate(_)
            | Self::Package(_)
            | Self::Policy(_)
            | Self::Key(_)
            | Self::Vault(_)
            | Self::Store(_)
            | Self::Reveal(_)
            | Self::Usage(_) => Blame::Operator,
            Self::Io { doing: "read", source, .. } if source.kind() == ErrorKind::NotFound => Blame::Data,
            Self::Io { .. }
            | Self::Engine(_)
            | Self::Instance(_)
            | Self::Capability(_)
            | Self::Ended
            | Self::Interrupted
            | Self::Internal(_) => Blame::Host,
        }
    }

    /// The exit code of the command: 1 failed, 2 usage or policy, 3 too many quarantined.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Quarantined(_) => 3,
            _ if self.blame() == Blame::Operator => 2,
            _ => 1,
        }
    }

    /// For `map_err` on input and output.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// The same for what an argument names beside the inputs: if it is not there, it was named by mistake.
    pub(crate) fn named(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                Self::Usage(format!("cannot {doing} {}: {source}", path.display()))
            }
            _ => Self::Io { doing, path, source },
        }
    }
}

impl From<crate::outcome::TooManyQuarantined> for Error {
    fn from(rows: crate::outcome::TooManyQuarantined) -> Self {
        Self::Quarantined(Box::new(rows))
    }
}

/// Where in the input. Counted from 1, the header of a CSV file is line 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the operator named it, `-` for standard input.
    pub input: Arc<str>,
    /// The row, not counting headers.
    pub row: Option<u64>,
    /// The line in the (decompressed) file.
    pub line: Option<u64>,
    /// The name of the column.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.input)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        } else if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        match &self.column {
            Some(column) if is_name(column) => write!(f, ", column `{column}`"),
            Some(_) => write!(f, ", a column whose name is not shown, as it may be data"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_a_column_by_its_name_and_never_by_a_key_that_is_data() {
        let shown = |column: &str| Place { column: Some(column.to_owned()), ..Place::default() }.to_string();
        assert_eq!(shown("name.given"), ", column `name.given`");
        assert_eq!(shown("999-95-5353.x"), ", a column whose name is not shown, as it may be data");
    }
}
