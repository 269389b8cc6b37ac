//! What classifiers of both kinds are asked: a column with its name, and the same values in other columns.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray, UInt32Array};

use super::report::{Checks, Failure, Property};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::leash::Leash;
use crate::made_up::MadeUp;
use crate::plugin::{CallError, Plugin, cases};

/// The name of a made-up column.
pub(super) const PLAIN: &str = "column";

/// A column, and what it is called.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) column_type: ColumnType,
    pub(super) column: MadeUp,
}

impl Asked {
    /// A made-up column, which has no name of its own.
    pub(super) fn of(column_type: ColumnType, column: MadeUp) -> Self {
        Self { name: PLAIN.to_owned(), column_type, column }
    }

    /// A column of which only the name is read.
    pub(super) fn of_name(name: &str) -> Self {
        let array: ArrayRef = Arc::new(StringArray::from(vec![""]));
        let column = MadeUp::new(&format!("the name {name:?}"), array);
        Self { name: name.to_owned(), column_type: ColumnType::Text, column }
    }

    pub(super) fn failure(&self, row: Option<usize>, problem: &str) -> Failure {
        Failure { row, ..failure(&self.column.name, self.column_type, problem) }
    }
}

/// What the author has examples of, each under its own name.
pub(super) fn of_cases(plugin: &Plugin) -> Vec<Asked> {
    let of_case = |case: &crate::manifest::ClassifierCase| {
        let (name, column_type) = (case.column.clone(), case.input.column_type);
        let column = MadeUp::new(&format!("the input of case `{}`", case.name), cases::array(&case.input)?);
        Some(Asked { name, column_type, column })
    };
    plugin.manifest().cases.iter().filter_map(of_case).collect()
}

/// What the author has at hand: each part of it.
pub(super) fn of_input(input: &(String, ColumnType, Vec<ArrayRef>)) -> impl Iterator<Item = Asked> {
    let (name, column_type, parts) = input;
    let asked = move |part: &ArrayRef| {
        let column = MadeUp::new(&format!("column {name}"), part.clone());
        Asked { name: name.clone(), column_type: *column_type, column }
    };
    parts.iter().map(asked)
}

/// Runs every golden case.
pub(super) fn golden_cases(plugin: &Plugin, checks: &mut Checks) -> Result<(), Error> {
    for case in &plugin.manifest().cases {
        let outcome = cases::run_classifier(plugin, case, &Leash::default())?;
        let failure = outcome.err().map(|failed| Failure {
            differences: failed.differences,
            ..failure(&format!("case `{}`", case.name), case.input.column_type, &failed.why)
        });
        checks.note(Property::Cases, failure);
    }
    Ok(())
}

/// What comes of one that never found anything.
pub(super) fn found_nothing() -> Failure {
    let problem = "it found nothing in any column; a golden case would show what it finds";
    failure("every column", ColumnType::Text, problem)
}

fn failure(column: &str, column_type: ColumnType, problem: &str) -> Failure {
    Failure {
        column: column.to_owned(),
        config: String::new(),
        column_type,
        row: None,
        problem: problem.to_owned(),
        differences: Vec::new(),
    }
}

/// What came of calls, or nothing after a fault of the plugin, which is noted.
pub(super) fn survived<T>(checks: &mut Checks, asked: &Asked, tried: Result<T, CallError>) -> Result<Option<T>, Error> {
    match tried {
        Ok(came) => Ok(Some(came)),
        Err(error) => {
            let fault = error.fault()?;
            checks.note(Property::broken_by(&fault), Some(asked.failure(None, &fault.to_string())));
            Ok(None)
        }
    }
}

/// The same values with a null before each, and one at the end.
pub(super) fn between_nulls(array: &ArrayRef) -> Result<ArrayRef, CallError> {
    let rows = (0_u32..).take(array.len()).flat_map(|row| [None, Some(row)]).chain([None]);
    taken(array, &rows.collect())
}

pub(super) fn backwards(array: &ArrayRef) -> Result<ArrayRef, CallError> {
    let rows: Vec<u32> = (0..).take(array.len()).collect();
    taken(array, &rows.into_iter().rev().map(Some).collect())
}

fn taken(array: &ArrayRef, rows: &UInt32Array) -> Result<ArrayRef, CallError> {
    arrow_select::take::take(array, rows, None).map_err(|why| CallError::Machine(why.to_string()))
}
