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
    /// Whether all that it says could be read: what seems to be missing in one that is not whole may be there.
    pub(crate) whole: bool,
}

/// What happens to the columns of a rule.
#[derive(Clone, Debug)]
pub enum RuleAction {
    /// They are masked.
    Mask(Box<Mask>),
    /// What is found in them is masked, and the rest stays.
    Scrub(Box<Scrub>),
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

/// How free text is scrubbed.
#[derive(Clone, Debug)]
pub struct Scrub {
    /// The plugins that look for pieces. All that there are, if none is named.
    pub find: Vec<At<String>>,
    /// Columns whose values are found in the text of their row. Those whose labels identify people, if none is named.
    pub known: Vec<At<String>>,
    /// What takes the place of pieces, by label.
    pub kinds: Vec<(At<Label>, Line)>,
    /// What takes the place of all others, and of those that a transform rejects.
    pub otherwise: Line,
    /// How sure a plugin must be of a piece, 0 to 100.
    pub threshold: u8,
    /// What happens to a row that cannot be masked.
    pub rejected: Fate,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
}

/// What takes the place of a piece of free text.
#[derive(Clone, Debug)]
pub enum Line {
    /// The name of its label in brackets.
    Tag,
    /// What a transform makes of it.
    Mask(Box<Mask>),
}

impl Scrub {
    /// The transforms that mask pieces.
    pub fn masks(&self) -> impl Iterator<Item = &Mask> {
        let lines = self.kinds.iter().map(|(_, line)| line).chain([&self.otherwise]);
        lines.filter_map(|line| match line {
            Line::Mask(mask) => Some(&**mask),
            Line::Tag => None,
        })
    }
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
    /// The transforms that it masks with: one, several for the pieces of free text, or none.
    pub fn masks(&self) -> Vec<&Mask> {
        match &self.action {
            RuleAction::Mask(mask) => vec![mask],
            RuleAction::Scrub(scrub) => scrub.masks().collect(),
            RuleAction::Keep | RuleAction::Drop => Vec::new(),
        }
    }

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
            RuleAction::Mask(_) | RuleAction::Scrub(_) | RuleAction::Drop => pattern.reaches(column),
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
