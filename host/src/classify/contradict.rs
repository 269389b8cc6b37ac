//! Whether the values of a column are something else than its label says.

use super::Classifiers;
use super::evidence::Evidence;
use super::suggest::Grounds;
use crate::phi::Label;

/// How sure it has to be that a column is something else: a run stops for it.
const SURE: f64 = 0.8;

/// How much has to speak for what its label says to leave it at that.
const DOUBTED: f64 = 0.3;

impl Classifiers {
    /// What identifies people and the values of a column surely are, though its label does not say so, nor somebody
    /// that they only look like it. Names count for nothing here, only values.
    pub(crate) fn contradicts(
        &self,
        evidence: &Evidence,
        column: &str,
        label: Option<Label>,
        looks_like: &[Label],
    ) -> Option<Label> {
        let grounds = Grounds::of(self, evidence.of(column)?);
        let sure = Label::all().filter(|label| label.is_identifying()).map(|label| (label, grounds.confidence(label)));
        let (seems, _) = sure.filter(|(_, sure)| *sure >= SURE).max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        if looks_like.iter().chain(&label).any(|said| are_kin(*said, seems)) {
            return None;
        }
        let own = label.iter().flat_map(|said| Label::all().filter(|label| are_kin(*said, *label)));
        let speaks = own.map(|label| grounds.confidence(label)).fold(0.0, f64::max);
        (speaks < DOUBTED).then_some(seems)
    }
}

/// Whether one is a kind of the other.
fn are_kin(one: Label, other: Label) -> bool {
    one.is_a(other) || other.is_a(one)
}
