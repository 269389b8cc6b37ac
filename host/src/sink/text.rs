//! The stage of the text formats: bytes after bytes.

use arrow_schema::SchemaRef;

use crate::error::Error;
use crate::sink::columns::same_columns;
use crate::sink::compress::compress;
use crate::sink::csv;
use crate::sink::staged::Staged;
use crate::sink::{Encoded, Stage};
use crate::source::{Compression, Format};

/// Appends encoded batches, after a header where the format has one.
pub(super) struct TextStage {
    staged: Staged,
    compression: Compression,
    header: Option<Format>,
    columns: Option<SchemaRef>,
}

impl TextStage {
    /// An empty stage. `header` is the format whose header comes first, if it has one.
    pub(super) fn new(staged: Staged, header: Option<Format>) -> Self {
        Self { compression: staged.target().compression(), staged, header, columns: None }
    }

    /// Writes the header of the first batch, and holds the others to it.
    fn begin(&mut self, columns: &SchemaRef) -> Result<u64, Error> {
        let Some(format) = self.header else { return Ok(0) };
        if let Some(first) = &self.columns {
            same_columns(first, columns, self.staged.target(), format)?;
            return Ok(0);
        }
        self.columns = Some(columns.clone());
        let header = compress(csv::header(columns, format.delimiter()), self.compression)?;
        self.staged.write(&header)
    }
}

impl Stage for TextStage {
    fn write(&mut self, encoded: Encoded) -> Result<u64, Error> {
        let Encoded::Bytes { bytes, columns } = encoded else {
            return Err(Error::Internal("a stage of text was given columns"));
        };
        let header = self.begin(&columns)?;
        Ok(self.staged.write(&bytes)?.saturating_add(header))
    }

    fn release(&mut self) -> Result<(), Error> {
        self.staged.release()
    }

    fn commit(mut self: Box<Self>) -> Result<(), Error> {
        if self.staged.written() == 0 {
            // A compressed file of nothing is not an empty file.
            let nothing = compress(Vec::new(), self.compression)?;
            self.staged.write(&nothing)?;
        }
        self.staged.commit()
    }
}
