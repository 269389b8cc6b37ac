//! The contract of the policy, held against every row of the batch as it came.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;

use crate::batch::{Batch, ColumnType, is_open};
use crate::cast::cast_exactly;
use crate::error::{DataError, DataProblem, Error};
use crate::outcome::{Fate, RejectedRow, RejectionCode};
use crate::policy::{Breach, Consequence, Contract, Promise, Unexpected};
use crate::source::is_of_type;

/// The rows that break the contract, each once, in rising order.
///
/// # Errors
/// One does, and the run stops for it: the first of them.
pub(super) fn check(batch: &Batch, contract: &Contract) -> Result<Vec<RejectedRow>, Error> {
    let mut broken = Vec::new();
    for (column, (field, array)) in batch.columns().schema().fields().iter().zip(batch.columns().columns()).enumerate()
    {
        match contract.promise(field.name()) {
            Some(promise) => broken.extend(breaches(array, promise).map(|(row, breach)| (row, column, breach))),
            None => broken.extend(unexpected(batch, array, contract).map(|row| (row, column, Breach::Unexpected))),
        }
    }
    broken.sort_by_key(|(row, column, _)| (*row, *column));
    if let Some(error) = missing(batch, contract) {
        return Err(error);
    }
    let stops = |breach: &Breach| match breach {
        Breach::Unexpected => contract.unexpected == Unexpected::Reject,
        _ => contract.rows == Consequence::Stop,
    };
    if let Some((row, column, breach)) = broken.iter().find(|(_, _, breach)| stops(breach)) {
        return Err(error(batch, Some(*row), column_name(batch, *column), *breach));
    }
    broken.dedup_by_key(|(row, _, _)| *row);
    let rejected =
        |(row, column, _)| RejectedRow { row, column, code: RejectionCode::Contract, fate: Fate::Quarantine };
    Ok(broken.into_iter().map(rejected).collect())
}

/// Rows with a value in a column that the contract does not name, where that says something of rows.
fn unexpected(batch: &Batch, array: &ArrayRef, contract: &Contract) -> impl Iterator<Item = usize> {
    let counts = match contract.unexpected {
        Unexpected::Drop => false,
        Unexpected::Quarantine => true,
        // Of an input with a header or a schema the plan tells that.
        Unexpected::Reject => is_open(&batch.columns().schema()),
    };
    (0..if counts { array.len() } else { 0 }).filter(|row| array.is_valid(*row))
}

/// A column that none of the documents of a batch has is null in each of them.
fn missing(batch: &Batch, contract: &Contract) -> Option<Error> {
    let schema = batch.columns().schema();
    let has = |name: &str| {
        let path = name.replace("[]", "");
        schema.fields().iter().any(|field| field.name().replace("[]", "") == path)
    };
    let needed = contract.columns.iter().filter(|(_, promise)| !promise.nulls && !promise.optional);
    let (name, _) = needed.into_iter().find(|(name, _)| is_open(&schema) && batch.rows() > 0 && !has(name))?;
    Some(error(batch, Some(0), Some(name.clone()), Breach::Null))
}

/// The first breach of each row of a column.
fn breaches<'c>(array: &'c ArrayRef, promise: &'c Promise) -> impl Iterator<Item = (usize, Breach)> + 'c {
    let (cells, lists) = match array.as_list_opt::<i32>() {
        None => (array.clone(), None),
        Some(list) => (list.values().clone(), Some(list.offsets().clone())),
    };
    let check = Check::new(&cells, promise);
    (0..array.len()).filter_map(move |row| {
        if array.is_null(row) {
            return (!promise.nulls).then_some((row, Breach::Null));
        }
        let cells = match &lists {
            None => row..row.saturating_add(1),
            Some(lists) => {
                let bound = |at: usize| lists.get(at).map_or(0, |bound| usize::try_from(*bound).unwrap_or_default());
                bound(row)..bound(row.saturating_add(1))
            }
        };
        cells.into_iter().find_map(|cell| check.cell(cell)).map(|breach| (row, breach))
    })
}

/// What the cells of a column are held against.
struct Check<'c> {
    promise: &'c Promise,
    cells: ArrayRef,
    /// Where the texts decide.
    texts: Option<StringArray>,
    /// The type that each text is read as.
    read_as: Option<ColumnType>,
}

impl<'c> Check<'c> {
    fn new(cells: &ArrayRef, promise: &'c Promise) -> Self {
        let own = ColumnType::for_arrow(cells.data_type());
        // Of a column with a type of its own the plan tells whether it is another one.
        let read_as = promise.column_type.filter(|wanted| own == Some(ColumnType::Text) && *wanted != ColumnType::Text);
        let texts = (read_as.is_some() || promise.values.is_some() || promise.pattern.is_some())
            .then(|| cast_exactly(cells, &DataType::Utf8).ok())
            .flatten();
        Self { promise, cells: cells.clone(), texts: texts.map(|texts| texts.as_string().clone()), read_as }
    }

    fn cell(&self, cell: usize) -> Option<Breach> {
        if self.cells.is_null(cell) {
            return (!self.promise.nulls).then_some(Breach::Null);
        }
        let Promise { values, pattern, .. } = self.promise;
        if self.read_as.is_none() && values.is_none() && pattern.is_none() {
            return None;
        }
        // What has no text is no value of a list, and matches nothing.
        let Some(text) = self.texts.as_ref().map(|texts| texts.value(cell)) else { return Some(Breach::NoText) };
        if let Some(wanted) = self.read_as.filter(|wanted| !is_of_type(text, *wanted)) {
            return Some(Breach::Type(wanted));
        }
        if values.as_ref().is_some_and(|values| values.binary_search_by(|value| value.as_str().cmp(text)).is_err()) {
            return Some(Breach::Value);
        }
        pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)).then_some(Breach::Pattern)
    }
}

fn column_name(batch: &Batch, column: usize) -> Option<String> {
    batch.columns().schema().fields().get(column).map(|field| field.name().clone())
}

fn error(batch: &Batch, row: Option<usize>, column: Option<String>, breach: Breach) -> Error {
    let mut place = batch.place().row(row.unwrap_or_default());
    place.column = column;
    DataError { place, problem: DataProblem::Contract(breach) }.into()
}
