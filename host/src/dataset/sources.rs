//! Reads everything that a revision is made from, as it is at one time.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::plugins::Unverified;
use super::settings::Sources;
use crate::error::Error;
use crate::store::Trust;

/// The name of the file in the directory of a keyring.
const KEYRING: &str = "keyring.json";

/// The bytes of all sources. The plugins are in the order of their files.
pub(super) struct Material {
    pub(super) policy: String,
    pub(super) labels: Option<String>,
    pub(super) plugins: Vec<Unverified>,
    /// What they are held against.
    pub(super) trust: Trust,
    /// The digest of the keyring's file.
    pub(super) keyring: Option<String>,
    /// Of everything.
    pub(super) digest: String,
}

/// How many links lead to one another at most.
const LINKS: usize = 8;

/// How often the sources are read before they are called restless.
const READINGS: usize = 5;

impl Sources {
    /// Reads everything until two readings in a row are the same: no part of it is of another time than the rest.
    ///
    /// # Errors
    /// A file cannot be read, or somebody goes on writing.
    pub(super) fn read(&self) -> Result<Material, Error> {
        let mut before = self.read_once()?;
        for _ in 0..READINGS {
            let now = self.read_once()?;
            if now.digest == before.digest {
                return Ok(now);
            }
            before = now;
        }
        Err(Error::Candidate("the files are still being changed; try again when they are whole".into()))
    }

    fn read_once(&self) -> Result<Material, Error> {
        let policy = text(&self.policy)?;
        let labels = self.labels.as_deref().map(text).transpose()?;
        let trust = self.trust()?;
        let plugins = self.read_plugins()?;
        let keyring = self.keyring.as_ref().map(|keyring| keyring.directory.join(KEYRING));
        let keyring =
            keyring.map(|file| fs::read(&file).map(|bytes| sha256(&bytes)).map_err(Error::named("read", file)));
        let mut material =
            Material { policy, labels, plugins, trust, keyring: keyring.transpose()?, digest: String::new() };
        material.digest = material.digest();
        Ok(material)
    }
}

/// What the file system says of a file: enough to see that somebody touched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    path: PathBuf,
    /// Device, inode, size, and the times of the last changes in nanoseconds.
    stat: Option<[i128; 5]>,
}

impl Sources {
    /// How all files are now. A change of it is confirmed by what stands in them.
    pub(super) fn touches(&self) -> Vec<Touch> {
        let keyring = self.keyring.as_ref().map(|keyring| keyring.directory.join(KEYRING));
        let trust_root = self.signatures.trust_root().cloned();
        let named = [Some(self.policy.clone()), self.labels.clone(), trust_root, keyring].into_iter().flatten();
        let entries = self.plugins.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
        let mut plugins: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        plugins.sort();
        named.chain(self.plugins.iter().cloned()).chain(plugins).map(Touch::of).collect()
    }

    /// The directories in which a change shows: those of the files, and of every symbolic link on the way to them.
    pub(super) fn directories(&self) -> BTreeSet<PathBuf> {
        let keyring = self.keyring.iter().map(|keyring| keyring.directory.join(KEYRING));
        let trust_root = self.signatures.trust_root().cloned();
        let files = [Some(self.policy.clone()), self.labels.clone(), trust_root].into_iter().flatten().chain(keyring);
        // A file that is not there yet stands for those that a directory of plugins may get.
        let plugins = self.plugins.iter().map(|directory| directory.join("*.wasm"));
        let mut directories = BTreeSet::new();
        for path in files.chain(plugins).chain(self.plugin_files()) {
            way_to(&path, LINKS, &mut directories);
        }
        directories
    }
}

/// The directory of a path, and those of the links on the way to it.
fn way_to(path: &Path, links: usize, directories: &mut BTreeSet<PathBuf>) {
    directories.insert(parent(path));
    for link in path.ancestors().filter(|ancestor| ancestor.is_symlink()) {
        directories.insert(parent(link));
        if let (Ok(to), Ok(rest), true) = (fs::read_link(link), path.strip_prefix(link), links > 0) {
            way_to(&parent(link).join(to).join(rest), links.saturating_sub(1), directories);
        }
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

impl Touch {
    fn of(path: PathBuf) -> Self {
        let stat = fs::metadata(&path).ok().map(|file| {
            let time = |seconds: i64, nanoseconds: i64| {
                i128::from(seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(nanoseconds))
            };
            let (changed, modified) = (time(file.ctime(), file.ctime_nsec()), time(file.mtime(), file.mtime_nsec()));
            // A directory changes with whatever lies in it, also what is no source.
            let times = if file.is_dir() { (0, 0) } else { (changed, modified) };
            let size = if file.is_dir() { 0 } else { i128::from(file.size()) };
            [i128::from(file.dev()), i128::from(file.ino()), size, times.0, times.1]
        });
        Self { path, stat }
    }
}

impl Material {
    /// Of each part by itself, so that no two sets of parts have one digest.
    fn digest(&self) -> String {
        let mut whole = Sha256::new();
        let mut part = |name: &str, bytes: &[u8]| {
            whole.update(Sha256::digest(name));
            whole.update(Sha256::digest(bytes));
        };
        part("policy", self.policy.as_bytes());
        self.labels.iter().for_each(|labels| part("labels", labels.as_bytes()));
        self.trust.root().iter().for_each(|root| part("trust root", root.digest().as_bytes()));
        for plugin in &self.plugins {
            plugin.parts().into_iter().for_each(|bytes| part("plugin", bytes));
        }
        self.keyring.iter().for_each(|keyring| part("keyring", keyring.as_bytes()));
        hexadecimal(&whole.finalize())
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::named("read", path))?;
    String::from_utf8(bytes).map_err(|_| Error::Usage(format!("{} is not UTF-8; convert it", path.display())))
}
