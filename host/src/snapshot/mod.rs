//! The immutable set in force: policy, plugins, keys, under one number. A batch captures it and ends under it.

mod trial;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{Schema, SchemaRef};
use regex::bytes::Regex;

use crate::error::Error;
use crate::keys::{KeyError, Keyring, Purpose};
use crate::mask::{Grant, ReadyCall};
use crate::plan::{self, Plan};
use crate::plugin::Registry;
use crate::policy::{Policy, PolicyProblem};

/// What is in force. Nothing in it ever changes: a change is another snapshot with a higher number.
pub struct Snapshot {
    revision: u64,
    policy: Policy,
    plugins: Registry,
    keyring: Option<Keyring>,
    /// The plans made so far, one for each schema that came by.
    plans: Mutex<Vec<(SchemaRef, Arc<Ready>)>>,
}

/// A plan with its plugins compiled and its keys granted.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) plan: Plan,
    pub(crate) calls: Vec<ReadyCall>,
}

impl Snapshot {
    /// Puts a policy, plugins and keys in force.
    pub(crate) fn new(revision: u64, policy: Policy, plugins: Registry, keyring: Option<Keyring>) -> Self {
        Self { revision, policy, plugins, keyring, plans: Mutex::new(Vec::new()) }
    }

    /// The number of the revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What happens to each column of this schema, without compiling a plugin or touching a key.
    pub(crate) fn outline(&self, schema: &Schema) -> Result<Plan, Error> {
        Ok(plan::plan(schema, &self.policy, &self.plugins)?)
    }

    /// The plan for this schema, made once.
    pub(crate) fn plan(&self, schema: &SchemaRef) -> Result<Arc<Ready>, Error> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ready)) = plans.iter().find(|(known, _)| Arc::ptr_eq(known, schema) || known == schema) {
            return Ok(ready.clone());
        }
        let ready = Arc::new(self.prepare(schema)?);
        plans.push((schema.clone(), ready.clone()));
        Ok(ready)
    }

    /// Every key that cannot be had and every configuration that a plugin refuses is told, not just the first.
    fn prepare(&self, schema: &Schema) -> Result<Ready, Error> {
        let plan = self.outline(schema)?;
        let (mut calls, mut problems) = (Vec::with_capacity(plan.calls.len()), Vec::new());
        for call in &plan.calls {
            let plugin = self.plugins.load(&call.plugin)?;
            let about = |problem: &dyn fmt::Display| PolicyProblem {
                message: format!("the rule on line {}: {problem}", call.rule),
                span: None,
            };
            let pattern = call.output_pattern.as_deref().map(Regex::new).transpose();
            let pattern = pattern.map_err(|_| Error::Internal("a manifest with a wrong pattern was accepted"))?;
            if let Err(refusal) = trial::run(&plugin, call)? {
                problems.push(about(&refusal));
            }
            match self.grant(call) {
                Ok(grant) => calls.push(ReadyCall { plugin, grant, pattern, call: call.clone() }),
                Err(Error::Key(error)) => problems.push(about(&error)),
                Err(error) => return Err(error),
            }
        }
        if problems.is_empty() { Ok(Ready { plan, calls }) } else { Err(self.policy.errors(problems).into()) }
    }

    /// Finds what [`Snapshot::plan`] would, without any key: whether the plugins take what the rules say.
    pub(crate) fn try_out(&self, plan: &Plan) -> Result<(), Error> {
        let mut problems = Vec::new();
        for call in &plan.calls {
            if let Err(refusal) = trial::run(&*self.plugins.load(&call.plugin)?, call)? {
                let message = format!("the rule on line {}: {refusal}", call.rule);
                problems.push(PolicyProblem { message, span: None });
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(self.policy.errors(problems).into()) }
    }

    /// The key that the manifest asks for and the policy allows. Either missing is an error of the plan before this.
    fn grant(&self, call: &plan::Call) -> Result<Grant, Error> {
        let Some(key) = &call.key else { return Ok(Grant::None) };
        let keyring = self.keyring.as_ref().ok_or_else(|| KeyError::NoneGiven(key.name.clone()))?;
        let domain = self.policy.domain.as_deref().ok_or(Error::Internal("a policy with keys and without a domain"))?;
        Ok(match key.purpose {
            Purpose::Pseudonym => Grant::Pseudonym(keyring.pseudonym_key(&key.name, domain)?),
            Purpose::DateShift => Grant::DateShift(keyring.date_shift_key(&key.name, domain)?),
            Purpose::Quarantine | Purpose::Token => {
                return Err(Error::Internal("no plugin is lent a key to seal with"));
            }
        })
    }

    /// The plans made so far.
    pub(crate) fn plans(&self) -> Vec<Arc<Ready>> {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.iter().map(|(_, ready)| ready.clone()).collect()
    }

    /// The keys, for the quarantine.
    pub(crate) fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("revision", &self.revision).finish_non_exhaustive()
    }
}
