//! The policy: which column is masked how. Pure: no I/O, no clock, no randomness.
//!
//! Text becomes values with places (`yaml`), values the policy as it is written (`read`, `raw`), and that the policy
//! that is meant (`compile`). Every problem is told at once, with its place and how to mend it.

mod at;
mod compile;
mod glob;
mod labels;
mod problem;
mod profile;
mod raw;
mod read;
mod rule;
mod schema;
mod scrub;
mod suggest;
pub(crate) mod yaml;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub use at::At;
pub use glob::Pattern;
pub use labels::{Drift, LabelledColumn, Labels, Review, ReviewProblem, Status, digest};
pub use problem::{PolicyErrors, PolicyProblem};
pub use profile::{Claim, Profile};
pub use raw::{Normalization, Unmatched};
pub use rule::{Line, Mask, Rule, RuleAction, Scrub, With};
pub use schema::json_schema;
pub(crate) use suggest::{did_you_mean, nearest};

use crate::batch::ColumnType;
use crate::phi::{Finding, Findings, Label, Origin};

/// A policy, checked as far as that goes without its input and its plugins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// What it calls itself.
    pub name: Option<String>,
    /// Inside one domain pseudonyms are equal. There is one whenever a rule has a key.
    pub domain: Option<String>,
    /// The only "today" there is, in days since 1970-01-01.
    pub reference_date: Option<i32>,
    /// The column that names the individual.
    pub subject: Option<At<String>>,
    /// What does not count in that column's values.
    pub subject_form: Normalization,
    /// The legal profile that its output is to have.
    pub profile: Option<Profile>,
    /// What the columns are, as far as it was declared.
    pub findings: Findings,
    /// The types of columns, by name.
    pub types: BTreeMap<String, ColumnType>,
    /// The rules in order: the first that matches a column decides.
    pub rules: Vec<Rule>,
    /// What happens when none does.
    pub unmatched: Unmatched,
    /// What is odd about the policy and no error.
    pub notes: Vec<PolicyProblem>,
    /// The columns under `labels:` and `types:`.
    named: Vec<At<String>>,
    file: String,
    text: String,
    labels_digest: Option<String>,
    /// What is wrong with it.
    flaws: Vec<PolicyProblem>,
    whole: bool,
}

impl Policy {
    /// Reads the text of a policy. `file` is its name in messages.
    ///
    /// # Errors
    /// All that is wrong with it; if it is no YAML, the first place where it is not.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        let policy = Self::draft(file, text)?;
        policy.refuse(policy.flaws.clone())?;
        Ok(policy)
    }

    /// Reads the text of a policy as far as that goes. No plan comes of one with something wrong: planning tells that
    /// together with what only plugins and input show, so that all can be mended at once.
    ///
    /// # Errors
    /// It is no YAML, or no map.
    pub fn draft(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        let mut problems = Vec::new();
        let root = yaml::parse(text).map_err(|problem| PolicyErrors::new(file, text, vec![problem]))?;
        match read::policy(root, &mut problems) {
            Some(raw) => Ok(compile::compile(raw, file, text, problems)),
            None => Err(PolicyErrors::new(file, text, problems)),
        }
    }

    /// Takes over the labels of a file that are declared or approved: see [`Labels`].
    ///
    /// # Errors
    /// All that is wrong with it, also a label that contradicts the policy's, and one that was suggested, is of what
    /// identifies people, and was reviewed by nobody.
    pub fn with_labels(mut self, file: &str, text: &str) -> Result<Self, PolicyErrors> {
        let mut problems = Vec::new();
        for (column, labelled) in Labels::draft(text, &mut problems).columns {
            let Some(label) = labelled.label else { continue };
            let problem = match labelled.status {
                Status::Approved => self.declare(&column, label, file).err(),
                Status::Suggested if labelled.is_open() => Some(unreviewed(&column, &labelled, label)),
                Status::Suggested | Status::Rejected => None,
            };
            problems.extend(problem.map(|message| PolicyProblem { message, span: Some(labelled.span) }));
        }
        if !problems.is_empty() {
            return Err(PolicyErrors::new(file, text, problems));
        }
        self.labels_digest = Some(sha256(text));
        Ok(self)
    }

    /// What is wrong with the policy on this day, in days since 1970-01-01.
    pub(crate) fn expired(&self, today: i32) -> Option<PolicyProblem> {
        let Profile { claim, span } = self.profile.as_ref()?;
        let Claim::ExpertDetermination { expires, .. } = claim else { return None };
        let message = "the expert's determination does not hold any more (`expires`); have it renewed: 45 CFR \
                       164.514(b)(1) is of the risk as it is now";
        (*expires < today).then(|| PolicyProblem { message: message.to_owned(), span: Some(span.clone()) })
    }

    fn declare(&mut self, column: &str, label: Label, file: &str) -> Result<(), String> {
        self.findings.declare(column, label, Origin::LabelsFile(file.to_owned())).map_err(|earlier| {
            let (by, there) = match earlier.origin {
                Origin::Policy => ("the policy".to_owned(), earlier.label),
                Origin::LabelsFile(file) => (file, earlier.label),
            };
            format!("column `{column}` is `{label}` here and `{there}` in {by}; make them agree")
        })
    }

    /// The SHA-256 of the policy's text, in hexadecimal.
    pub fn digest(&self) -> String {
        sha256(&self.text)
    }

    /// The SHA-256 of the last file of labels that was taken over, in hexadecimal.
    pub fn labels_digest(&self) -> Option<&str> {
        self.labels_digest.as_deref()
    }

    /// What a column is. A label on a path is one on the lists along that path as well: a document may have one value or
    /// several, and `ssn` is then the column `ssn` or `ssn[]`.
    pub fn finding(&self, column: &str) -> Option<&Finding> {
        let path = column.replace("[]", "");
        let same_path = |labelled: &&str| labelled.replace("[]", "") == path;
        self.findings.get(column).or_else(|| {
            let labelled = self.findings.iter().map(|(labelled, _)| labelled);
            // The nearest: with the most lists, the first of those.
            let nearest = labelled.filter(same_path).max_by_key(|labelled| (labelled.len(), Reverse(*labelled)));
            nearest.and_then(|labelled| self.findings.get(labelled))
        })
    }

    /// The rule that decides over a column: the first that matches it.
    pub fn rule_of(&self, column: &str) -> Option<&Rule> {
        let label = self.finding(column).map(|finding| finding.label);
        self.rules.iter().find(|rule| rule.matches(column, label).is_some())
    }

    /// The columns that rules mask together by name: what a transform is given must not depend on which documents lie in
    /// one batch, so each batch has to have them.
    pub(crate) fn together(&self) -> impl Iterator<Item = String> {
        let together = self.rules.iter().filter(|rule| match &rule.action {
            RuleAction::Mask(mask) => mask.together.as_ref().is_some_and(|together| together.value),
            RuleAction::Scrub(_) | RuleAction::Keep | RuleAction::Drop => false,
        });
        together.flat_map(|rule| &rule.columns).filter_map(|column| column.value.literal())
    }

    /// Fails if there are problems.
    pub(crate) fn refuse(&self, problems: Vec<PolicyProblem>) -> Result<(), PolicyErrors> {
        if problems.is_empty() { Ok(()) } else { Err(PolicyErrors::new(&self.file, &self.text, problems)) }
    }

    /// What is wrong with the policy by itself.
    pub(crate) fn flaws(&self) -> &[PolicyProblem] {
        &self.flaws
    }

    /// Whether all that it says could be read. Of one that is not whole it cannot be told which rule is for which column.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The columns under `labels:` and `types:`, and where they stand.
    pub(crate) fn named_columns(&self) -> &[At<String>] {
        &self.named
    }
}

fn unreviewed(column: &str, labelled: &LabelledColumn, label: Label) -> String {
    let sure = labelled.suggestion.as_ref().map_or_else(String::new, |found| format!(" ({:.2})", found.confidence));
    format!(
        "column `{column}` looks like {label}{sure} and nobody has reviewed that; use `moretta labels approve`, `reject` or `set`"
    )
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
