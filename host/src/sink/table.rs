//! The stage of the formats that hold Arrow columns: a writer that keeps state between batches.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::batch::own_metadata;
use crate::error::Error;
use crate::sink::columns::same_columns;
use crate::sink::staged::Staged;
use crate::sink::{Encoded, Encoder, Stage, Target};
use crate::source::Format;
use crate::verify::VerifiedBatch;

/// Writes record batches into memory, from where the stage takes the bytes.
pub(super) trait TableWriter: Send + Sized {
    /// What it writes.
    const FORMAT: Format;

    /// The type in which the format holds a column.
    fn held_as(data_type: &DataType) -> DataType;

    /// Begins a file of these columns.
    fn begin(columns: &SchemaRef, target: &Target) -> Result<Self, Error>;

    /// Writes a batch. Returns bytes to append.
    fn write(&mut self, batch: &RecordBatch, target: &Target) -> Result<Vec<u8>, Error>;

    /// Ends the file. Returns the last bytes.
    fn finish(self) -> Result<Vec<u8>, Error>;
}

/// Hands columns on: the writers keep state, so that nothing is left to do on a worker.
pub(super) struct TableEncoder;

impl Encoder for TableEncoder {
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error> {
        Ok(Encoded::Columns(batch))
    }
}

/// Writes batches of the columns that the first one has.
pub(super) struct TableStage<W> {
    staged: Staged,
    begun: Option<Begun<W>>,
}

struct Begun<W> {
    writer: W,
    /// The columns of the first batch.
    first: SchemaRef,
    /// The columns as they are written.
    held: SchemaRef,
}

impl<W: TableWriter> TableStage<W> {
    /// An empty stage.
    pub(super) fn new(staged: Staged) -> Self {
        Self { staged, begun: None }
    }

    fn begin(&self, columns: &SchemaRef) -> Result<Begun<W>, Error> {
        let held = Arc::new(held(columns, W::held_as));
        Ok(Begun { writer: W::begin(&held, self.staged.target())?, first: columns.clone(), held })
    }
}

impl<W: TableWriter> Stage for TableStage<W> {
    fn write(&mut self, encoded: Encoded) -> Result<u64, Error> {
        let Encoded::Columns(batch) = encoded else {
            return Err(Error::Internal("a stage of columns was given bytes"));
        };
        let columns = batch.columns().schema();
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => self.begin(&columns)?,
        };
        let begun = self.begun.insert(begun);
        same_columns(&begun.first, &columns, self.staged.target(), W::FORMAT)?;
        let bytes = begun.writer.write(&as_held(batch.columns(), &begun.held)?, self.staged.target())?;
        self.staged.write(&bytes)
    }

    fn release(&mut self) -> Result<(), Error> {
        self.staged.release()
    }

    fn commit(mut self: Box<Self>) -> Result<(), Error> {
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => self.begin(&Arc::new(Schema::empty()))?,
        };
        self.staged.write(&begun.writer.finish()?)?;
        self.staged.commit()
    }
}

/// Every column says what it is. It may be null: which ones have nulls is known only at the end.
fn held(columns: &SchemaRef, held_as: impl Fn(&DataType) -> DataType) -> Schema {
    let field = |field: &Arc<Field>| {
        Field::new(field.name(), held_as(field.data_type()), true).with_metadata(own_metadata(field))
    };
    Schema::new(columns.fields().iter().map(field).collect::<Vec<_>>())
}

fn as_held(batch: &RecordBatch, held: &SchemaRef) -> Result<RecordBatch, Error> {
    let columns = batch.columns().iter().zip(held.fields());
    let columns = columns.map(|(column, field)| match column.data_type() == field.data_type() {
        true => Ok(column.clone()),
        false => cast(column, field.data_type()).map_err(|_| Error::Internal("a dictionary has not its own values")),
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(held.clone(), columns.collect::<Result<_, _>>()?, &options)
        .map_err(|_| Error::Internal("the columns of a batch do not fit those of the output"))
}
