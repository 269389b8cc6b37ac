//! The immutable set in force: policy, plugins, keys, under one number. A batch captures it and ends under it.

mod pulse;
mod trial;

pub(crate) use pulse::{Beat, Pulse};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{FieldRef, Schema, SchemaRef};

use crate::batch::LABEL;
use crate::classify::Classifiers;
use crate::error::Error;
use crate::finder::Finder;
use crate::keys::{KeyError, Keyring, TokenGrant};
use crate::leash::Leash;
use crate::lend::Grant;
use crate::manifest::Ask;
use crate::mask::{ReadyCall, ReadyScrub};
use crate::plan::{self, ContentCheck, Found, KeyUse, Plan, Transforms};
use crate::plugin::{Package, Plugin, Registry};
use crate::policy::{Mask, Policy, PolicyProblem, Rule, RuleAction};
use crate::today::today;
use crate::vault::{VaultError, VaultOpener};

/// How many plans are kept: for each schema that comes by one, and of documents there are many.
const MOST_PLANS: usize = 512;

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
    /// Those who say what columns hold, once they were asked.
    classifiers: Mutex<Option<Arc<Classifiers>>>,
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
    pub(crate) scrubs: Vec<ReadyScrub>,
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
            classifiers: Mutex::default(),
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
        let (plan, mut problems) = self.draft(schema);
        let plugins = self.try_out(&plan, &mut problems, &Leash::default());
        self.policy.refuse(problems)?;
        plugins.map(|_| plan)
    }

    /// Whether what the rules say is what their transforms take, whatever the columns. No code is run.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        let mut problems = plan::flaws(&self.policy, &self.plugins);
        problems.extend(self.policy.expired(today()));
        Ok(self.policy.refuse(problems)?)
    }

    /// Compiles every plugin that the policy names, so that no batch waits for that. No code is run.
    pub(crate) fn compile(&self) -> Result<(), Error> {
        self.called().iter().try_for_each(|plugin| self.plugins.compile(plugin).map(drop))?;
        match self.policy.gate.content {
            ContentCheck::Off => Ok(()),
            ContentCheck::Stop | ContentCheck::Quarantine => self.plugins.compile_classifiers_of_values(),
        }
    }

    /// Those who say what columns hold, by their values.
    ///
    /// # Errors
    /// One does not compile, a golden case fails, or it knows a label that is none.
    pub(crate) fn classifiers(&self, leash: &Leash) -> Result<Arc<Classifiers>, Error> {
        let mut classifiers = self.classifiers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = classifiers.as_ref() {
            return Ok(known.clone());
        }
        let known = Arc::new(Classifiers::new(self.plugins.classifiers_of_values(leash)?)?);
        *classifiers = Some(known.clone());
        Ok(known)
    }

    /// The names of the plugins that the rules call.
    pub(crate) fn called(&self) -> BTreeSet<String> {
        let mut called: BTreeSet<_> = self.transforms().map(|(_, _, found)| found.plugin.to_owned()).collect();
        for rule in &self.policy.rules {
            if let RuleAction::Scrub(scrub) = &rule.action {
                let finders = self.plugins.finders().into_iter().map(|finder| finder.plugin);
                let is_named = |plugin: &String| scrub.find.iter().any(|name| name.value == *plugin);
                called.extend(finders.filter(|plugin| scrub.find.is_empty() || is_named(plugin)));
            }
        }
        called
    }

    /// Every plugin that there is, by name.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.plugins.packages()
    }

    /// The rules that mask, with their transforms.
    pub(crate) fn transforms(&self) -> impl Iterator<Item = (&Rule, &Mask, Found<'_>)> {
        let masks = self.policy.rules.iter().flat_map(|rule| rule.masks().into_iter().map(move |mask| (rule, mask)));
        masks.filter_map(|(rule, mask)| Some((rule, mask, self.plugins.find(&mask.transform.value).ok()?)))
    }

    /// The plan for this schema with its plugins, under keys that nothing is ever made under: for data that is no
    /// one's. `None` where the policy is not for such a schema.
    ///
    /// # Errors
    /// A plugin does not compile, a golden case fails, or the leash ends it.
    pub(crate) fn rehearsal(&self, schema: &Schema, leash: &Leash) -> Result<Option<Ready>, Error> {
        let (plan, mut problems) = self.draft(schema);
        let plugins = self.try_out(&plan, &mut problems, leash)?;
        if !problems.is_empty() {
            return Ok(None);
        }
        let grant = |call: &plan::Call| call.key.as_ref().map(|key| Grant::for_trial(key.purpose)).transpose();
        let calls = plan.calls.iter().zip(plugins);
        let calls = calls.map(|(call, plugin)| ReadyCall::new(call, plugin, grant(call)?));
        let scrubs = self.scrubs(&plan, leash)?;
        Ok(Some(Ready { calls: calls.collect::<Result<_, Error>>()?, scrubs, plan }))
    }

    /// The plan as far as there can be one, and all that is wrong with it today.
    fn draft(&self, schema: &Schema) -> (Plan, Vec<PolicyProblem>) {
        // A file that was masked before says what its columns are.
        let label = |field: &FieldRef| field.metadata().get(LABEL).cloned();
        let said: Vec<_> =
            schema.fields().iter().filter_map(|field| Some((field.name().clone(), label(field)?))).collect();
        let with_input = || self.policy.with_input(said.iter().map(|(name, label)| (name.as_str(), label.as_str())));
        let with_input = (!said.is_empty()).then(with_input);
        let policy = with_input.as_ref().map_or(&self.policy, |(policy, _)| policy);
        let (mut plan, mut problems) = plan::draft(schema, policy, &self.plugins);
        plan.notes.extend(with_input.map(|(_, notes)| notes).unwrap_or_default());
        problems.extend(self.policy.expired(today()));
        (plan, problems)
    }

    /// Whether every key that a rule names can be lent.
    ///
    /// # Errors
    /// All that cannot.
    pub(crate) fn check_keys(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        for (_, mask, found) in self.transforms() {
            let purpose = found.manifest.world.ask().and_then(Ask::purpose);
            let Some((key, purpose)) = mask.key.as_ref().zip(purpose) else { continue };
            let key = KeyUse { name: key.value.clone(), purpose, span: key.span.clone() };
            if let Err(error) = self.key(&key) {
                problems.push(problem(&key, &error).ok_or(error)?);
            }
        }
        Ok(self.policy.refuse(problems)?)
    }

    /// The schemas that there are plans for.
    pub(crate) fn schemas(&self) -> Vec<SchemaRef> {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.iter().map(|(schema, _)| schema.clone()).collect()
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
        let (plan, mut problems) = self.draft(schema);
        let plugins = self.try_out(&plan, &mut problems, leash);
        let grants: Vec<_> = plan.calls.iter().map(|call| self.grant(call, &mut problems)).collect();
        self.policy.refuse(problems)?;
        let mut calls = Vec::with_capacity(plan.calls.len());
        for ((call, plugin), grant) in plan.calls.iter().zip(plugins?).zip(grants) {
            let grant = grant?.ok_or(Error::Internal("a key that cannot be had is no problem"))?;
            calls.push(ReadyCall::new(call, plugin, grant)?);
        }
        let scrubs = self.scrubs(&plan, leash)?;
        Ok(Ready { plan, calls, scrubs })
    }

    /// The plugins that find pieces of each column of free text.
    fn scrubs(&self, plan: &Plan, leash: &Leash) -> Result<Vec<ReadyScrub>, Error> {
        let finder = |finder: &plan::Finder| Ok::<_, Error>(Finder::new(self.plugins.load(&finder.plugin, leash)?)?);
        let ready = |scrub: &plan::Scrub| {
            let finders = scrub.find.iter().map(finder).collect::<Result<_, _>>()?;
            Ok(ReadyScrub { scrub: Arc::new(scrub.clone()), finders })
        };
        plan.scrubs.iter().map(ready).collect()
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
            Ok(grant) => {
                self.note(call, Ok(grant.version()));
                Ok(Some(Some(grant)))
            }
            Err(error) => {
                let Some(problem) = problem(key, &error) else { return Err(error) };
                problems.push(problem);
                if let Error::Key(error) = error {
                    self.note(call, Err(error));
                }
                Ok(None)
            }
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

/// A key that cannot be had is a problem of the policy where the policy, the keyring or the vault could be others.
fn problem(key: &KeyUse, error: &Error) -> Option<PolicyProblem> {
    let is_theirs = matches!(error, Error::Key(_) | Error::Vault(VaultError::NoneGiven(_)));
    is_theirs.then(|| PolicyProblem { message: error.to_string(), span: Some(key.span.clone()) })
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("revision", &self.revision).finish_non_exhaustive()
    }
}
