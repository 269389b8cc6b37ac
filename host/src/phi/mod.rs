//! The vocabulary: what a column can be, how sensitive that is, and which columns were said to be what.

mod densities;
mod kinds;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use densities::Densities;
use kinds::KINDS;

/// How much harm a column does in the wrong hands, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Identifies a person by itself, or may hold anything.
    Restricted,
    /// Says something of a person's health, or identifies together with others.
    Confidential,
    /// Of use inside the organisation only.
    Internal,
    /// Known to everyone.
    Public,
}

/// One kind of thing that a column can hold.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    sensitivity: Sensitivity,
    /// The letter of 45 CFR 164.514(b)(2)(i) that names it.
    letter: Option<char>,
    meaning: &'static str,
    /// The name of the kind that it is one of.
    broader: Option<&'static str>,
}

/// What a column is: one of a closed list of kinds, in kebab-case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Label(&'static Kind);

impl Label {
    /// Every label there is, in the order of the Safe Harbor letters, those without a letter last.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(Self)
    }

    /// The name that policies use.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How sensitive such a column is.
    pub fn sensitivity(self) -> Sensitivity {
        self.0.sensitivity
    }

    /// The paragraph of 45 CFR 164.514(b)(2)(i), `'A'` to `'R'`, under which Safe Harbor removes it. `None`: it stays.
    pub fn safe_harbor(self) -> Option<char> {
        self.0.letter
    }

    /// What such a column holds, for people.
    pub fn meaning(self) -> &'static str {
        self.0.meaning
    }

    /// The kind that this is one of: a birth date is a date. What speaks for that one speaks for this one as well, as
    /// far as it goes.
    pub fn broader(self) -> Option<Self> {
        self.0.broader.and_then(|name| name.parse().ok())
    }

    /// Whether this is the other kind, or one of it.
    pub fn is_a(self, other: Self) -> bool {
        std::iter::successors(Some(self), |label| label.broader()).any(|label| label == other)
    }

    /// Like [`Label::is_a`], of the kind of this name.
    pub fn is_named_or_one_of(self, name: &str) -> bool {
        name.parse().is_ok_and(|other| self.is_a(other))
    }

    /// Whether such a column may hold anything.
    pub fn is_free_text(self) -> bool {
        self.name() == "free-text"
    }

    /// Whether a column that looks like this must not pass unreviewed: Safe Harbor removes it, or it may hold anything.
    pub fn is_identifying(self) -> bool {
        self.safe_harbor().is_some() || self.sensitivity() == Sensitivity::Restricted
    }
}

/// There is no label of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLabel;

impl FromStr for Label {
    type Err = UnknownLabel;

    fn from_str(name: &str) -> Result<Self, UnknownLabel> {
        Self::all().find(|label| label.name() == name).ok_or(UnknownLabel)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({})", self.name())
    }
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl schemars::JsonSchema for Label {
    fn schema_name() -> Cow<'static, str> {
        "Label".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<_> = Self::all().map(Self::name).collect();
        schemars::json_schema!({ "description": "What a column is.", "type": "string", "enum": names })
    }
}

/// What the contents and the name of a column suggest that it is, and no more: a person approves it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// What it seems to be.
    pub label: Label,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// Why, in words, without any value.
    pub why: String,
}

/// Who says what a column is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The policy itself.
    Policy,
    /// A file of labels, as the operator named it.
    LabelsFile(String),
    /// The metadata of the input's own columns.
    Input,
}

/// What one column is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub label: Label,
    /// Who says so.
    pub origin: Origin,
}

/// What the columns are, by name. A column that nobody labelled is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(BTreeMap<String, Finding>);

impl Findings {
    /// Says what a column is.
    ///
    /// # Errors
    /// The column has another label already, which is returned and stays.
    pub fn declare(&mut self, column: &str, label: Label, origin: Origin) -> Result<(), Finding> {
        match self.0.get(column) {
            Some(earlier) if earlier.label != label => Err(earlier.clone()),
            Some(_) => Ok(()),
            None => {
                self.0.insert(column.to_owned(), Finding { label, origin });
                Ok(())
            }
        }
    }

    /// What a column is.
    pub fn get(&self, column: &str) -> Option<&Finding> {
        self.0.get(column)
    }

    /// Every finding, by the name of the column.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Finding)> {
        self.0.iter().map(|(column, finding)| (column.as_str(), finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safe_harbor_letter_has_a_label() {
        for letter in 'A'..='R' {
            assert!(Label::all().any(|label| label.safe_harbor() == Some(letter)), "{letter}");
        }
    }

    #[test]
    fn labels_are_kebab_case_and_differ() {
        let names: std::collections::BTreeSet<_> = Label::all().map(Label::name).collect();
        assert_eq!(names.len(), Label::all().count());
        assert!(
            names.iter().all(|name| name
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit()))
        );
    }

    #[test]
    fn what_is_one_of_another_kind_is_as_sensitive_or_said_to_be_less() {
        let label = |name: &str| name.parse::<Label>().unwrap();
        for label in Label::all() {
            assert_eq!(label.broader().is_some(), label.0.broader.is_some(), "{label} is one of nothing");
            assert!(!label.broader().is_some_and(|broader| broader.is_a(label)), "{label} is one of itself");
        }
        assert!(label("mbi").is_a(label("other-id")) && !label("other-id").is_a(label("mbi")));
        assert!(label("zip").is_identifying() && label("free-text").is_identifying());
        assert!(!label("icd-10-cm").is_identifying() && label("icd-10-cm").is_a(label("clinical")));
    }

    #[test]
    fn a_label_is_found_by_its_name_alone() {
        assert_eq!("us-ssn".parse::<Label>().unwrap().safe_harbor(), Some('G'));
        assert_eq!("us_ssn".parse::<Label>(), Err(UnknownLabel));
    }

    #[test]
    fn a_column_has_one_label() {
        let mut findings = Findings::default();
        let [name, ssn] = ["person-name", "us-ssn"].map(|name| name.parse::<Label>().unwrap());
        assert_eq!(findings.declare("x", name, Origin::Policy), Ok(()));
        assert_eq!(findings.declare("x", name, Origin::LabelsFile("f".into())), Ok(()));
        let earlier = findings.declare("x", ssn, Origin::LabelsFile("f".into())).unwrap_err();
        assert_eq!(earlier, Finding { label: name, origin: Origin::Policy });
        assert_eq!(findings.get("x"), Some(&earlier));
    }
}
