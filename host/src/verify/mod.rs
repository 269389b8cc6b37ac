//! Verify: checks what the plugins returned. The only maker of [`VerifiedBatch`].
//!
//! Columns outside the plan are bit-identical because this step takes them from the source batch itself; masked ones are
//! taken from the plugins' answers after every cell passed. What neither shows, behind nulls, is not taken along.

mod cells;
mod clear;
mod join;
mod plain;
mod residue;
mod revealed;
mod scrubbed;

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, FieldRef, Schema};
use arrow_select::filter::filter_record_batch;
use arrow_select::nullif::nullif;

use crate::batch::{Batch, Documents, LABEL};
use crate::error::Error;
use crate::mask::{MaskedBatch, ReadyCall, Scrubbed, guest_error};
use crate::outcome::RejectedRow;
use crate::plan::{Action, Plan, PlannedColumn};
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

    /// The same with some of its rows: leaving rows out leaves the others as they were verified.
    ///
    /// # Errors
    /// Never, for as many flags as rows.
    pub(crate) fn with_rows(self, kept: &BooleanArray) -> Result<Self, Error> {
        let columns =
            filter_record_batch(&self.columns, kept).map_err(|_| Error::Internal("rows cannot be left out"))?;
        let is_kept = |row: usize| row < kept.len() && kept.value(row);
        let documents = self.documents.map(|documents| Arc::new(documents.filter(is_kept)));
        Ok(Self { columns, masked: self.masked, documents })
    }

    /// The same with nulls in these columns of some of the rows: a null tells nothing of any value.
    ///
    /// # Errors
    /// Never, for as many flags as rows.
    pub(crate) fn with_nulls(mut self, names: &[String], rows: &BooleanArray) -> Result<Self, Error> {
        let internal = |_| Error::Internal("values cannot be left out");
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        let schema = self.columns.schema();
        for ((field, array), masked) in schema.fields().iter().zip(self.columns.columns()).zip(&mut self.masked) {
            let blanked = names.contains(field.name());
            *masked |= blanked;
            let field = if blanked { Arc::new(field.as_ref().clone().with_nullable(true)) } else { field.clone() };
            fields.push(field);
            arrays.push(match blanked {
                true => clear::clear(&nullif(array, rows).map_err(internal)?)?,
                false => array.clone(),
            });
        }
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        let options = RecordBatchOptions::new().with_row_count(Some(self.columns.num_rows()));
        let columns = RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).map_err(internal)?;
        Ok(Self { columns, ..self })
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

/// What verification comes to.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What may be written.
    pub(crate) verified: VerifiedBatch,
    /// Rows that were masked and must not be written, each once, in rising order.
    pub(crate) rejected: Vec<RejectedRow>,
    /// How many rows were searched for original values.
    pub(crate) scanned: u64,
}

/// Checks every cell of every masked column, searches the output for original values, and puts the batch together that may
/// be written.
///
/// # Errors
/// A cell fails: a fault of the plugin, which stops the run. Or an original value is found, and the policy stops the run.
pub(crate) fn verify(batch: &Batch, plan: &Plan, calls: &[ReadyCall], masked: &MaskedBatch) -> Result<Verdict, Error> {
    let rejected = Rejected::new(&masked.rejected, batch.rows());
    for (ready, answer) in calls.iter().zip(&masked.calls) {
        cells::check(ready, answer, &rejected)
            .map_err(|(row, problem)| guest_error(batch, ready, GuestFault::Verification { row, problem }))?;
    }
    scrubbed::check(batch, calls, masked, &rejected)?;
    let columns = assemble(batch, plan, masked)?;
    let found = residue::scan(batch, (plan, calls), masked, &columns, &rejected)?;
    let rejected = match found.rejected.is_empty() {
        true => rejected,
        false => Rejected::new(&[masked.rejected.as_slice(), &found.rejected].concat(), batch.rows()),
    };
    let masked = plan.output.iter().map(|column| plan.columns.get(*column).is_none_or(is_masked)).collect();
    let verified = written(batch, columns, masked, &rejected)?;
    Ok(Verdict { verified, rejected: found.rejected, scanned: found.scanned })
}

/// Leaves the rejected rows out.
fn written(
    batch: &Batch,
    columns: RecordBatch,
    masked: Vec<bool>,
    rejected: &Rejected,
) -> Result<VerifiedBatch, Error> {
    let Some(kept) = rejected.kept() else {
        return Ok(VerifiedBatch { columns, masked, documents: batch.documents().cloned() });
    };
    let columns =
        filter_record_batch(&columns, &kept).map_err(|_| Error::Internal("rejected rows cannot be left out"))?;
    let documents = |documents: &Arc<Documents>| Arc::new(documents.filter(|row| !rejected.contains(row)));
    Ok(VerifiedBatch { columns, masked, documents: batch.documents().map(documents) })
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

fn is_masked(column: &PlannedColumn) -> bool {
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
                fields.push(labelled(Field::new(field.name(), array.data_type().clone(), true), planned));
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
                let written = if same { field.as_ref().clone() } else { written_out(field, &array) };
                fields.push(labelled(written, planned));
                arrays.push(clear::clear(&array)?);
            }
            Action::Drop { .. } => return Err(Error::Internal("a dropped column is to be written")),
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|_| Error::Internal("masked columns do not fit together"))
}

fn written_out(field: &Field, array: &ArrayRef) -> Field {
    Field::new(field.name(), array.data_type().clone(), field.is_nullable())
}

/// What the column is now takes the place of what it was.
fn labelled(mut field: Field, planned: &PlannedColumn) -> FieldRef {
    let metadata = field.metadata_mut();
    metadata.retain(|key, _| key != LABEL);
    metadata.extend(planned.carried.metadata());
    Arc::new(field)
}
