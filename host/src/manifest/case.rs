//! The golden cases of a transform.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Transform;
use crate::batch::ColumnType;
use crate::outcome::RejectionCode;

/// An example: what goes in, and what must come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The configuration, without defaults.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// The column that goes in.
    pub input: CaseColumn,
    /// The column that must come out. The cells of rejected rows count for nothing.
    #[serde(default)]
    pub output: Option<CaseColumn>,
    /// Instead of `output`, where a key decides: a regular expression for each text that must come out.
    #[serde(default)]
    pub output_shape: Option<CaseColumn>,
    /// The rows that must be rejected, in rising order.
    #[serde(default)]
    pub rejected: Vec<CaseRejection>,
    /// The reference date, in days since 1970-01-01.
    #[serde(default)]
    pub reference_date: Option<i32>,
    /// The subject of each row, for a date-shift key.
    #[serde(default)]
    pub subjects: Option<Vec<Option<String>>>,
}

/// One column, written as `{ "text": ["a", null] }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<ColumnType, Vec<Value>>")]
pub struct CaseColumn {
    /// Its type.
    pub column_type: ColumnType,
    /// Its cells: text, whole numbers (also days and microseconds), numbers, truth values, lists of bytes, or null.
    pub cells: Vec<Value>,
}

/// A row that must be rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRejection {
    /// Counted from 0.
    pub row: usize,
    /// Why.
    pub code: RejectionCode,
}

impl TryFrom<BTreeMap<ColumnType, Vec<Value>>> for CaseColumn {
    type Error = &'static str;

    fn try_from(columns: BTreeMap<ColumnType, Vec<Value>>) -> Result<Self, Self::Error> {
        let mut columns = columns.into_iter();
        match (columns.next(), columns.next()) {
            (Some((column_type, cells)), None) => Ok(Self { column_type, cells }),
            _ => Err("a column of a case has exactly one type"),
        }
    }
}

impl Case {
    /// Whether the case fits its transform.
    pub(super) fn check(&self, transform: &Transform) -> Result<(), String> {
        transform
            .complete_config(&self.config)
            .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))?;
        self.input.check()?;
        let rows = self.input.cells.len();
        let Some(produced) = transform.types.get(&self.input.column_type) else {
            return Err(format!("the transform takes no {} column", self.input.column_type));
        };
        match (&self.output, &self.output_shape) {
            (Some(output), None) => output.check_is(*produced, rows).and_then(|()| output.check())?,
            (None, Some(shape)) => shape.check_is(ColumnType::Text, rows).and_then(|()| shape.check_patterns())?,
            _ => return Err("it takes `output` or `output_shape`, one of them".into()),
        }
        let rejected = self.rejected.iter().map(|rejection| rejection.row);
        if !rejected.clone().is_sorted_by(|a, b| a < b) || rejected.clone().any(|row| row >= rows) {
            return Err("`rejected` is not in rising order, or names a row that is not there".into());
        }
        if self.subjects.as_ref().is_some_and(|subjects| subjects.len() != rows) {
            return Err("there is not one subject for each row".into());
        }
        Ok(())
    }
}

impl CaseColumn {
    fn check_is(&self, wanted: ColumnType, rows: usize) -> Result<(), String> {
        if self.column_type != wanted || self.cells.len() != rows {
            return Err(format!("its output is not {rows} cells of type {wanted}"));
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self.cells.iter().position(|cell| !cell.is_null() && !self.holds(cell)) {
            Some(row) => Err(format!("cell {row} is not of type {}", self.column_type)),
            None => Ok(()),
        }
    }

    fn holds(&self, cell: &Value) -> bool {
        match self.column_type {
            ColumnType::Text => cell.is_string(),
            ColumnType::Binary => {
                cell.as_array().is_some_and(|bytes| bytes.iter().all(|b| b.as_u64().is_some_and(|b| b < 256)))
            }
            ColumnType::Int64 | ColumnType::Timestamp => cell.is_i64(),
            ColumnType::Date32 => cell.as_i64().is_some_and(|days| i32::try_from(days).is_ok()),
            ColumnType::Float64 => cell.is_number(),
            ColumnType::Boolean => cell.is_boolean(),
        }
    }

    fn check_patterns(&self) -> Result<(), String> {
        self.check()?;
        for pattern in self.cells.iter().filter_map(Value::as_str) {
            super::pattern(pattern)?;
        }
        Ok(())
    }
}
