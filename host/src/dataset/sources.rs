//! Reads everything that a revision is made from, as it is at one time.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::settings::Sources;
use crate::error::Error;

/// The name of the file in the directory of a keyring.
const KEYRING: &str = "keyring.json";

/// The bytes of all sources. The plugins are in the order of their files.
pub(super) struct Material {
    pub(super) policy: String,
    pub(super) labels: Option<String>,
    pub(super) plugins: Vec<(PathBuf, Vec<u8>)>,
    /// The digest of the keyring's file.
    pub(super) keyring: Option<String>,
    /// Of everything.
    pub(super) digest: String,
}

impl Sources {
    /// Reads everything.
    pub(super) fn read(&self) -> Result<Material, Error> {
        let policy = text(&self.policy)?;
        let labels = self.labels.as_deref().map(text).transpose()?;
        let mut plugins = Vec::new();
        for path in self.plugin_files()? {
            let bytes = crate::plugin::read(&path)?;
            plugins.push((path, bytes));
        }
        let keyring = self.keyring.as_ref().map(|keyring| keyring.directory.join(KEYRING));
        let keyring =
            keyring.map(|file| fs::read(&file).map(|bytes| sha256(&bytes)).map_err(Error::named("read", file)));
        let mut material = Material { policy, labels, plugins, keyring: keyring.transpose()?, digest: String::new() };
        material.digest = material.digest();
        Ok(material)
    }

    /// The files of the plugins in the order of their names, directory by directory.
    pub(super) fn plugin_files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut files = Vec::new();
        for directory in &self.plugins {
            let from = files.len();
            for entry in fs::read_dir(directory).map_err(Error::named("read", directory))? {
                let path = entry.map_err(Error::io("read", directory))?.path();
                if path.extension().is_some_and(|extension| extension == "wasm") {
                    files.push(path);
                }
            }
            files.get_mut(from..).unwrap_or_default().sort();
        }
        Ok(files)
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
        self.plugins.iter().for_each(|(_, bytes)| part("plugin", bytes));
        self.keyring.iter().for_each(|keyring| part("keyring", keyring.as_bytes()));
        hexadecimal(&whole.finalize())
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::named("read", path))?;
    String::from_utf8(bytes).map_err(|_| Error::Usage(format!("{} is not UTF-8; convert it", path.display())))
}
