//! An Arrow record batch with its place in the source, and the types that a transform can take.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::error::Place;

/// One batch on its way from source to sink. The values are the original ones: `Debug` shows none.
#[derive(Clone)]
pub struct Batch {
    columns: RecordBatch,
    place: BatchPlace,
    documents: Option<Arc<Documents>>,
}

impl Batch {
    /// A batch of these columns.
    pub fn new(columns: RecordBatch, place: BatchPlace) -> Self {
        Self { columns, place, documents: None }
    }

    /// The same batch, with the documents that its rows come from.
    pub fn with_documents(self, documents: Documents) -> Self {
        Self { documents: Some(Arc::new(documents)), ..self }
    }

    /// A batch of some of the rows, which rise. `columns` are theirs.
    pub(crate) fn pick(&self, rows: &[usize], columns: RecordBatch) -> Self {
        let kept = |documents: &Arc<Documents>| Arc::new(documents.filter(|row| rows.binary_search(&row).is_ok()));
        Self { columns, place: self.place.pick(rows), documents: self.documents.as_ref().map(kept) }
    }

    /// The columns.
    pub fn columns(&self) -> &RecordBatch {
        &self.columns
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.columns.num_rows()
    }

    /// Where the batch begins.
    pub fn place(&self) -> &BatchPlace {
        &self.place
    }

    /// The documents that the rows come from, where the source is made of documents.
    pub fn documents(&self) -> Option<&Arc<Documents>> {
        self.documents.as_ref()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("rows", &self.rows()).field("place", &self.place).finish_non_exhaustive()
    }
}

/// Marks a schema as that of the documents of one batch.
const OPEN: &str = "moretta.open";

/// The metadata of a field that says what the column is: the name of a label.
pub(crate) const LABEL: &str = "moretta.label";

/// What our own metadata begins with. Nobody else's is taken along.
const OURS: &str = "moretta.";

/// Of the metadata of a field that is read, what says what the column is.
pub(crate) fn label_metadata(field: &Field) -> HashMap<String, String> {
    let label = field.metadata().get(LABEL).filter(|label| label.len() <= 64);
    label.map(|label| (LABEL.to_owned(), label.clone())).into_iter().collect()
}

/// Of the metadata of a field that is written, what is ours.
pub(crate) fn own_metadata(field: &Field) -> HashMap<String, String> {
    let ours = field.metadata().iter().filter(|(key, _)| key.starts_with(OURS));
    ours.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The columns that the documents of a batch happen to have. What they lack others of the same input may have, so it is
/// no mistake of the policy to name it.
pub(crate) fn open_schema(fields: Vec<Field>) -> Schema {
    Schema::new(fields).with_metadata(HashMap::from([(OPEN.to_owned(), String::new())]))
}

/// Whether a schema is of [`open_schema`].
pub(crate) fn is_open(schema: &Schema) -> bool {
    schema.metadata().contains_key(OPEN)
}

/// Whether a text is sure to be the name of a column, or a path of names, and may stand in a message. A header that is
/// missing, and documents with values as keys, make names of data: numbers, dates and codes begin with no letter.
pub(crate) fn is_name(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_-[] ".contains(c);
    let begins = |segment: &str| segment.starts_with(|first: char| first.is_alphabetic() || first == '_');
    text.split('.').all(|segment| begins(segment) && segment.chars().all(inside) && segment.chars().count() <= 64)
}

/// Where a batch lies in the input.
#[derive(Clone, Debug, Default)]
pub struct BatchPlace {
    /// The file as the operator named it, `-` for standard input.
    pub input: Arc<str>,
    /// The number of the first row, counted from 1 in this input.
    pub first_row: u64,
    /// The line that each row begins on, counted from 1, where the format has lines.
    pub lines: Option<Vec<u64>>,
    /// The number of each row, where they do not follow one another: the rows were picked out of a batch.
    pub picked: Option<Vec<u64>>,
}

impl BatchPlace {
    /// The place of one row, counted from 0 in the batch.
    pub fn row(&self, row: usize) -> Place {
        Place {
            input: self.input.clone(),
            row: Some(self.number(row)),
            line: self.lines.as_ref().and_then(|lines| lines.get(row).copied()),
            column: None,
        }
    }

    /// The number of a row in its input, counted from 1.
    pub(crate) fn number(&self, row: usize) -> u64 {
        let picked = self.picked.as_ref().and_then(|picked| picked.get(row).copied());
        picked.unwrap_or_else(|| self.first_row.saturating_add(row as u64))
    }

    /// The place of a batch of some of the rows.
    fn pick(&self, rows: &[usize]) -> Self {
        let lines = self.lines.as_ref();
        Self {
            input: self.input.clone(),
            first_row: self.first_row,
            lines: lines.map(|lines| rows.iter().filter_map(|row| lines.get(*row).copied()).collect()),
            picked: Some(rows.iter().map(|row| self.number(*row)).collect()),
        }
    }
}

/// The documents of a batch as they stand in the source, one for each row: what a sink of documents splices masked
/// values into, so that everything kept stays as it was written.
#[derive(Clone, Default)]
pub struct Documents {
    bytes: Arc<[u8]>,
    ranges: Vec<(usize, usize)>,
}

impl Documents {
    /// Documents that lie at these places, start and end, in one buffer.
    pub fn new(bytes: Arc<[u8]>, ranges: Vec<(usize, usize)>) -> Self {
        Self { bytes, ranges }
    }

    /// Each document's bytes in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ranges.iter().map(|(start, end)| self.bytes.get(*start..*end).unwrap_or_default())
    }

    /// The documents of the rows for which `keep` is true.
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.ranges.iter().enumerate().filter(|(row, _)| keep(*row)).map(|(_, range)| *range);
        Self { bytes: self.bytes.clone(), ranges: kept.collect() }
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Documents({})", self.ranges.len())
    }
}

/// The type of a column as the contract knows it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// 64-bit integers.
    Int64,
    /// 64-bit floating-point numbers.
    Float64,
    /// True and false.
    Boolean,
    /// Days.
    Date32,
    /// Microseconds, without a time zone.
    Timestamp,
}

impl ColumnType {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Text, Self::Binary, Self::Int64, Self::Float64, Self::Boolean, Self::Date32, Self::Timestamp];

    /// The Arrow type that columns of this type have in a batch.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date32 => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    /// The type that the values of an Arrow type are of, if there is one: what a typed file's column is cast to before a
    /// transform sees it. An instant is one in UTC. Nanoseconds, and a date with a time, are so only where nothing is
    /// cut off.
    pub fn for_arrow(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Self::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Binary
            }
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Int64,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Self::Int64,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float64,
            DataType::Boolean => Self::Boolean,
            DataType::Date32 | DataType::Date64 => Self::Date32,
            DataType::Timestamp(_, _) => Self::Timestamp,
            DataType::Dictionary(_, values) => return Self::for_arrow(values),
            _ => return None,
        })
    }
}

/// The type of the values of a column, of lists that of their elements, as policies and files of labels call it.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::List(item) => type_name(item.data_type()),
        other => ColumnType::for_arrow(other).map_or_else(|| "other".to_owned(), |known| known.to_string()),
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::Boolean => "boolean",
            Self::Date32 => "date32",
            Self::Timestamp => "timestamp",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_each_segment_with_a_letter_and_data_does_not() {
        for name in ["id", "_id", "First name", "name[].given[]", "zip-code", "Straße", "n2", &"x".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(65);
        for data in ["", "999-95-5353", "1980-01-01", "a.999-95-5353", "a.", "a\u{1b}[0m", "a@b", "+1", long.as_str()] {
            assert!(!is_name(data), "{data}");
        }
    }
}
