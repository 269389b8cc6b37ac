//! From the bytes of all sources to a revision that could be in force, on a thread of its own. Every step may fail, take
//! too long or panic, and touches nothing that is in force.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::revision::{Made, Released};
use super::settings::{KeyringSource, Settings, Sources};
use super::sources::Material;
use super::status::{Parts, State};
use super::turn::Revision;
use super::vet;
use crate::audit::{Trail, Who};
use crate::error::Error;
use crate::host::Host;
use crate::keys::{KeyError, KeyInfo, Keyring, Secrets, VersionState};
use crate::leash::Leash;
use crate::plugin::{Engine, Registry};
use crate::policy::Policy;
use crate::snapshot::Snapshot;
use crate::vault::{VaultOpener, VaultPlace};

/// The key that signs the trail, and the directory of the trail in that of the keyring.
const AUDIT: &str = "audit";

/// What it takes to make a candidate.
pub(super) struct Maker {
    pub(super) number: u64,
    pub(super) sources: Sources,
    pub(super) settings: Settings,
    pub(super) engine: Engine,
    /// What is in force, and what was before it.
    pub(super) earlier: Vec<Arc<Revision<Made>>>,
    /// Says that this is being made, for as long as that takes.
    pub(super) _lane: Arc<()>,
}

/// A revision that failed on its way.
#[derive(Debug)]
pub(super) struct Failure {
    /// The last state that it reached.
    pub(super) state: State,
    /// The one that it did not.
    pub(super) failed: State,
    pub(super) error: Error,
}

/// What the thread tells: a state was reached, or it is over.
enum News {
    Reached(State),
    Over(Box<Result<Made, Error>>),
}

/// Verifies, compiles and vets, each within the deadline of a step. `reached` is told each state.
pub(super) fn make(maker: Maker, material: Material, reached: impl Fn(State)) -> Result<Made, Failure> {
    let step = Duration::from_millis(maker.settings.step_deadline_ms);
    let (tell, told) = unbounded();
    let work = move || {
        let made = maker.run(material, &tell);
        // Nobody listens any more if it took too long.
        drop(tell.send(News::Over(Box::new(made))));
    };
    let spawned = thread::Builder::new().name("moretta-candidate".into()).spawn(work);
    let fail = |state, error| Failure { state, failed: next(state), error };
    match spawned {
        Ok(_) => follow(&told, step, reached).map_err(|(state, error)| fail(state, error)),
        Err(error) => Err(fail(State::Noticed, Error::io("start", "a thread")(error))),
    }
}

fn follow(told: &Receiver<News>, step: Duration, reached: impl Fn(State)) -> Result<Made, (State, Error)> {
    let mut state = State::Noticed;
    loop {
        match told.recv_timeout(step) {
            Ok(News::Reached(next)) => {
                state = next;
                reached(state);
            }
            Ok(News::Over(made)) => return (*made).map_err(|error| (state, late(error, step))),
            Err(RecvTimeoutError::Timeout) => return Err((state, late(Error::Ended, step))),
            Err(RecvTimeoutError::Disconnected) => return Err((state, Error::Internal("a candidate panicked"))),
        }
    }
}

fn late(error: Error, step: Duration) -> Error {
    match error {
        Error::Ended => Error::Candidate(format!("it was not done within {} ms", step.as_millis())),
        error => error,
    }
}

/// What a candidate that is at a state has to reach.
fn next(state: State) -> State {
    match state {
        State::Noticed => State::Verified,
        State::Verified => State::Compiled,
        _ => State::Vetted,
    }
}

/// A candidate in which everything is what it has to be.
struct Verified {
    host: Host,
    parts: Parts,
    released: Released,
}

impl Maker {
    fn run(&self, material: Material, tell: &Sender<News>) -> Result<Made, Error> {
        let reached = |state| drop(tell.send(News::Reached(state)));
        let Verified { host, parts, released } = self.verify(material)?;
        reached(State::Verified);
        host.snapshot().compile()?;
        reached(State::Compiled);
        let until = Instant::now().checked_add(Duration::from_millis(self.settings.step_deadline_ms));
        let vetted = vet::vet(&host, &self.earlier, &self.settings, &Leash::until(until))?;
        reached(State::Vetted);
        Ok(Made::new(host, parts, released, vetted))
    }

    /// Everything is what it has to be; no code is run.
    fn verify(&self, material: Material) -> Result<Verified, Error> {
        let shown = |path: &Path| path.display().to_string();
        let mut policy = Policy::parse(&shown(&self.sources.policy), &material.policy)?;
        if let (Some(path), Some(labels)) = (&self.sources.labels, &material.labels) {
            policy = policy.with_labels(&shown(path), labels)?;
        }
        let mut plugins = Registry::new(self.engine.clone());
        plugins.add_built_in()?;
        let mut digests = BTreeMap::new();
        let most = self.settings.plugin_file_mib.saturating_mul(1 << 20);
        let mut signers = BTreeMap::new();
        for plugin in &material.plugins {
            let (package, signed) = plugin.verify(&material.trust, most)?;
            signers.insert(package.digest().to_owned(), signed);
            digests.insert(package.manifest().name.clone(), package.digest().to_owned());
            plugins.add_package(package)?;
        }
        let keyring = self.sources.keyring.as_ref().map(open).transpose()?;
        let parts = Parts {
            digest: material.digest,
            policy: policy.digest(),
            labels: policy.labels_digest().map(str::to_owned),
            plugins: digests,
            trust_root: material.trust.root().map(|root| root.digest().to_owned()),
            keyring: material.keyring,
            keys: keyring.as_ref().map(primaries).unwrap_or_default(),
        };
        let trail = self.trail(keyring.as_ref())?;
        let vault = self.sources.vault.clone().map_or(VaultPlace::None, VaultPlace::At);
        let snapshot = Snapshot::new(self.number, policy, plugins, keyring, VaultOpener::new(vault));
        snapshot.verify()?;
        let released = Released { plugins: material.plugins, signers };
        Ok(Verified { host: Host::of(snapshot, trail), parts, released })
    }

    fn trail(&self, keyring: Option<&Keyring>) -> Result<Option<Trail>, Error> {
        let Some((keyring, source)) = keyring.zip(self.sources.keyring.as_ref()) else { return Ok(None) };
        let place = self.sources.audit.clone().unwrap_or_else(|| source.directory.join(AUDIT));
        match keyring.audit_key(AUDIT) {
            Ok(key) => Ok(Some(Trail::open(&place, key, Who::of_process(), SystemTime::now)?)),
            Err(KeyError::Unknown(_)) if self.sources.audit.is_none() && !place.exists() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn open(source: &KeyringSource) -> Result<Keyring, Error> {
    let secrets = Secrets::from_environment().passphrase_file(source.passphrase_file.clone());
    Ok(Keyring::open_with(&source.directory, &secrets)?)
}

fn primaries(keyring: &Keyring) -> BTreeMap<String, u32> {
    let primary = |key: KeyInfo| {
        let primary = key.versions.iter().find(|version| version.state == VersionState::Primary)?.version;
        Some((key.name, primary))
    };
    keyring.list().into_iter().filter_map(primary).collect()
}
