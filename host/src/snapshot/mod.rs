//! The immutable set in force: policy, plugins, keys, under one number. A batch captures it and ends under it.

mod pulse;
mod trial;

pub(crate) use pulse::{Beat, Pulse};

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{Schema, SchemaRef};
use regex::bytes::Regex;

use crate::error::Error;
use crate::keys::{KeyError, Keyring, TokenGrant};
use crate::leash::Leash;
use crate::lend::Grant;
use crate::mask::ReadyCall;
use crate::plan::{self, KeyUse, Plan, Transforms};
use crate::plugin::{Plugin, Registry};
use crate::policy::{Policy, PolicyProblem, RuleAction};
use crate::vault::{VaultError, VaultOpener};

/// How many plans are kept: for each schema that comes by one, and more schemas than this are no table's.
const MOST_PLANS: usize = 64;

/// What is in force. Nothing in it ever changes: a change is another snapshot with a higher number.
pub struct Snapshot {
    revision: u64,
    policy: Policy,
    plugins: Registry,
    keyring: Option<Keyring>,
    vault: VaultOpener,
    /// The plans made so far, one for each schema that came by.
    plans: Mutex<Vec<(SchemaRef, Arc<Ready>)>>,
    /// The keys that were asked for and that the audit trail does not know of yet.
    asked: Mutex<Vec<Asked>>,
    pulse: Pulse,
}

/// A key that a call of a plan asks for, and the version that it is lent, or why it is not.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) call: plan::Call,
    pub(crate) granted: Result<u32, KeyError>,
}

/// A plan with its plugins compiled and its keys granted.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) plan: Plan,
    pub(crate) calls: Vec<ReadyCall>,
}

impl Snapshot {
    /// Puts a policy, plugins and keys in force.
    pub(crate) fn new(
        revision: u64,
        policy: Policy,
        plugins: Registry,
        keyring: Option<Keyring>,
        vault: VaultOpener,
    ) -> Self {
        Self {
            revision,
            policy,
            plugins,
            keyring,
            vault,
            plans: Mutex::default(),
            asked: Mutex::default(),
            pulse: Pulse::default(),
        }
    }

    /// The number of the revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What goes through it, and what ends that.
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// What happens to each column of this schema. The plugins are asked whether they take what the rules say, and no key
    /// is touched.
    pub(crate) fn outline(&self, schema: &Schema) -> Result<Plan, Error> {
        let (plan, mut problems) = plan::draft(schema, &self.policy, &self.plugins);
        let plugins = self.try_out(&plan, &mut problems, &Leash::default());
        self.policy.refuse(problems)?;
        plugins.map(|_| plan)
    }

    /// Compiles every plugin that the policy names and runs its golden cases, so that no batch waits for that.
    pub(crate) fn compile(&self, leash: &Leash) -> Result<(), Error> {
        for rule in &self.policy.rules {
            let RuleAction::Mask(mask) = &rule.action else { continue };
            // A transform that nobody offers is told with the plan, where it stands.
            if let Ok(found) = self.plugins.find(&mask.transform.value) {
                self.plugins.load(&found.manifest.name, leash)?;
            }
        }
        Ok(())
    }

    /// The plan for this schema, made once.
    pub(crate) fn plan(&self, schema: &SchemaRef) -> Result<Arc<Ready>, Error> {
        self.plan_on(schema, &Leash::default())
    }

    /// The same, ended where the leash is.
    pub(crate) fn plan_on(&self, schema: &SchemaRef, leash: &Leash) -> Result<Arc<Ready>, Error> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ready)) = plans.iter().find(|(known, _)| Arc::ptr_eq(known, schema) || known == schema) {
            return Ok(ready.clone());
        }
        let ready = Arc::new(self.prepare(schema, leash)?);
        if plans.len() >= MOST_PLANS {
            plans.remove(0);
        }
        plans.push((schema.clone(), ready.clone()));
        Ok(ready)
    }

    /// Finds what [`Snapshot::outline`] does, and every key that cannot be had.
    fn prepare(&self, schema: &Schema, leash: &Leash) -> Result<Ready, Error> {
        let (plan, mut problems) = plan::draft(schema, &self.policy, &self.plugins);
        let plugins = self.try_out(&plan, &mut problems, leash);
        let grants: Vec<_> = plan.calls.iter().map(|call| self.grant(call, &mut problems)).collect();
        self.policy.refuse(problems)?;
        let mut calls = Vec::with_capacity(plan.calls.len());
        for ((call, plugin), grant) in plan.calls.iter().zip(plugins?).zip(grants) {
            let grant = grant?.ok_or(Error::Internal("a key that cannot be had is no problem"))?;
            let pattern = call.output_pattern.as_deref().map(Regex::new).transpose();
            let pattern = pattern.map_err(|_| Error::Internal("a manifest with a wrong pattern was accepted"))?;
            calls.push(ReadyCall { plugin, grant, pattern, call: call.clone() });
        }
        Ok(Ready { plan, calls })
    }

    /// The plugin of each call. One that refuses what its rule says makes a problem.
    fn try_out(
        &self,
        plan: &Plan,
        problems: &mut Vec<PolicyProblem>,
        leash: &Leash,
    ) -> Result<Vec<Arc<Plugin>>, Error> {
        let mut plugins = Vec::with_capacity(plan.calls.len());
        for call in &plan.calls {
            let plugin = self.plugins.load(&call.plugin, leash)?;
            if let Err(refusal) = trial::run(&plugin, call, leash)? {
                problems.push(PolicyProblem { message: refusal, span: Some(call.span.clone()) });
            }
            plugins.push(plugin);
        }
        Ok(plugins)
    }

    /// The key of a call. One that cannot be had makes a problem.
    fn grant(&self, call: &plan::Call, problems: &mut Vec<PolicyProblem>) -> Result<Option<Option<Grant>>, Error> {
        let Some(key) = &call.key else { return Ok(Some(None)) };
        match self.key(key) {
            Err(Error::Key(error)) => {
                problems.push(PolicyProblem { message: error.to_string(), span: Some(key.span.clone()) });
                self.note(call, Err(error));
                Ok(None)
            }
            Err(Error::Vault(error @ VaultError::NoneGiven(_))) => {
                problems.push(PolicyProblem { message: error.to_string(), span: Some(key.span.clone()) });
                Ok(None)
            }
            Ok(grant) => {
                self.note(call, Ok(grant.version()));
                Ok(Some(Some(grant)))
            }
            Err(error) => Err(error),
        }
    }

    /// The key that the manifest asks for and the policy allows. Either missing is an error of the plan before this.
    fn key(&self, key: &KeyUse) -> Result<Grant, Error> {
        let keyring = self.keyring.as_ref().ok_or_else(|| KeyError::NoneGiven(key.name.clone()))?;
        let domain = self.policy.domain.as_deref().ok_or(Error::Internal("a policy with keys and without a domain"))?;
        let today = self.policy.reference_date;
        let vault = |key: &TokenGrant| self.vault.grant(key, domain, today);
        Grant::of(keyring, key.purpose, &key.name, domain, vault).map_err(|error| match error {
            VaultError::Key(error) => error.into(),
            error => error.into(),
        })
    }

    fn note(&self, call: &plan::Call, granted: Result<u32, KeyError>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(Asked { call: call.clone(), granted });
    }

    /// The keys that were asked for since this was called last.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
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
