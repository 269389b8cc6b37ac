//! Files that hold Arrow columns: their readers decode, so a chunk is a finished batch.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Schema, SchemaRef};

use crate::batch::{Batch, BatchPlace};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::convert::Conversion;
use crate::source::{Chunk, Format, ReadOptions, Source};

/// Calls into a reader of a format. The readers are not all hardened, so a panic is a fault of the file like an error.
pub(super) fn guarded<T, E>(
    input: &Arc<str>,
    format: Format,
    read: impl FnOnce() -> Result<T, E>,
) -> Result<T, DataError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => {
            let place = Place { input: input.clone(), ..Place::default() };
            Err(DataError { place, problem: DataProblem::Unreadable(format.name()) })
        }
    }
}

/// One input of which a reader makes record batches.
pub(super) struct TypedSource<R> {
    reader: R,
    conversion: Arc<Conversion>,
    input: Arc<str>,
    format: Format,
    batch_bytes: usize,
    /// What is left of the reader's last batch, and how many of its rows make a chunk.
    rest: Option<(RecordBatch, usize)>,
    row: u64,
}

impl<R> TypedSource<R> {
    /// A source of the batches that the reader makes.
    ///
    /// # Errors
    /// A column has no name, the name of another one, or not the type that the policy gives it.
    pub(super) fn new(
        reader: R,
        schema: &Schema,
        input: Arc<str>,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        check_names(schema, &input)?;
        let conversion = Arc::new(Conversion::new(schema, &options.types, &input)?);
        Ok(Self { reader, conversion, input, format, batch_bytes: options.batch_bytes, rest: None, row: 1 })
    }

    fn piece(&mut self) -> Option<RecordBatch> {
        let (rest, rows) = self.rest.take().filter(|(rest, _)| rest.num_rows() > 0)?;
        let rows_here = rows.min(rest.num_rows());
        let behind = rest.slice(rows_here, rest.num_rows().saturating_sub(rows_here));
        self.rest = Some((behind, rows));
        Some(rest.slice(0, rows_here))
    }
}

impl<R, E> Source for TypedSource<R>
where
    R: Iterator<Item = Result<RecordBatch, E>> + Send,
{
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error> {
        loop {
            if let Some(piece) = self.piece() {
                let place = BatchPlace { input: self.input.clone(), first_row: self.row, ..BatchPlace::default() };
                self.row = self.row.saturating_add(piece.num_rows() as u64);
                let (bytes, conversion) = (length(&piece) as u64, self.conversion.clone());
                return Ok(Some(Box::new(TypedChunk { piece, place, conversion, bytes })));
            }
            let read = guarded(&self.input, self.format, || self.reader.next().transpose())?;
            let Some(batch) = read else { return Ok(None) };
            let rows = rows_each(&batch, self.batch_bytes);
            self.rest = Some((batch, rows));
        }
    }

    fn schema_hint(&self) -> Option<SchemaRef> {
        Some(self.conversion.schema().clone())
    }
}

struct TypedChunk {
    piece: RecordBatch,
    place: BatchPlace,
    conversion: Arc<Conversion>,
    bytes: u64,
}

impl Chunk for TypedChunk {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn decode(self: Box<Self>) -> Result<Batch, Error> {
        Ok(Batch::new(self.conversion.apply(&self.piece, &self.place)?, self.place))
    }
}

fn check_names(schema: &Schema, input: &Arc<str>) -> Result<(), DataError> {
    let mut positions = HashMap::new();
    for (position, field) in (1..).zip(schema.fields()) {
        let problem = match positions.insert(field.name(), position) {
            Some(first) => DataProblem::DuplicateColumn { first, second: position },
            None if field.name().is_empty() => DataProblem::UnnamedColumn { position },
            None => continue,
        };
        let column = Some(field.name().clone()).filter(|name| !name.is_empty());
        return Err(DataError { place: Place { input: input.clone(), column, ..Place::default() }, problem });
    }
    Ok(())
}

/// The most rows of a chunk. Those of some types take no bytes: a file of a few bytes has any number of them.
const MOST_ROWS: usize = 1 << 20;

fn rows_each(batch: &RecordBatch, bytes: usize) -> usize {
    let rows = batch.num_rows();
    bytes.saturating_mul(rows).checked_div(length(batch)).unwrap_or(rows).clamp(1, MOST_ROWS)
}

/// How many bytes the values take, without those of a shared buffer that belong to other rows.
fn length(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or_default()).sum()
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, RecordBatchOptions};
    use arrow_schema::{ArrowError, DataType, Field};

    use super::*;

    fn numbers(rows: i64) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        RecordBatch::try_from_iter([("n", numbers)]).unwrap()
    }

    fn source<R>(reader: R, schema: &Schema) -> Result<TypedSource<R>, Error> {
        let options = ReadOptions { batch_bytes: 80, ..ReadOptions::default() };
        TypedSource::new(reader, schema, "test".into(), Format::Arrow, &options)
    }

    #[test]
    fn a_large_batch_is_cut_by_bytes_and_an_empty_one_skipped() {
        let batches = [numbers(0), numbers(25), numbers(1)].map(Ok::<_, ArrowError>);
        let mut source = source(batches.into_iter(), &numbers(0).schema()).unwrap();
        let chunks =
            std::iter::from_fn(|| source.next().unwrap()).map(|chunk| (chunk.bytes(), chunk.decode().unwrap()));
        let shape: Vec<_> = chunks.map(|(bytes, batch)| (bytes, batch.rows(), batch.place().first_row)).collect();
        assert_eq!(shape, [(80, 10, 1), (80, 10, 11), (40, 5, 21), (8, 1, 26)]);
    }

    #[test]
    fn rows_that_take_no_bytes_come_a_bounded_number_at_a_time() {
        let options = RecordBatchOptions::new().with_row_count(Some(1 << 60));
        let endless = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
        let mut source = source(std::iter::once(Ok::<_, ArrowError>(endless)), &Schema::empty()).unwrap();
        let places = [1, 1 + MOST_ROWS as u64].map(|first| (MOST_ROWS, first));
        for place in places {
            let batch = source.next().unwrap().unwrap().decode().unwrap();
            assert_eq!((batch.rows(), batch.place().first_row), place);
        }
    }

    #[test]
    fn an_error_and_a_panic_of_a_reader_are_faults_of_the_file() {
        let failing = std::iter::once(Err(ArrowError::ParseError("secret".to_owned())));
        let panicking = std::iter::from_fn(|| -> Option<Result<RecordBatch, ArrowError>> { panic!("secret") });
        let readers: [Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>; 2] =
            [Box::new(failing), Box::new(panicking)];
        for reader in readers {
            let failed = source(reader, &Schema::empty()).unwrap().next().err().unwrap().to_string();
            assert!(failed.starts_with("test: not a readable arrow file"), "{failed}");
            assert!(!failed.contains("secret"));
        }
    }

    #[test]
    fn rejects_names_that_are_missing_or_stand_twice() {
        let refusal = |names: [&str; 2]| {
            let schema = Schema::new(names.map(|name| Field::new(name, DataType::Int64, true)).to_vec());
            source(std::iter::empty::<Result<RecordBatch, ArrowError>>(), &schema).err()
        };
        let problem = |names| match refusal(names) {
            Some(Error::Data(refusal)) => Some(refusal.problem),
            _ => None,
        };
        assert!(matches!(problem(["a", "a"]), Some(DataProblem::DuplicateColumn { first: 1, second: 2 })));
        assert!(matches!(problem(["a", ""]), Some(DataProblem::UnnamedColumn { position: 2 })));
        assert!(refusal(["a", "b"]).is_none());
    }

    #[test]
    fn metadata_goes_no_further() {
        let secret = HashMap::from([("note".to_owned(), "secret".to_owned())]);
        let field = Field::new("n", DataType::Int64, true).with_metadata(secret.clone());
        let schema = Schema::new(vec![field]).with_metadata(secret);
        let batch = numbers(1).with_schema(Arc::new(schema.clone())).unwrap();
        let mut source = source(std::iter::once(Ok::<_, ArrowError>(batch)), &schema).unwrap();
        let read = source.next().unwrap().unwrap().decode().unwrap();
        assert!(!format!("{:?}", read.columns().schema()).contains("secret"));
        assert_eq!(source.schema_hint(), Some(read.columns().schema()));
    }
}
