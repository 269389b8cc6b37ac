//! Apache Arrow IPC: the file format, and the stream format.

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, SchemaRef};

use crate::error::Error;
use crate::sink::Target;
use crate::sink::table::TableWriter;
use crate::source::Format;

/// Writes the file format.
pub(super) struct IpcFileWriter(FileWriter<Vec<u8>>);

impl TableWriter for IpcFileWriter {
    const FORMAT: Format = Format::Arrow;

    /// A file has one dictionary for all batches, which is known only at the end: its values are written instead.
    fn held_as(data_type: &DataType) -> DataType {
        match data_type {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        }
    }

    fn begin(columns: &SchemaRef, _target: &Target) -> Result<Self, Error> {
        Ok(Self(FileWriter::try_new(Vec::new(), columns).map_err(failed)?))
    }

    fn write(&mut self, batch: &RecordBatch, target: &Target) -> Result<Vec<u8>, Error> {
        let refused = |_| {
            let why = "a nested dictionary changes, which an Arrow file cannot hold";
            Error::Usage(format!("{target}: {why}; write an Arrow stream (.arrows) or parquet"))
        };
        self.0.write(batch).map_err(refused)?;
        Ok(std::mem::take(self.0.get_mut()))
    }

    fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.0.finish().map_err(failed)?;
        Ok(std::mem::take(self.0.get_mut()))
    }
}

/// Writes the stream format, which can be read as it is written.
pub(super) struct IpcStreamWriter(StreamWriter<Vec<u8>>);

impl TableWriter for IpcStreamWriter {
    const FORMAT: Format = Format::Arrow;

    fn held_as(data_type: &DataType) -> DataType {
        data_type.clone()
    }

    fn begin(columns: &SchemaRef, _target: &Target) -> Result<Self, Error> {
        Ok(Self(StreamWriter::try_new(Vec::new(), columns).map_err(failed)?))
    }

    fn write(&mut self, batch: &RecordBatch, _target: &Target) -> Result<Vec<u8>, Error> {
        self.0.write(batch).map_err(failed)?;
        Ok(std::mem::take(self.0.get_mut()))
    }

    fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.0.finish().map_err(failed)?;
        Ok(std::mem::take(self.0.get_mut()))
    }
}

fn failed(_: ArrowError) -> Error {
    Error::Internal("the Arrow writer refused columns")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, DictionaryArray, ListArray, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::sink::testing;
    use crate::source::{self, ReadOptions};

    fn round_trip(name: &str, batches: &[RecordBatch]) -> Vec<RecordBatch> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        let verified = batches.iter().cloned().map(testing::verified).collect();
        std::fs::write(&path, testing::written(name, Format::Arrow, verified)).unwrap();
        testing::read(&path)
    }

    fn one(array: impl arrow_array::Array + 'static) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([("a", Arc::new(array) as ArrayRef, true)]).unwrap()
    }

    #[test]
    fn a_path_is_a_file_and_arrows_a_stream() {
        let written = |name| testing::written(name, Format::Arrow, vec![]);
        assert!(written("out.arrow").starts_with(b"ARROW1"));
        assert!(written("out.feather").starts_with(b"ARROW1"));
        assert!(!written("out.arrows").starts_with(b"ARROW1"));
    }

    #[test]
    fn lists_come_back_from_both_forms() {
        let list = one(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]));
        for name in ["out.arrow", "out.arrows"] {
            assert_eq!(round_trip(name, std::slice::from_ref(&list)), std::slice::from_ref(&list), "{name}");
        }
    }

    #[test]
    fn a_dictionary_that_changes_between_batches_is_no_fault() {
        let batches = [["a", "b"], ["c", "a"]].map(|texts| one(DictionaryArray::<Int32Type>::from_iter(texts)));
        assert_eq!(round_trip("out.arrows", &batches), batches);
        let texts = [["a", "b"], ["c", "a"]].map(|texts| one(StringArray::from(texts.to_vec())));
        assert_eq!(round_trip("out.arrow", &batches), texts);
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        let whole =
            testing::written("out.arrow", Format::Arrow, vec![testing::verified(one(StringArray::from(vec!["x"])))]);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cut.arrow");
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let opened = source::open(std::slice::from_ref(&path), &ReadOptions::default());
            let refusal = opened.and_then(|mut source| source.next()).err().unwrap().to_string();
            assert!(refusal.contains("not a readable arrow file"), "{length}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_it_was(texts in prop::collection::vec(prop::option::of("\\PC{0,4}"), 1..40)) {
            let batch = one(StringArray::from(texts));
            for name in ["out.arrow", "out.arrows"] {
                let read = round_trip(name, &[batch.clone(), batch.clone()]);
                prop_assert_eq!(read, vec![batch.clone(), batch.clone()]);
            }
        }
    }
}
