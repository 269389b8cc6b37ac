//! CSV records made into columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};

use crate::batch::{Batch, BatchPlace, ColumnType};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::columns::TextColumn;
use crate::source::csv::fields::{Field, PlainFields, QuotedFields};
use crate::source::csv::header::Header;
use crate::source::parse::parse;
use crate::source::records::Block;

/// Makes a batch of the rows of a block.
///
/// # Errors
/// A row has more or fewer fields than the header or repeats it, a field is badly quoted, is not text or not of its
/// column's type; the error names line and column.
pub(super) fn decode(block: &Block, header: &Header) -> Result<Batch, Error> {
    let place = block.place();
    let fault = |fault: Fault| fault.at(&place, header);
    let columns = split_rows(block, header).map_err(fault)?;
    repeats_header(&columns, header).map_or(Ok(()), Err).map_err(fault)?;
    let columns = columns.into_iter().zip(header.types()).enumerate();
    let arrays = columns.map(|(column, (text, column_type))| {
        finish(text, *column_type).map_err(|(row, problem)| fault(Fault { row, column: Some(column), problem }))
    });
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    let columns = RecordBatch::try_new(header.schema().clone(), arrays)
        .map_err(|_| Error::Internal("the columns of a CSV chunk differ in length or type from its header"))?;
    Ok(Batch::new(columns, place))
}

/// What is wrong with a row, counted from 0 in the block.
struct Fault {
    row: usize,
    column: Option<usize>,
    problem: DataProblem,
}

impl Fault {
    fn at(self, place: &BatchPlace, header: &Header) -> Error {
        let column = self.column.and_then(|column| header.names().get(column)).cloned();
        DataError { place: Place { column, ..place.row(self.row) }, problem: self.problem }.into()
    }
}

fn split_rows(block: &Block, header: &Header) -> Result<Vec<TextColumn>, Fault> {
    let expected = header.names().len();
    let bytes_each = block.bytes.len().checked_div(expected).unwrap_or_default();
    let mut columns: Vec<_> = (0..expected).map(|_| TextColumn::with_capacity(block.rows.len(), bytes_each)).collect();
    for (row, record) in block.iter().enumerate() {
        let pushed = match PlainFields::of(record, header.delimiter()) {
            Some(fields) => push(fields, &mut columns),
            None => push(QuotedFields::of(record, header.delimiter()), &mut columns),
        };
        let found = pushed.map_err(|(column, problem)| Fault { row, column: Some(column), problem })?;
        if found != expected {
            return Err(Fault { row, column: None, problem: DataProblem::Ragged { expected, found } });
        }
    }
    Ok(columns)
}

/// Appends each field to its column. Returns how many there are, also beyond the columns.
fn push<'a>(
    mut fields: impl Iterator<Item = Field<'a>>,
    columns: &mut [TextColumn],
) -> Result<usize, (usize, DataProblem)> {
    let mut found = 0_usize;
    for column in columns {
        let Some(field) = fields.next() else { break };
        field.push_to(column).map_err(|problem| (found, problem))?;
        found = found.saturating_add(1);
    }
    Ok(found.saturating_add(fields.count()))
}

/// Finds a row that is the header again. A table of one column may hold its own name.
fn repeats_header(columns: &[TextColumn], header: &Header) -> Option<Fault> {
    let (first, name) = (columns.first()?, header.names().first()?);
    if columns.len() < 2 {
        return None;
    }
    let is_header =
        |row: usize| columns.iter().zip(header.names()).all(|(column, name)| column.get(row) == name.as_bytes());
    let row = (0..first.len()).find(|row| first.get(*row) == name.as_bytes() && is_header(*row))?;
    Some(Fault { row, column: None, problem: DataProblem::RepeatedHeader })
}

fn finish(text: TextColumn, column_type: ColumnType) -> Result<ArrayRef, (usize, DataProblem)> {
    if let Some(row) = text.first_with(0) {
        return Err((row, DataProblem::Nul));
    }
    let text = text.finish().map_err(|row| (row, DataProblem::NotUtf8))?;
    match column_type {
        ColumnType::Text => Ok(Arc::new(text) as ArrayRef),
        _ => parse(&text, column_type).map_err(|row| (row, DataProblem::NotOfType(column_type))),
    }
}
