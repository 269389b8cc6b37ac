//! What can go wrong, whose fault it is, and how to mend it.
//!
//! No error carries a value of the data: positions, column names, codes and counts only.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crate::batch::is_name;
use crate::phi::Label;
use crate::plugin::{PackageError, PackageProblem};

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

/// What is wrong with the input, and where.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct DataError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: DataProblem,
}

/// What is wrong with the input. Never carries a value; column names are part of the schema and may stand here.
#[derive(Debug, thiserror::Error)]
pub enum DataProblem {
    /// There is no header, no schema and no row.
    #[error("the input is empty; a CSV file needs at least a header line, and an NDJSON file a document")]
    Empty,
    /// The bytes cannot be what the format says.
    #[error("not a readable {0} file: it is damaged, cut off, or of another format (choose one with the extension)")]
    Unreadable(&'static str),
    /// Somebody wrote to it meanwhile.
    #[error("it changed while it was read; write it under another name, and rename it when it is whole")]
    Changed,
    /// A CSV record with more or fewer fields than the header.
    #[error("{found} fields where the header has {expected}; is a quote or a delimiter missing?")]
    Ragged {
        /// Fields in the header.
        expected: usize,
        /// Fields in this record.
        found: usize,
    },
    /// The text is not in the one encoding that is read.
    #[error("the text is UTF-16; save it as UTF-8")]
    Utf16,
    /// Bytes that are not UTF-8.
    #[error("bytes that are not UTF-8; convert the file to UTF-8")]
    NotUtf8,
    /// A character that no text has.
    #[error("a NUL byte; the file is damaged, or is not text in UTF-8")]
    Nul,
    /// A row that is too long to be one.
    #[error("the row is longer than {limit} bytes; is a quote never closed? no longer row can be read: shorten it")]
    RowTooLong {
        /// The longest row allowed, in bytes.
        limit: usize,
    },
    /// A quoted CSV field without an end.
    #[error("the quote that opens here is never closed")]
    UnclosedQuote,
    /// A quoted CSV field with a tail.
    #[error("text follows a closing quote; a quote inside a quoted field is written twice")]
    TextAfterQuote,
    /// A carriage return that is part of no line ending, outside quotes.
    #[error("a carriage return without a line feed; end lines with LF or CR LF, or quote the field")]
    LoneReturn,
    /// A column without a name.
    #[error("column {position} has no name; give it one in the header")]
    UnnamedColumn {
        /// Counted from 1.
        position: usize,
    },
    /// Two columns of one name.
    #[error("columns {first} and {second} have the same name; rename one of them")]
    DuplicateColumn {
        /// Counted from 1.
        first: usize,
        /// Counted from 1.
        second: usize,
    },
    /// A row that equals the header.
    #[error("the row repeats the header; were several files joined into one?")]
    RepeatedHeader,
    /// A value is not of the type that the policy gives to its column.
    #[error("the value is not of type {0}, which the policy gives to the column; mend the value or the type")]
    NotOfType(crate::batch::ColumnType),
    /// A value that the type in which transforms are given its column cannot hold.
    #[error("the value has no equal of type {0}, in which transforms take it; make the column text under `types`")]
    Inexact(crate::batch::ColumnType),
    /// Another input has another column at a position.
    #[error(
        "column {position} is not that of the first input{}; all inputs need the same columns in the same order: is a \
         header missing?",
        quoted(expected)
    )]
    OtherColumn {
        /// Counted from 1.
        position: usize,
        /// Its name in the first input, if that may be shown.
        expected: Option<String>,
    },
    /// Another input has more columns than the first one.
    #[error("the input has {found} columns and the first one {expected}; all inputs need the same columns")]
    MoreColumns {
        /// How many the first input has.
        expected: usize,
        /// How many this one has.
        found: usize,
    },
    /// Another input has not a column that the first one has.
    #[error(
        "column {position} of the first input{} is missing; all inputs need the same columns in the same order",
        quoted(expected)
    )]
    MissingColumn {
        /// Counted from 1.
        position: usize,
        /// Its name in the first input, if that may be shown.
        expected: Option<String>,
    },
    /// Another input has a column with another type.
    #[error("the type is {found}, but {expected} in the first input; all inputs need the same types")]
    OtherType {
        /// The Arrow type in the first input.
        expected: Box<str>,
        /// The Arrow type in this one.
        found: Box<str>,
    },
    /// Another input says something else of what a column is.
    #[error("column {position} says that it is something else than in the first input; mask them apart")]
    OtherLabel {
        /// The column, counted from 1.
        position: usize,
    },
    /// A cell that is to be revealed and is not opened.
    #[error("{0}; such cells are left as they are with --skip-unopened")]
    NotOpened(Box<crate::keys::KeyError>),
    /// A token that is to be revealed, and the vault has none like it.
    #[error(
        "the vault has no such token of this domain and format: it expired and was purged, is of another vault, or is no \
         token; such cells are left as they are with --skip-unopened"
    )]
    UnknownToken,
    /// A token that is to be revealed, and stands for nothing any more.
    #[error("the token has expired and leads back to nothing; such cells are left as they are with --skip-unopened")]
    ExpiredToken,
    /// A cell that is to be revealed, and is opened, and is no text.
    #[error("the cell holds bytes that are no text; say `binary` under the policy's `types`, for base64")]
    OpenedNoText,
    /// A line of NDJSON that is not JSON.
    #[error("not a JSON text; each line has to be one complete object (RFC 8259)")]
    NotJson,
    /// A line of NDJSON with another value.
    #[error("a JSON text that is not an object; each line has to be one object")]
    NotAnObject,
    /// An object with a key that stands for several columns, or for none.
    #[error("a key is empty or has `.` or `[]` in it, so that its column would be ambiguous; rename the key")]
    AmbiguousKey,
    /// An object with the same key twice.
    #[error("an object has the same key twice; remove one")]
    DuplicateKey,
    /// A document with too many levels.
    #[error("objects and arrays are nested more than {limit} deep; flatten the document")]
    TooDeep {
        /// The deepest level allowed.
        limit: usize,
    },
    /// More columns than a batch of so many rows can have.
    #[error(
        "too many different keys for so many rows; are keys used as data? move them into values, or read less at once"
    )]
    TooManyPaths,
    /// The output already has rows, and they have not this column.
    #[error("the column appears after rows without it; a {0} file has one set of columns: drop it, or write ndjson")]
    LateColumn(&'static str),
    /// The output already has rows, and they have a column that these have not.
    #[error("the column is missing after rows with it; a {0} file has one set of columns: drop it, or write ndjson")]
    LostColumn(&'static str),
    /// The output already has rows with another order or other types of columns.
    #[error("the column has another place or type than in the rows before; a {0} file has one order: write ndjson")]
    MovedColumn(&'static str),
    /// The input is not what the policy's contract says.
    #[error("{0}; mend the input, or the policy's `contract`")]
    Contract(crate::policy::Breach),
    /// The contents of a column are not what its label says, or it has none.
    #[error("its values look like {}, which no label says; label, mask or drop it, or say `looks_like`", looks_like.meaning())]
    Content {
        /// What they look like.
        looks_like: Label,
    },
    /// What came of a masked column looks like something that it never was.
    #[error("what came of masking it looks like {}; name another transform, or say `looks_like` in its rule", looks_like.meaning())]
    MaskedContent {
        /// What it looks like.
        looks_like: Label,
    },
    /// An original value stands in the output of its row.
    #[error(
        "a value that is not to be seen{} stands here, plain or in disguise; mask or drop it, or say `may_hold`",
        quoted(of)
    )]
    Residue {
        /// The column whose value it is, if its name may be shown.
        of: Option<String>,
    },
    /// A format has no way to write a value of this type.
    #[error("a value of type {found} cannot be written as {format}; drop the column, or write parquet or arrow")]
    Unwritable {
        /// The Arrow type.
        found: Box<str>,
        /// The format.
        format: &'static str,
    },
}

fn quoted(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!(", `{name}`"))
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
