//! Runs a plugin's golden cases: input and configuration as its manifest gives them, output compared cell by cell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use serde_json::Value;

use super::Plugin;
use super::call::{MaskAnswer, MaskCall};
use super::classify::ClassifyCall;
use super::fault::{CallError, PackageError, PackageProblem};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::keys::{BatchOffsets, Cells};
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::manifest::{Ask, Case, CaseColumn, ClassifierCase, Transform, World};

/// How a golden case failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFailure {
    /// Why: no value of the case.
    pub why: String,
    /// The cells that differ, where that is why. They are the author's own examples.
    pub differences: Vec<CaseDifference>,
}

/// A cell that is not what a golden case says.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CaseDifference {
    /// The row of the case, counted from 0.
    pub row: usize,
    /// What went in.
    pub input: Value,
    /// What the case says: a value, a pattern, or how the row is rejected.
    pub expected: Value,
    /// What came out.
    pub got: Value,
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
    let is_of_text = plugin.manifest().world == World::TextClassifier;
    let asked = if is_of_text { "find" } else { "classify" };
    for case in &plugin.manifest().cases {
        in_time(asked, &case.name)?;
        let came_out = if is_of_text { finds(plugin, case, leash)? } else { run_classifier(plugin, case, leash)? };
        came_out.map_err(|why| failed(asked, &case.name, why))?;
    }
    Ok(())
}

/// Runs one golden case of a classifier. The outer error is of the host, the inner one says how the case failed.
fn run_classifier(plugin: &Plugin, case: &ClassifierCase, leash: &Leash) -> Result<Result<(), String>, Error> {
    let Some(input) = array(&case.input) else {
        return Ok(Err(format!("its input cannot be a column of {}", case.input.column_type)));
    };
    let call = ClassifyCall { names: &[&case.column], columns: &[(input, case.input.column_type)] };
    let found = match plugin.classify(&call, leash) {
        Ok(found) => found,
        Err(failed) => return blamed(failed).map(Err),
    };
    let mut matched: BTreeMap<&str, u32> = BTreeMap::new();
    for found in found.iter().filter(|found| found.matched > 0) {
        if let Some(detection) = plugin.manifest().labels.get(found.label) {
            let most = matched.entry(&detection.label).or_default();
            *most = found.matched.max(*most);
        }
    }
    let expected = case.matched.iter().flatten();
    let expected = expected.filter(|(_, matched)| **matched > 0).map(|(label, count)| (label.as_str(), *count));
    let differs = expected.clone().collect::<BTreeMap<_, _>>() != matched;
    let shown = |counts: &BTreeMap<&str, u32>| {
        counts.iter().map(|(label, count)| format!("{label} {count}")).collect::<Vec<_>>().join(", ")
    };
    Ok(if differs {
        Err(format!("it found [{}] and the case says [{}]", shown(&matched), shown(&expected.collect())))
    } else {
        Ok(())
    })
}

/// Runs one golden case of a text classifier.
fn finds(plugin: &Plugin, case: &ClassifierCase, leash: &Leash) -> Result<Result<(), String>, Error> {
    let (Some(input), Some(found)) = (array(&case.input), &case.found) else {
        return Ok(Err("its input cannot be a column of text".to_owned()));
    };
    let spans = match plugin.find(&case.column, &input, leash) {
        Ok(spans) => spans,
        Err(failed) => return blamed(failed).map(Err),
    };
    for (row, (cell, expected)) in case.input.cells.iter().zip(found).enumerate() {
        let text = cell.as_str().unwrap_or_default();
        let came = spans.iter().filter(|span| span.row == row).map(|span| {
            let label = plugin.manifest().labels.get(span.label).map(|known| known.label.as_str());
            (label.unwrap_or_default(), text.get(span.start..span.end).unwrap_or_default())
        });
        let came: Vec<_> = came.collect();
        let expected: Vec<_> = expected.iter().map(|piece| (piece.label.as_str(), piece.text.as_str())).collect();
        if came != expected {
            let labels = |pieces: &[(&str, &str)]| pieces.iter().map(|piece| piece.0).collect::<Vec<_>>().join(", ");
            let (came, expected) = (labels(&came), labels(&expected));
            return Ok(Err(format!("row {row}: it found [{came}], and the case says [{expected}], or others of them")));
        }
    }
    Ok(Ok(()))
}

/// What a call that failed says against its plugin, or that the host is to blame.
fn blamed(failed: CallError) -> Result<String, Error> {
    match failed {
        CallError::Guest(fault) => Ok(fault.to_string()),
        CallError::Machine(why) => Err(Error::Instance(why)),
        CallError::Capability(why) => Err(Error::Capability(why)),
        CallError::Ended => Err(Error::Ended),
    }
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
        Err(error) => failed(blamed(error)?),
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
        (0..case.input.cells.len()).filter_map(|row| difference(case, answer, returned, row)).collect();
    let rejects = |row: usize| case.rejected.iter().any(|rejected| rejected.row == row);
    let rejected = |row: usize| answer.rejections.iter().any(|(rejected, _)| *rejected == row);
    let Some(first) = differences.first() else { return Ok(()) };
    let why = match differences.iter().any(|it| rejects(it.row) || rejected(it.row)) {
        true => "other rows are rejected than the case says".to_owned(),
        false => format!("row {} is not what the case says", first.row),
    };
    Err(CaseFailure { why, differences })
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
    (!same).then(|| CaseDifference {
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
