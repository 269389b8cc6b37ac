//! The plan: one action for every column of an input. Pure.
//!
//! The first rule that matches a column decides (`assign`). What a rule says is checked against its transform
//! (`check`), and its columns become calls (`call`). Every problem is told at once; with any, there is no plan.

mod assign;
mod call;
mod check;
mod find;
mod judge;
mod scrub;

use std::ops::Range;

use arrow_schema::Schema;
use serde::Serialize;

use check::CheckedRule;
pub use find::{Finder, Found, NotFound, Transforms, find};
pub use scrub::{KnownColumn, Scrub, Substitute};

use crate::batch::ColumnType;
use crate::keys::{Normalize, Purpose};
use crate::manifest::{Left, Properties, World};
use crate::outcome::Fate;
use crate::phi::Finding;
use crate::policy::{Policy, PolicyErrors, PolicyProblem};
use crate::profile;

/// What happens to every column of an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// One for each column of the input, in its order.
    pub columns: Vec<PlannedColumn>,
    /// The calls of plugins that each batch takes. None depends on another.
    pub calls: Vec<Call>,
    /// The columns of free text of which pieces are masked.
    pub scrubs: Vec<Scrub>,
    /// The columns that are written: indices into the input, rising. There is at least one.
    pub output: Vec<usize>,
    /// What is odd about the policy on this input and no error.
    pub notes: Vec<PolicyProblem>,
}

/// What happens to one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedColumn {
    /// Its name.
    pub name: String,
    /// Where it is in the input, counted from 0.
    pub index: usize,
    /// What it is, if anybody said so.
    pub label: Option<Finding>,
    /// The line of the policy with the rule that decided.
    pub rule: Option<usize>,
    /// What happens.
    pub action: Action,
}

/// What happens to one column: exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is masked, and the masked column is written.
    Mask {
        /// Which call masks it.
        call: usize,
        /// Where it is among the columns of the call.
        position: usize,
    },
    /// Pieces of it are masked, and the rest is written as it is.
    Scrub {
        /// Which of the plan's.
        scrub: usize,
    },
    /// It is written as it is.
    Keep,
    /// It is not written.
    Drop {
        /// Whether a rule says so, or none says anything.
        by_rule: bool,
    },
}

/// One call of a plugin, the same for each batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// The name of the plugin.
    pub plugin: String,
    /// Its version, as its manifest has it.
    pub version: String,
    /// The digest of its bytes.
    pub digest: String,
    /// Its world, which is what it may import.
    pub world: World,
    /// The transform asked for.
    pub transform: String,
    /// Where the transform is in the manifest.
    pub transform_index: usize,
    /// The configuration as a JSON object, defaults filled in, keys sorted.
    pub config: String,
    /// The columns to mask: indices into the input.
    pub columns: Vec<usize>,
    /// Where its cells are pieces of free text: which of the plan's scrubs finds them in the column.
    pub scrub: Option<usize>,
    /// The further columns that the transform sees.
    pub context: Vec<Beside>,
    /// The types in which the columns are handed over; for a list column, of its elements.
    pub input_types: Vec<ColumnType>,
    /// The types in which the further columns are handed over.
    pub context_types: Vec<ColumnType>,
    /// Whether the one column is a list, masked element by element.
    pub list: bool,
    /// The types that come back.
    pub produced: Vec<ColumnType>,
    /// The key that is lent.
    pub key: Option<KeyUse>,
    /// The column that names the subject. Present with a date-shift key.
    pub subject: Option<Beside>,
    /// The form in which its values name subjects.
    pub subject_form: Normalize,
    /// The reference date in days since 1970-01-01. Present where the transform needs it.
    pub reference_date: Option<i32>,
    /// Whether a value may stay as it came: the manifest asks for it and the rule allows it.
    pub may_keep: bool,
    /// Whether a value may become null.
    pub adds_nulls: bool,
    /// What every text that comes back matches.
    pub output_pattern: Option<String>,
    /// How many different outputs the configuration allows, if the manifest says.
    pub distinct_outputs: Option<f64>,
    /// What the configuration leaves of a value in its result, as the manifest says.
    pub left: Left,
    /// What the manifest says of the outputs.
    pub properties: Properties,
    /// What happens to rows that the transform rejects.
    pub fate: Fate,
    /// The line of the rule in the policy.
    pub rule: usize,
    /// Where in the policy the transform is named, in bytes.
    #[serde(skip)]
    pub span: Range<usize>,
}

/// A column that a call looks at and does not mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// Where it is in the input, counted from 0.
    Column(usize),
    /// None of these documents has it: it is null in every row. Where the columns of an input are known before its rows
    /// that is a mistake of the policy instead.
    Absent,
}

/// A key and what it is used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// Its name in the keyring.
    pub name: String,
    /// What it must be for.
    pub purpose: Purpose,
    /// Where in the policy it is named, in bytes.
    #[serde(skip)]
    pub span: Range<usize>,
}

/// Decides what happens to every column of an input.
///
/// A column that no rule matches is not written: the plan is refused, or the column dropped with `unmatched: drop`. The
/// subject's column alone may go unmentioned, and is dropped.
///
/// # Errors
/// All that is wrong with the policy on this input and with these plugins.
pub fn plan(schema: &Schema, policy: &Policy, transforms: &dyn Transforms) -> Result<Plan, PolicyErrors> {
    let (plan, problems) = draft(schema, policy, transforms);
    policy.refuse(problems)?;
    Ok(plan)
}

/// All that is wrong with the policy and these plugins, whatever the input.
pub(crate) fn flaws(policy: &Policy, transforms: &dyn Transforms) -> Vec<PolicyProblem> {
    let mut problems = policy.flaws().to_vec();
    drop(check::rules(policy, transforms, &mut problems));
    problems
}

/// The plan as far as there can be one, and all that is wrong: for who can find more with it.
pub(crate) fn draft(schema: &Schema, policy: &Policy, transforms: &dyn Transforms) -> (Plan, Vec<PolicyProblem>) {
    let mut problems = policy.flaws().to_vec();
    let assigned = assign::assign(schema, policy, &mut problems);
    let (mut calls, mut scrubs) = (Vec::new(), Vec::new());
    for checked in check::rules(policy, transforms, &mut problems).iter().filter(|_| policy.is_whole()) {
        match checked {
            CheckedRule::Mask(checked) => {
                calls.extend(call::calls(checked, &assigned, schema, policy, &mut problems));
            }
            CheckedRule::Scrub(checked) => {
                scrub::plan(checked, (&assigned, schema, policy), (&mut calls, &mut scrubs), &mut problems);
            }
        }
    }
    let columns = assigned.columns(policy, &calls, &scrubs);
    let written = |column: &&PlannedColumn| !matches!(column.action, Action::Drop { .. });
    let output: Vec<_> = columns.iter().filter(written).map(|column| column.index).collect();
    if output.is_empty() && problems.is_empty() {
        let message = "no column would be written; add a rule that masks or keeps one".into();
        problems.push(PolicyProblem { message, span: None });
    }
    if let Some(profile) = &policy.profile {
        let labelled: Vec<_> = policy.findings.iter().map(|(_, finding)| finding.label).collect();
        profile::check(profile, &judge::columns(policy, &columns, &calls, &scrubs), &labelled, &mut problems);
    }
    let notes = assign::notes(schema, policy, &assigned);
    (Plan { columns, calls, scrubs, output, notes }, problems)
}

#[cfg(test)]
mod tests;
