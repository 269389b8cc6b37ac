//! Runs a plugin's golden cases: input and configuration as its manifest gives them, output compared cell by cell.

mod pieces;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
pub use pieces::FoundPiece;
use serde_json::Value;

use super::Plugin;
use super::call::{MaskAnswer, MaskCall};
use super::classify::{ClassifyCall, Match};
use super::fault::{PackageError, PackageProblem};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::keys::{BatchOffsets, Cells};
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::manifest::{Ask, Case, CaseColumn, CasePiece, ClassifierCase, Detection, Transform, World};

/// How a golden case failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFailure {
    /// Why: no value of the case.
    pub why: String,
    /// What differs, where that is why. It is of the author's own examples.
    pub differences: Vec<CaseDifference>,
}

/// What is not as a golden case says.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum CaseDifference {
    /// A cell of a masker.
    Cell {
        /// The row of the case, counted from 0.
        row: usize,
        /// What went in.
        input: Value,
        /// What the case says: a value, a pattern, or how the row is rejected.
        expected: Value,
        /// What came out.
        got: Value,
    },
    /// A count of a classifier.
    Count {
        /// What was counted.
        label: String,
        /// How many values speak for it, says the case.
        expected: u32,
        /// How many were found.
        got: u32,
    },
    /// The pieces that a text classifier found in a row.
    Pieces {
        /// The row of the case, counted from 0.
        row: usize,
        /// The text.
        input: Value,
        /// The pieces that the case says, in their order.
        expected: Vec<CasePiece>,
        /// The pieces that were found, in their order.
        got: Vec<FoundPiece>,
    },
}

/// How many deadlines all golden cases of a plugin may take together.
const DEADLINES: u32 = 6;

/// Runs every golden case of a plugin, under a key made for it: cases of keyed transforms state shapes.
///
/// # Errors
/// The first case that does not come out, or not in time.
pub(crate) fn check(plugin: &Plugin, leash: &Leash) -> Result<(), Error> {
    let (started, all) = (Instant::now(), plugin.engine.limits().deadline.saturating_mul(DEADLINES));
    let failed = |transform: &str, case: &str, why: String| PackageError {
        plugin: plugin.manifest().name.clone(),
        problem: PackageProblem::Case { transform: transform.to_owned(), case: case.to_owned(), why },
    };
    let in_time = |transform: &str, case: &str| match started.elapsed() > all {
        true => Err(failed(transform, case, format!("the cases before it took longer than {} s", all.as_secs()))),
        false => Ok(()),
    };
    for transform in &plugin.manifest().transforms {
        for case in &transform.cases {
            in_time(&transform.name, &case.name)?;
            run(plugin, transform, case, leash)?.map_err(|failure| failed(&transform.name, &case.name, failure.why))?;
        }
    }
    let asked = if plugin.manifest().world == World::TextClassifier { "find" } else { "classify" };
    for case in &plugin.manifest().cases {
        in_time(asked, &case.name)?;
        run_classifier(plugin, case, leash)?.map_err(|failure| failed(asked, &case.name, failure.why))?;
    }
    Ok(())
}

/// Runs one golden case of a classifier of columns or of text. The outer error is of the host, the inner one says how the case failed.
pub(crate) fn run_classifier(
    plugin: &Plugin,
    case: &ClassifierCase,
    leash: &Leash,
) -> Result<Result<(), CaseFailure>, Error> {
    if plugin.manifest().world == World::TextClassifier {
        return pieces::run(plugin, case, leash);
    }
    let failed = |why: String| Ok(Err(CaseFailure { why, differences: Vec::new() }));
    let Some(input) = array(&case.input) else {
        return failed(format!("its input cannot be a column of {}", case.input.column_type));
    };
    let call = ClassifyCall { names: &[&case.column], columns: &[(input, case.input.column_type)] };
    match plugin.classify(&call, leash) {
        Ok(answer) => Ok(compare_counts(case, &plugin.manifest().labels, &answer.found)),
        Err(error) => failed(error.fault()?.to_string()),
    }
}

/// Of several ways to find one label, the most successful counts.
fn compare_counts(case: &ClassifierCase, labels: &[Detection], found: &[Match]) -> Result<(), CaseFailure> {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (label, expected) in case.matched.iter().flatten() {
        counts.entry(label).or_default().0 = *expected;
    }
    for found in found {
        if let Some(detection) = labels.get(found.label) {
            let (_, got) = counts.entry(&detection.label).or_default();
            *got = found.matched.max(*got);
        }
    }
    let differs = counts.into_iter().filter(|(_, (expected, got))| expected != got);
    let differs = differs.map(|(label, (expected, got))| (label.to_owned(), expected, got));
    let differs: Vec<_> = differs.collect();
    let Some((label, expected, got)) = differs.first() else { return Ok(()) };
    let why = format!("{got} of its values speak for `{label}`, and the case says {expected}");
    let differences = differs.iter().cloned();
    let differences = differences.map(|(label, expected, got)| CaseDifference::Count { label, expected, got });
    Err(CaseFailure { why, differences: differences.collect() })
}

/// Runs one golden case. The outer error is of the host, the inner one says how the case failed.
pub(crate) fn run(
    plugin: &Plugin,
    transform: &Transform,
    case: &Case,
    leash: &Leash,
) -> Result<Result<(), CaseFailure>, Error> {
    let failed = |why: String| Ok(Err(CaseFailure { why, differences: Vec::new() }));
    let Some(input) = array(&case.input) else {
        return failed(format!("its input cannot be a column of {}", case.input.column_type));
    };
    let Some(produced) = transform.types.get(&case.input.column_type) else {
        return failed(format!("the transform takes no {}", case.input.column_type));
    };
    let Ok(config) = transform.complete_config(&case.config) else {
        return failed("its configuration does not fit the schema".to_owned());
    };
    let key = key(plugin.manifest().world, case, &input)?;
    let call = MaskCall {
        transform: &transform.name,
        config: &Value::Object(config).to_string(),
        reference_date: case.reference_date,
        columns: &[(input, case.input.column_type)],
        produced: &[*produced],
        context: &[],
    };
    match plugin.mask_on(&call, key, leash) {
        Ok(answer) => Ok(compare(case, &answer)),
        Err(error) => failed(error.fault()?.to_string()),
    }
}

fn key(world: World, case: &Case, input: &ArrayRef) -> Result<LentKey, Error> {
    let Some(purpose) = world.ask().and_then(Ask::purpose) else {
        return Ok(LentKey::without_key(world, input.len()));
    };
    let subjects = match &case.subjects {
        Some(subjects) => StringArray::from(subjects.clone()),
        None => (0..input.len()).map(|row| Some(row.to_string())).collect(),
    };
    let columns = vec![Cells { name: "case".into(), array: input.clone() }];
    Ok(Grant::for_trial(purpose)?.lend(Lending {
        columns,
        subjects: Some(Arc::new(subjects)),
        offsets: &BatchOffsets::default(),
    })?)
}

fn compare(case: &Case, answer: &MaskAnswer) -> Result<(), CaseFailure> {
    let Some(returned) = answer.columns.first() else {
        return Err(CaseFailure { why: "no column came back".to_owned(), differences: Vec::new() });
    };
    let differences: Vec<_> =
        (0..case.input.cells.len()).filter_map(|row| Some((row, difference(case, answer, returned, row)?))).collect();
    let rejects = |row: usize| case.rejected.iter().any(|rejected| rejected.row == row);
    let rejected = |row: usize| answer.rejections.iter().any(|(rejected, _)| *rejected == row);
    let Some((first, _)) = differences.first() else { return Ok(()) };
    let why = match differences.iter().any(|(row, _)| rejects(*row) || rejected(*row)) {
        true => "other rows are rejected than the case says".to_owned(),
        false => format!("row {first} is not what the case says"),
    };
    Err(CaseFailure { why, differences: differences.into_iter().map(|(_, difference)| difference).collect() })
}

fn difference(case: &Case, answer: &MaskAnswer, returned: &ArrayRef, row: usize) -> Option<CaseDifference> {
    let says = case.rejected.iter().find(|rejected| rejected.row == row).map(|rejected| rejected.code);
    let came = answer.rejections.iter().find(|(rejected, _)| *rejected == row).map(|(_, code)| *code);
    let told = |code| Value::from(format!("rejected: {code}"));
    let wanted = |column: &Option<CaseColumn>| column.as_ref().and_then(|column| column.cells.get(row).cloned());
    let (value, shape) = (wanted(&case.output), wanted(&case.output_shape));
    let expected = value.clone().or(shape.clone()).unwrap_or_default();
    let got = cell(returned, row);
    let same = match (says, came) {
        (None, None) => value.is_none_or(|value| value == got) && shape.is_none_or(|shape| shaped(&shape, &got)),
        (says, came) => says == came,
    };
    (!same).then(|| CaseDifference::Cell {
        row,
        input: case.input.cells.get(row).cloned().unwrap_or_default(),
        expected: says.map_or(expected, told),
        got: came.map_or(got, told),
    })
}

fn shaped(pattern: &Value, cell: &Value) -> bool {
    match (pattern.as_str(), cell.as_str()) {
        (Some(pattern), Some(cell)) => regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(cell)),
        _ => pattern == cell,
    }
}

/// A case's column as a batch would have it. There is none of bytes.
pub(crate) fn array(column: &CaseColumn) -> Option<ArrayRef> {
    let integer = |cell: &Value| cell.as_i64();
    let days = |cell: &Value| cell.as_i64().and_then(|days| i32::try_from(days).ok());
    let cells = column.cells.iter();
    Some(match column.column_type {
        ColumnType::Text => Arc::new(cells.map(Value::as_str).collect::<StringArray>()),
        ColumnType::Int64 => Arc::new(cells.map(integer).collect::<Int64Array>()),
        ColumnType::Float64 => Arc::new(cells.map(Value::as_f64).collect::<Float64Array>()),
        ColumnType::Boolean => Arc::new(cells.map(Value::as_bool).collect::<BooleanArray>()),
        ColumnType::Date32 => Arc::new(cells.map(days).collect::<Date32Array>()),
        ColumnType::Timestamp => Arc::new(cells.map(integer).collect::<TimestampMicrosecondArray>()),
        ColumnType::Binary => return None,
    })
}

/// One cell as JSON.
fn cell(array: &ArrayRef, row: usize) -> Value {
    if row >= array.len() || array.is_null(row) {
        return Value::Null;
    }
    if let Some(text) = array.as_string_opt::<i32>() {
        return text.value(row).into();
    }
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        return numbers.value(row).into();
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return numbers.value(row).into();
    }
    if let Some(dates) = array.as_primitive_opt::<Date32Type>() {
        return dates.value(row).into();
    }
    if let Some(timestamps) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        return timestamps.value(row).into();
    }
    array.as_boolean_opt().map_or(Value::Null, |booleans| booleans.value(row).into())
}
