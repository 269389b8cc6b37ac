//! Reading a store.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::folder::Folder;
use super::index::{self, Index};
use super::{Change, Envelope, Kept, Provenance, Release, StoreError, Trust, history};
use crate::approval::Timestamp;
use crate::plugin::Package;

/// How often what others change at the same time is read anew.
const ATTEMPTS: usize = 5;

/// A directory of plugins with their versions.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    pub(super) trust: Trust,
}

/// One version in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The plugin and its version.
    pub release: Release,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Whether it is in force.
    pub current: bool,
}

impl Store {
    /// Whether a directory is a store: it has a `store.json`.
    pub fn is_in(directory: &Path) -> bool {
        fs::symlink_metadata(directory.join(index::NAME)).is_ok()
    }

    /// A store that is there.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn open(directory: &Path, trust: Trust) -> Result<Self, StoreError> {
        Index::read(&Folder::open(directory)?)?;
        Ok(Self { path: directory.to_owned(), trust })
    }

    /// The current version of every plugin, each verified anew. The set is one that was in force at one moment, whatever
    /// others change at the same time.
    ///
    /// # Errors
    /// One of them is missing, changed, or not trusted: then there are none.
    pub fn current(&self) -> Result<Vec<(Package, Provenance)>, StoreError> {
        let read = |folder: &Folder, index: &Index| {
            current(index).map(|installed| self.load(folder, &installed.release, &installed.digest)).collect()
        };
        self.consistently(read)
    }

    /// The same as it stands in the directory, to be verified later.
    ///
    /// # Errors
    /// A file is missing or cannot be read, or the store is damaged.
    pub fn kept(&self) -> Result<Vec<Kept>, StoreError> {
        let read = |folder: &Folder, index: &Index| {
            current(index).map(|installed| Kept::read(folder, &installed.release, &installed.digest)).collect()
        };
        self.consistently(read)
    }

    /// Every version of every plugin.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn installed(&self) -> Result<Vec<Installed>, StoreError> {
        Ok(installed(&Index::read(&Folder::open(&self.path)?)?))
    }

    /// One version, verified as its store is trusted.
    ///
    /// # Errors
    /// It is not installed, changed, or not trusted.
    pub fn load_release(&self, release: &Release) -> Result<(Package, Provenance), StoreError> {
        self.consistently(|folder, index| {
            let digest = index.digest(release).ok_or_else(|| StoreError::Unknown(release.to_string()))?;
            self.load(folder, release, digest)
        })
    }

    /// The signatures of one version, whether they are to be trusted or not.
    ///
    /// # Errors
    /// One of them is no envelope.
    pub fn envelopes(&self, release: &Release) -> Result<Vec<Envelope>, StoreError> {
        Folder::open(&self.path)?.envelopes(&release.file_name())
    }

    /// Every change, the first one first.
    ///
    /// # Errors
    /// The history was changed by something else than a store.
    pub fn history(&self) -> Result<Vec<Change>, StoreError> {
        self.consistently(|folder, index| history::read(folder, &index.history))
    }

    /// The file of a release, if it is as it was installed and is trusted.
    pub(super) fn load(
        &self,
        folder: &Folder,
        release: &Release,
        digest: &str,
    ) -> Result<(Package, Provenance), StoreError> {
        Kept::read(folder, release, digest)?.verify(&self.trust)
    }

    /// Reads without a lock: what fails while somebody changes the store is read again.
    fn consistently<T>(&self, read: impl Fn(&Folder, &Index) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut attempts = 0_usize;
        loop {
            let folder = Folder::open(&self.path)?;
            let index = Index::read(&folder)?;
            let answer = read(&folder, &index);
            attempts = attempts.saturating_add(1);
            if answer.is_ok() || attempts >= ATTEMPTS || Index::read(&Folder::open(&self.path)?)? == index {
                return answer;
            }
        }
    }
}

/// The time of this machine, by which keys expire.
pub(super) fn now() -> Result<Timestamp, StoreError> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    seconds.and_then(Timestamp::from_seconds).ok_or(StoreError::Clock)
}

fn current(index: &Index) -> impl Iterator<Item = Installed> {
    installed(index).into_iter().filter(|installed| installed.current)
}

fn installed(index: &Index) -> Vec<Installed> {
    let mut all = Vec::new();
    for entry in &index.plugins {
        for version in &entry.versions {
            let current = entry.current.as_ref() == Some(&version.version);
            let release = Release::new(&entry.name, &version.version).ok();
            all.extend(release.map(|release| Installed { release, digest: version.sha256.clone(), current }));
        }
    }
    all
}
