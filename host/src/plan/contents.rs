//! Which columns have their contents held against their labels.

use serde::Serialize;

use super::{Action, Call, PlannedColumn};
use crate::manifest::Left;
use crate::phi::Label;
use crate::policy::Policy;

/// A column whose contents are held against its label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contents {
    /// Where it is in the input, counted from 0.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// What it is, as somebody said.
    pub label: Option<Label>,
    /// What it looks like and is not, as somebody said.
    pub looks_like: Vec<Label>,
    /// Whether it is the masked column that is meant.
    pub is_output: bool,
}

/// The columns of the input that are written as they are, and those with a label of which much is left.
pub(super) fn of_input(policy: &Policy, columns: &[PlannedColumn], calls: &[Call]) -> Vec<Contents> {
    let is_held = |column: &&PlannedColumn| match column.action {
        Action::Keep => true,
        Action::Mask { call, .. } => column.label.is_some() && calls.get(call).is_some_and(|call| !call.is_made_up()),
        // Of free text nothing can be said as a column.
        Action::Scrub { .. } | Action::Drop { .. } => false,
    };
    columns.iter().filter(is_held).map(|column| contents(policy, column, false)).collect()
}

/// The masked columns with a label: what comes out of them looks like what went in, or like nothing.
pub(super) fn of_output(policy: &Policy, columns: &[PlannedColumn], calls: &[Call]) -> Vec<Contents> {
    let is_held = |column: &&PlannedColumn| match column.action {
        Action::Mask { call, .. } => {
            // Codes made of letters and digits alone look like numbers of something.
            let left = calls.get(call).map(|call| call.left);
            column.label.is_some() && matches!(left, Some(Left::Part | Left::Everything | Left::DerivedCode))
        }
        Action::Scrub { .. } | Action::Keep | Action::Drop { .. } => false,
    };
    columns.iter().filter(is_held).map(|column| contents(policy, column, true)).collect()
}

fn contents(policy: &Policy, column: &PlannedColumn, is_output: bool) -> Contents {
    let rule = policy.rule_of(&column.name);
    let looks_like = rule.map(|rule| rule.looks_like.clone()).unwrap_or_default();
    Contents {
        column: column.index,
        name: column.name.clone(),
        label: column.label.as_ref().map(|finding| finding.label),
        looks_like: looks_like.into_iter().chain(policy.rejected.get(&column.name).copied()).collect(),
        is_output,
    }
}
