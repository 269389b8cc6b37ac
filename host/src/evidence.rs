//! The evidence for what a policy claims: what becomes of each of the eighteen identifiers of 45 CFR 164.514(b)(2)(i). Pure.
//!
//! It says who labelled which column, and what its mask leaves; it does not say that the labels are right.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::batch::is_name;
use crate::manifest::Left;
use crate::phi::{Label, Origin};
use crate::plan::{Action, Plan, PlannedColumn};
use crate::policy::{Claim, LabelledColumn, Labels, Looked, Policy, Status};

/// The identifiers as the regulation has them, in short.
const IDENTIFIERS: [(char, &str); 18] = [
    ('A', "names"),
    ('B', "geographic subdivisions smaller than a state"),
    ('C', "dates but the year, and ages over 89"),
    ('D', "telephone numbers"),
    ('E', "fax numbers"),
    ('F', "email addresses"),
    ('G', "social security numbers"),
    ('H', "medical record numbers"),
    ('I', "health plan beneficiary numbers"),
    ('J', "account numbers"),
    ('K', "certificate and license numbers"),
    ('L', "vehicle identifiers and serial numbers"),
    ('M', "device identifiers and serial numbers"),
    ('N', "web addresses"),
    ('O', "IP addresses"),
    ('P', "biometric identifiers"),
    ('Q', "full-face photographs"),
    ('R', "any other unique number, characteristic or code"),
];

/// What is known of a run, from its report or from the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunFacts {
    /// Where that was read.
    pub source: String,
    /// SHA-256 of the policy that it ran under.
    pub policy_digest: String,
    /// SHA-256 of the file of labels.
    pub labels_digest: Option<String>,
    /// How many rows were read.
    pub read: u64,
    /// How many of them were written, masked.
    pub masked: u64,
    /// How many went to quarantine.
    pub quarantined: u64,
    /// How many were dropped by policy.
    pub dropped: u64,
    /// Name, version and digest of each plugin that was called.
    pub plugins: Vec<String>,
    /// How many values of each column were masked, kept or dropped.
    #[serde(skip)]
    pub values: BTreeMap<String, u64>,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// What the policy claims: `none` if it claims nothing.
    pub profile: &'static str,
    /// On what ground beside the columns: the agreement, or the method of the expert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// The policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// SHA-256 of its text.
    pub policy_digest: String,
    /// SHA-256 of the file of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_digest: Option<String>,
    /// What classifiers looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked: Option<Looked>,
    /// The run that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts>,
    /// (A) to (R).
    pub identifiers: Vec<Identifier>,
    /// What else a reader has to know before relying on it.
    pub exceptions: Vec<String>,
}

/// What becomes of one identifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identifier {
    /// Its letter.
    pub letter: char,
    /// What it is, in short.
    pub what: &'static str,
    /// What becomes of it.
    pub state: State,
    /// The columns that are one.
    pub columns: Vec<ColumnEvidence>,
    /// Why there is said to be none, where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absence: Vec<String>,
}

/// What becomes of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing of it is left in any column.
    Removed,
    /// What is left was changed.
    Changed,
    /// At least one column is written as it is.
    Kept,
    /// No column is labelled as one, and the policy says that there is none.
    DeclaredAbsent,
    /// No column is labelled as one.
    NotFound,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Kept => "kept",
            Self::DeclaredAbsent => "declared absent",
            Self::NotFound => "in no column",
        }
    }
}

/// What becomes of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnEvidence {
    /// Its name, if it is sure to be one; else its place, counted from 1.
    pub column: String,
    /// What it is.
    pub label: &'static str,
    /// Who says so.
    pub said_by: String,
    /// The line of the rule in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// What is done: the transform with its plugin, `keep`, or `drop`.
    pub done: String,
    /// What of the values is left in the output.
    pub left: &'static str,
    /// What the column of the output is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_as: Option<&'static str>,
    /// How many values that were, in the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
}

/// Gathers the evidence. `labels` is the file that the policy was given, if it was given one.
pub fn evidence(policy: &Policy, plan: &Plan, labels: Option<&Labels>, run: Option<RunFacts>) -> Evidence {
    let claim = policy.profile.as_ref().map(|profile| &profile.claim);
    let gather = |(letter, what): (char, &'static str)| {
        let is_of = |column: &&PlannedColumn| label_of(column).and_then(Label::safe_harbor) == Some(letter);
        let columns = plan.columns.iter().filter(is_of);
        let left: Vec<Left> = columns.clone().map(|column| column.carried.left).collect();
        let absence = if left.is_empty() { absence(letter, claim, labels) } else { Vec::new() };
        let columns = columns.filter_map(|column| of_column(column, plan, labels, run.as_ref())).collect();
        Identifier { letter, what, state: state(letter, &left, claim), columns, absence }
    };
    let identifiers = IDENTIFIERS.into_iter().map(gather).collect();
    Evidence {
        profile: claim.map_or("none", Claim::name),
        ground: claim.and_then(ground),
        policy: policy.name.clone(),
        policy_digest: policy.digest(),
        labels_digest: policy.labels_digest().map(str::to_owned),
        looked: labels.and_then(|labels| labels.looked.clone()),
        identifiers,
        exceptions: exceptions(policy, plan, labels, run.as_ref()),
        run,
    }
}

fn label_of(column: &PlannedColumn) -> Option<Label> {
    column.label.as_ref().map(|finding| finding.label)
}

fn state(letter: char, left: &[Left], claim: Option<&Claim>) -> State {
    let declared = matches!(claim, Some(Claim::SafeHarbor { absent }) if absent.contains(&letter));
    match left {
        [] if declared => State::DeclaredAbsent,
        [] => State::NotFound,
        left if left.contains(&Left::Everything) => State::Kept,
        left if left.iter().all(|left| *left == Left::Nothing) => State::Removed,
        _ => State::Changed,
    }
}

fn ground(claim: &Claim) -> Option<String> {
    match claim {
        Claim::SafeHarbor { .. } => None,
        Claim::LimitedDataSet { agreement } => Some(format!("data use agreement: {agreement}")),
        Claim::ExpertDetermination { method, .. } => Some(format!("method: {method}")),
    }
}

/// Who says that there is none, what was looked at, and what was found and rejected.
fn absence(letter: char, claim: Option<&Claim>, labels: Option<&Labels>) -> Vec<String> {
    let declared = matches!(claim, Some(Claim::SafeHarbor { absent }) if absent.contains(&letter));
    let mut said: Vec<String> =
        declared.then(|| "the policy says that there is none (`absent`)".to_owned()).into_iter().collect();
    let Some(labels) = labels else {
        said.push("no file of labels was given, so it is not known what was looked at".to_owned());
        return said;
    };
    said.push(match &labels.looked {
        None => "the file of labels does not say what was looked at".to_owned(),
        Some(Looked { rows, every, classifiers }) => format!(
            "{} {rows} rows of {} columns were looked at, with {}",
            if *every { "all" } else { "a sample of" },
            labels.columns.len(),
            classifiers.join(", "),
        ),
    });
    let is_of = |column: &(&String, &LabelledColumn)| {
        let suggested = column.1.suggestion.as_ref().map(|suggestion| suggestion.label);
        suggested.and_then(Label::safe_harbor) == Some(letter)
            && column.1.label.and_then(Label::safe_harbor) != Some(letter)
            || column.1.status == Status::Rejected && column.1.label.and_then(Label::safe_harbor) == Some(letter)
    };
    said.extend(labels.columns.iter().filter(is_of).map(|(name, column)| {
        let suggested = column.suggestion.as_ref().map_or("one", |suggestion| suggestion.label.name());
        format!("{} was suggested to be {suggested}; {}", quoted(name), review(column))
    }));
    said
}

fn review(column: &LabelledColumn) -> String {
    let by = column.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = column.at.as_deref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{}{by}{at}", column.status)
}

fn of_column(
    column: &PlannedColumn,
    plan: &Plan,
    labels: Option<&Labels>,
    run: Option<&RunFacts>,
) -> Option<ColumnEvidence> {
    let finding = column.label.as_ref()?;
    let reviewed = labels.and_then(|labels| labels.columns.get(&column.name));
    let said_by = match (&finding.origin, reviewed) {
        (Origin::Policy, _) => "the policy".to_owned(),
        (Origin::Input, _) => "the input".to_owned(),
        (Origin::LabelsFile(file), Some(labelled)) => format!("{file}: {}", review(labelled)),
        (Origin::LabelsFile(file), None) => file.clone(),
    };
    let done = match column.action {
        Action::Mask { call, .. } => plan
            .calls
            .get(call)
            .map_or_else(|| "mask".to_owned(), |call| format!("{}/{} {}", call.plugin, call.transform, call.version)),
        Action::Keep => "keep".to_owned(),
        Action::Drop { by_rule: true } => "drop".to_owned(),
        Action::Drop { by_rule: false } => "drop, since no rule mentions it".to_owned(),
    };
    let is_written = !matches!(column.action, Action::Drop { .. });
    Some(ColumnEvidence {
        column: shown(column),
        label: finding.label.name(),
        said_by,
        rule: column.rule,
        done,
        left: column.carried.left.words(),
        written_as: column.carried.label.filter(|_| is_written).map(Label::name),
        values: run.and_then(|run| run.values.get(&column.name).copied()),
    })
}

/// What does not fit together, and what the labels say nothing of.
fn exceptions(policy: &Policy, plan: &Plan, labels: Option<&Labels>, run: Option<&RunFacts>) -> Vec<String> {
    let mut exceptions = Vec::new();
    let written = plan.columns.iter().filter(|column| !matches!(column.action, Action::Drop { .. }));
    let unlabelled: Vec<_> = written.clone().filter(|column| column.label.is_none()).map(shown).collect();
    if !unlabelled.is_empty() {
        exceptions
            .push(format!("nobody has said what these columns are, which are written: {}", unlabelled.join(", ")));
    }
    let text = written.filter(|column| {
        label_of(column).is_some_and(|label| label.name() == "free-text") && column.carried.left != Left::Nothing
    });
    exceptions.extend(
        text.map(|column| format!("{} is free text, and {} is left", shown(column), column.carried.left.words())),
    );
    let unreviewed = labels.into_iter().flat_map(Labels::open).count();
    if unreviewed > 0 {
        exceptions.push(format!("{unreviewed} columns look like identifiers and nobody has reviewed that"));
    }
    let Some(run) = run else {
        exceptions.push("no run is shown: this is what the policy would do".to_owned());
        return exceptions;
    };
    if run.policy_digest != policy.digest() {
        exceptions.push("the run was under another policy, or another version of this one".to_owned());
    }
    if run.labels_digest.as_deref() != policy.labels_digest() {
        exceptions.push("the run was with another file of labels, or another version of it".to_owned());
    }
    let planned = |name: &&String| plan.columns.iter().any(|column| column.name == **name);
    let others = run.values.keys().filter(|name| !planned(name)).count();
    if others > 0 {
        exceptions.push(format!("the run had {others} columns that are not among these"));
    }
    if run.quarantined > 0 {
        exceptions.push(format!("{} rows went to quarantine, where they are as they were", run.quarantined));
    }
    exceptions
}

/// A header that is missing makes names of values, and those are not told.
fn shown(column: &PlannedColumn) -> String {
    match is_name(&column.name) {
        true => format!("`{}`", column.name),
        false => format!("column {}", column.index.saturating_add(1)),
    }
}

fn quoted(name: &str) -> String {
    if is_name(name) { format!("`{name}`") } else { "a column with an odd name".to_owned() }
}
