//! Quarantine: the original rows that could not be masked, kept encrypted beside their places.
//!
//! A quarantine file is JSON lines: a header that names the key, a line for each row, and a last line that seals their
//! number. Where a row stands and why it was rejected is open to read; its values are not. Whatever is changed, moved,
//! added or taken away is noticed when the file is read.

mod line;
mod listing;
mod reader;
mod row;
mod writer;

pub use listing::{QuarantineFile, list};
pub use reader::{QuarantinedRow, QuarantinedRows, read};
pub use row::row_as_json;
pub use writer::QuarantineWriter;
