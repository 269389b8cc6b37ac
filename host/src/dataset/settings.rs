//! What a dataset is made of, and how its revisions follow one another.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plugin::Engine;

/// The files that a dataset's revisions are made from. A change of any of them is another revision.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The policy.
    pub policy: PathBuf,
    /// A file of labels.
    #[serde(default)]
    pub labels: Option<PathBuf>,
    /// Directories with plugins beside the shipped ones: of a [`Store`](crate::store::Store) the current versions, else
    /// each `*.wasm`. Where signatures are looked at, each must be a store.
    #[serde(default)]
    pub plugins: Vec<PathBuf>,
    /// How far these plugins are trusted.
    #[serde(default)]
    pub signatures: Signatures,
    /// The keys that the rules name.
    #[serde(default)]
    pub keyring: Option<KeyringSource>,
    /// The token vault: a file, or the URL of a database.
    #[serde(default)]
    pub vault: Option<PathBuf>,
    /// Where the audit trail is. If it is not said: beside the keys, if the keyring has a key `audit`.
    #[serde(default)]
    pub audit: Option<PathBuf>,
}

/// How far the plugins of directories are trusted. The shipped ones are part of the host.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signatures {
    /// Signatures are not looked at.
    #[default]
    Unchecked,
    /// Each that has signatures must be signed as this trust root says; one without any is taken as it is.
    Optional(PathBuf),
    /// Each must be signed as this trust root says.
    Required(PathBuf),
}

impl Signatures {
    /// The file of the trust root.
    pub(super) fn trust_root(&self) -> Option<&PathBuf> {
        match self {
            Self::Unchecked => None,
            Self::Optional(path) | Self::Required(path) => Some(path),
        }
    }
}

/// A keyring, and what opens it. Passphrases and keys are taken from the environment too: see
/// [`Secrets`](crate::keys::Secrets).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyringSource {
    /// Its directory.
    pub directory: PathBuf,
    /// A file with its passphrase.
    #[serde(default)]
    pub passphrase_file: Option<PathBuf>,
}

impl Sources {
    /// A policy, and nothing beside it.
    pub fn new(policy: impl Into<PathBuf>) -> Self {
        Self {
            policy: policy.into(),
            labels: None,
            plugins: Vec::new(),
            signatures: Signatures::Unchecked,
            keyring: None,
            vault: None,
            audit: None,
        }
    }
}

/// How the revisions of a dataset follow one another. Durations are in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whoever asks for it is given one revision for a whole run, and no canary.
    pub uniform: bool,
    /// How many batches also run through a candidate before it comes in force. 0: none.
    pub shadow: u64,
    /// Which share of the work a candidate does before it is in force for all.
    pub canary: Option<Canary>,
    /// For how many of the schemas that were masked under the revision in force a candidate must have a plan.
    pub known_schemas: KnownSchemas,
    /// How many faults of plugins a revision may have.
    pub crash_budget: CrashBudget,
    /// How long the batches under a revision may go on after another one is in force.
    pub drain_deadline_ms: u64,
    /// How long one step of a candidate (compiling, vetting) may take.
    pub step_deadline_ms: u64,
    /// How large a plugin's file may be, in MiB. Compiling what a compiler made takes up to 35 times that in memory: see
    /// [`Limits`](crate::plugin::Limits) for figures, and for what else is counted.
    pub plugin_file_mib: usize,
    /// How long one call of a plugin may take.
    pub plugin_deadline_ms: Option<u64>,
    /// How much memory one call of a plugin may use, in MiB.
    pub plugin_memory_mib: Option<usize>,
    /// How changes of the sources are noticed.
    pub watch: Watching,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            uniform: false,
            shadow: 0,
            canary: None,
            known_schemas: KnownSchemas::All,
            crash_budget: CrashBudget::default(),
            drain_deadline_ms: 30_000,
            step_deadline_ms: 10_000,
            plugin_file_mib: 64,
            plugin_deadline_ms: None,
            plugin_memory_mib: None,
            watch: Watching::default(),
        }
    }
}

impl Settings {
    /// The engine with the limits of this dataset.
    pub(super) fn limit(&self, engine: &Engine) -> Engine {
        let limits = engine.limits();
        let deadline = self.plugin_deadline_ms.map_or(limits.deadline, Duration::from_millis);
        let memory = self.plugin_memory_mib.map_or(limits.memory, |mebibytes| mebibytes.saturating_mul(1 << 20));
        engine.limited(deadline, memory).in_background()
    }
}

/// Which share of the work a candidate does before it is in force for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// In a hundred.
    pub percent: u8,
    /// A share of what.
    #[serde(default)]
    pub of: CanaryOf,
    /// After how many batches through the candidate, without a fault, it is in force for all.
    #[serde(default = "Canary::batches")]
    pub batches: u64,
}

impl Canary {
    fn batches() -> u64 {
        100
    }
}

/// A share of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryOf {
    /// Of the individuals that the policy's `subject` names: none of them is masked under two revisions at a time, and
    /// the rows of a batch are divided.
    #[default]
    Subjects,
    /// Of the batches: an individual may be masked under two revisions.
    Batches,
}

/// For how many of the schemas that were masked a candidate must have a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KnownSchemas {
    /// For all: what is masked today can be masked tomorrow.
    #[default]
    All,
    /// For one at least: those who send batches decide what schemas there are, and are not to decide what comes in force.
    One,
}

/// How many faults of plugins a revision may have. One more, and the last good revision is in force again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CrashBudget {
    /// So many faults.
    pub faults: usize,
    /// In so long.
    pub window_ms: u64,
    /// A batch that takes longer than this counts as a fault, though it is masked.
    pub slow_batch_ms: Option<u64>,
}

impl Default for CrashBudget {
    fn default() -> Self {
        Self { faults: 3, window_ms: 60_000, slow_batch_ms: None }
    }
}

/// How changes of the sources are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Watching {
    /// Whether the file system is asked to tell. Where it does not (NFS, FUSE, some bind mounts), files are looked at.
    pub events: bool,
    /// How long the files must have been left alone.
    pub settle_ms: u64,
    /// How often the files are looked at in any case.
    pub poll_ms: u64,
}

impl Default for Watching {
    fn default() -> Self {
        Self { events: true, settle_ms: 50, poll_ms: 5_000 }
    }
}
