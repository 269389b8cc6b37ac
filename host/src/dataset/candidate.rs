//! From the bytes of all sources to a host that could be in force. Every step may fail, and touches nothing else.

use std::time::{Duration, Instant, SystemTime};

use super::settings::{KeyringSource, Settings, Sources};
use super::sources::Material;
use super::status::{Parts, State};
use crate::audit::{Trail, Who};
use crate::error::Error;
use crate::host::Host;
use crate::keys::{KeyError, Keyring, Secrets, VersionState};
use crate::leash::Leash;
use crate::plugin::{Engine, Package, Registry};
use crate::policy::Policy;
use crate::snapshot::Snapshot;
use crate::vault::{VaultOpener, VaultPlace};

/// The key that signs the trail, and the directory of the trail in that of the keyring.
const AUDIT: &str = "audit";

/// A revision that failed on its way.
#[derive(Debug)]
pub(super) struct Failure {
    /// The last state that it reached.
    pub(super) state: State,
    /// The one that it did not.
    pub(super) failed: State,
    pub(super) error: Error,
}

/// What it takes to make a candidate.
pub(super) struct Maker<'a> {
    pub(super) number: u64,
    pub(super) sources: &'a Sources,
    pub(super) settings: &'a Settings,
    pub(super) engine: &'a Engine,
}

impl Maker<'_> {
    /// Verifies, compiles and vets.
    pub(super) fn make(&self, material: Material) -> Result<(Host, Parts), Failure> {
        let failed = |state, failed| move |error| Failure { state, failed, error };
        let (host, parts) = self.verify(material).map_err(failed(State::Noticed, State::Verified))?;
        self.compile(&host).map_err(failed(State::Verified, State::Compiled))?;
        Ok((host, parts))
    }

    /// Everything is what it has to be; no code is run.
    fn verify(&self, material: Material) -> Result<(Host, Parts), Error> {
        let shown = |path: &std::path::Path| path.display().to_string();
        let mut parts = Parts { digest: material.digest.clone(), ..Parts::default() };
        let mut policy = Policy::parse(&shown(&self.sources.policy), &material.policy)?;
        if let (Some(path), Some(labels)) = (&self.sources.labels, &material.labels) {
            policy = policy.with_labels(&shown(path), labels)?;
        }
        parts.policy = policy.digest();
        parts.labels = policy.labels_digest().map(str::to_owned);
        let mut plugins = Registry::new(self.engine.clone());
        plugins.add_built_in()?;
        for (path, bytes) in material.plugins {
            let package = Package::read(&shown(&path), bytes)?;
            parts.plugins.insert(package.manifest().name.clone(), package.digest().to_owned());
            plugins.add_package(package)?;
        }
        let keyring = self.sources.keyring.as_ref().map(open).transpose()?;
        parts.keyring = material.keyring;
        parts.keys = keyring.as_ref().map(primaries).unwrap_or_default();
        let trail = self.trail(keyring.as_ref())?;
        let vault = self.sources.vault.clone().map_or(VaultPlace::None, VaultPlace::At);
        let snapshot = Snapshot::new(self.number, policy, plugins, keyring, VaultOpener::new(vault));
        Ok((Host::of(snapshot, trail), parts))
    }

    /// Compiles the plugins that the policy names.
    fn compile(&self, host: &Host) -> Result<(), Error> {
        let until = Instant::now().checked_add(Duration::from_millis(self.settings.step_deadline_ms));
        host.snapshot().compile(&Leash::until(until))
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

fn primaries(keyring: &Keyring) -> std::collections::BTreeMap<String, u32> {
    let primary = |key: crate::keys::KeyInfo| {
        let primary = key.versions.iter().find(|version| version.state == VersionState::Primary)?.version;
        Some((key.name, primary))
    };
    keyring.list().into_iter().filter_map(primary).collect()
}
