//! What was done to each column: counts for the report, and the bound on collisions of pseudonyms.

use std::collections::BTreeMap;

use arrow_array::Array;

use crate::batch::Batch;
use crate::error::Error;
use crate::keys::Purpose;
use crate::mask::{MaskedBatch, MaskedCall, Scrubbed};
use crate::plan::{Action, Call};
use crate::policy::PolicyProblem;
use crate::snapshot::{Ready, Snapshot};

/// The odds of any two different values sharing a pseudonym that a run may reach.
const COLLISION_ODDS: f64 = 1e-3;

/// What was done to one column.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ColumnTally {
    /// `mask`, `scrub`, `keep` or `drop`.
    pub action: &'static str,
    /// Which transform of which plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    /// The line of the rule in the policy, absent where no rule mentions the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Values that are not null.
    pub cells: u64,
    /// Of free text, how many pieces of which label were masked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pieces: BTreeMap<&'static str, u64>,
    /// What each transform did: one masks a column, several the pieces of free text.
    #[serde(skip)]
    pub calls: Vec<CallTally>,
}

/// What one transform did.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTally {
    /// Which transform of which plugin.
    pub transform: String,
    /// What the key is for that it was lent, if it was lent one.
    pub key: Option<Purpose>,
    /// Values that are not null.
    pub cells: u64,
    /// How many outputs the configuration allows, where two values may share one.
    distinct_outputs: Option<f64>,
}

/// What was done to each column, by name.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<String, ColumnTally>);

impl Tally {
    /// What was done to one batch.
    pub(crate) fn of(ready: &Ready, batch: &Batch, masked: &MaskedBatch) -> Self {
        let mut tally = BTreeMap::new();
        for (column, array) in ready.plan.columns.iter().zip(batch.columns().columns()) {
            let mut entry = ColumnTally { rule: column.rule, ..ColumnTally::default() };
            entry.cells = values(array.len(), array.null_count());
            match column.action {
                Action::Keep => entry.action = "keep",
                Action::Drop { .. } => entry.action = "drop",
                Action::Scrub { scrub } => {
                    entry.action = "scrub";
                    entry.pieces = masked.scrubbed.get(scrub).map(Scrubbed::pieces_by_label).unwrap_or_default();
                    let calls = ready.plan.calls.iter().zip(&masked.calls);
                    let calls = calls.filter(|(call, _)| call.scrub == Some(scrub));
                    entry.calls = calls.map(|(call, answer)| CallTally::of(call, answer, 0)).collect();
                }
                Action::Mask { call, position } => {
                    entry.action = "mask";
                    let call = ready.plan.calls.get(call).zip(masked.calls.get(call));
                    entry.calls.extend(call.map(|(call, answer)| CallTally::of(call, answer, position)));
                    entry.cells = entry.calls.first().map_or(0, |call| call.cells);
                    entry.transform = entry.calls.first().map(|call| call.transform.clone());
                }
            }
            tally.insert(column.name.clone(), entry);
        }
        Self(tally)
    }

    /// Adds what was done to another batch.
    pub(crate) fn add(&mut self, other: Self) {
        for (name, theirs) in other.0 {
            match self.0.get_mut(&name) {
                Some(ours) => ours.add(&theirs),
                None => {
                    self.0.insert(name, theirs);
                }
            }
        }
    }

    /// The columns in the order of their names.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &ColumnTally)> {
        self.0.iter().map(|(name, tally)| (name.as_str(), tally))
    }

    /// Fails when so many values were given pseudonyms that two may share one: the birthday bound, n² / 2N, which
    /// counts a value again each time that it occurs.
    pub(crate) fn check_collisions(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let is_crowded = |call: &&CallTally| {
            let cells = call.cells as f64;
            call.distinct_outputs.is_some_and(|outputs| cells * cells / (2.0 * outputs) > COLLISION_ODDS)
        };
        let crowded = self.0.iter().filter_map(|(name, tally)| Some((name, tally.calls.iter().find(is_crowded)?)));
        let problems = crowded.map(|(name, call)| collision(name, call.cells)).collect();
        Ok(snapshot.policy().refuse(problems)?)
    }
}

impl ColumnTally {
    fn add(&mut self, theirs: &Self) {
        self.cells = self.cells.saturating_add(theirs.cells);
        for (label, pieces) in &theirs.pieces {
            let ours = self.pieces.entry(label).or_default();
            *ours = ours.saturating_add(*pieces);
        }
        for (ours, theirs) in self.calls.iter_mut().zip(&theirs.calls) {
            ours.cells = ours.cells.saturating_add(theirs.cells);
        }
    }
}

impl CallTally {
    fn of(call: &Call, answer: &MaskedCall, position: usize) -> Self {
        let cells = answer.lent.get(position);
        Self {
            transform: format!("{}/{}", call.plugin, call.transform),
            key: call.key.as_ref().map(|key| key.purpose),
            cells: cells.map_or(0, |cells| values(cells.len(), cells.null_count())),
            distinct_outputs: call.distinct_outputs,
        }
    }
}

fn collision(column: &str, cells: u64) -> PolicyProblem {
    let message = format!(
        "column `{column}`: {cells} values are too many for pseudonyms this short, two individuals may share one with \
         odds above 1 in 1000; give its rule a greater `length` or an alphabet with more symbols"
    );
    PolicyProblem { message, span: None }
}

fn values(cells: usize, nulls: usize) -> u64 {
    cells.saturating_sub(nulls) as u64
}
