//! CSV (RFC 4180): a null is an empty field, an empty text a quoted one.

use arrow_array::{Array, StringArray};
use arrow_schema::{Schema, SchemaRef};
use memchr::{memchr, memchr_iter, memchr3};

use crate::error::{DataError, Error};
use crate::sink::cells::texts;
use crate::sink::columns::unwritable;
use crate::sink::compress::compress;
use crate::sink::{Encoded, Encoder, Target};
use crate::source::Format;
use crate::verify::VerifiedBatch;

/// Encodes batches as CSV records without a header.
pub(super) struct CsvEncoder {
    target: Target,
    format: Format,
}

impl CsvEncoder {
    /// An encoder for CSV or TSV.
    pub(super) fn new(target: Target, format: Format) -> Self {
        Self { target, format }
    }
}

impl Encoder for CsvEncoder {
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error> {
        let columns = batch.columns().schema();
        let fields = columns.fields().iter().zip(batch.columns().columns());
        let cells = fields.map(|(field, array)| {
            let texts = texts(array).map_err(|_| unwritable(&self.target, field, self.format))?;
            Ok(Cells::new(texts, self.format.delimiter()))
        });
        let cells = cells.collect::<Result<Vec<_>, DataError>>()?;
        let bytes = records(&cells, batch.columns().num_rows(), self.format.delimiter());
        Ok(Encoded::Bytes { bytes: compress(bytes, self.target.compression())?, columns })
    }
}

/// The header record.
pub(super) fn header(columns: &SchemaRef, delimiter: u8) -> Vec<u8> {
    let Schema { fields, .. } = columns.as_ref();
    let mut bytes = Vec::new();
    for (position, field) in fields.iter().enumerate() {
        if position > 0 {
            bytes.push(delimiter);
        }
        let name = field.name().as_bytes();
        // At the start of a file it would be taken for a byte order mark.
        let is_mark = position == 0 && field.name().starts_with('\u{feff}');
        if is_mark || needs_quotes(name, delimiter) { quote(name, &mut bytes) } else { bytes.extend_from_slice(name) }
    }
    bytes.push(b'\n');
    bytes
}

/// A column's texts, and whether any of them has a character that needs quotes.
struct Cells {
    texts: StringArray,
    special: bool,
}

impl Cells {
    fn new(texts: StringArray, delimiter: u8) -> Self {
        let special = needs_quotes(used(&texts), delimiter);
        Self { texts, special }
    }

    fn write(&self, row: usize, delimiter: u8, bytes: &mut Vec<u8>) {
        if self.texts.is_null(row) {
            return;
        }
        let text = self.texts.value(row).as_bytes();
        if text.is_empty() || (self.special && needs_quotes(text, delimiter)) {
            quote(text, bytes);
        } else {
            bytes.extend_from_slice(text);
        }
    }
}

/// The bytes of all values. A slice of an array shares the buffer of the whole.
fn used(texts: &StringArray) -> &[u8] {
    let (first, last) = (texts.value_offsets().first(), texts.value_offsets().last());
    let range = first.copied().unwrap_or_default() as usize..last.copied().unwrap_or_default() as usize;
    texts.value_data().get(range).unwrap_or_default()
}

fn records(columns: &[Cells], rows: usize, delimiter: u8) -> Vec<u8> {
    let values: usize = columns.iter().map(|column| used(&column.texts).len()).sum();
    let mut bytes = Vec::with_capacity(values.saturating_add(rows.saturating_mul(columns.len().saturating_add(2))));
    for row in 0..rows {
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                bytes.push(delimiter);
            }
            column.write(row, delimiter, &mut bytes);
        }
        bytes.push(b'\n');
    }
    bytes
}

fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    memchr3(b'"', b'\n', b'\r', text).is_some() || memchr(delimiter, text).is_some()
}

fn quote(text: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(b'"');
    let mut from = 0;
    for quote in memchr_iter(b'"', text) {
        // The quote is copied here and, as the start of the next part, once more.
        let end = quote.saturating_add(1);
        bytes.extend_from_slice(text.get(from..end).unwrap_or_default());
        from = quote;
    }
    bytes.extend_from_slice(text.get(from..).unwrap_or_default());
    bytes.push(b'"');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, ListArray, RecordBatch};
    use proptest::prelude::*;

    use super::*;
    use crate::sink::{self, testing};
    use crate::source::{self, ReadOptions};

    fn table(names: &[&str], rows: &[Vec<Option<&str>>]) -> VerifiedBatch {
        let columns = names.iter().enumerate().map(|(index, name)| {
            let texts: StringArray = rows.iter().map(|row| row[index]).collect();
            (*name, Arc::new(texts) as ArrayRef, true)
        });
        testing::verified(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
    }

    fn written(names: &[&str], rows: &[Vec<Option<&str>>]) -> String {
        let batch = table(names, rows);
        String::from_utf8(testing::written("out.csv", Format::Csv, vec![batch])).unwrap()
    }

    #[test]
    fn quotes_stand_only_where_they_are_needed() {
        let row = vec![Some("plain"), Some("a,b"), Some("a\"b"), Some("a\nb"), Some("a\rb"), Some("a\tb"), Some(" ")];
        let names = ["1", "2", "3", "4", "5", "6", "7"];
        assert_eq!(written(&names, &[row]), "1,2,3,4,5,6,7\nplain,\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",a\tb, \n");
    }

    #[test]
    fn a_null_is_nothing_and_an_empty_text_two_quotes() {
        assert_eq!(written(&["a", "b"], &[vec![None, Some("")]]), "a,b\n,\"\"\n");
        assert_eq!(written(&["a"], &[vec![None], vec![Some("")]]), "a\n\n\"\"\n");
    }

    #[test]
    fn the_header_is_quoted_too_and_written_once() {
        let batch = || table(&["a,b"], &[vec![Some("1")]]);
        assert_eq!(testing::written("out.csv", Format::Csv, vec![batch(), batch()]), b"\"a,b\"\n1\n1\n");
        assert_eq!(testing::written("out.tsv", Format::Tsv, vec![batch()]), b"a,b\n1\n");
    }

    #[test]
    fn a_run_without_rows_still_writes_the_header() {
        assert_eq!(written(&["a", "b"], &[]), "a,b\n");
    }

    #[test]
    fn a_slice_of_a_column_is_written_alone() {
        let whole = table(&["a"], &[vec![Some("x,")], vec![Some("y")], vec![Some("z,")]]);
        let slice = testing::verified(whole.columns().slice(1, 1));
        assert_eq!(testing::written("out.csv", Format::Csv, vec![slice]), b"a\ny\n");
    }

    #[test]
    fn rejects_a_nested_column_by_name() {
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]));
        let batch = testing::verified(RecordBatch::try_from_iter([("codes", list)]).unwrap());
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Path(directory.path().join("out.csv"));
        let refusal = sink::open(&target, Format::Csv).unwrap().0.encode(batch).unwrap_err().to_string();
        assert!(refusal.contains("out.csv, column `codes`: a value of type List"), "{refusal}");
    }

    #[test]
    fn rejects_a_batch_with_other_columns_and_names_the_column() {
        let refusal = |names: &[&str]| {
            let directory = tempfile::tempdir().unwrap();
            let target = Target::Path(directory.path().join("out.csv"));
            let (encoder, mut stage) = sink::open(&target, Format::Csv).unwrap();
            stage.write(encoder.encode(table(&["a", "b"], &[])).unwrap()).unwrap();
            stage.write(encoder.encode(table(names, &[])).unwrap()).unwrap_err().to_string()
        };
        assert!(refusal(&["a", "b", "c"]).contains("column `c`: the column appears after rows without it"));
        assert!(refusal(&["a"]).contains("column `b`: the column is missing after rows with it"));
        assert!(refusal(&["b", "a"]).contains("column `b`: the column has another place"));
    }

    #[test]
    fn every_batch_is_compressed_by_itself_and_they_read_as_one() {
        for name in ["out.csv.gz", "out.csv.zst"] {
            let batch = |text| table(&["a"], &[vec![Some(text)]]);
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(name);
            std::fs::write(&path, testing::written(name, Format::Csv, vec![batch("1"), batch("2")])).unwrap();
            assert_eq!(testing::read_texts(&path), [vec![Some("1".to_owned())], vec![Some("2".to_owned())]]);
        }
    }

    #[test]
    fn a_file_cut_off_in_its_compression_is_refused() {
        for name in ["out.csv.gz", "out.csv.zst"] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(name);
            let whole = testing::written(name, Format::Csv, vec![table(&["a"], &[vec![Some("1")]])]);
            std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
            let opened = source::open(&[path], &ReadOptions::default());
            let refusal = opened.and_then(|mut source| source.next()).err().unwrap().to_string();
            assert!(refusal.contains("damaged, cut off"), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_it_was(
            columns in 1_usize..4,
            cells in prop::collection::vec(prop::option::of("[a,\"\n\r\té\u{feff}\u{1F469}]{0,4}"), 0..24),
        ) {
            let rows: Vec<Vec<Option<&str>>> =
                cells.chunks_exact(columns).map(|row| row.iter().map(Option::as_deref).collect()).collect();
            let names = ["\u{feff}x", "y\n", "z\""];
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("out.csv");
            std::fs::write(&path, written(&names[..columns], &rows)).unwrap();
            let found = testing::read_texts(&path);
            let expected: Vec<Vec<Option<String>>> =
                rows.iter().map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect()).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
