//! The plugins of a revision: as they were read, and as the status tells them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::revision::Made;
use super::settings::{Signatures, Sources};
use crate::error::Error;
use crate::manifest::World;
use crate::plugin::{self, Package};
use crate::store::{Kept, Store, Trust, TrustRoot};

/// A plugin that was read, and of which nothing was verified.
#[derive(Clone)]
pub(super) enum Unverified {
    /// A file of a directory that is no store.
    File(PathBuf, Arc<[u8]>),
    /// The current version of a store.
    Kept(Kept),
}

impl Unverified {
    /// What a change of it shows in.
    pub(super) fn parts(&self) -> Vec<&[u8]> {
        match self {
            Self::File(_, bytes) => vec![bytes],
            Self::Kept(kept) => kept.files().collect(),
        }
    }

    /// The package of the very bytes that were read, and who released it.
    ///
    /// # Errors
    /// It is larger than `most` bytes, or no plugin, or not trusted.
    pub(super) fn verify(&self, trust: &Trust, most: usize) -> Result<(Package, Vec<String>), Error> {
        let (name, size) = match self {
            Self::File(path, bytes) => (path.display().to_string(), bytes.len()),
            Self::Kept(kept) => (kept.release().to_string(), kept.files().next().map_or(0, <[u8]>::len)),
        };
        if size > most {
            return Err(Error::Candidate(format!("{name} has more than {most} bytes to compile")));
        }
        match self {
            Self::File(_, bytes) => Ok((Package::read(&name, bytes.clone())?, Vec::new())),
            Self::Kept(kept) => {
                let (package, provenance) = kept.verify(trust)?;
                let mut signers: Vec<_> = provenance.signers.into_iter().map(|signer| signer.name).collect();
                signers.sort();
                Ok((package, signers))
            }
        }
    }
}

impl Sources {
    /// How far plugins are trusted now.
    ///
    /// # Errors
    /// The trust root cannot be read, or is none.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        Ok(match &self.signatures {
            Signatures::Unchecked => Trust::Unchecked,
            Signatures::Optional(path) => Trust::Optional(TrustRoot::read(path)?),
            Signatures::Required(path) => Trust::Required(TrustRoot::read(path)?),
        })
    }

    /// The plugins of all directories, each in the order of their names.
    ///
    /// # Errors
    /// A file cannot be read, or a directory is no store where signatures are looked at.
    pub(super) fn read_plugins(&self) -> Result<Vec<Unverified>, Error> {
        let mut plugins = Vec::new();
        for directory in &self.plugins {
            if self.signatures.trust_root().is_some() || Store::is_in(directory) {
                // What is kept is held against the trust root when all of it was read.
                let kept = Store::open(directory, Trust::Unchecked)?.kept()?;
                plugins.extend(kept.into_iter().map(Unverified::Kept));
                continue;
            }
            for path in files(directory)? {
                let bytes = plugin::read(&path)?;
                plugins.push(Unverified::File(path, bytes.into()));
            }
        }
        Ok(plugins)
    }

    /// Every file that may be a plugin.
    pub(super) fn plugin_files(&self) -> Vec<PathBuf> {
        self.plugins.iter().flat_map(|directory| files(directory).unwrap_or_default()).collect()
    }
}

/// The `*.wasm` of a directory in the order of their names.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::named("read", directory))? {
        let path = entry.map_err(Error::io("read", directory))?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A plugin of the revision in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PluginStatus {
    /// Its name.
    pub name: String,
    /// As its manifest says. The digest, not this, says which bytes run.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Its world: what it may import.
    #[schemars(with = "String")]
    pub world: World,
    /// What it can do.
    pub transforms: Vec<String>,
    /// Whether it is part of the binary.
    pub shipped: bool,
    /// The names of the trusted keys that signed it. None of one that is shipped, or whose signatures are not looked at.
    pub signers: Vec<String>,
    /// Whether a rule of the policy names it.
    pub used: bool,
}

/// Every plugin that a revision has, by name.
pub(super) fn of(made: &Made) -> Vec<PluginStatus> {
    let snapshot = made.host.snapshot();
    let used = snapshot.called();
    let status = |package: &Package| {
        let manifest = package.manifest();
        PluginStatus {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: package.digest().to_owned(),
            world: manifest.world,
            transforms: manifest.transforms.iter().map(|transform| transform.name.clone()).collect(),
            shipped: made.parts.plugins.get(&manifest.name).is_none_or(|digest| digest != package.digest()),
            signers: made.released.signers.get(package.digest()).cloned().unwrap_or_default(),
            used: used.contains(&manifest.name),
        }
    };
    snapshot.packages().map(status).collect()
}
