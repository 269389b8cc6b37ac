//! What can be wrong with the input.

use super::Place;
use crate::phi::Label;

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
