//! `store.json`: which versions there are, and which one is current.

use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::history::Mark;
use super::{Release, StoreError};

/// The name of the file, by which a store is known.
pub(super) const NAME: &str = "store.json";
const MOST_BYTES: u64 = 4 << 20;
/// How many steps back are remembered.
const MOST_BEFORE: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    moretta_store: u32,
    /// How many changes there were.
    pub(super) serial: u64,
    /// How far the history goes.
    pub(super) history: Mark,
    pub(super) plugins: Vec<Entry>,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The version in force, if any is.
    pub(super) current: Option<String>,
    /// The versions that were current before, the latest one last.
    pub(super) before: Vec<String>,
    pub(super) versions: Vec<Version>,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) sha256: String,
}

impl Default for Index {
    fn default() -> Self {
        Self { moretta_store: 1, serial: 0, history: Mark::default(), plugins: Vec::new() }
    }
}

impl Index {
    /// # Errors
    /// [`StoreError::NoStore`], or it is damaged.
    pub(super) fn read(folder: &Folder) -> Result<Self, StoreError> {
        let text = folder.read(NAME, MOST_BYTES)?.ok_or_else(|| StoreError::NoStore(folder.path("")))?;
        let damaged = |problem| StoreError::Damaged { path: folder.path(NAME), problem };
        let index: Self = serde_json::from_slice(&text)
            .map_err(|_| damaged("it is not as a store writes it: a hand or a fault changed it; take a backup"))?;
        index.check().map(|()| index).map_err(damaged)
    }

    pub(super) fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// The digest of an installed version.
    pub(super) fn digest(&self, release: &Release) -> Option<&str> {
        let entry = self.plugins.iter().find(|entry| entry.name == release.name())?;
        entry.digest(release.version())
    }

    /// Makes a version current, and remembers the one that was.
    pub(super) fn make_current(&mut self, release: &Release, digest: &str) {
        let name = release.name();
        if self.plugins.iter().all(|entry| entry.name != name) {
            let (name, before, versions) = (name.to_owned(), Vec::new(), Vec::new());
            self.plugins.push(Entry { name, current: None, before, versions });
            self.plugins.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let Some(entry) = self.plugins.iter_mut().find(|entry| entry.name == name) else { return };
        if entry.digest(release.version()).is_none() {
            entry.versions.push(Version { version: release.version().to_owned(), sha256: digest.to_owned() });
        }
        let replaced = entry.current.replace(release.version().to_owned());
        entry.before.extend(replaced);
        entry.before.retain(|before| before != release.version());
        let forgotten = entry.before.len().saturating_sub(MOST_BEFORE);
        entry.before.drain(..forgotten);
    }

    /// Forgets a version.
    pub(super) fn remove(&mut self, release: &Release) {
        for entry in self.plugins.iter_mut().filter(|entry| entry.name == release.name()) {
            entry.current.take_if(|current| current == release.version());
            entry.before.retain(|before| before != release.version());
            entry.versions.retain(|version| version.version != release.version());
        }
        self.plugins.retain(|entry| !entry.versions.is_empty());
    }

    fn check(&self) -> Result<(), &'static str> {
        let names = self.plugins.iter().map(|entry| &entry.name);
        if self.moretta_store != 1 {
            return Err("it was written by a newer moretta");
        }
        if is_twice(names) {
            return Err("a plugin stands in it twice; take a backup");
        }
        self.plugins.iter().try_for_each(Entry::check)
    }
}

impl Entry {
    /// The digest of an installed version.
    pub(super) fn digest(&self, version: &str) -> Option<&str> {
        self.versions.iter().find(|known| known.version == version).map(|known| known.sha256.as_str())
    }

    fn check(&self) -> Result<(), &'static str> {
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        if is_twice(self.versions.iter().map(|version| &version.version)) {
            return Err("a version of a plugin stands in it twice; take a backup");
        }
        for version in &self.versions {
            if Release::new(&self.name, &version.version).is_err() || !is_digest(&version.sha256) {
                return Err("a name, a version or a digest in it is none; take a backup");
            }
        }
        if self.current.iter().chain(&self.before).any(|version| self.digest(version).is_none()) {
            return Err("it names a version that it does not list; take a backup");
        }
        Ok(())
    }
}

fn is_twice<'a>(names: impl Iterator<Item = &'a String>) -> bool {
    let mut names: Vec<_> = names.collect();
    let all = names.len();
    names.sort();
    names.dedup();
    names.len() != all
}
