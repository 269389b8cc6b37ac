//! Runs a plugin's golden cases: input and configuration as its manifest gives them, output compared cell by cell.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use serde_json::Value;

use super::Plugin;
use super::call::{MaskAnswer, MaskCall};
use super::fault::{CallError, PackageError, PackageProblem};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::keys::{BatchOffsets, Cells};
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::manifest::{Ask, Case, CaseColumn, Transform, World};

/// Runs every golden case of a plugin, under a key made for it: cases of keyed transforms state shapes.
///
/// # Errors
/// The first case that does not come out.
pub(super) fn check(plugin: &Plugin, leash: &Leash) -> Result<(), Error> {
    for transform in &plugin.manifest().transforms {
        for case in &transform.cases {
            run(plugin, transform, case, leash)?.map_err(|why| PackageError {
                plugin: plugin.manifest().name.clone(),
                problem: PackageProblem::Case { transform: transform.name.clone(), case: case.name.clone(), why },
            })?;
        }
    }
    Ok(())
}

/// The outer error is of the host, the inner one says how the case failed.
fn run(plugin: &Plugin, transform: &Transform, case: &Case, leash: &Leash) -> Result<Result<(), String>, Error> {
    let Some(input) = array(&case.input) else {
        return Ok(Err(format!("its input cannot be a column of {}", case.input.column_type)));
    };
    let Some(produced) = transform.types.get(&case.input.column_type) else {
        return Ok(Err(format!("the transform takes no {}", case.input.column_type)));
    };
    let Ok(config) = transform.complete_config(&case.config) else {
        return Ok(Err("its configuration does not fit the schema".to_owned()));
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
    Ok(match plugin.mask_on(&call, key, leash) {
        Ok(answer) => compare(case, &answer),
        Err(CallError::Guest(fault)) => Err(fault.to_string()),
        Err(CallError::Machine(why)) => return Err(Error::Instance(why)),
        Err(CallError::Capability(why)) => return Err(Error::Capability(why)),
        Err(CallError::Ended) => return Err(Error::Ended),
    })
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

fn compare(case: &Case, answer: &MaskAnswer) -> Result<(), String> {
    let rejected: Vec<_> = case.rejected.iter().map(|rejected| (rejected.row, rejected.code)).collect();
    if rejected != answer.rejections {
        return Err("other rows are rejected than the case says".to_owned());
    }
    let Some(returned) = answer.columns.first() else { return Err("no column came back".to_owned()) };
    let differs = |row: usize, wanted: &Value, same: &dyn Fn(&Value, &Value) -> bool| {
        !rejected.iter().any(|(rejected, _)| *rejected == row) && !same(wanted, &cell(returned, row))
    };
    let first = |column: &Option<CaseColumn>, same: &dyn Fn(&Value, &Value) -> bool| {
        let column = column.as_ref()?;
        column.cells.iter().enumerate().find(|(row, wanted)| differs(*row, wanted, same)).map(|(row, _)| row)
    };
    let shaped = |pattern: &Value, cell: &Value| match (pattern.as_str(), cell.as_str()) {
        (Some(pattern), Some(cell)) => regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(cell)),
        _ => pattern == cell,
    };
    match first(&case.output, &|wanted, cell| wanted == cell).or_else(|| first(&case.output_shape, &shaped)) {
        Some(row) => Err(format!("row {row} is not what the case says")),
        None => Ok(()),
    }
}

/// A case's column as a batch would have it.
fn array(column: &CaseColumn) -> Option<ArrayRef> {
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
