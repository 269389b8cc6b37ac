//! One rule: which columns, and what happens to them.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{At, Pattern};
use crate::outcome::Fate;
use crate::phi::Label;

/// Which columns a rule is for, and what happens to them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The line of the policy that it begins on, counted from 1.
    pub line: usize,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// Names of columns and patterns of names.
    pub columns: Vec<At<Pattern>>,
    /// Labels of columns.
    pub labels: Vec<At<Label>>,
    /// What happens.
    pub action: RuleAction,
    /// Columns whose original values may stand in the output of these.
    pub may_hold: Vec<At<Pattern>>,
    /// What the values look like and are not.
    pub looks_like: Vec<Label>,
    /// Whether all that it says could be read: what seems to be missing in one that is not whole may be there.
    pub(crate) whole: bool,
}

/// What happens to the columns of a rule.
#[derive(Clone, Debug)]
pub enum RuleAction {
    /// They are masked.
    Mask(Box<Mask>),
    /// They are written as they are.
    Keep,
    /// They are not written.
    Drop,
}

/// How columns are masked.
#[derive(Clone, Debug)]
pub struct Mask {
    /// The name of the transform, or `plugin/transform`.
    pub transform: At<String>,
    /// How it is configured.
    pub with: With,
    /// The key lent to the plugin.
    pub key: Option<At<String>>,
    /// Further columns that the transform sees.
    pub context: Vec<At<String>>,
    /// Whether all columns are masked in one call.
    pub together: Option<At<bool>>,
    /// Whether a value may stay as it was.
    pub may_keep: Option<At<bool>>,
    /// What happens to a row that cannot be masked.
    pub rejected: Fate,
}

/// The configuration of a transform, and where it stands.
#[derive(Clone, Debug, Default)]
pub struct With {
    /// The configuration, without defaults.
    pub values: Map<String, Value>,
    /// Where the whole stands. Absent where the rule gives none.
    pub span: Option<Range<usize>>,
    /// Where each value stands.
    pub spans: Vec<(String, Range<usize>)>,
}

impl Rule {
    /// Whether the rule is for a column: one of its patterns matches the name, or the column is one of its labels. The
    /// answer is the place of the first that does so, patterns first.
    pub fn matches(&self, column: &str, label: Option<Label>) -> Option<usize> {
        let name = self.columns.iter().position(|pattern| self.takes(&pattern.value, column));
        name.or_else(|| {
            let place = self.labels.iter().position(|known| Some(known.value) == label)?;
            Some(place.saturating_add(self.columns.len()))
        })
    }

    /// Whether one of the rule's patterns takes a column. Like labels, a rule that masks or drops is for the lists along a
    /// path as well. One that keeps is for what it names and nothing else: a list may hold more than the single value
    /// that somebody looked at.
    pub(crate) fn takes(&self, pattern: &Pattern, column: &str) -> bool {
        match self.action {
            RuleAction::Keep => pattern.matches(column),
            RuleAction::Mask(_) | RuleAction::Drop => pattern.reaches(column),
        }
    }
}

impl With {
    /// Where the value at a JSON pointer stands, as near as is known.
    pub fn place(&self, pointer: &str) -> Option<Range<usize>> {
        let first = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        let value = self.spans.iter().find(|(name, _)| name == first).map(|(_, span)| span.clone());
        value.or_else(|| self.span.clone())
    }
}
