//! Opening the cells of a column, batch by batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, ListArray, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::RevealError;
use super::opener::{Opened, Opener};
use crate::approval::Reveal;
use crate::batch::{Batch, ColumnType};
use crate::cast::cast_exactly;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::vault::VaultError;
use crate::verify::{VerifiedBatch, revealed, unrevealed};

/// What was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in which something was opened.
    pub rows: u64,
    /// Values that were opened: a row with a list has several.
    pub values: u64,
    /// Cells that were asked for and left as they are.
    pub unopened: u64,
    /// The versions of the key that opened them.
    pub versions: BTreeSet<u32>,
}

/// Opens the cells of one column in the rows that were asked for.
pub(super) struct Cells<'a> {
    opener: &'a Opener,
    reveal: &'a Reveal,
    /// The type that the values had.
    values: ColumnType,
    skip_unopened: bool,
    counts: Counts,
    rows_read: u64,
    /// The last row in which something was opened.
    last: Option<u64>,
    /// Whether any batch has the column.
    is_there: bool,
}

impl<'a> Cells<'a> {
    pub(super) fn new(opener: &'a Opener, reveal: &'a Reveal, values: ColumnType, skip_unopened: bool) -> Self {
        let counts = Counts::default();
        Self { opener, reveal, values, skip_unopened, counts, rows_read: 0, last: None, is_there: false }
    }

    /// How many rows were read so far.
    pub(super) fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// The next batch, with what is asked for opened.
    pub(super) fn open(&mut self, batch: &Batch) -> Result<VerifiedBatch, Error> {
        self.rows_read = self.rows_read.saturating_add(batch.rows() as u64);
        let Some((index, array)) = column(batch, &self.reveal.column) else { return unrevealed(batch) };
        self.is_there = true;
        let opened = match array.data_type() {
            DataType::List(_) => self.lists(batch, array.as_list())?,
            _ => self.texts(batch, &array, |cell| cell)?,
        };
        let first = batch.place().first_row;
        revealed(batch, index, &opened, |row| self.reveal.rows.contains(first.saturating_add(row as u64)))
    }

    /// What was opened, after the last batch.
    ///
    /// # Errors
    /// There is no such column, or not as many rows as were asked for.
    pub(super) fn finish(self) -> Result<Counts, Error> {
        if !self.is_there {
            return Err(RevealError::NoColumn(self.reveal.column.clone()).into());
        }
        match self.reveal.rows.last() {
            Some(row) if row > self.rows_read => Err(RevealError::RowBeyond { row, rows: self.rows_read }.into()),
            _ => Ok(self.counts),
        }
    }

    fn lists(&mut self, batch: &Batch, lists: &ListArray) -> Result<ArrayRef, Error> {
        let lengths = || lists.offsets().lengths();
        let rows: Vec<usize> =
            lengths().enumerate().flat_map(|(row, length)| std::iter::repeat_n(row, length)).collect();
        let first = lists.offsets().first().map_or(0, |offset| *offset as usize);
        let elements = lists.values().slice(first, rows.len());
        let opened = self.texts(batch, &elements, |cell| rows.get(cell).copied().unwrap_or(usize::MAX))?;
        let field = Arc::new(Field::new_list_field(opened.data_type().clone(), true));
        let lists = ListArray::try_new(field, OffsetBuffer::from_lengths(lengths()), opened, lists.nulls().cloned());
        Ok(Arc::new(lists.map_err(|_| Error::Internal("opened elements do not fit their lists"))?))
    }

    fn texts(&mut self, batch: &Batch, cells: &ArrayRef, row: impl Fn(usize) -> usize) -> Result<ArrayRef, Error> {
        if ColumnType::for_arrow(cells.data_type()) != Some(ColumnType::Text) {
            let (column, found) = (self.reveal.column.clone(), cells.data_type().to_string());
            return Err(RevealError::NotText(column, found).into());
        }
        let texts = cast_exactly(cells, &DataType::Utf8).map_err(|_| Error::Internal("text that is no text"))?;
        let cells = || texts.as_string::<i32>().iter().enumerate();
        let place = |cell| batch.place().row(row(cell));
        let chosen = |cell| self.reveal.rows.contains(place(cell).row.unwrap_or_default());
        let asked: Vec<_> =
            cells().filter_map(|(cell, text)| text.filter(|_| chosen(cell)).map(|t| (cell, t))).collect();
        let values = self.values_of(&asked, place)?;
        let mut asked = asked.iter().zip(values).peekable();
        let mut opened = StringBuilder::with_capacity(texts.len(), texts.get_buffer_memory_size());
        for (cell, text) in cells() {
            match asked.next_if(|((asked, _), _)| *asked == cell) {
                Some(((_, text), value)) => opened.append_value(self.value(text, value, place(cell))?),
                None => opened.append_option(text),
            }
        }
        let opened = opened.finish();
        self.typed(opened).map_err(|row_of_cell| self.mistyped(batch, row(row_of_cell)))
    }

    /// The values in the type that they had, where every one of them is opened. Among ciphertexts they are text.
    fn typed(&self, texts: StringArray) -> Result<ArrayRef, usize> {
        let all = self.reveal.rows.count().is_none() && !self.skip_unopened;
        match self.values {
            ColumnType::Int64 if all => cast_exactly(&(Arc::new(texts) as ArrayRef), &DataType::Int64),
            ColumnType::Binary if all => {
                let bytes = texts.iter().map(|text| text.map(|text| STANDARD.decode(text)).transpose());
                Ok(Arc::new(bytes.collect::<Result<BinaryArray, _>>().map_err(|_| 0_usize)?))
            }
            _ => Ok(Arc::new(texts)),
        }
    }

    fn mistyped(&self, batch: &Batch, row: usize) -> Error {
        let place = Place { column: Some(self.reveal.column.clone()), ..batch.place().row(row) };
        DataError { place, problem: DataProblem::NotOfType(self.values) }.into()
    }

    /// What was found for each of these cells.
    fn values_of(&self, asked: &[(usize, &str)], place: impl Fn(usize) -> Place) -> Result<Vec<Opened>, Error> {
        let texts: Vec<_> = asked.iter().map(|(_, text)| *text).collect();
        let opened = self.opener.open(&self.reveal.column, &texts).map_err(|error| match error {
            VaultError::Tampered { place: vault, row } => {
                let row = asked.get(row).and_then(|(cell, _)| place(*cell).row).unwrap_or_default();
                VaultError::Tampered { place: vault, row: usize::try_from(row).unwrap_or_default() }
            }
            other => other,
        });
        Ok(opened?)
    }

    /// The value of a cell; the cell, where it does not open and that is allowed.
    fn value(&mut self, text: &str, found: Opened, place: Place) -> Result<String, Error> {
        match found.and_then(|(version, value)| Ok((version, self.text(value)?))) {
            Ok((version, value)) => {
                self.counts.versions.insert(version);
                self.count(place.row)?;
                Ok(value)
            }
            Err(_) if self.skip_unopened => {
                self.counts.unopened = self.counts.unopened.saturating_add(1);
                Ok(text.to_owned())
            }
            Err(problem) => {
                let place = Place { column: Some(self.reveal.column.clone()), ..place };
                Err(DataError { place, problem }.into())
            }
        }
    }

    fn text(&self, value: Vec<u8>) -> Result<String, DataProblem> {
        match self.values {
            ColumnType::Binary => Ok(STANDARD.encode(value)),
            _ => String::from_utf8(value).map_err(|_| DataProblem::OpenedNoText),
        }
    }

    fn count(&mut self, row: Option<u64>) -> Result<(), Error> {
        self.counts.values = self.counts.values.saturating_add(1);
        if self.last == row {
            return Ok(());
        }
        self.last = row;
        self.counts.rows = self.counts.rows.saturating_add(1);
        if self.counts.rows > self.reveal.most_rows {
            return Err(RevealError::TooManyRows(self.reveal.most_rows).into());
        }
        Ok(())
    }
}

fn column(batch: &Batch, name: &str) -> Option<(usize, ArrayRef)> {
    let index = batch.columns().schema().index_of(name).ok()?;
    Some((index, batch.columns().columns().get(index)?.clone()))
}
