//! The residue scan: no original value of a masked column stands anywhere in the output of its row, plain or in disguise.
//!
//! Values are compared folded, so that case, separators, width, look-alikes and what nobody sees do not count; the output is
//! looked at as it is, and decoded from base64, hexadecimal, URL and other escapes. Eight letters and digits are found inside
//! anything; four to seven as words; fewer only as the whole of a cell. Another row's value is not looked for.

mod disguise;
mod texts;
mod values;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::take::take;

use super::Rejected;
use crate::batch::{Batch, is_name};
use crate::error::{DataError, DataProblem, Error};
use crate::mask::{MaskedBatch, ReadyCall, guest_error};
use crate::outcome::{Fate, RejectedRow, RejectionCode};
use crate::plan::{Action, Consequence, Plan, Search, Thoroughness};
use crate::plugin::GuestFault;
use texts::Texts;
use values::Values;

/// So many rows of each input are searched in any case, and behind them each of so many.
const FIRST: u64 = 256;
const EVERY: u64 = 128;

/// What was found in a batch.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The rows that must not be written, where the policy puts them in quarantine.
    pub(super) rejected: Vec<RejectedRow>,
    /// How many rows were searched.
    pub(super) scanned: u64,
}

/// Searches the output of a batch, given row by row as the batch has them.
///
/// # Errors
/// Something is found, and the policy stops the run for it.
pub(super) fn scan(
    batch: &Batch,
    (plan, calls): (&Plan, &[ReadyCall]),
    masked: &MaskedBatch,
    output: &RecordBatch,
    rejected: &Rejected,
) -> Result<Found, Error> {
    let mut found = Found::default();
    if plan.scan.sought.is_empty() {
        return Ok(found);
    }
    let rows = rows(batch, plan.scan.rows, rejected);
    let search = Searched::of(batch, plan, masked, output, &rows)?;
    let mut values = Values::default();
    for (at, row) in rows.iter().enumerate() {
        let Some((place, sought)) = search.row(at, &mut values) else { continue };
        let column = plan.output.get(place).copied().unwrap_or_default();
        if plan.scan.found == Consequence::Stop {
            return Err(stop(batch, plan, calls, (*row, column, sought)));
        }
        found.rejected.push(RejectedRow { row: *row, column, code: RejectionCode::Residue, fate: Fate::Quarantine });
    }
    found.scanned = rows.len() as u64;
    Ok(found)
}

/// The rows that are searched. Which these are does not depend on how the input was cut into batches.
fn rows(batch: &Batch, which: Thoroughness, rejected: &Rejected) -> Vec<usize> {
    let is_searched = |row: &usize| {
        let number = batch.place().number(*row);
        which == Thoroughness::Full || number <= FIRST || number.is_multiple_of(EVERY)
    };
    (0..batch.rows()).filter(is_searched).filter(|row| !rejected.contains(*row)).collect()
}

/// The original values and the output of the rows that are searched.
struct Searched<'p> {
    sought: Vec<(Texts, bool)>,
    output: Vec<(Texts, &'p [Search])>,
}

impl<'p> Searched<'p> {
    fn of(
        batch: &Batch,
        plan: &'p Plan,
        masked: &MaskedBatch,
        output: &RecordBatch,
        rows: &[usize],
    ) -> Result<Self, Error> {
        let indices: UInt32Array = rows.iter().map(|row| u32::try_from(*row).ok()).collect();
        let all = rows.len() == batch.rows();
        let texts = |array: Option<&ArrayRef>| {
            let array = array.ok_or(Error::Internal("a planned column is not there"))?;
            let array = if all { Ok(array.clone()) } else { take(array, &indices, None) };
            Texts::of(&array.map_err(|_| Error::Internal("rows to be searched cannot be taken"))?)
        };
        let columns = batch.columns().columns();
        let sought = plan.scan.sought.iter().map(|sought| Ok((texts(columns.get(sought.column))?, sought.short)));
        // What the host gave itself, and found again in its place, hides nothing.
        let is_given = |column: usize| match plan.columns.get(column).map(|column| column.action) {
            Some(Action::Mask { call, .. }) => masked.calls.get(call).is_some_and(|call| call.expected.is_some()),
            _ => false,
        };
        let place = |((place, column), search): ((usize, &usize), &'p Vec<Search>)| {
            let search: &[Search] = if is_given(*column) { &[] } else { search };
            Ok((texts(output.columns().get(place))?, search))
        };
        let places = plan.output.iter().enumerate().zip(&plan.scan.places);
        Ok(Self {
            sought: sought.collect::<Result<_, Error>>()?,
            output: places.map(place).collect::<Result<_, Error>>()?,
        })
    }

    /// Which place of the output has which of the sought columns' values, if any.
    fn row(&self, row: usize, values: &mut Values) -> Option<(usize, usize)> {
        values.clear();
        for (column, (texts, short)) in self.sought.iter().enumerate() {
            texts.row(row).for_each(|text| values.add(column, text, *short));
        }
        if values.is_empty() {
            return None;
        }
        self.output.iter().enumerate().filter(|(_, (_, search))| search.iter().any(|it| *it != Search::Not)).find_map(
            |(place, (texts, search))| {
                texts.row(row).find_map(|text| values.find_in(text, search)).map(|sought| (place, sought))
            },
        )
    }
}

/// What a plugin saw, and what it made up, is its fault; a column that is kept, or of which much is left, is the policy's.
fn stop(batch: &Batch, plan: &Plan, calls: &[ReadyCall], (row, column, sought): (usize, usize, usize)) -> Error {
    let call = match plan.columns.get(column).map(|column| column.action) {
        Some(Action::Mask { call, .. }) => calls.get(call),
        _ => None,
    };
    let is_seen = |ready: &&ReadyCall| {
        let sought = plan.scan.sought.get(sought).map(|sought| sought.column);
        ready.call.is_made_up() || sought.is_some_and(|sought| ready.call.is_lent(sought))
    };
    if let Some(ready) = call.filter(is_seen) {
        const PROBLEM: &str = "a value that is to be masked stands in what came back, plain or in disguise";
        return guest_error(batch, ready, GuestFault::Verification { row, problem: PROBLEM });
    }
    let name = |column: usize| plan.columns.get(column).map(|column| column.name.clone());
    let mut place = batch.place().row(row);
    place.column = name(column);
    let of = plan.scan.sought.get(sought).and_then(|sought| name(sought.column)).filter(|name| is_name(name));
    DataError { place, problem: DataProblem::Residue { of } }.into()
}
