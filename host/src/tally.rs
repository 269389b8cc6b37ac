//! What was done to each column: counts for the report, and the bound on collisions of pseudonyms.

use std::collections::BTreeMap;

use arrow_array::Array;

use crate::batch::Batch;
use crate::error::Error;
use crate::keys::Purpose;
use crate::mask::{MaskedBatch, Scrubbed};
use crate::plan::Action;
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
    /// What the key is for that the transform was lent, if it was lent one.
    #[serde(skip)]
    pub key: Option<Purpose>,
    /// How many outputs the configuration allows, where two values may share one.
    #[serde(skip)]
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
                }
                Action::Mask { call, position } => {
                    entry.action = "mask";
                    let lent = masked.calls.get(call).and_then(|call| call.lent.get(position));
                    entry.cells = lent.map_or(0, |cells| values(cells.len(), cells.null_count()));
                    let call = ready.plan.calls.get(call);
                    entry.transform = call.map(|call| format!("{}/{}", call.plugin, call.transform));
                    entry.key = call.and_then(|call| Some(call.key.as_ref()?.purpose));
                    entry.distinct_outputs = call.and_then(|call| call.distinct_outputs);
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
        let crowded = self.0.iter().filter(|(_, tally)| {
            let cells = tally.cells as f64;
            tally.distinct_outputs.is_some_and(|outputs| cells * cells / (2.0 * outputs) > COLLISION_ODDS)
        });
        let problems = crowded.map(|(name, tally)| collision(name, tally.cells)).collect();
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
