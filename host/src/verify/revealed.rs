//! The one way around masking: a column of ciphertexts, some of them opened.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;

use super::{VerifiedBatch, clear, plain, written_out};
use crate::batch::Batch;
use crate::error::Error;

/// Puts an opened column into a batch. Every other column is taken from the source, and so is every row that was not
/// chosen: it is compared.
///
/// # Errors
/// Something changed that was not to be opened: a defect of the host.
pub(crate) fn revealed(
    batch: &Batch,
    column: usize,
    opened: &ArrayRef,
    chosen: impl Fn(usize) -> bool,
) -> Result<VerifiedBatch, Error> {
    let missing = || Error::Internal("the opened column is not in the batch");
    let before = batch.columns().columns().get(column).ok_or_else(missing)?;
    check(before, opened, chosen)?;
    replaced(batch, Some((column, opened)))
}

/// A batch that has not the column.
///
/// # Errors
/// Its columns cannot be written out: a defect of the host.
pub(crate) fn unrevealed(batch: &Batch) -> Result<VerifiedBatch, Error> {
    replaced(batch, None)
}

fn replaced(batch: &Batch, with: Option<(usize, &ArrayRef)>) -> Result<VerifiedBatch, Error> {
    let schema = batch.columns().schema();
    let (mut fields, mut arrays) = (Vec::with_capacity(schema.fields().len()), Vec::new());
    for (index, (field, array)) in schema.fields().iter().zip(batch.columns().columns()).enumerate() {
        let array = match with {
            Some((column, opened)) if column == index => opened.clone(),
            _ => plain::plain(array)?,
        };
        let same = field.data_type() == array.data_type();
        let written = if same { field.as_ref().clone() } else { written_out(field, &array) };
        // What was said of the ciphertexts is not so of what they stand for.
        let metadata =
            if with.is_some_and(|(column, _)| column == index) { None } else { Some(written.metadata().clone()) };
        fields.push(written.with_metadata(metadata.unwrap_or_default()));
        arrays.push(clear::clear(&array)?);
    }
    let masked = (0..arrays.len()).map(|index| with.is_some_and(|(column, _)| column == index)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
    let columns = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|_| Error::Internal("an opened column does not fit the others"))?;
    Ok(VerifiedBatch { columns, masked, documents: batch.documents().cloned() })
}

fn in_type(before: &ArrayRef, opened: &ArrayRef) -> Result<ArrayRef, Error> {
    if before.data_type() == opened.data_type() {
        return Ok(before.clone());
    }
    arrow_cast::cast(before, opened.data_type()).map_err(|_| Error::Internal("an opened column is of another type"))
}

fn check(before: &ArrayRef, opened: &ArrayRef, chosen: impl Fn(usize) -> bool) -> Result<(), Error> {
    if before.len() != opened.len() {
        return Err(Error::Internal("an opened column has other rows"));
    }
    if (0..before.len()).any(|row| before.is_null(row) != opened.is_null(row)) {
        return Err(Error::Internal("a null was opened"));
    }
    let others: Vec<usize> = (0..before.len()).filter(|row| !chosen(*row)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let before = in_type(before, opened)?;
    match others.into_iter().all(|row| before.slice(row, 1) == opened.slice(row, 1)) {
        true => Ok(()),
        false => Err(Error::Internal("a row was opened that was not asked for")),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{DictionaryArray, StringArray, types::Int32Type};

    use super::*;
    use crate::batch::BatchPlace;

    fn texts(texts: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    fn batch() -> Batch {
        let other: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::from_iter(["x", "y", "x"]));
        let columns = [("a", texts(&[Some("E1"), None, Some("E3")])), ("b", other)];
        Batch::new(
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap(),
            BatchPlace::default(),
        )
    }

    #[test]
    fn what_was_chosen_is_opened_and_all_else_as_it_was() {
        let opened = texts(&[Some("1"), None, Some("E3")]);
        let written = revealed(&batch(), 0, &opened, |row| row == 0).unwrap();
        assert_eq!(written.columns().column(0), &opened);
        assert_eq!(written.columns().column(1), &texts(&[Some("x"), Some("y"), Some("x")]));
        assert!(written.is_masked(0) && !written.is_masked(1));
        assert_eq!(unrevealed(&batch()).unwrap().columns().column(0), batch().columns().column(0));
    }

    #[test]
    fn nothing_more_is_opened_than_was_chosen() {
        for opened in [
            texts(&[Some("1"), None, Some("3")]),
            texts(&[Some("1"), Some("2"), Some("E3")]),
            texts(&[None, None, Some("E3")]),
            texts(&[Some("1"), None]),
        ] {
            assert!(matches!(revealed(&batch(), 0, &opened, |row| row < 2), Err(Error::Internal(_))));
        }
    }
}
