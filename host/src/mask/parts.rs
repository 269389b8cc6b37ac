//! Cells that are parts of rows: the elements of lists, the pieces of texts.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};

use crate::batch::Batch;

/// What the cells of a call are.
pub(super) enum Parts {
    /// Rows of the batch.
    Rows,
    /// The elements of lists.
    Lists(Lists),
    /// Pieces of text.
    Pieces {
        /// The row of each.
        rows: Vec<u32>,
        /// Those whose place something else takes.
        left_out: BTreeSet<usize>,
    },
}

impl Parts {
    /// The row of each cell, where cells are no rows.
    pub(super) fn rows(&self) -> Option<&[u32]> {
        match self {
            Self::Rows => None,
            Self::Lists(lists) => Some(&lists.rows),
            Self::Pieces { rows, .. } => Some(rows),
        }
    }

    /// Whether there is no piece to mask.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Pieces { rows, .. } if rows.is_empty())
    }
}

/// A column of lists, whose elements are masked one by one.
pub(super) struct Lists {
    array: ListArray,
    /// The row of each element.
    rows: Vec<u32>,
}

impl Lists {
    pub(super) fn of(batch: &Batch, column: usize) -> Option<Self> {
        let array = batch.columns().columns().get(column)?;
        let array = matches!(array.data_type(), DataType::List(_)).then(|| array.as_list::<i32>().clone())?;
        let rows = (0_u32..).zip(array.offsets().lengths());
        let rows = rows.flat_map(|(row, length)| std::iter::repeat_n(row, length)).collect();
        Some(Self { array, rows })
    }

    /// The elements of all lists, one after the other, without what a slice leaves out.
    pub(super) fn elements(&self) -> ArrayRef {
        let first = self.array.offsets().first().map_or(0, |offset| *offset as usize);
        self.array.values().slice(first, self.rows.len())
    }

    /// The row of an element.
    pub(super) fn row(&self, element: usize) -> usize {
        self.rows.get(element).map_or(0, |row| *row as usize)
    }

    /// The same lists with other elements.
    pub(super) fn with(&self, elements: &ArrayRef) -> Option<ArrayRef> {
        let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
        let lengths = OffsetBuffer::from_lengths(self.array.offsets().lengths());
        let lists = ListArray::try_new(field, lengths, elements.clone(), self.array.nulls().cloned()).ok()?;
        Some(Arc::new(lists))
    }
}
