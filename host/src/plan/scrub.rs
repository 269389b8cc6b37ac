//! From a checked rule for free text to what finds its pieces, and the calls that mask them.

use std::iter;
use std::ops::Range;

use arrow_schema::{DataType, Schema};
use serde::Serialize;

use super::assign::Assigned;
use super::call::of_pieces;
use super::check::{Checked, CheckedScrub};
use super::{Call, Finder};
use crate::batch::{ColumnType, is_name, is_open};
use crate::outcome::Fate;
use crate::phi::Label;
use crate::policy::{At, Policy, PolicyProblem, did_you_mean};

/// A column of free text, what finds pieces of it, and what takes their place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scrub {
    /// The column, of text or of lists of text: an index into the input.
    pub column: usize,
    /// The plugins that look for pieces.
    pub find: Vec<Finder>,
    /// The columns whose values are found in the text of their row.
    pub known: Vec<KnownColumn>,
    /// What takes the place of the pieces of a label, and of narrower ones that are not among these.
    pub kinds: Vec<(Label, Substitute)>,
    /// What takes the place of all others, and of those that a transform rejects. Its call comes behind theirs.
    pub otherwise: Substitute,
    /// How sure a plugin must be of a piece, 0 to 100.
    pub threshold: u8,
    /// What happens to rows of which a piece cannot be masked.
    pub fate: Fate,
    /// Where in the policy it stands, in bytes.
    #[serde(skip)]
    pub span: Range<usize>,
}

/// A column whose values are looked for in the text of their row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownColumn {
    /// An index into the input.
    pub column: usize,
    /// What it is, if anybody said so.
    pub label: Option<Label>,
}

/// What takes the place of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Substitute {
    /// The name of its label in brackets.
    Tag,
    /// What this call makes of it.
    Call(usize),
}

impl Scrub {
    /// What takes the place of pieces of a label: what is said of it, or of the next broader one of which something is said.
    pub fn substitute(&self, label: Label) -> Substitute {
        let said = |label: Label| self.kinds.iter().find(|(kind, _)| *kind == label).map(|(_, by)| *by);
        iter::successors(Some(label), |label| label.broader()).find_map(said).unwrap_or(self.otherwise)
    }
}

/// Plans what becomes of each column of a rule: adds it, and the calls for its pieces.
pub(super) fn plan(
    checked: &CheckedScrub<'_>,
    (assigned, schema, policy): (&Assigned, &Schema, &Policy),
    (calls, scrubs): (&mut Vec<Call>, &mut Vec<Scrub>),
    problems: &mut Vec<PolicyProblem>,
) {
    let input = Input { assigned, schema, policy };
    for column in assigned.of_rule(checked.index) {
        if !input.check_is_text(column, checked, problems) {
            continue;
        }
        let number = scrubs.len();
        let mut substitute = |line: &Option<Checked<'_>>| {
            let Some(line) = line else { return Substitute::Tag };
            let call = of_pieces(line, column, (assigned, schema, policy), problems);
            calls.push(Call { scrub: Some(number), fate: checked.scrub.rejected, ..call });
            Substitute::Call(calls.len().saturating_sub(1))
        };
        let kinds = checked.kinds.iter().map(|(label, line)| (*label, substitute(line))).collect();
        let otherwise = substitute(&checked.otherwise);
        scrubs.push(Scrub {
            column,
            find: checked.find.clone(),
            known: input.known(column, checked, problems),
            kinds,
            otherwise,
            threshold: checked.scrub.threshold,
            fate: checked.scrub.rejected,
            span: checked.scrub.span.clone(),
        });
    }
}

/// What there is, and what is said of it.
struct Input<'i> {
    assigned: &'i Assigned,
    schema: &'i Schema,
    policy: &'i Policy,
}

impl Input<'_> {
    /// The type of a column's cells: of a list, of its elements.
    fn cells(&self, column: usize) -> Option<ColumnType> {
        match self.schema.fields().get(column)?.data_type() {
            DataType::List(item) => ColumnType::for_arrow(item.data_type()),
            other => ColumnType::for_arrow(other),
        }
    }

    fn name(&self, column: usize) -> &str {
        self.schema.fields().get(column).map(|field| field.name().as_str()).unwrap_or_default()
    }

    fn check_is_text(&self, column: usize, checked: &CheckedScrub<'_>, problems: &mut Vec<PolicyProblem>) -> bool {
        let is_text = self.cells(column) == Some(ColumnType::Text);
        if !is_text {
            let message =
                format!("column `{}` is no text, and only text is scrubbed; mask or drop it", self.name(column));
            problems.push(PolicyProblem { message, span: Some(checked.scrub.span.clone()) });
        }
        is_text
    }

    /// The columns that the rule names, or all that identify people, but for the text itself.
    fn known(&self, text: usize, checked: &CheckedScrub<'_>, problems: &mut Vec<PolicyProblem>) -> Vec<KnownColumn> {
        let known = |column: usize| {
            let label = self.policy.finding(self.name(column)).map(|finding| finding.label);
            KnownColumn { column, label }
        };
        if checked.scrub.known.is_empty() {
            let all = (0..self.schema.fields().len()).map(known);
            return all.filter(|known| known.column != text && self.identifies(*known)).collect();
        }
        let mut named = Vec::new();
        for name in &checked.scrub.known {
            match self.assigned.index(&name.value) {
                Some(column) if column == text || !self.has_words(column) => {
                    let message =
                        format!("the values of column `{}` cannot be looked for in text; take it out", name.value);
                    problems.push(PolicyProblem { message, span: Some(name.span.clone()) });
                }
                Some(column) => named.push(known(column)),
                None => problems.extend(self.absent(name)),
            }
        }
        named
    }

    /// A column that the input has not. Documents without it are told by a note of the plan.
    fn absent(&self, name: &At<String>) -> Option<PolicyProblem> {
        let known = self.schema.fields().iter().map(|field| field.name().as_str()).filter(|name| is_name(name));
        let hint = did_you_mean(&name.value, known);
        let message = format!("the input has no column `{}`, whose values are to be known{hint}", name.value);
        (!is_open(self.schema)).then(|| PolicyProblem { message, span: Some(name.span.clone()) })
    }

    /// Whether the values identify people: the subject's do. Ages are left out: below 90 they are told by too many.
    fn identifies(&self, known: KnownColumn) -> bool {
        let is_subject = self.policy.subject.as_ref().is_some_and(|subject| subject.value == self.name(known.column));
        let by_label =
            known.label.is_some_and(|label| label.is_identifying() && !["free-text", "age"].contains(&label.name()));
        (is_subject || by_label) && self.has_words(known.column)
    }

    /// Whether the values have a text that may stand in another.
    fn has_words(&self, column: usize) -> bool {
        !matches!(self.cells(column), None | Some(ColumnType::Binary | ColumnType::Boolean))
    }
}
