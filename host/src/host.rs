//! Moretta as a library: builder → host → masked batches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::account::Account;
use crate::audit::{Recorded, Trail};
use crate::batch::{Batch, BatchPlace};
use crate::error::Error;
use crate::keys::{Keyring, Purpose};
use crate::manifest::Ask;
use crate::outcome::{Fate, Outcomes, TooManyQuarantined};
use crate::pipeline::{self, Processed};
use crate::plan::{Plan, Transforms};
use crate::plugin::{CodeCache, Engine, Limits, Package, Registry};
use crate::policy::{Policy, Rule};
use crate::snapshot::Snapshot;
use crate::store::{Store, Trust};
use crate::vault::{VaultOpener, VaultPlace};

/// What a host is made of.
#[derive(Debug)]
pub struct HostBuilder {
    policy: Policy,
    keys: Keys,
    limits: Limits,
    cache: Option<CodeCache>,
    packages: Vec<Package>,
    trail: Option<Trail>,
    vault: Option<PathBuf>,
    trust: Trust,
}

#[derive(Debug)]
enum Keys {
    None,
    Ring(Keyring),
    Ephemeral,
}

impl HostBuilder {
    /// The keys that the policy's rules name.
    #[must_use]
    pub fn keyring(self, keyring: Keyring) -> Self {
        Self { keys: Keys::Ring(keyring), ..self }
    }

    /// Keys made for this host and gone with it, for a trial: the pseudonyms of two hosts do not agree.
    #[must_use]
    pub fn ephemeral_keys(self) -> Self {
        Self { keys: Keys::Ephemeral, ..self }
    }

    /// Where the token vault is: a file, or the URL of a database. It is opened under the key that a rule names. With
    /// ephemeral keys and without a place, tokens are forgotten with the host.
    #[must_use]
    pub fn vault(self, place: PathBuf) -> Self {
        Self { vault: Some(place), ..self }
    }

    /// What one plugin call may use.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Keeps compiled plugins on disk, so that the next start is quick.
    #[must_use]
    pub fn code_cache(self, cache: CodeCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// A plugin beside the shipped ones; one of the same name takes its place.
    #[must_use]
    pub fn plugin(mut self, package: Package) -> Self {
        self.packages.push(package);
        self
    }

    /// How far the plugins of a directory are trusted: not checked, if nothing is said. Where signatures are looked at, the
    /// directory must be a [`Store`]. The shipped plugins are part of the host.
    #[must_use]
    pub fn trust(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// Records what is done in this trail. What is masked is given away only after its record is on disk, which takes
    /// some milliseconds for each call of [`Host::mask`] and each run over files.
    #[must_use]
    pub fn audit(self, trail: Trail) -> Self {
        Self { trail: Some(trail), ..self }
    }

    /// Puts everything in force.
    ///
    /// # Errors
    /// Two plugins have one name, or the engine does not start here.
    pub fn build(self) -> Result<Host, Error> {
        self.build_with(None)
    }

    /// The same with the plugins of a directory: of a [`Store`] the current versions, else every `*.wasm`.
    ///
    /// # Errors
    /// As [`build`](Self::build), and where the directory cannot be read, or one of the files is no plugin or not trusted.
    pub fn build_with_plugins_in(self, directory: &Path) -> Result<Host, Error> {
        self.build_with(Some(directory))
    }

    fn build_with(self, directory: Option<&Path>) -> Result<Host, Error> {
        let mut plugins = plugins(self.limits, self.cache, directory, self.trust)?;
        for package in self.packages {
            plugins.add_package(package)?;
        }
        let vault = match (self.vault, &self.keys) {
            (Some(place), _) => VaultPlace::At(place),
            (None, Keys::Ephemeral) => VaultPlace::Ephemeral,
            (None, _) => VaultPlace::None,
        };
        let keyring = match self.keys {
            Keys::None => None,
            Keys::Ring(keyring) => Some(keyring),
            Keys::Ephemeral => Some(Keyring::ephemeral(&keys_of(&self.policy, &plugins))?),
        };
        let snapshot = Arc::new(Snapshot::new(1, self.policy, plugins, keyring, VaultOpener::new(vault)));
        Ok(Host { snapshot, trail: self.trail.map(Arc::new), aside: None })
    }
}

/// The plugins at hand without a policy: the shipped ones, and those of a directory as
/// [`build_with_plugins_in`](HostBuilder::build_with_plugins_in) has them.
///
/// # Errors
/// The engine does not start here, the directory cannot be read, or one of the files is no plugin or not trusted.
pub fn plugins(
    limits: Limits,
    cache: Option<CodeCache>,
    directory: Option<&Path>,
    trust: Trust,
) -> Result<Registry, Error> {
    let mut plugins = Registry::new(Engine::new(limits, cache)?);
    plugins.add_built_in()?;
    if let Some(directory) = directory {
        add_plugins(&mut plugins, directory, trust)?;
    }
    Ok(plugins)
}

fn add_plugins(plugins: &mut Registry, directory: &Path, trust: Trust) -> Result<(), Error> {
    if matches!(trust, Trust::Unchecked) && !Store::is_in(directory) {
        return plugins.add_directory(directory);
    }
    for (package, _) in Store::open(directory, trust)?.current()? {
        plugins.add_package(package)?;
    }
    Ok(())
}

/// The keys that the rules name, each for what the plugin of its first rule asks for.
fn keys_of<'p>(policy: &'p Policy, plugins: &Registry) -> Vec<(&'p str, Purpose)> {
    let mut keys: BTreeMap<&str, Purpose> = BTreeMap::new();
    for mask in policy.rules.iter().flat_map(Rule::masks) {
        let found = plugins.find(&mask.transform.value).ok();
        let purpose = found.and_then(|found| found.manifest.world.ask()).and_then(Ask::purpose);
        if let (Some(key), Some(purpose)) = (&mask.key, purpose) {
            keys.entry(key.value.as_str()).or_insert(purpose);
        }
    }
    keys.into_iter().collect()
}

/// Masks batches under one policy. Cheap to clone, and used from any number of threads.
#[derive(Clone, Debug)]
pub struct Host {
    snapshot: Arc<Snapshot>,
    trail: Option<Arc<Trail>>,
    aside: Option<Arc<dyn Aside>>,
}

/// Stands between who gives batches and what is in force: tries a candidate on them.
pub(crate) trait Aside: std::fmt::Debug + Send + Sync {
    /// Takes one batch from source to sink.
    ///
    /// # Errors
    /// Those of [`pipeline::process`] under what is in force.
    fn process(&self, current: &Snapshot, batch: Batch) -> Result<Processed, Error>;

    /// What may have masked rows beside what is in force.
    fn masks(&self) -> Option<&Snapshot>;
}

impl Host {
    /// A host under this policy, with the shipped plugins.
    pub fn builder(policy: Policy) -> HostBuilder {
        let (keys, limits) = (Keys::None, Limits::default());
        HostBuilder {
            policy,
            keys,
            limits,
            cache: None,
            packages: Vec::new(),
            trail: None,
            vault: None,
            trust: Trust::Unchecked,
        }
    }

    /// A host of what is put together already.
    pub(crate) fn of(snapshot: Snapshot, trail: Option<Trail>) -> Self {
        Self { snapshot: Arc::new(snapshot), trail: trail.map(Arc::new), aside: None }
    }

    /// The same with a candidate that is tried on what it masks.
    pub(crate) fn with(&self, aside: Option<Arc<dyn Aside>>) -> Self {
        Self { aside, ..self.clone() }
    }

    /// Takes one batch from source to sink.
    pub(crate) fn process(&self, batch: Batch) -> Result<Processed, Error> {
        match &self.aside {
            None => pipeline::process(&self.snapshot, batch),
            Some(aside) => aside.process(&self.snapshot, batch),
        }
    }

    /// What may have masked rows of a batch: what is in force, and a candidate that has its share.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = &Snapshot> {
        let aside = self.aside.as_ref().and_then(|aside| aside.masks());
        std::iter::once(&*self.snapshot).chain(aside)
    }

    /// What is in force.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Where what is done is recorded.
    pub fn audit(&self) -> Option<&Trail> {
        self.trail.as_deref()
    }

    /// What would happen to each column of this schema.
    ///
    /// # Errors
    /// Everything that is wrong with the policy on this schema.
    pub fn plan(&self, schema: &Schema) -> Result<Plan, Error> {
        self.snapshot.outline(schema)
    }

    /// Masks one batch: every row, or none. Rows whose rule says `rejected: drop` are left out.
    ///
    /// # Errors
    /// A row was rejected, a plugin misbehaved, or the policy does not fit the columns. Nothing is returned then.
    pub fn mask(&self, batch: RecordBatch) -> Result<RecordBatch, Error> {
        let masked = self.mask_rows(batch)?;
        if masked.outcomes.quarantined > 0 {
            return Err(Error::from(TooManyQuarantined {
                allowed: 0,
                rows: masked.outcomes.quarantined,
                first: masked.quarantined.into_iter().take(3).collect(),
            }));
        }
        Ok(masked.batch)
    }

    /// Masks one batch, and says which rows it left out because they could not be masked.
    ///
    /// # Errors
    /// A plugin misbehaved, the policy does not fit the columns, or the audit trail cannot be written.
    pub fn mask_rows(&self, batch: RecordBatch) -> Result<Masked, Error> {
        let place = BatchPlace { input: "the batch".into(), first_row: 1, ..BatchPlace::default() };
        let mut account = Account::new(self, Path::new("the caller"))?;
        let processed = self.process(Batch::new(batch, place));
        let processed = processed.map_err(|error| account.failed(error))?;
        account.add(&processed.outcomes, processed.candidate.as_ref(), &processed.tally);
        Ok(Masked::released(processed, account.returned()?))
    }

    /// Masks a stream of batches, one at a time as they are asked for. The first error ends it.
    pub fn mask_all<I>(&self, batches: I) -> impl Iterator<Item = Result<RecordBatch, Error>>
    where
        I: IntoIterator<Item = RecordBatch>,
    {
        let mut failed = false;
        batches.into_iter().map_while(move |batch| {
            if failed {
                return None;
            }
            let masked = self.mask(batch);
            failed = masked.is_err();
            Some(masked)
        })
    }
}

/// One batch after masking.
#[derive(Debug)]
pub struct Masked {
    /// The rows that were masked.
    pub batch: RecordBatch,
    /// How many rows had which outcome.
    pub outcomes: Outcomes,
    /// The rows that are in quarantine now: it is for the caller to keep them, or to stop.
    pub quarantined: Vec<(crate::error::Place, crate::outcome::RejectionCode)>,
}

impl Masked {
    /// What was recorded may be given away.
    fn released(processed: Processed, _: Recorded) -> Self {
        let quarantined = processed.rejected.iter().filter(|row| row.fate == Fate::Quarantine);
        let quarantined = quarantined.map(|row| (processed.batch.place().row(row.row), row.code)).collect();
        Self { batch: processed.verified.into_columns(), outcomes: processed.outcomes, quarantined }
    }
}
