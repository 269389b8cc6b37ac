//! The contents of columns, held against their labels: the first values of batches that are chosen by the numbers of their
//! rows, so that the outcome depends on the input alone and costs little.

use std::collections::{BTreeMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, new_null_array};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat;
use arrow_select::nullif::nullif;

use crate::batch::Batch;
use crate::classify::Classifiers;
use crate::error::{DataError, DataProblem, Error};
use crate::leash::Leash;
use crate::outcome::{Fate, RejectedRow, RejectionCode};
use crate::phi::Label;
use crate::plan::{ContentCheck, Contents, Plan, Thoroughness};

/// So many values of a batch are looked at.
const SAMPLE: usize = 64;

/// Every batch of so many rows is looked at, in each input.
const BEGINNING: u64 = 65_536;

/// Behind them, every batch with a row whose number is a multiple of this.
const STEP: u64 = 32_768;

/// Fewer different values say nothing: `white` is a city, too.
const FEW: usize = 12;

/// What was found in a batch.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// All of its rows, where the policy puts them in quarantine for a column.
    pub(super) rejected: Vec<RejectedRow>,
    /// How many values were looked at.
    pub(super) examined: u64,
}

/// Whether a batch is looked at: one that was chosen. Every one is where its rows would go to quarantine and not stop the
/// run, and where all rows are searched.
pub(super) fn is_looked_at(batch: &Batch, plan: &Plan) -> bool {
    let is_chosen = || {
        let (first, last) = (batch.place().number(0), batch.place().number(batch.rows().saturating_sub(1)));
        first <= BEGINNING || last / STEP > first.saturating_sub(1) / STEP
    };
    let every = plan.content == ContentCheck::Quarantine || plan.scan.rows == Thoroughness::Full;
    plan.content != ContentCheck::Off && batch.rows() >= FEW && (every || is_chosen())
}

/// Whether there are values enough for anybody to be asked.
pub(super) fn has_enough(batch: &Batch, contents: &[Contents]) -> bool {
    let columns = batch.columns().columns();
    let filled = |contents: &Contents| {
        columns.get(contents.column).map_or(0, |array| array.len().min(SAMPLE).saturating_sub(array.null_count()))
    };
    contents.iter().any(|contents| filled(contents) >= FEW)
}

/// Looks at the columns of a plan whose values are written, or much of them.
///
/// # Errors
/// A column is not what its label says, and the run stops for that; or a classifier broke the contract or its limits.
pub(super) fn check(batch: &Batch, plan: &Plan, classifiers: &Classifiers, leash: &Leash) -> Result<Looked, Error> {
    let columns: Vec<usize> = plan.contents.iter().map(|contents| contents.column).collect();
    let sample = sample(batch, &columns, SAMPLE)?;
    let (examined, found) = look(&sample, plan.contents.iter(), classifiers, leash)?;
    let Some((contents, looks_like)) = found else { return Ok(Looked { examined, ..Looked::default() }) };
    if plan.content == ContentCheck::Stop {
        return Err(error(batch, contents, looks_like));
    }
    let (column, code) = (contents.column, RejectionCode::Content);
    let rejected = (0..batch.rows()).map(|row| RejectedRow { row, column, code, fate: Fate::Quarantine });
    Ok(Looked { rejected: rejected.collect(), examined })
}

/// Looks at what came of the columns that were masked, in `output`, by their names; with [`Thoroughness::Full`] at all of
/// it.
///
/// # Errors
/// A masked column looks like an identifier that it never was; or a classifier broke the contract or its limits.
pub(crate) fn check_output<C: AsRef<Classifiers>>(
    batch: &Batch,
    output: &RecordBatch,
    plan: &Plan,
    classifiers: impl FnOnce() -> Result<C, Error>,
    leash: &Leash,
) -> Result<u64, Error> {
    let schema = output.schema();
    let places = plan.outcome.iter().filter_map(|contents| Some((contents, schema.index_of(&contents.name).ok()?)));
    let (masked, columns): (Vec<_>, Vec<_>) = places.unzip();
    let rows = if plan.scan.rows == Thoroughness::Full { usize::MAX } else { SAMPLE };
    let written = Batch::new(output.clone(), batch.place().clone());
    if masked.is_empty() || output.num_rows() < FEW || !is_looked_at(batch, plan) {
        return Ok(0);
    }
    let sample = sample(&written, &columns, rows)?;
    let (examined, found) = look(&sample, masked.into_iter(), classifiers()?.as_ref(), leash)?;
    found.map_or(Ok(examined), |(contents, looks_like)| Err(error(batch, contents, looks_like)))
}

/// The first values of columns, each value once: of lists their elements.
fn sample(batch: &Batch, columns: &[usize], rows: usize) -> Result<Batch, Error> {
    let failed = |_| Error::Internal("a column cannot be sampled");
    let columns = batch.columns().project(columns).map_err(failed)?;
    let elements = |array: &ArrayRef| match array.as_list_opt::<i32>() {
        Some(list) => list.values().clone(),
        None => array.clone(),
    };
    let rows = columns.columns().iter().map(|array| elements(array).len()).max().unwrap_or_default().min(rows);
    let sampled = |array: &ArrayRef| once(&elements(array), rows);
    let arrays = columns.columns().iter().map(sampled).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let schema = columns.schema();
    let named = schema.fields().iter().zip(arrays).map(|(field, array)| (field.name().as_str(), array, true));
    Ok(Batch::new(RecordBatch::try_from_iter_with_nullable(named).map_err(failed)?, batch.place().clone()))
}

/// So many values from the first one on, nulls in the place of those that were there before and of those that are missing.
fn once(array: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    let array = array.slice(0, array.len().min(rows));
    let array = if let Ok(texts) = cast(&array, &DataType::Utf8) {
        let mut seen = HashSet::new();
        let is_known = |text: Option<&str>| Some(text.is_some_and(|text| !seen.insert(text.to_owned())));
        nullif(&array, &texts.as_string::<i32>().iter().map(is_known).collect::<BooleanArray>())?
    } else {
        array
    };
    let missing = rows.saturating_sub(array.len());
    if missing == 0 { Ok(array) } else { concat(&[&array, &new_null_array(array.data_type(), missing)]) }
}

/// A column that is not what its label says, and what it looks like.
type Odd<'c> = (&'c Contents, Label);

/// How many values were looked at, and the first column that is not what its label says.
fn look<'c>(
    sample: &Batch,
    mut columns: impl Iterator<Item = &'c Contents>,
    classifiers: &Classifiers,
    leash: &Leash,
) -> Result<(u64, Option<Odd<'c>>), Error> {
    let evidence = classifiers.observe(sample, false, leash)?;
    let examined: BTreeMap<&str, u64> = evidence.columns().map(|(name, observed)| (name, observed.values)).collect();
    let found = columns.find_map(|contents| {
        let enough = examined.get(contents.name.as_str()).is_some_and(|values| *values >= FEW as u64);
        let looks_like = classifiers.contradicts(&evidence, &contents.name, contents.label, &contents.looks_like);
        looks_like.filter(|_| enough).map(|label| (contents, label))
    });
    Ok((examined.values().sum(), found))
}

fn error(batch: &Batch, contents: &Contents, looks_like: Label) -> Error {
    let mut place = batch.place().row(0);
    place.column = Some(contents.name.clone());
    let problem = match contents.is_output {
        true => DataProblem::MaskedContent { looks_like },
        false => DataProblem::Content { looks_like },
    };
    DataError { place, problem }.into()
}
