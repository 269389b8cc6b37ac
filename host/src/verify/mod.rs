//! Verify: checks what the plugins returned. The only maker of [`VerifiedBatch`].
//!
//! Columns outside the plan are bit-identical because this step takes them from the source batch itself; masked ones are
//! taken from the plugins' answers after every cell passed. What neither shows, behind nulls, is not taken along.

mod cells;
mod clear;
mod join;
mod plain;
mod revealed;
mod scrubbed;

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, FieldRef, Schema};

use crate::batch::{Batch, Documents};
use crate::error::Error;
use crate::mask::{MaskedBatch, ReadyCall, Scrubbed, guest_error};
use crate::outcome::RejectedRow;
use crate::plan::{Action, Plan};
use crate::plugin::GuestFault;

pub(crate) use join::join;
pub(crate) use revealed::{revealed, unrevealed};

/// A batch that passed every check: the only thing that a sink takes.
pub struct VerifiedBatch {
    columns: RecordBatch,
    masked: Vec<bool>,
    documents: Option<Arc<Documents>>,
}

impl VerifiedBatch {
    /// The columns to write, in order. Rows that were quarantined or dropped are not among them.
    pub fn columns(&self) -> &RecordBatch {
        &self.columns
    }

    /// Whether the column was masked. If not it is as it was in the source.
    pub fn is_masked(&self, column: usize) -> bool {
        self.masked.get(column).copied().unwrap_or(true)
    }

    /// The documents that the rows come from, where the source is made of documents.
    pub fn documents(&self) -> Option<&Documents> {
        self.documents.as_deref()
    }

    /// The columns, for a caller that writes them itself.
    pub(crate) fn into_columns(self) -> RecordBatch {
        self.columns
    }

    /// A batch that nobody verified, for the tests of sinks.
    #[cfg(test)]
    pub(crate) fn unverified(columns: RecordBatch, masked: Vec<bool>, documents: Option<Arc<Documents>>) -> Self {
        Self { columns, masked, documents }
    }
}

impl fmt::Debug for VerifiedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedBatch({} rows)", self.columns.num_rows())
    }
}

/// Checks every cell of every masked column, and puts the batch together that may be written.
///
/// # Errors
/// A cell fails: a fault of the plugin, which stops the run.
pub(crate) fn verify(
    batch: &Batch,
    plan: &Plan,
    calls: &[ReadyCall],
    masked: &MaskedBatch,
) -> Result<VerifiedBatch, Error> {
    let rejected = Rejected::new(&masked.rejected, batch.rows());
    for (ready, answer) in calls.iter().zip(&masked.calls) {
        cells::check(ready, answer, &rejected)
            .map_err(|(row, problem)| guest_error(batch, ready, GuestFault::Verification { row, problem }))?;
    }
    scrubbed::check(batch, calls, masked, &rejected)?;
    let columns = assemble(batch, plan, masked)?;
    let flags = plan.output.iter().map(|column| plan.columns.get(*column).is_none_or(is_masked)).collect();
    Ok(match rejected.kept() {
        None => VerifiedBatch { columns, masked: flags, documents: batch.documents().cloned() },
        Some(kept) => VerifiedBatch {
            columns: arrow_select::filter::filter_record_batch(&columns, &kept)
                .map_err(|_| Error::Internal("rejected rows cannot be left out"))?,
            masked: flags,
            documents: batch.documents().map(|documents| Arc::new(documents.filter(|row| !rejected.contains(row)))),
        },
    })
}

/// The rows that a plugin rejected: their cells are not looked at, and not written.
pub(crate) struct Rejected(Option<Vec<bool>>);

impl Rejected {
    fn new(rejected: &[RejectedRow], rows: usize) -> Self {
        if rejected.is_empty() {
            return Self(None);
        }
        let mut flags = vec![false; rows];
        for row in rejected {
            if let Some(flag) = flags.get_mut(row.row) {
                *flag = true;
            }
        }
        Self(Some(flags))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the row was rejected.
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.0.as_ref().is_some_and(|flags| flags.get(row).copied().unwrap_or(true))
    }

    fn kept(&self) -> Option<BooleanArray> {
        self.0.as_ref().map(|flags| flags.iter().map(|rejected| Some(!rejected)).collect())
    }
}

fn is_masked(column: &crate::plan::PlannedColumn) -> bool {
    matches!(column.action, Action::Mask { .. } | Action::Scrub { .. })
}

fn assemble(batch: &Batch, plan: &Plan, masked: &MaskedBatch) -> Result<RecordBatch, Error> {
    let missing = || Error::Internal("a planned column is not there");
    let schema = batch.columns().schema();
    let (mut fields, mut arrays) = (Vec::with_capacity(plan.output.len()), Vec::with_capacity(plan.output.len()));
    for column in &plan.output {
        let planned = plan.columns.get(*column).ok_or_else(missing)?;
        let field = schema.fields().get(*column).ok_or_else(missing)?;
        match planned.action {
            Action::Mask { call, position } => {
                let array = masked.calls.get(call).and_then(|call| call.column(position)).ok_or_else(missing)?;
                fields.push(Arc::new(Field::new(field.name(), array.data_type().clone(), true)));
                arrays.push(clear::clear(&array)?);
            }
            Action::Scrub { scrub } => {
                let array = masked.scrubbed.get(scrub).and_then(Scrubbed::column).ok_or_else(missing)?;
                fields.push(Arc::new(Field::new(field.name(), array.data_type().clone(), true)));
                arrays.push(clear::clear(&array)?);
            }
            Action::Keep => {
                let array = plain::plain(batch.columns().columns().get(*column).ok_or_else(missing)?)?;
                let same = field.data_type() == array.data_type();
                fields.push(if same { field.clone() } else { written_out(field, &array) });
                arrays.push(clear::clear(&array)?);
            }
            Action::Drop { .. } => return Err(Error::Internal("a dropped column is to be written")),
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|_| Error::Internal("masked columns do not fit together"))
}

fn written_out(field: &Field, array: &ArrayRef) -> FieldRef {
    Arc::new(Field::new(field.name(), array.data_type().clone(), field.is_nullable()))
}
