//! Vetting: a candidate does on data that is no one's what it would do on data of somebody.
//!
//! It must have a plan for every schema that was masked under the revision in force, with the same types unless the policy
//! changed too. Then each rule is rehearsed on made-up columns, under keys that nothing is ever made under: golden
//! cases, mask and verify, as a batch goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::{Field, Schema};

use super::revision::Made;
use super::settings::{CanaryOf, KnownSchemas, Settings};
use super::synthetic;
use super::turn::Revision;
use crate::batch::{Batch, BatchPlace, ColumnType};
use crate::error::Error;
use crate::host::Host;
use crate::leash::Leash;
use crate::mask::{MaskedBatch, mask};
use crate::plan::{Action, Found, Plan};
use crate::policy::{Policy, Rule, RuleAction};
use crate::snapshot::{Ready, Snapshot};
use crate::verify::verify;

/// The calls that a candidate was vetted for, each as one text.
pub(super) type Vetted = BTreeSet<String>;

/// From so many possible outputs on, a few made-up values have different ones.
const MANY_OUTPUTS: f64 = 1e12;

/// Fails where a candidate does not do what it must. `earlier` is what is in force, and what was before it: what one of
/// them was vetted for is not tried again.
pub(super) fn vet(
    candidate: &Host,
    earlier: &[Arc<Revision<Made>>],
    settings: &Settings,
    leash: &Leash,
) -> Result<Vetted, Error> {
    let snapshot = candidate.snapshot();
    check_settings(snapshot.policy(), settings)?;
    snapshot.check_keys()?;
    let mut rehearsal = Rehearsal { candidate, earlier, leash, vetted: Vetted::new() };
    if let Some(current) = earlier.first().map(|current| current.what.host.snapshot()) {
        rehearsal.known_schemas(current, settings)?;
    }
    let policy = snapshot.policy();
    for (rule, _, found) in snapshot.transforms() {
        for column_type in types(policy, rule, &found) {
            rehearsal.rehearse(&schema_for(policy, rule, column_type))?;
        }
    }
    for rule in policy.rules.iter().filter(|rule| matches!(rule.action, RuleAction::Scrub(_))) {
        rehearsal.rehearse(&schema_for(policy, rule, ColumnType::Text))?;
    }
    Ok(rehearsal.vetted)
}

fn check_settings(policy: &Policy, settings: &Settings) -> Result<(), Error> {
    let by_subject = settings.canary.is_some_and(|canary| canary.of == CanaryOf::Subjects);
    if by_subject && policy.subject.is_none() {
        let mend = "a canary of subjects needs a policy with `subject`; name it, or say `of: batches`";
        return Err(Error::Candidate(mend.into()));
    }
    Ok(())
}

/// With the same policy the output has the same types: a plugin alone changes nothing for those who read it.
fn same_types(before: &Plan, after: &Plan) -> Result<(), Error> {
    let (before, after) = (written(before), written(after));
    match after.iter().find(|column| !before.contains(column)) {
        None => Ok(()),
        Some((name, _)) => Err(Error::Candidate(format!(
            "a plugin changes the type of column {name} of the output; change the policy with it to say that it is meant"
        ))),
    }
}

/// The columns of the output by number, and the types of those that plugins make.
fn written(plan: &Plan) -> Vec<(usize, Option<ColumnType>)> {
    let produced = |column: usize| match plan.columns.get(column)?.action {
        Action::Mask { call, position } => plan.calls.get(call)?.produced.get(position).copied(),
        Action::Scrub { .. } | Action::Keep | Action::Drop { .. } => None,
    };
    plan.output.iter().map(|column| (*column, produced(*column))).collect()
}

/// The types that the columns of a rule may have: what the policy says, or else all that the transform takes.
fn types(policy: &Policy, rule: &Rule, found: &Found<'_>) -> Vec<ColumnType> {
    if !matches!(rule.action, RuleAction::Mask(_)) {
        return Vec::new();
    }
    let declared = names(rule).iter().filter_map(|name| policy.types.get(name).copied()).collect::<BTreeSet<_>>();
    let declared: Vec<_> = declared.into_iter().collect();
    if declared.is_empty() { found.transform.types.keys().copied().collect() } else { declared }
}

/// A table that a rule is for: its columns, those that it sees beside them, and the subject.
fn schema_for(policy: &Policy, rule: &Rule, column_type: ColumnType) -> Schema {
    let context = match &rule.action {
        RuleAction::Mask(mask) => mask.context.iter().map(|column| column.value.clone()).collect(),
        RuleAction::Scrub(scrub) => scrub.known.iter().map(|column| column.value.clone()).collect(),
        RuleAction::Keep | RuleAction::Drop => Vec::new(),
    };
    let mut fields: Vec<Field> = Vec::new();
    let type_of = |name: &String, or| policy.types.get(name).copied().unwrap_or(or);
    let columns = names(rule).into_iter().map(|name| (type_of(&name, column_type), name));
    let subject = policy.subject.iter().map(|subject| subject.value.clone());
    let beside = context.into_iter().chain(subject).map(|name| (type_of(&name, ColumnType::Text), name));
    for (column_type, name) in columns.chain(beside) {
        if !fields.iter().any(|field| *field.name() == name) {
            fields.push(Field::new(name, column_type.arrow(), true));
        }
    }
    crate::batch::open_schema(fields)
}

/// Names of columns that a rule is for. A pattern stands for a name that it matches.
fn names(rule: &Rule) -> Vec<String> {
    let name = |text: &str| text.replace("**", "x").replace('*', "x").replace("[]", "");
    rule.columns.iter().map(|column| column.value.literal().unwrap_or_else(|| name(column.value.as_str()))).collect()
}

/// What is being tried, and what came out.
struct Rehearsal<'a> {
    candidate: &'a Host,
    earlier: &'a [Arc<Revision<Made>>],
    leash: &'a Leash,
    vetted: Vetted,
}

impl Rehearsal<'_> {
    /// What was masked can be masked, all of it or one table at least.
    fn known_schemas(&mut self, current: &Snapshot, settings: &Settings) -> Result<(), Error> {
        let (mut planned, mut refused) = (0_usize, None);
        for schema in current.schemas() {
            let after = match self.candidate.snapshot().plan_on(&schema, self.leash) {
                Err(Error::Policy(problems)) => {
                    refused = Some(Error::Policy(problems));
                    continue;
                }
                planned => planned?,
            };
            planned = planned.saturating_add(1);
            if current.policy().digest() == self.candidate.snapshot().policy().digest() {
                same_types(&current.plan(&schema)?.plan, &after.plan)?;
            }
            self.rehearse(&schema)?;
        }
        let enough = planned > 0 && settings.known_schemas == KnownSchemas::One;
        refused.filter(|_| !enough).map_or(Ok(()), Err)
    }

    /// Takes made-up batches of a schema the way of every batch.
    fn rehearse(&mut self, schema: &Schema) -> Result<(), Error> {
        let Some(ready) = self.candidate.snapshot().rehearsal(schema, self.leash)? else { return Ok(()) };
        let calls = ready.plan.calls.iter().map(|call| serde_json::to_string(call).unwrap_or_default());
        let scrubs = ready.plan.scrubs.iter().map(|scrub| serde_json::to_string(scrub).unwrap_or_default());
        let calls: Vec<String> = calls.chain(scrubs).collect();
        let known = |call: &String| {
            self.vetted.contains(call) || self.earlier.iter().any(|earlier| earlier.what.vetted.contains(call))
        };
        if !calls.iter().all(known) {
            synthetic::batches(schema).into_iter().try_for_each(|columns| self.run(&ready, columns))?;
        }
        self.vetted.extend(calls);
        Ok(())
    }

    fn run(&self, ready: &Ready, columns: RecordBatch) -> Result<(), Error> {
        let place = BatchPlace { input: "made-up columns".into(), first_row: 1, ..BatchPlace::default() };
        let batch = Batch::new(columns, place);
        let masked = mask(&batch, &ready.calls, &ready.scrubs, self.leash)?;
        verify(&batch, &ready.plan, &ready.calls, &masked)?;
        check_injective(ready, &masked, batch.rows())
    }
}

/// A transform that says so gives different values for different values.
fn check_injective(ready: &Ready, masked: &MaskedBatch, rows: usize) -> Result<(), Error> {
    for (ready, answer) in ready.calls.iter().zip(&masked.calls) {
        let call = &ready.call;
        let many = call.distinct_outputs.is_none_or(|outputs| outputs >= MANY_OUTPUTS);
        let ([lent], [returned]) = (answer.lent.as_slice(), answer.returned.as_slice()) else { continue };
        if !call.properties.injective || !call.properties.deterministic || !many || call.list || call.scrub.is_some() {
            continue;
        }
        let kept = |row: &usize| masked.rejected.iter().all(|rejected| rejected.row != *row) && !lent.is_null(*row);
        let distinct = |array: &dyn Array| {
            let texts = (0..rows).filter(kept).map(|row| array_value_to_string(array, row).unwrap_or_default());
            texts.collect::<BTreeSet<_>>().len()
        };
        if distinct(&**returned) < distinct(&**lent) {
            return Err(Error::Candidate(format!(
                "plugin `{}` says that `{}` gives different values for different ones, and it does not",
                call.plugin, call.transform
            )));
        }
    }
    Ok(())
}
