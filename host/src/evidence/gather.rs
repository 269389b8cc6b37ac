//! From a plan and its labels to the evidence.

use super::{ColumnEvidence, Evidence, Identifier, RunFacts, State};
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
        Action::Scrub { .. } => "scrub".to_owned(),
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
        true => column.name.clone(),
        false => format!("column {}", column.index.saturating_add(1)),
    }
}

fn quoted(name: &str) -> String {
    if is_name(name) { format!("`{name}`") } else { "a column with an odd name".to_owned() }
}
