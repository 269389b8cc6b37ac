//! What the columns of a batch say of each row's individual.

use arrow_array::cast::AsArray;
use arrow_schema::DataType;

use super::parts::Lists;
use crate::batch::Batch;
use crate::cast::cast_exactly;
use crate::error::Error;
use crate::plan::KnownColumn;
use crate::scrub::Known;

/// What is known of each row: the values of these columns, and of lists all their elements.
pub(super) fn of_rows(batch: &Batch, columns: &[KnownColumn]) -> Result<Vec<Known>, Error> {
    let mut known = vec![Known::default(); batch.rows()];
    for KnownColumn { column, label } in columns {
        let lists = Lists::of(batch, *column);
        let array = match &lists {
            Some(lists) => lists.elements(),
            None => {
                batch.columns().columns().get(*column).cloned().ok_or(Error::Internal("a known column is not there"))?
            }
        };
        let texts = cast_exactly(&array, &DataType::Utf8).map_err(|_| Error::Internal("a known value has no text"))?;
        let texts = texts.as_string::<i32>();
        for (cell, text) in texts.iter().enumerate() {
            let row = lists.as_ref().map_or(cell, |lists| lists.row(cell));
            if let (Some(known), Some(text)) = (known.get_mut(row), text) {
                known.add(text, *label);
            }
        }
    }
    Ok(known)
}
