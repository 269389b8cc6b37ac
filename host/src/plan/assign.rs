//! Which rule decides over which column.

use std::collections::{BTreeMap, BTreeSet};

use arrow_schema::Schema;

use super::{Action, Call, PlannedColumn, Scrub};
use crate::batch::{is_name, is_open};
use crate::policy::{At, Policy, PolicyProblem, Rule, RuleAction, Unmatched, did_you_mean};

/// The columns of an input, and the rule that decides over each.
pub(super) struct Assigned {
    names: Vec<String>,
    rules: Vec<Option<Decision>>,
}

/// The rule that decides over a column.
#[derive(Clone, Copy)]
struct Decision {
    rule: usize,
    /// Which of its names and labels matched.
    place: usize,
}

/// Lets the first rule that matches decide. Refuses columns that none matches, and columns of the same name.
pub(super) fn assign(schema: &Schema, policy: &Policy, problems: &mut Vec<PolicyProblem>) -> Assigned {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let decides = |name: &String| {
        let label = policy.finding(name).map(|finding| finding.label);
        let decision = |(rule, it): (usize, &Rule)| Some(Decision { rule, place: it.matches(name, label)? });
        policy.rules.iter().enumerate().find_map(decision)
    };
    let rules = names.iter().map(decides).collect();
    let assigned = Assigned { names, rules };
    let mut problem = |message| problems.push(PolicyProblem { message, span: None });
    let mut seen = BTreeSet::new();
    for (index, _) in assigned.names.iter().enumerate().filter(|(_, name)| !seen.insert(name.as_str())) {
        problem(format!("the input has two columns {}; rename one", assigned.shown(index)));
    }
    let denied = assigned.denied(policy);
    if policy.is_whole() {
        problems.extend(denied.iter().filter_map(|column| assigned.kept_otherwise(*column, policy)));
    }
    let mut problem = |message| problems.push(PolicyProblem { message, span: None });
    if !denied.is_empty() && policy.is_whole() {
        let which = assigned.list(&denied, policy);
        let mend = "add a rule for each (`mask: transform`, `keep: true` or `drop: true`), or say `unmatched: drop`";
        let data = match is_open(schema) {
            true => "are keys of its documents data?",
            false => "its first line seems to be data, is the header missing?",
        };
        problem(match assigned.has_known(policy) {
            true => format!("no rule matches {which}, so nothing is written; {mend}"),
            false => format!(
                "no rule matches {which}, and the policy mentions no column of the input: {data} If not, {mend}"
            ),
        });
    }
    assigned
}

impl Assigned {
    /// Where the input has a column.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The columns over which a rule decides, in the order in which the rule names them.
    pub(super) fn of_rule(&self, rule: usize) -> Vec<usize> {
        let mut columns: Vec<(usize, usize)> = Vec::new();
        for (column, decided) in self.rules.iter().enumerate() {
            if let Some(decision) = decided.filter(|decision| decision.rule == rule) {
                columns.push((decision.place, column));
            }
        }
        columns.sort_unstable();
        columns.into_iter().map(|(_, column)| column).collect()
    }

    /// One action for every column. A column that a rule masks and no call has is dropped, never kept.
    pub(super) fn columns(&self, policy: &Policy, calls: &[Call], scrubs: &[Scrub]) -> Vec<PlannedColumn> {
        let mut masked = BTreeMap::new();
        for (call, of) in calls.iter().enumerate().filter(|(_, call)| call.scrub.is_none()) {
            masked.extend(
                of.columns.iter().enumerate().map(|(position, column)| (*column, Action::Mask { call, position })),
            );
        }
        masked.extend(scrubs.iter().enumerate().map(|(scrub, of)| (of.column, Action::Scrub { scrub })));
        let columns = self.names.iter().zip(&self.rules).enumerate();
        let plan = |(index, (name, decision)): (usize, (&String, &Option<Decision>))| {
            let rule = decision.and_then(|decision| policy.rules.get(decision.rule));
            let action = match rule.map(|rule| &rule.action) {
                Some(RuleAction::Keep) => Action::Keep,
                Some(RuleAction::Drop) => Action::Drop { by_rule: true },
                Some(RuleAction::Mask(_) | RuleAction::Scrub(_)) => {
                    masked.get(&index).copied().unwrap_or(Action::Drop { by_rule: true })
                }
                None => Action::Drop { by_rule: false },
            };
            let label = policy.finding(name).cloned();
            PlannedColumn { name: name.clone(), index, label, rule: rule.map(|rule| rule.line), action }
        };
        columns.map(plan).collect()
    }

    fn unmatched(&self) -> impl Iterator<Item = (usize, &str)> {
        let columns = self.names.iter().zip(&self.rules).enumerate();
        columns.filter(|(_, (_, rule))| rule.is_none()).map(|(index, (name, _))| (index, name.as_str()))
    }

    /// The unmatched columns that stop the run. The subject is mentioned, if by no rule.
    fn denied(&self, policy: &Policy) -> Vec<usize> {
        match policy.unmatched {
            Unmatched::Drop => Vec::new(),
            Unmatched::Deny => {
                self.unmatched().filter(|(_, name)| !is_subject(policy, name)).map(|(index, _)| index).collect()
            }
        }
    }

    /// The pattern that keeps a denied column where it has other lists along its path, or none.
    fn kept_otherwise(&self, column: usize, policy: &Policy) -> Option<PolicyProblem> {
        let name = self.names.get(column).filter(|name| is_name(name))?;
        let mut patterns = policy.rules.iter().flat_map(|rule| &rule.columns);
        let pattern = patterns.find(|pattern| pattern.value.reaches(name))?;
        let kept = pattern.value.as_str();
        let message = format!("`{kept}` keeps no lists but those it names; to keep column `{name}`, add `{name}` here");
        Some(PolicyProblem { message, span: Some(pattern.span.clone()) })
    }

    /// Whether the policy mentions any column, and so the names are names.
    fn has_known(&self, policy: &Policy) -> bool {
        let named = |name: &String| policy.named_columns().iter().any(|known| known.value == *name);
        let known = |name: &String| named(name) || is_subject(policy, name) || policy.finding(name).is_some();
        self.rules.iter().any(Option::is_some) || self.names.iter().any(known)
    }

    /// A column as a message has it: by its name, or by its position where the name may be data.
    fn shown(&self, index: usize) -> String {
        match self.names.get(index).filter(|name| is_name(name)) {
            Some(name) => format!("`{name}`"),
            None => format!("number {}", index.saturating_add(1)),
        }
    }

    /// Columns as a sentence has them, not more than a few.
    fn list(&self, columns: &[usize], policy: &Policy) -> String {
        let has_known = self.has_known(policy);
        let shown = |index: &usize| match has_known {
            true => self.shown(*index),
            false => index.saturating_add(1).to_string(),
        };
        let mut shown: Vec<_> = columns.iter().take(MOST_LISTED).map(shown).collect();
        let more = columns.len().saturating_sub(shown.len());
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        match shown.split_last() {
            Some((last, [])) => format!("column {last}"),
            Some((last, before)) => format!("columns {} and {last}", before.join(", ")),
            None => String::new(),
        }
    }
}

/// How many columns a message lists.
const MOST_LISTED: usize = 20;

/// What the policy names and the input lacks, and a subject that no rule matches.
pub(super) fn notes(schema: &Schema, policy: &Policy, assigned: &Assigned) -> Vec<PolicyProblem> {
    let known = || schema.fields().iter().map(|field| field.name().as_str()).filter(|name| is_name(name));
    let patterns = policy.rules.iter().flat_map(|rule| rule.columns.iter().map(move |pattern| (rule, pattern)));
    let idle = patterns.filter(|(rule, pattern)| !assigned.names.iter().any(|name| rule.takes(&pattern.value, name)));
    let literal = idle.filter_map(|(_, pattern)| Some((pattern.value.literal()?, pattern.span.clone())));
    // A column that a call needs is a problem, and no note, where the columns are known before the rows.
    let needed = policy.subject.iter().chain(policy.rules.iter().flat_map(context)).filter(|_| is_open(schema));
    let named = policy.named_columns().iter().chain(needed).map(|name| (name.value.clone(), name.span.clone()));
    let mut notes = Vec::new();
    for (name, span) in literal.chain(named).filter(|(name, _)| assigned.index(name).is_none()) {
        let message = format!("the input has no column `{name}`{}", did_you_mean(&name, known()));
        notes.push(PolicyProblem { message, span: Some(span) });
    }
    for (_, name) in assigned.unmatched().filter(|(_, name)| is_subject(policy, name)) {
        let message = format!("no rule matches the subject's column `{name}`, so it is not written");
        notes.push(PolicyProblem { message, span: policy.subject.as_ref().map(|subject| subject.span.clone()) });
    }
    notes
}

fn context(rule: &Rule) -> &[At<String>] {
    match &rule.action {
        RuleAction::Mask(mask) => &mask.context,
        RuleAction::Scrub(scrub) => &scrub.known,
        RuleAction::Keep | RuleAction::Drop => &[],
    }
}

fn is_subject(policy: &Policy, name: &str) -> bool {
    policy.subject.as_ref().is_some_and(|subject| subject.value == name)
}
