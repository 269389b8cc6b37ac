//! What the audit trail is told of a dataset: names, numbers and digests.

use super::revision::{Made, Trial};
use super::status::{Parts, State};
use super::turn::Revision;
use crate::audit::{AuditError, DatasetChanged, Event, RevisionChanged, Trail, Who};

/// Records events. Where the operator keeps no trail, nothing has to be recorded.
pub(super) fn tell(trail: Option<&Trail>, who: &Who, events: &[Event]) -> Result<(), AuditError> {
    trail.map_or(Ok(()), |trail| trail.record_by(who, None, events).map(drop))
}

/// A revision on its way. `other` was in force before it, or is again.
pub(super) fn changed(dataset: &str, revision: &Revision<Made>, other: Option<u64>) -> RevisionChanged {
    let canary = match revision.what.trial() {
        Some(Trial::Canary(run)) => Some(run.told()),
        _ => None,
    };
    RevisionChanged { canary, ..of_parts(dataset, revision.number, &revision.what.parts, other) }
}

/// The same of one that failed before it was made.
pub(super) fn of_parts(dataset: &str, number: u64, parts: &Parts, other: Option<u64>) -> RevisionChanged {
    RevisionChanged {
        dataset: dataset.to_owned(),
        revision: number,
        digest: parts.digest.clone(),
        policy_digest: parts.policy.clone(),
        labels_digest: parts.labels.clone(),
        plugins: parts.plugins.clone(),
        trust_root: parts.trust_root.clone(),
        keys: parts.keys.clone(),
        other,
        canary: None,
        step: None,
        problem: None,
    }
}

/// A dataset that somebody stopped or started.
pub(super) fn operated(dataset: &str, revision: Option<u64>) -> DatasetChanged {
    DatasetChanged { dataset: dataset.to_owned(), revision }
}

/// The word for a step.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Noticed => "noticed",
        State::Verified => "verified",
        State::Compiled => "compiled",
        State::Vetted => "vetted",
        State::Shadow => "shadow",
        State::Canary => "canary",
        State::Current => "current",
        State::Draining => "draining",
        State::Retired => "retired",
        State::Failed => "failed",
    }
}
