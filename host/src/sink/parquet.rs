//! Apache Parquet, compressed with Zstandard.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::Error;
use crate::sink::Target;
use crate::sink::columns::unwritable;
use crate::sink::table::TableWriter;
use crate::source::Format;

/// Writes one row group after the other.
pub(super) struct ParquetWriter(ArrowWriter<Vec<u8>>);

/// A row group is kept in memory until it is written.
const GROUP_BYTES: usize = 64 << 20;

impl TableWriter for ParquetWriter {
    const FORMAT: Format = Format::Parquet;

    /// Parquet has no dates in milliseconds: other readers see a bare number. An instant keeps them exactly.
    fn held_as(data_type: &DataType) -> DataType {
        let held = |field: &Arc<Field>| {
            let data_type = Self::held_as(field.data_type());
            Arc::new(field.as_ref().clone().with_data_type(data_type))
        };
        match data_type {
            DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
            DataType::List(item) => DataType::List(held(item)),
            DataType::LargeList(item) => DataType::LargeList(held(item)),
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(held).collect()),
            other => other.clone(),
        }
    }

    fn begin(columns: &SchemaRef, target: &Target) -> Result<Self, Error> {
        let refused = |field: &&Arc<Field>| writer(Arc::new(Schema::new(vec![(*field).clone()]))).is_none();
        match (writer(columns.clone()), columns.fields().iter().find(refused)) {
            (Some(writer), _) => Ok(Self(writer)),
            (None, Some(field)) => Err(unwritable(target, field, Self::FORMAT).into()),
            (None, None) => Err(Error::Internal("the parquet writer refused columns that it takes one by one")),
        }
    }

    fn write(&mut self, batch: &RecordBatch, _target: &Target) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::Internal("the parquet writer refused a batch of its own columns");
        self.0.write(batch).map_err(failed)?;
        if self.0.in_progress_size() > GROUP_BYTES {
            self.0.flush().map_err(failed)?;
        }
        Ok(std::mem::take(self.0.inner_mut()))
    }

    fn finish(self) -> Result<Vec<u8>, Error> {
        self.0.into_inner().map_err(|_| Error::Internal("the parquet writer could not end its file"))
    }
}

fn writer(columns: SchemaRef) -> Option<ArrowWriter<Vec<u8>>> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(3).ok()?);
    let properties =
        WriterProperties::builder().set_compression(compression).set_created_by("moretta".to_owned()).build();
    ArrowWriter::try_new(Vec::new(), columns, Some(properties)).ok()
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;
    use arrow_array::{
        Array, ArrayRef, Date64Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray, ListArray,
        StringArray, StructArray, TimestampMillisecondArray,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::sink::{self, testing};
    use crate::source::{self, ReadOptions};

    fn round_trip(batches: &[RecordBatch]) -> Vec<RecordBatch> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.parquet");
        let verified = batches.iter().cloned().map(testing::verified).collect();
        std::fs::write(&path, testing::written("out.parquet", Format::Parquet, verified)).unwrap();
        testing::read(&path)
    }

    #[test]
    fn types_stay_as_they_are() {
        let columns: [(&str, ArrayRef); 5] = [
            ("text", Arc::new(LargeStringArray::from(vec![Some("é"), None]))),
            ("number", Arc::new(Int64Array::from(vec![None, Some(i64::MIN)]))),
            ("float", Arc::new(Float64Array::from(vec![0.1, -0.0]))),
            ("code", Arc::new(DictionaryArray::<Int32Type>::from_iter(["b", "a"]))),
            ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]))),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
        let [read] = round_trip(std::slice::from_ref(&batch)).try_into().unwrap();
        assert_eq!(read, batch);
    }

    #[test]
    fn dates_in_milliseconds_stay_the_same_instants() {
        let dates = |values: Vec<Option<i64>>| Arc::new(Date64Array::from(values)) as ArrayRef;
        let nested = Arc::new(Field::new("d", DataType::Date64, true));
        let nested = StructArray::from(vec![(nested, dates(vec![Some(1), None]))]);
        let columns = [("d", dates(vec![Some(86_400_001), None])), ("s", Arc::new(nested))];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
        let [read] = round_trip(&[batch]).try_into().unwrap();
        let instants = |values: Vec<Option<i64>>| TimestampMillisecondArray::from(values);
        assert_eq!(read.column(0).as_ref(), &instants(vec![Some(86_400_001), None]) as &dyn Array);
        assert_eq!(read.column(1).as_struct().column(0).as_ref(), &instants(vec![Some(1), None]) as &dyn Array);
    }

    #[test]
    fn a_run_without_rows_still_has_its_columns() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.parquet");
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        let none = testing::verified(RecordBatch::new_empty(schema.clone()));
        std::fs::write(&path, testing::written("out.parquet", Format::Parquet, vec![none])).unwrap();
        let mut source = source::open(&[path], &ReadOptions::default()).unwrap();
        assert_eq!(source.schema_hint(), Some(schema));
        assert!(source.next().unwrap().is_none());
    }

    #[test]
    fn rejects_a_batch_with_other_columns_or_types() {
        let batch = |name, array: ArrayRef| testing::verified(RecordBatch::try_from_iter([(name, array)]).unwrap());
        let text = || Arc::new(StringArray::from(vec!["x"]));
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Path(directory.path().join("out.parquet"));
        let (encoder, mut stage) = sink::open(&target, Format::Parquet).unwrap();
        stage.write(encoder.encode(batch("a", text())).unwrap()).unwrap();
        let mut refusal = |other| stage.write(encoder.encode(other).unwrap()).unwrap_err().to_string();
        assert!(refusal(batch("b", text())).contains("column `b`: the column appears after rows without it"));
        let number = refusal(batch("a", Arc::new(Int64Array::from(vec![1]))));
        assert!(number.contains("column `a`: the column has another place or type"), "{number}");
    }

    #[test]
    fn a_damaged_file_is_refused_wherever_it_is_cut() {
        let batch = RecordBatch::try_from_iter([("a", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]).unwrap();
        let whole = testing::written("out.parquet", Format::Parquet, vec![testing::verified(batch)]);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cut.parquet");
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let opened = source::open(std::slice::from_ref(&path), &ReadOptions::default());
            let refusal = opened.and_then(|mut source| source.next()).err().unwrap().to_string();
            assert!(refusal.contains("not a readable parquet file"), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_it_was(
            texts in prop::collection::vec(prop::option::of("\\PC{0,4}"), 1..40),
            cut in 0_usize..40,
        ) {
            let column: ArrayRef = Arc::new(StringArray::from(texts));
            let whole = RecordBatch::try_from_iter_with_nullable([("a", column, true)]).unwrap();
            let cut = cut.min(whole.num_rows());
            let parts = [whole.slice(0, cut), whole.slice(cut, whole.num_rows() - cut)];
            let read = round_trip(&parts);
            prop_assert_eq!(arrow_select::concat::concat_batches(&whole.schema(), &read).unwrap(), whole);
        }
    }
}
