//! What a classifier can find, and what finding it is worth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CaseColumn;
use crate::batch::ColumnType;

/// A label that a classifier knows, and what it is worth that values speak for it. Written as the label alone, or as a
/// map. One label may be found in several ways.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct Detection {
    /// The label, one of the host's vocabulary.
    pub label: String,
    /// What the values are that speak for it, for people: `are IPv4 addresses`.
    pub because: Option<String>,
    /// The share of the values of an unrelated column that speak for it all the same, 0 to 1.
    pub chance: f64,
    /// The share of values from which on the column is as good as sure to be this.
    pub enough: f64,
    /// How sure that is then.
    pub weight: f64,
    /// Whether a value counts only in the light of others of its batch, so that a part of a batch can count otherwise.
    pub batch: bool,
}

/// A detection as manifests have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Label(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    label: String,
    because: Option<String>,
    chance: Option<f64>,
    enough: Option<f64>,
    weight: Option<f64>,
    #[serde(default)]
    batch: bool,
}

impl From<Written> for Detection {
    fn from(written: Written) -> Self {
        let (label, whole) = match written {
            Written::Label(label) => (label, None),
            Written::Whole(whole) => (whole.label.clone(), Some(whole)),
        };
        let number = |of: fn(&Whole) -> Option<f64>, otherwise| whole.as_ref().and_then(of).unwrap_or(otherwise);
        Self {
            label,
            because: whole.as_ref().and_then(|whole| whole.because.clone()),
            chance: number(|whole| whole.chance, 0.0),
            enough: number(|whole| whole.enough, 0.8),
            weight: number(|whole| whole.weight, 0.8),
            batch: whole.as_ref().is_some_and(|whole| whole.batch),
        }
    }
}

/// What a classifier looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Values, and names beside them.
    #[default]
    Values,
    /// The same of columns of text that those who read values are not sure of: of these it is asked about the different
    /// values of each batch.
    Rest,
    /// Names alone: it is asked once for each column, with one empty text as its value.
    Names,
}

/// A golden case of a classifier: a column, and either how many of its values speak for which label, or, of a text
/// classifier, which pieces of them are what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierCase {
    /// What it shows.
    pub name: String,
    /// The name of the column.
    #[serde(default)]
    pub column: String,
    /// The column.
    pub input: CaseColumn,
    /// How many values speak for each label; where there are several ways to find one, those of the most successful.
    #[serde(default)]
    pub matched: Option<BTreeMap<String, u32>>,
    /// The pieces of each row, in their order.
    #[serde(default)]
    pub found: Option<Vec<Vec<CasePiece>>>,
}

/// A piece of a text that a text classifier finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePiece {
    /// What it is.
    pub label: String,
    /// The piece itself.
    pub text: String,
}

impl Detection {
    pub(super) fn check(&self) -> Result<(), String> {
        if (0.0..1.0).contains(&self.chance) && self.chance < self.enough && self.enough <= 1.0 {
            if self.weight > 0.0 && self.weight <= 1.0 {
                return Ok(());
            }
            return Err(format!("label `{}`: `weight` is above 0 and at most 1", self.label));
        }
        Err(format!("label `{}`: `chance` is at least 0 and below `enough`, which is at most 1", self.label))
    }

    /// Whether it is a label alone: how sure a piece of text is, its span says.
    pub(super) fn check_is_plain(&self) -> Result<(), String> {
        if *self == Self::from(Written::Label(self.label.clone())) {
            return Ok(());
        }
        Err(format!("label `{}`: of a text classifier, a label stands alone", self.label))
    }
}

impl ClassifierCase {
    pub(super) fn check(&self, labels: &[Detection]) -> Result<(), String> {
        self.input.check()?;
        let (Some(matched), None) = (&self.matched, &self.found) else {
            return Err("a case of a classifier has `matched`, and `found` is for text classifiers".into());
        };
        known("matched", matched.keys(), labels)
    }

    pub(super) fn check_text(&self, labels: &[Detection]) -> Result<(), String> {
        self.input.check()?;
        let (None, Some(found)) = (&self.matched, &self.found) else {
            return Err("a case of a text classifier has `found`, and `matched` is for other classifiers".into());
        };
        if self.input.column_type != ColumnType::Text || found.len() != self.input.cells.len() {
            return Err("`input` is of text, and `found` has one list for each row of it".into());
        }
        for (row, (cell, pieces)) in self.input.cells.iter().zip(found).enumerate() {
            let text = cell.as_str().unwrap_or_default();
            if pieces.iter().any(|piece| piece.text.is_empty() || !text.contains(&piece.text)) {
                return Err(format!("`found` has a piece in row {row} that is not there"));
            }
        }
        known("found", found.iter().flatten().map(|piece| &piece.label), labels)
    }
}

fn known<'a>(key: &str, mut named: impl Iterator<Item = &'a String>, labels: &[Detection]) -> Result<(), String> {
    match named.find(|label| labels.iter().all(|known| known.label != **label)) {
        Some(label) => Err(format!("`{key}` names `{label}`, which is none of `labels`")),
        None => Ok(()),
    }
}
