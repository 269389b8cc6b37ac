//! Which class a row is in: a digest of its quasi-identifiers, under keys that nobody has.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use crate::error::Error;

/// Digests of rows, which tell nobody anything: their keys are random and gone with them.
///
/// Two digests of 64 bits each: of a billion different rows two share one with odds below 1 in 10^20.
pub(super) struct RowDigests([RandomState; 2]);

impl RowDigests {
    pub(super) fn new() -> Self {
        Self([RandomState::new(), RandomState::new()])
    }

    /// One for each row: equal where the rows agree in these columns. Nulls agree with nulls; a column that the batch has
    /// not is null.
    pub(super) fn rows(&self, batch: &RecordBatch, columns: &[String]) -> Result<Vec<u128>, Error> {
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(batch, column)).collect::<Result<_, _>>()?;
        let mut text = String::new();
        (0..batch.num_rows()).map(|row| self.row(&cells, row, &mut text)).collect()
    }

    /// The same of one column, half as long, and `None` for a null.
    pub(super) fn values(&self, batch: &RecordBatch, column: &str) -> Result<Vec<Option<u64>>, Error> {
        let cells = Cells::of(batch, column)?;
        let mut text = String::new();
        let value = |row| {
            Ok(cells.text(row, &mut text)?.map(|text| {
                let mut hasher = self.0[0].build_hasher();
                hasher.write(text.as_bytes());
                hasher.finish()
            }))
        };
        (0..batch.num_rows()).map(value).collect()
    }

    fn row(&self, cells: &[Cells<'_>], row: usize, text: &mut String) -> Result<u128, Error> {
        let mut hashers = self.0.each_ref().map(BuildHasher::build_hasher);
        for cells in cells {
            let value = cells.text(row, text)?;
            for hasher in &mut hashers {
                // The length in front, so that no two rows have the same bytes.
                hasher.write_u64(value.map_or(u64::MAX, |value| value.len() as u64));
                hasher.write(value.unwrap_or_default().as_bytes());
            }
        }
        let [left, right] = hashers.map(|hasher| u128::from(hasher.finish()));
        Ok(left << 64 | right)
    }
}

/// A column as text.
enum Cells<'a> {
    Absent,
    Text(&'a StringArray),
    Other(&'a ArrayRef, Box<ArrayFormatter<'a>>),
}

impl<'a> Cells<'a> {
    fn of(batch: &'a RecordBatch, column: &str) -> Result<Self, Error> {
        let Some(array) = batch.column_by_name(column) else { return Ok(Self::Absent) };
        if let Some(text) = array.as_string_opt::<i32>() {
            return Ok(Self::Text(text));
        }
        let formatter = ArrayFormatter::try_new(array.as_ref(), &FORMAT).map_err(|_| UNREADABLE)?;
        Ok(Self::Other(array, Box::new(formatter)))
    }

    fn text<'t>(&'t self, row: usize, buffer: &'t mut String) -> Result<Option<&'t str>, Error> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(text.is_valid(row).then(|| text.value(row))),
            Self::Other(array, _) if array.is_null(row) => Ok(None),
            Self::Other(_, formatter) => {
                buffer.clear();
                write!(buffer, "{}", formatter.value(row)).map_err(|_| UNREADABLE)?;
                Ok(Some(buffer))
            }
        }
    }
}

const FORMAT: FormatOptions<'_> = FormatOptions::new();
const UNREADABLE: Error = Error::Internal("a column has no text");

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;

    use super::*;

    fn table(columns: [(&str, ArrayRef); 2]) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn rows_that_agree_have_one_digest_and_no_others() {
        let digests = RowDigests::new();
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("ab"), Some("a"), None, Some("")]));
        let other: ArrayRef = Arc::new(StringArray::from(vec![Some("bc"), Some("c"), Some("bc"), Some(""), None]));
        let rows =
            digests.rows(&table([("a", text), ("b", other)]), &["a".into(), "b".into(), "absent".into()]).unwrap();
        assert_eq!(rows[0], rows[2]);
        let different: std::collections::BTreeSet<_> = rows.iter().collect();
        assert_eq!(different.len(), 4);
    }

    #[test]
    fn numbers_have_digests_and_other_keys_give_others() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(1), None]));
        let table = table([("a", numbers.clone()), ("b", numbers)]);
        let of = |digests: RowDigests| digests.rows(&table, &["a".into()]).unwrap();
        let rows = of(RowDigests::new());
        assert_eq!((rows[0] == rows[1], rows[0] == rows[2]), (true, false));
        assert_ne!(rows[0], of(RowDigests::new())[0]);
        let values = RowDigests::new().values(&table, "b").unwrap();
        assert_eq!((values[0] == values[1], values[2]), (true, None));
    }
}
