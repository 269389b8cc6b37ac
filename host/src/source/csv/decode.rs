//! CSV records made into columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use memchr::{memchr, memchr2};

use crate::batch::{Batch, BatchPlace, ColumnType};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::columns::TextColumn;
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
        let mut fields = split(record, header.delimiter());
        let mut found = 0_usize;
        for column in &mut columns {
            let Some(field) = fields.next() else { break };
            field.push_to(column).map_err(|problem| Fault { row, column: Some(found), problem })?;
            found = found.saturating_add(1);
        }
        found = found.saturating_add(fields.count());
        if found != expected {
            return Err(Fault { row, column: None, problem: DataProblem::Ragged { expected, found } });
        }
    }
    Ok(columns)
}

/// The fields of one record. An empty record has one field.
pub(super) fn split(record: &[u8], delimiter: u8) -> impl Iterator<Item = Field<'_>> {
    let plain = memchr2(b'"', b'\r', record).is_none();
    let mut rest = Some(record);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let field = if plain { Field::Plain(before(bytes, delimiter)) } else { Field::first(bytes, delimiter) };
        // A field is followed by a delimiter or by nothing.
        rest = bytes.get(field.len().saturating_add(1)..);
        Some(field)
    })
}

/// A field as it stands in its record.
pub(super) enum Field<'a> {
    /// Without a quote at its start and without a carriage return.
    Plain(&'a [u8]),
    /// Without a quote at its start and with a carriage return.
    LoneReturn(&'a [u8]),
    /// With its quotes, and what stands between them.
    Quoted { whole: &'a [u8], content: &'a [u8] },
    /// Something follows the closing quote, or there is none.
    BadlyQuoted(&'a [u8]),
}

impl<'a> Field<'a> {
    fn first(bytes: &'a [u8], delimiter: u8) -> Self {
        if bytes.first() == Some(&b'"') {
            return Self::quoted(bytes, delimiter);
        }
        let field = before(bytes, delimiter);
        if memchr(b'\r', field).is_some() { Self::LoneReturn(field) } else { Self::Plain(field) }
    }

    fn quoted(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut end = 1_usize;
        loop {
            let rest = bytes.get(end..).unwrap_or_default();
            let Some(quote) = memchr(b'"', rest) else { return Self::BadlyQuoted(bytes) };
            let close = end.saturating_add(quote);
            end = close.saturating_add(1);
            match bytes.get(end) {
                Some(b'"') => end = end.saturating_add(1),
                Some(next) if *next != delimiter => return Self::BadlyQuoted(bytes),
                _ => {
                    let whole = bytes.get(..end).unwrap_or_default();
                    return Self::Quoted { whole, content: bytes.get(1..close).unwrap_or_default() };
                }
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Plain(whole) | Self::LoneReturn(whole) | Self::BadlyQuoted(whole) => whole.len(),
            Self::Quoted { whole, .. } => whole.len(),
        }
    }

    /// Appends the value: an empty field is a null, a quoted empty one an empty text.
    pub(super) fn push_to(&self, column: &mut TextColumn) -> Result<(), DataProblem> {
        match self {
            Self::Plain([]) => column.push_null(),
            Self::Plain(value) => column.push(value),
            Self::Quoted { content, .. } => push_unescaped(content, column),
            Self::LoneReturn(_) => return Err(DataProblem::LoneReturn),
            Self::BadlyQuoted(_) => return Err(DataProblem::TextAfterQuote),
        }
        Ok(())
    }
}

fn before(bytes: &[u8], delimiter: u8) -> &[u8] {
    memchr(delimiter, bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

fn push_unescaped(mut content: &[u8], column: &mut TextColumn) {
    while let Some(quote) = memchr(b'"', content) {
        // The first of two quotes belongs to the value.
        let (part, rest) = content.split_at_checked(quote.saturating_add(1)).unwrap_or((content, &[]));
        column.extend(part);
        content = rest.get(1..).unwrap_or_default();
    }
    column.push(content);
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
