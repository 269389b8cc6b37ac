//! Roles and who has them. Whoever sends rows is not who decides how they are masked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;

use super::{Operation, Principal};
use crate::policy::{At, PolicyProblem};

/// Stands for every dataset.
const EVERY: &str = "*";

/// What nobody may do both of on one dataset: who asks for masked rows does not decide with which policy and plugins they
/// are masked.
const APART: [(Operation, Operation); 1] = [(Operation::Mask, Operation::Operate)];

/// What the holders of a role may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    allow: BTreeSet<Operation>,
    /// Names of datasets, or `*`.
    datasets: BTreeSet<String>,
}

/// Somebody, by the subject of a certificate (RFC 4514) or of tokens (RFC 7519, `sub`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// What they are called here and in the audit trail, if not by their subject.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    certificate: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    roles: BTreeSet<String>,
}

/// Who may do what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    by_certificate: BTreeMap<String, Principal>,
    by_subject: BTreeMap<String, Principal>,
    allowed: BTreeMap<Principal, Vec<Role>>,
    /// The datasets that roles name, with the place of the role.
    named: Vec<At<String>>,
}

impl Roles {
    /// Puts roles and principals together. What cannot be becomes a problem.
    pub(crate) fn new(
        roles: Vec<(At<String>, Role)>,
        principals: Vec<At<Known>>,
        problems: &mut Vec<PolicyProblem>,
    ) -> Self {
        let mut known = Self::default();
        for (name, role) in &roles {
            if let Some((one, other)) = apart(&[role]) {
                problem(problems, &name.span, format!("one role may not both {one} and {other}; make two of it"));
            }
            let datasets = role.datasets.iter().filter(|dataset| *dataset != EVERY);
            known.named.extend(datasets.map(|dataset| At { value: dataset.clone(), span: name.span.clone() }));
        }
        let roles: BTreeMap<_, _> = roles.into_iter().map(|(name, role)| (name.value, role)).collect();
        for At { value, span } in principals {
            if let Err(message) = known.add(value, &roles) {
                problem(problems, &span, message);
            }
        }
        known
    }

    fn add(&mut self, known: Known, roles: &BTreeMap<String, Role>) -> Result<(), String> {
        let Known { name, certificate, subject, roles: held } = known;
        let name = name.as_ref().or(certificate.as_ref()).or(subject.as_ref());
        let name = name.ok_or("say who it is: `certificate`, or `subject` for the one of a token")?;
        let principal = Principal::new(name);
        if self.allowed.contains_key(&principal) {
            return Err(format!("there are two principals `{name}`; give one a `name` of its own"));
        }
        let find = |role: &String| roles.get(role).cloned().ok_or_else(|| format!("there is no role `{role}`"));
        let held: Vec<_> = held.iter().map(find).collect::<Result<_, _>>()?;
        if let Some((one, other)) = apart(&held.iter().collect::<Vec<_>>()) {
            return Err(format!(
                "the roles of `{name}` allow to {one} and to {other} on one dataset; give them to two"
            ));
        }
        let subjects = [(certificate, &mut self.by_certificate), (subject, &mut self.by_subject)];
        for (subject, known) in subjects {
            if let Some(subject) = subject
                && known.insert(subject.clone(), principal.clone()).is_some()
            {
                return Err(format!("`{subject}` stands for two principals; take one away"));
            }
        }
        self.allowed.insert(principal, held);
        Ok(())
    }

    /// Who has a certificate with this subject.
    pub(crate) fn of_certificate(&self, subject: &str) -> Option<&Principal> {
        self.by_certificate.get(subject)
    }

    /// Who has tokens with this subject.
    pub(crate) fn of_token(&self, subject: &str) -> Option<&Principal> {
        self.by_subject.get(subject)
    }

    /// Whether a principal may do something with a dataset, whether there is such a one or not.
    pub(crate) fn allow(&self, principal: &Principal, operation: Operation, dataset: &str) -> bool {
        let roles = self.allowed.get(principal).map(Vec::as_slice).unwrap_or_default();
        roles.iter().any(|role| role.allow.contains(&operation) && role.is_for(dataset))
    }

    /// The datasets that roles name, with the place of the role.
    pub(crate) fn datasets(&self) -> impl Iterator<Item = &At<String>> {
        self.named.iter()
    }
}

impl Role {
    fn is_for(&self, dataset: &str) -> bool {
        self.datasets.contains(EVERY) || self.datasets.contains(dataset)
    }

    fn meets(&self, other: &Self) -> bool {
        let [every, other_every] = [self, other].map(|role| role.datasets.contains(EVERY));
        every && !other.datasets.is_empty()
            || other_every && !self.datasets.is_empty()
            || !self.datasets.is_disjoint(&other.datasets)
    }
}

/// Two operations that these roles allow on one dataset, and that must be apart.
fn apart(roles: &[&Role]) -> Option<(Operation, Operation)> {
    APART.into_iter().find(|(one, other)| {
        let with = |operation| roles.iter().filter(move |role| role.allow.contains(&operation));
        with(*one).any(|first| with(*other).any(|second| first.meets(second)))
    })
}

fn problem(problems: &mut Vec<PolicyProblem>, span: &Range<usize>, message: String) {
    problems.push(PolicyProblem { message, span: Some(span.clone()) });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, allow: &[Operation], datasets: &[&str]) -> (At<String>, Role) {
        let datasets = datasets.iter().map(|dataset| (*dataset).to_owned()).collect();
        (At { value: name.to_owned(), span: 0..1 }, Role { allow: allow.iter().copied().collect(), datasets })
    }

    fn known(subject: &str, roles: &[&str]) -> At<Known> {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let known = Known { name: None, certificate: None, subject: Some(subject.to_owned()), roles };
        At { value: known, span: 2..3 }
    }

    fn roles() -> Vec<(At<String>, Role)> {
        vec![
            role("pipeline", &[Operation::Mask], &["patients"]),
            role("other-pipeline", &[Operation::Mask], &["visits"]),
            role("on-call", &[Operation::Operate], &["patients"]),
            role("everywhere", &[Operation::Operate], &["*"]),
            role("auditor", &[Operation::ReadAudit], &["*"]),
        ]
    }

    fn problems_of(principal: At<Known>) -> Vec<String> {
        let mut problems = Vec::new();
        Roles::new(roles(), vec![principal], &mut problems);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn what_no_role_allows_is_denied() {
        let mut problems = Vec::new();
        let roles = Roles::new(roles(), vec![known("etl", &["pipeline"]), known("nobody", &[])], &mut problems);
        assert!(problems.is_empty());
        let etl = roles.of_token("etl").unwrap();
        assert!(roles.allow(etl, Operation::Mask, "patients"));
        assert!(!roles.allow(etl, Operation::Mask, "visits") && !roles.allow(etl, Operation::Operate, "patients"));
        assert!(!roles.allow(roles.of_token("nobody").unwrap(), Operation::Mask, "patients"));
        assert!(roles.of_token("other").is_none() && roles.of_certificate("etl").is_none());
    }

    #[test]
    fn nobody_both_asks_and_decides() {
        for held in [["pipeline", "on-call"], ["pipeline", "everywhere"]] {
            let problems = problems_of(known("etl", &held));
            assert!(problems[0].contains("to mask and to operate on one dataset"), "{problems:?}");
        }
        assert!(problems_of(known("etl", &["other-pipeline", "on-call"])).is_empty());
        assert!(problems_of(known("etl", &["pipeline", "auditor"])).is_empty());
        let mut problems = Vec::new();
        Roles::new(vec![role("all", &[Operation::Mask, Operation::Operate], &["a"])], vec![], &mut problems);
        assert!(problems[0].message.contains("both mask and operate"), "{problems:?}");
    }

    #[test]
    fn who_is_meant_is_clear() {
        assert!(problems_of(known("etl", &["missing"]))[0].contains("no role `missing`"));
        let mut nameless = known("etl", &[]);
        nameless.value.subject = None;
        assert!(problems_of(nameless)[0].contains("say who it is"));
        let mut problems = Vec::new();
        Roles::new(vec![], vec![known("etl", &[]), known("etl", &[])], &mut problems);
        assert!(problems[0].message.contains("two principals `etl`"), "{problems:?}");
    }
}
