//! Whether classes of rows can be counted on this plan: their columns are written, and the same whenever they are masked.

use arrow_schema::Schema;

use super::{Action, Call, PlannedColumn};
use crate::batch::is_open;
use crate::policy::{Claim, Policy, PolicyProblem};

/// Finds every column of the policy's `risk` of which that is not so.
pub(super) fn check(
    schema: &Schema,
    policy: &Policy,
    columns: &[PlannedColumn],
    calls: &[Call],
    problems: &mut Vec<PolicyProblem>,
) {
    let Some(bound) = &policy.risk else { return };
    for name in bound.quasi_identifiers.iter().chain(&bound.sensitive) {
        let column = columns.iter().find(|column| column.name == name.value);
        let wrong = match column.map(|column| column.action) {
            None if is_open(schema) => None,
            None => Some("is not in the input"),
            Some(Action::Drop { .. }) => Some("is not written, so nobody can know it from the output"),
            Some(Action::Scrub { .. }) => Some("is free text, which nobody knows of a person"),
            Some(Action::Keep) => None,
            Some(Action::Mask { call, .. }) => {
                let repeats = calls.get(call).is_none_or(|call| call.properties.deterministic);
                (!repeats)
                    .then_some("is masked at random, so classes are others each time; use a deterministic transform")
            }
        };
        if let Some(wrong) = wrong {
            let message = format!("`risk`: column `{}` {wrong}", name.value);
            problems.push(PolicyProblem { message, span: Some(name.span.clone()) });
        }
    }
}

/// What an expert determined is a method and its results (45 CFR 164.514(b)(1)(ii)); without figures there is none of these.
pub(super) fn note(policy: &Policy) -> Option<PolicyProblem> {
    let profile = policy.profile.as_ref().filter(|_| policy.risk.is_none())?;
    let Claim::ExpertDetermination { .. } = profile.claim else { return None };
    let message = "nothing measures the risk that was determined; with `risk: { quasi_identifiers: [...], k: ... }` its \
                   figures are in the report";
    Some(PolicyProblem { message: message.to_owned(), span: Some(profile.span.clone()) })
}
