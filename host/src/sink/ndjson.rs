//! NDJSON: documents with masked leaves spliced in, or one flat object for each row.

use serde_json::value::RawValue;

use crate::batch::Documents;
use crate::error::{DataError, Error};
use crate::sink::columns::unwritable;
use crate::sink::compress::compress;
use crate::sink::json_values::{JsonColumn, write_string};
use crate::sink::splice::Splice;
use crate::sink::{Encoded, Encoder, Target};
use crate::source::Format;
use crate::verify::VerifiedBatch;

/// Encodes batches as lines of JSON.
pub(super) struct NdjsonEncoder {
    target: Target,
}

impl NdjsonEncoder {
    /// An encoder for an output.
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }
}

impl Encoder for NdjsonEncoder {
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error> {
        let columns = batch.columns().schema();
        let fields = columns.fields().iter().zip(batch.columns().columns()).enumerate();
        let values = fields.map(|(index, (field, array))| {
            // What is kept is copied from the documents.
            if batch.documents().is_some() && !batch.is_masked(index) {
                return Ok((field.name().as_str(), None));
            }
            let column = JsonColumn::new(array).map_err(|_| unwritable(&self.target, field, Format::Ndjson))?;
            Ok((field.name().as_str(), Some(column)))
        });
        let values = values.collect::<Result<Vec<_>, DataError>>()?;
        let bytes = match batch.documents() {
            Some(documents) => spliced(documents, values, batch.columns().num_rows())?,
            None => flat(values, batch.columns().num_rows()),
        };
        Ok(Encoded::Bytes { bytes: compress(bytes, self.target.compression())?, columns })
    }
}

type Named<'a> = (&'a str, Option<JsonColumn>);

fn spliced(documents: &Documents, columns: Vec<Named<'_>>, rows: usize) -> Result<Vec<u8>, Error> {
    if documents.iter().len() != rows {
        return Err(Error::Internal("a batch has not one document for each row"));
    }
    let mut splice = Splice::new(columns);
    for (row, document) in documents.iter().enumerate() {
        let text = std::str::from_utf8(document).map_err(|_| Error::Internal("a document is not UTF-8"))?;
        let document: &RawValue = serde_json::from_str(text).map_err(|_| Error::Internal("a document is not JSON"))?;
        splice.document(document, row)?;
    }
    Ok(splice.into_bytes())
}

fn flat(columns: Vec<Named<'_>>, rows: usize) -> Vec<u8> {
    let named: Vec<_> = columns
        .into_iter()
        .filter_map(|(name, column)| {
            let mut key = Vec::new();
            write_string(name, &mut key);
            key.push(b':');
            Some((key, column?))
        })
        .collect();
    let mut bytes = Vec::new();
    for row in 0..rows {
        bytes.push(b'{');
        for (position, (key, column)) in named.iter().enumerate() {
            if position > 0 {
                bytes.push(b',');
            }
            bytes.extend_from_slice(key);
            column.write(row, &mut bytes);
        }
        bytes.extend_from_slice(b"}\n");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
    use arrow_buffer::OffsetBuffer;
    use arrow_schema::Field;
    use proptest::prelude::*;

    use super::*;
    use crate::batch::Batch;
    use crate::sink::testing;
    use crate::source::{self, ReadOptions};

    fn batch(text: &str) -> Batch {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.ndjson");
        std::fs::write(&path, text).unwrap();
        source::open(&[path], &ReadOptions::default()).unwrap().next().unwrap().unwrap().decode().unwrap()
    }

    fn encoded(batch: VerifiedBatch) -> Result<String, Error> {
        match NdjsonEncoder::new(Target::Stdout).encode(batch)? {
            Encoded::Bytes { bytes, .. } => Ok(String::from_utf8(bytes).unwrap()),
            Encoded::Columns(_) => panic!("columns"),
        }
    }

    /// The document with these columns masked and all others kept.
    fn masked(text: &str, columns: &[(&str, ArrayRef)]) -> Result<String, Error> {
        let batch = batch(text);
        let schema = batch.columns().schema();
        let column = |index: usize, name: &str| {
            let masked = columns.iter().find(|(column, _)| *column == name);
            (name.to_owned(), masked.map_or(batch.columns().column(index).clone(), |(_, array)| array.clone()), true)
        };
        let all = schema.fields().iter().enumerate().map(|(index, field)| column(index, field.name()));
        let all = RecordBatch::try_from_iter_with_nullable(all).unwrap();
        let is_masked = schema.fields().iter().map(|field| columns.iter().any(|(name, _)| name == field.name()));
        encoded(VerifiedBatch::unverified(all, is_masked.collect(), batch.documents().cloned()))
    }

    fn texts(texts: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    fn lists(lengths: &[usize], values: ArrayRef) -> ArrayRef {
        let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths.iter().copied()), values, None))
    }

    #[test]
    fn a_masked_leaf_has_the_columns_value_and_a_kept_one_its_bytes() {
        let text =
            "{\"a\": \"x\", \"n\": 1.50e+3, \"b\": {\"c\": \"\\u00e9\", \"d\": 5}}\n{\"a\":null,\"b\":{\"d\":6}}\n";
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
        let columns = [("a", texts(&[Some("new\""), None])), ("b.d", numbers)];
        assert_eq!(
            masked(text, &columns).unwrap(),
            "{\"a\":\"new\\\"\",\"n\":1.50e+3,\"b\":{\"c\":\"\\u00e9\",\"d\":7}}\n{\"a\":null,\"b\":{\"d\":8}}\n"
        );
    }

    #[test]
    fn items_of_a_masked_list_are_spliced_in_order() {
        let text = "{\"name\":[{\"given\":[\"A\",\"B\"],\"use\":\"u\"},{\"given\":[\"C\"]}]}\n{\"name\":[{\"given\":[\"D\"]}]}\n";
        let given = lists(&[3, 1], texts(&[Some("1"), None, Some("3"), Some("4")]));
        assert_eq!(
            masked(text, &[("name[].given[]", given)]).unwrap(),
            "{\"name\":[{\"given\":[\"1\",null],\"use\":\"u\"},{\"given\":[\"3\"]}]}\n{\"name\":[{\"given\":[\"4\"]}]}\n"
        );
    }

    #[test]
    fn a_list_that_does_not_fit_its_document_is_never_written() {
        for (length, values) in [(1, vec![Some("1")]), (3, vec![Some("1"); 3])] {
            let refused = masked("{\"a\":[1,2]}", &[("a[]", lists(&[length], texts(&values)))]);
            assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_leaf_of_no_column_is_left_out_with_the_containers_it_empties() {
        let batch = batch("{\"a\":{\"b\":[{\"c\":1}]},\"d\":[{\"e\":2,\"c\":3},{\"c\":4}],\"f\":{}}\n{\"a\":{}}\n");
        let kept = batch.columns().schema().index_of("d[].e").unwrap();
        let columns = batch.columns().project(&[kept]).unwrap();
        let written = encoded(VerifiedBatch::unverified(columns, vec![false], batch.documents().cloned())).unwrap();
        assert_eq!(written, "{\"d\":[{\"e\":2}]}\n{}\n");
    }

    #[test]
    fn without_documents_each_row_is_one_flat_object() {
        let columns: [(&str, ArrayRef); 3] = [
            ("a.b", texts(&[Some("x\n"), None])),
            ("n\"", Arc::new(Int64Array::from(vec![Some(-1), None]))),
            ("l[]", lists(&[2, 0], texts(&[Some("y"), None]))),
        ];
        let batch = testing::verified(RecordBatch::try_from_iter(columns).unwrap());
        assert_eq!(
            encoded(batch).unwrap(),
            "{\"a.b\":\"x\\n\",\"n\\\"\":-1,\"l[]\":[\"y\",null]}\n{\"a.b\":null,\"n\\\"\":null,\"l[]\":[]}\n"
        );
    }

    #[test]
    fn batches_of_different_columns_follow_one_another() {
        let batch = |name| testing::verified(RecordBatch::try_from_iter([(name, texts(&[Some("1")]))]).unwrap());
        let written = testing::written("out.ndjson", Format::Ndjson, vec![batch("a"), batch("b")]);
        assert_eq!(written, b"{\"a\":\"1\"}\n{\"b\":\"1\"}\n");
    }

    #[test]
    fn a_compressed_output_of_nothing_decompresses_to_nothing() {
        for name in ["out.ndjson.gz", "out.ndjson.zst"] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(name);
            std::fs::write(&path, testing::written(name, Format::Ndjson, vec![])).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() > 0);
            let mut source = source::open(&[path], &ReadOptions::default()).unwrap();
            let refusal = source.next().err().unwrap().to_string();
            assert!(refusal.contains("the input is empty"), "and is no damaged file: {refusal}");
        }
    }

    /// Compact documents without empty objects and arrays, their leaves written in many ways.
    fn document() -> impl Strategy<Value = String> {
        let leaf =
            prop::sample::select(vec!["1", "-1.50e+3", "0.1", "true", "null", "\"\"", "\"\\u00e9\\/\"", "\"x,}\""]);
        let value = leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            let array = prop::collection::vec(inner.clone(), 1..4).prop_map(|items| format!("[{}]", items.join(",")));
            prop_oneof![array, object(inner)]
        });
        object(value)
    }

    fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
        prop::collection::btree_map("[ab\\\\é\"]{1,2}", value, 1..4).prop_map(|members| {
            let member = |(key, value)| format!("{}:{value}", serde_json::to_string(&key).unwrap());
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<String>>().join(","))
        })
    }

    proptest! {
        #[test]
        fn documents_that_are_kept_are_written_byte_for_byte(documents in prop::collection::vec(document(), 1..5)) {
            let text = documents.join("\n") + "\n";
            prop_assert_eq!(masked(&text, &[]).unwrap(), text);
        }

        #[test]
        fn documents_masked_by_their_own_values_read_back_the_same(documents in prop::collection::vec(document(), 1..5)) {
            let before = batch(&documents.join("\n"));
            let masked = vec![true; before.columns().num_columns()];
            let masked = VerifiedBatch::unverified(before.columns().clone(), masked, before.documents().cloned());
            let after = batch(&encoded(masked).unwrap());
            prop_assert_eq!(after.columns(), before.columns());
        }
    }
}
