//! The columns of an output: one set, in the formats that have a header or a schema.

use arrow_schema::{Field, SchemaRef};

use crate::error::{DataError, DataProblem, Place};
use crate::sink::Target;
use crate::source::Format;

/// Holds a batch to the columns of the first one: the same names and types in the same order.
pub(super) fn same_columns(
    first: &SchemaRef,
    columns: &SchemaRef,
    target: &Target,
    format: Format,
) -> Result<(), DataError> {
    let lacks = |among: &SchemaRef, field: &Field| among.column_with_name(field.name()).is_none();
    let is_as_before =
        |(before, now): (&Field, &Field)| before.name() == now.name() && before.data_type() == now.data_type();
    let (before, now) = (|| first.fields().iter().map(AsRef::as_ref), || columns.fields().iter().map(AsRef::as_ref));
    let (field, problem) = if let Some(late) = now().find(|field| lacks(first, field)) {
        (late, DataProblem::LateColumn(format.name()))
    } else if let Some(lost) = before().find(|field| lacks(columns, field)) {
        (lost, DataProblem::LostColumn(format.name()))
    } else if let Some((_, moved)) = before().zip(now()).find(|pair| !is_as_before(*pair)) {
        (moved, DataProblem::MovedColumn(format.name()))
    } else {
        return Ok(());
    };
    Err(at(target, field, problem))
}

/// A column whose values the format has no way to write.
pub(super) fn unwritable(target: &Target, field: &Field, format: Format) -> DataError {
    let found = field.data_type().to_string().into();
    at(target, field, DataProblem::Unwritable { found, format: format.name() })
}

fn at(target: &Target, field: &Field, problem: DataProblem) -> DataError {
    let input = target.to_string().into();
    DataError { place: Place { input, column: Some(field.name().clone()), ..Place::default() }, problem }
}
