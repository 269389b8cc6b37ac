//! A directory with everything that a dataset is made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use moretta::audit::Who;
use moretta::dataset::{Dataset, KeyringSource, ReloadFailed, Reloaded, Settings, Sources};
use moretta::error::Error;
use moretta::keys::{DEFAULT_KEYS, Keyring};
use moretta::plugin::{Engine, Limits};
use tempfile::TempDir;

/// Where the files of a dataset lie.
pub(crate) struct Place(TempDir);

/// One engine for all tests, with a deadline that a test can wait for.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let limits = Limits { deadline: Duration::from_millis(700), ..Limits::default() };
    ENGINE.get_or_init(|| Engine::new(limits, None).unwrap())
}

impl Place {
    /// With a policy of these rules, one a line.
    pub(crate) fn new(rules: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.plugins()).unwrap();
        place.rules(rules);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn policy(&self) -> PathBuf {
        self.path().join("policy.yaml")
    }

    pub(crate) fn plugins(&self) -> PathBuf {
        self.path().join("plugins")
    }

    /// Another policy, of these rules.
    pub(crate) fn rules(&self, rules: &str) {
        let rules: String = rules.lines().map(|rule| format!("  - {rule}\n")).collect();
        let policy = format!("version: 1\ndomain: tests\nsubject: name\nrules:\n{rules}");
        fs::write(self.policy(), policy).unwrap();
    }

    /// A plugin under a name of a file.
    pub(crate) fn plugin(&self, file: &str, bytes: &[u8]) {
        fs::write(self.plugins().join(file), bytes).unwrap();
    }

    /// A keyring with the keys that `moretta keys init` makes: so there is an audit trail too.
    pub(crate) fn keyring(&self) -> Keyring {
        Keyring::create(&self.path().join("keys"), &DEFAULT_KEYS).unwrap()
    }

    pub(crate) fn sources(&self) -> Sources {
        let keys = self.path().join("keys");
        let keyring = keys.exists().then_some(KeyringSource { directory: keys, passphrase_file: None });
        Sources { plugins: vec![self.plugins()], keyring, ..Sources::new(self.policy()) }
    }

    pub(crate) fn open(&self, settings: Settings) -> Dataset {
        self.try_open(settings).unwrap()
    }

    pub(crate) fn try_open(&self, settings: Settings) -> Result<Dataset, Error> {
        Dataset::open("patients", engine(), self.sources(), settings)
    }
}

/// A rule that writes the same text for every value of two columns.
pub(crate) fn constant(text: &str) -> String {
    format!("{{ columns: [name, city], mask: redact, with: {{ value: {text} }} }}")
}

/// Names, with a city each.
pub(crate) fn batch(names: &[&str]) -> RecordBatch {
    let cities = vec!["Berlin"; names.len()];
    let columns = [("name", names.to_vec()), ("city", cities)];
    let array = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, values)| (name, array(values), true))).unwrap()
}

/// The name that came back of each row.
pub(crate) fn names(batch: &RecordBatch) -> Vec<String> {
    let names = batch.column_by_name("name").unwrap().as_string::<i32>();
    names.iter().map(|name| name.unwrap_or("null").to_owned()).collect()
}

/// The first name of a batch that is masked now.
pub(crate) fn masked(dataset: &Dataset) -> String {
    names(&dataset.lease().unwrap().mask(batch(&["Ada", "Grace"])).unwrap()).remove(0)
}

pub(crate) fn who() -> Who {
    Who::principal("anna")
}

pub(crate) fn reload(dataset: &Dataset) -> Result<Reloaded, ReloadFailed> {
    dataset.reload(&who())
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} did not come");
        thread::sleep(Duration::from_millis(2));
    }
    started.elapsed()
}
