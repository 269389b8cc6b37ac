//! Changing a store. What is written is whole and on disk before `store.json` names it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::folder::{Folder, SIGNATURE, untrusted};
use super::history::{self, sha256};
use super::index::{self, Index};
use super::open::now;
use super::{Change, ChangeKind, Envelope, Provenance, Release, Store, StoreError, Trust};
use crate::plugin::{MOST_BYTES, Package};
use crate::staged::{StagedFile, sync_directory};

const LOCK: &str = "store.lock";

impl Store {
    /// The store of a directory; a new one, if the directory is empty or not there.
    ///
    /// # Errors
    /// The directory holds something else, or cannot be written.
    pub fn create(directory: &Path, trust: Trust) -> Result<Self, StoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o755).create(directory);
        made.map_err(StoreError::io("make", directory))?;
        // `store.json` comes first of all files, so who sees another one first sees it then.
        let of_ours = |name: &String| name == index::NAME || name == LOCK || name.starts_with(".moretta-");
        if !Folder::open(directory)?.names()?.iter().all(of_ours) && !Self::is_in(directory) {
            return Err(StoreError::NotEmpty(directory.to_owned()));
        }
        let held = Held::lock(directory)?;
        if !Self::is_in(directory) {
            held.write(index::NAME, Index::default().to_json().as_bytes())?;
        }
        drop(held);
        Self::open(directory, trust)
    }

    /// Installs a plugin with its signatures and makes it current. Its code is not run: have it pass its golden cases
    /// before ([`try_out`](crate::plugin::try_out)). Older versions stay.
    ///
    /// # Errors
    /// It is not trusted, its name cannot be that of a file, or other bytes have its name and version.
    pub fn install(&self, package: &Package, envelopes: &[Envelope], who: &str) -> Result<Provenance, StoreError> {
        let release = Release::of(package)?;
        let provenance = self.trust.verify(package, envelopes, now()?).map_err(untrusted(&release))?;
        let mut held = Held::lock(&self.path)?;
        let before = held.index()?.current(release.name());
        held.put_plugin(&release, package)?;
        let signed = held.put_signatures(&release, envelopes)?;
        if before.as_deref() == Some(release.version()) && !signed {
            return Ok(provenance);
        }
        let mut index = held.index()?.clone();
        index.make_current(&release, package.digest());
        let signers = provenance.signers.iter().map(|signer| signer.name.clone()).collect();
        held.commit(index, &release, ChangeKind::Installed, Told { who, digest: package.digest(), signers, before })?;
        Ok(provenance)
    }

    /// Makes the version current that was before, and gives its name.
    ///
    /// # Errors
    /// There is none, or it is changed or not trusted any more.
    pub fn rollback(&self, plugin: &str, who: &str) -> Result<Release, StoreError> {
        let mut held = Held::lock(&self.path)?;
        let mut index = held.index()?.clone();
        let entry = index.plugins.iter_mut().find(|entry| entry.name == plugin);
        let entry = entry.ok_or_else(|| StoreError::Unknown(plugin.to_owned()))?;
        let version = entry.before.pop().ok_or_else(|| StoreError::NothingBefore(plugin.to_owned()))?;
        let release = Release::new(plugin, &version)?;
        let digest = entry.digest(&version).unwrap_or_default().to_owned();
        let before = entry.current.replace(version);
        let (_, provenance) = self.load(&held.folder, &release, &digest)?;
        let signers = provenance.signers.into_iter().map(|signer| signer.name).collect();
        held.commit(index, &release, ChangeKind::RolledBack, Told { who, digest: &digest, signers, before })?;
        Ok(release)
    }

    /// Removes one version with its signatures. After that of a current one, no version of the plugin is in force.
    ///
    /// # Errors
    /// It is not there, or is current and `even_current` is not said.
    pub fn remove(&self, release: &Release, even_current: bool, who: &str) -> Result<(), StoreError> {
        let mut held = Held::lock(&self.path)?;
        let mut index = held.index()?.clone();
        let before = index.current(release.name());
        if before.as_deref() == Some(release.version()) && !even_current {
            return Err(StoreError::Current(release.clone()));
        }
        // What an installation left that was killed is in no index.
        let digest = match index.digest(release) {
            Some(digest) => digest.to_owned(),
            None => {
                let left = held.folder.read(&release.file_name(), MOST_BYTES)?;
                sha256(&left.ok_or_else(|| StoreError::Unknown(release.to_string()))?)
            }
        };
        index.remove(release);
        held.commit(index, release, ChangeKind::Removed, Told { who, digest: &digest, signers: Vec::new(), before })?;
        held.delete(release)
    }
}

impl Index {
    fn current(&self, plugin: &str) -> Option<String> {
        self.plugins.iter().find(|entry| entry.name == plugin).and_then(|entry| entry.current.clone())
    }
}

/// A store that nobody else changes until this is dropped.
struct Held<'a> {
    path: &'a Path,
    folder: Folder,
    index: Option<Index>,
    _lock: File,
}

/// What a line of the history tells beside the release.
struct Told<'a> {
    who: &'a str,
    digest: &'a str,
    signers: Vec<String>,
    before: Option<String>,
}

impl<'a> Held<'a> {
    /// Waits for others, and takes away what was left by whoever was killed.
    fn lock(path: &'a Path) -> Result<Self, StoreError> {
        let file = path.join(LOCK);
        let mut options = OpenOptions::new();
        let no_link = OFlags::NOFOLLOW.bits().cast_signed();
        options.create(true).truncate(false).write(true).mode(0o644).custom_flags(no_link);
        let lock = options.open(&file).map_err(StoreError::io("lock", &file))?;
        lock.lock().map_err(StoreError::io("lock", &file))?;
        for left in StagedFile::leftovers_in(path) {
            drop(fs::remove_file(left));
        }
        Ok(Self { path, folder: Folder::open(path)?, index: None, _lock: lock })
    }

    fn index(&mut self) -> Result<&Index, StoreError> {
        let index = match self.index.take() {
            Some(index) => index,
            None => Index::read(&self.folder)?,
        };
        Ok(self.index.insert(index))
    }

    /// The plugin under its name. What is there under it and is not installed stays: nobody knows what it is.
    fn put_plugin(&mut self, release: &Release, package: &Package) -> Result<(), StoreError> {
        let installed = self.index()?.digest(release).map(str::to_owned);
        if installed.as_ref().is_some_and(|digest| digest != package.digest()) {
            return Err(StoreError::OtherDigest(release.clone()));
        }
        let name = release.file_name();
        match self.folder.read(&name, MOST_BYTES)? {
            Some(there) if sha256(&there) == package.digest() => Ok(()),
            Some(_) if installed.is_none() => Err(StoreError::OtherDigest(release.clone())),
            _ => self.write(&name, package.bytes()),
        }
    }

    /// The signatures beside it, and whether one of them is new.
    fn put_signatures(&self, release: &Release, envelopes: &[Envelope]) -> Result<bool, StoreError> {
        let mut new = false;
        for envelope in envelopes {
            let json = envelope.to_json();
            let name = release.signature_name(&json);
            if self.folder.read(&name, Envelope::MOST_BYTES)?.is_none_or(|there| there != json.as_bytes()) {
                self.write(&name, json.as_bytes())?;
                new = true;
            }
        }
        self.folder.signatures(&release.file_name()).map(|_| new)
    }

    /// Puts a change in force: its line in the history first, then the index that makes it count.
    fn commit(
        &mut self,
        mut index: Index,
        release: &Release,
        action: ChangeKind,
        told: Told<'_>,
    ) -> Result<(), StoreError> {
        index.serial = index.serial.saturating_add(1);
        let change = Change {
            serial: index.serial,
            time: now()?,
            who: told.who.to_owned(),
            action,
            plugin: release.name().to_owned(),
            version: release.version().to_owned(),
            sha256: told.digest.to_owned(),
            signers: told.signers,
            before: told.before,
        };
        index.history = history::append(&self.folder, &index.history, &change)?;
        self.write(index::NAME, index.to_json().as_bytes())
    }

    fn delete(&self, release: &Release) -> Result<(), StoreError> {
        let file = release.file_name();
        let mut names = self.folder.names()?;
        names.retain(|name| *name == file || name.strip_prefix(&file).is_some_and(|rest| rest.starts_with(SIGNATURE)));
        for name in names {
            let path = self.path.join(name);
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        sync_directory(self.path).map_err(StoreError::io("write", self.path))
    }

    /// A whole file, in place of one that may be there, for those to read who may read new files.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path.join(name);
        let mut file = StagedFile::beside(&path).map_err(StoreError::io("write", &path))?;
        file.write_all(bytes).map_err(StoreError::io("write", &path))?;
        file.commit_for_others().map_err(StoreError::io("write", &path))
    }
}
