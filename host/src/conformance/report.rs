//! What was found out about a plugin, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::Serialize;

use super::{Speed, difference};
use crate::batch::ColumnType;
use crate::plugin::{CaseDifference, GuestFault};

/// What was found out about a plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Its name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Its transforms, in the order of the manifest; of a classifier `classify` or `find`.
    pub transforms: Vec<TransformReport>,
}

/// What was found out about a transform.
#[derive(Clone, Debug, Serialize)]
pub struct TransformReport {
    /// Its name.
    pub transform: String,
    /// Every property, declared or not.
    pub checks: Vec<Check>,
    /// How fast it is, if that was measured.
    pub speed: Option<Speed>,
}

/// What was found out about one property of a transform.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Which.
    pub property: Property,
    /// What came of it.
    pub outcome: Outcome,
    /// On how many columns it was tried.
    pub columns: usize,
    /// What went wrong, once for each configuration and type.
    pub failures: Vec<Failure>,
}

/// What was found out so far, property by property.
pub(super) struct Checks(BTreeMap<Property, Check>);

impl Checks {
    /// Nothing was tried yet. What is not declared will not be.
    pub(super) fn new(properties: impl IntoIterator<Item = Property>, is_declared: impl Fn(Property) -> bool) -> Self {
        let check = |property| {
            let outcome = if is_declared(property) { Outcome::NotReached } else { Outcome::NotDeclared };
            (property, Check { property, outcome, columns: 0, failures: Vec::new() })
        };
        Self(properties.into_iter().map(check).collect())
    }

    /// A column more, and what went wrong on it: the first of each configuration and type.
    pub(super) fn note(&mut self, property: Property, failure: Option<Failure>) {
        let Some(check) = self.0.get_mut(&property) else { return };
        check.columns = check.columns.saturating_add(1);
        if let Some(failure) = failure {
            check.outcome = Outcome::Failed;
            let same = |known: &Failure| known.config == failure.config && known.column_type == failure.column_type;
            if property == Property::Cases || !check.failures.iter().any(same) {
                check.failures.push(failure);
            }
        } else if check.outcome == Outcome::NotReached {
            check.outcome = Outcome::Passed;
        }
    }

    /// Whether nothing went wrong.
    pub(super) fn passed(&self) -> bool {
        self.0.values().all(|check| check.outcome != Outcome::Failed)
    }

    /// In order.
    pub(super) fn into_list(self) -> Vec<Check> {
        self.0.into_values().collect()
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds on every column.
    Passed,
    /// It does not.
    Failed,
    /// The manifest does not declare it.
    NotDeclared,
    /// There was nothing to try it on, for what failed before.
    NotReached,
}

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Property {
    /// The golden cases come out.
    Cases,
    /// No call takes too long or too much memory, or returns too much.
    Limits,
    /// Every call is answered, as the contract says. A classifier counts no more values than there are; the pieces that a
    /// text classifier finds are there, end at characters, rise, and have labels of the manifest.
    Contract,
    /// Every cell is one that the host would write: nulls where they were, values changed, nothing copied.
    Verified,
    /// Of each type that it takes, it masks a value at least.
    Accepts,
    /// A classifier finds something in one column at least.
    Finds,
    /// What a text classifier finds in its golden cases behind ASCII, it finds some of behind characters of several bytes
    /// too: places are counted in bytes of UTF-8.
    Places,
    /// Equal values give equal results: in one batch, in another instance, in half of the batch.
    Deterministic,
    /// Different values give different results.
    Injective,
    /// There is a key, and different results for different values.
    Reversible,
    /// Results are as long as values, or made of letters, digits and separators in the same order.
    FormatPreserving,
    /// Values that are one of too few are rejected.
    MinimumDomain,
    /// No four characters in a row of a value are in its result.
    Conceals,
    /// A classifier counts or finds the same with nulls between the values: it looks at none.
    Nulls,
    /// A classifier finds nothing in columns of no rows.
    NoRows,
    /// What a classifier counts or finds in parts of a column is together what it does in the whole, and the order is
    /// nothing: but for labels that its manifest says count by the batch.
    AddsUp,
}

impl Property {
    /// Those of a masker.
    pub const OF_MASKERS: [Self; 11] = [
        Self::Cases,
        Self::Limits,
        Self::Contract,
        Self::Verified,
        Self::Accepts,
        Self::Deterministic,
        Self::Injective,
        Self::Reversible,
        Self::FormatPreserving,
        Self::MinimumDomain,
        Self::Conceals,
    ];

    /// Those of a classifier.
    pub const OF_CLASSIFIERS: [Self; 8] = [
        Self::Cases,
        Self::Limits,
        Self::Contract,
        Self::Finds,
        Self::Deterministic,
        Self::Nulls,
        Self::NoRows,
        Self::AddsUp,
    ];

    /// Those of a text classifier. In columns of no rows, in nulls and in empty texts there is no piece to find: one that it
    /// finds there is none, as the contract says.
    pub const OF_TEXT_CLASSIFIERS: [Self; 8] = [
        Self::Cases,
        Self::Limits,
        Self::Contract,
        Self::Finds,
        Self::Places,
        Self::Deterministic,
        Self::Nulls,
        Self::AddsUp,
    ];

    /// Which property a fault breaks.
    pub(crate) fn broken_by(fault: &GuestFault) -> Self {
        match fault {
            GuestFault::Deadline { .. }
            | GuestFault::Memory { .. }
            | GuestFault::Stack
            | GuestFault::TooLarge { .. } => Self::Limits,
            GuestFault::Verification { .. } => Self::Verified,
            GuestFault::Trap | GuestFault::Refused(_) | GuestFault::Configuration(_) | GuestFault::Contract(_) => {
                Self::Contract
            }
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cases => "cases",
            Self::Limits => "limits",
            Self::Contract => "contract",
            Self::Verified => "verified",
            Self::Accepts => "accepts",
            Self::Finds => "finds",
            Self::Places => "places",
            Self::Deterministic => "deterministic",
            Self::Injective => "injective",
            Self::Reversible => "reversible",
            Self::FormatPreserving => "format-preserving",
            Self::MinimumDomain => "minimum-domain",
            Self::Conceals => "conceals",
            Self::Nulls => "nulls",
            Self::NoRows => "no-rows",
            Self::AddsUp => "adds-up",
        })
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The golden case or the column that it went wrong on.
    pub column: String,
    /// The configuration, as JSON; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config: String,
    /// The type of the column.
    pub column_type: ColumnType,
    /// The row, counted from 0 in the column, if it is one.
    pub row: Option<usize>,
    /// What went wrong. No value is in it.
    pub problem: String,
    /// The cells, counts or pieces of a golden case that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<CaseDifference>,
}

impl Report {
    /// How many checks failed.
    pub fn failed(&self) -> usize {
        self.checks().filter(|(_, check)| check.outcome == Outcome::Failed).count()
    }

    /// Every check with the name of its transform.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &Check)> {
        self.transforms.iter().flat_map(|it| it.checks.iter().map(|check| (it.transform.as_str(), check)))
    }

    /// For people: a line for each transform and declared property, with the details of what failed.
    pub fn text(&self) -> String {
        let mut text = format!("{}@{} sha256:{}\n", self.plugin, self.version, self.digest);
        for it in &self.transforms {
            for check in it.checks.iter().filter(|check| check.outcome != Outcome::NotDeclared) {
                check.tell(&it.transform, &mut text);
            }
            if let Some(speed) = &it.speed {
                // Writing to a string cannot fail.
                _ = writeln!(text, "speed  {} {speed}", it.transform);
            }
        }
        let failed = self.failed();
        text.push_str(&if failed == 0 { "passed\n".to_owned() } else { format!("{failed} checks failed\n") });
        text
    }
}

impl Check {
    fn tell(&self, transform: &str, text: &mut String) {
        let outcome = match self.outcome {
            Outcome::Failed => "FAIL ",
            Outcome::NotReached => "-    ",
            Outcome::Passed | Outcome::NotDeclared => "ok   ",
        };
        let of = if self.property == Property::Cases { "cases" } else { "columns" };
        let tried = match self.outcome {
            Outcome::NotReached => "nothing to try it on".to_owned(),
            _ => format!("{} {of}", self.columns),
        };
        _ = writeln!(text, "{outcome}  {transform} {} ({tried})", self.property);
        for failure in &self.failures {
            for line in failure.to_string().lines() {
                _ = writeln!(text, "         {line}");
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.column, self.column_type)?;
        if !self.config.is_empty() {
            write!(f, ", with {}", self.config)?;
        }
        f.write_str(")")?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        write!(f, ": {}", self.problem)?;
        self.differences.iter().try_for_each(|difference| difference::tell(difference, f))
    }
}
