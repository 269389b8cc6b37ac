//! What a store keeps of one version, read at one moment, so that what is verified later is what was read.

use std::path::PathBuf;
use std::sync::Arc;

use super::folder::{Folder, parse_envelopes};
use super::open::now;
use super::{Provenance, Release, StoreError, Trust};
use crate::plugin::{MOST_BYTES, Package};

/// A version as it was read, with the files of its signatures. Nothing of it is verified, and nothing is read again:
/// the package that [`Kept::verify`] gives has the bytes that were verified.
#[derive(Clone)]
pub struct Kept {
    path: PathBuf,
    release: Release,
    /// What the index says.
    digest: String,
    bytes: Arc<[u8]>,
    /// Where they are, and what stands in them, in the order of their names.
    signatures: Vec<(String, Vec<u8>)>,
}

impl Kept {
    /// Reads a version. `digest` is what the index says of it.
    pub(super) fn read(folder: &Folder, release: &Release, digest: &str) -> Result<Self, StoreError> {
        let name = release.file_name();
        let bytes = folder.read(&name, MOST_BYTES)?.ok_or_else(|| StoreError::Unknown(release.to_string()))?;
        let signatures = folder.signature_files(&name)?;
        let (path, release, digest) = (folder.path(&name), release.clone(), digest.to_owned());
        Ok(Self { path, release, digest, bytes: bytes.into(), signatures })
    }

    /// The plugin and its version, as the store says.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The file, and then those of its signatures.
    pub fn files(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&*self.bytes).chain(self.signatures.iter().map(|(_, json)| json.as_slice()))
    }

    /// The package, if it is as it was installed and is trusted.
    ///
    /// # Errors
    /// It is no plugin, or was changed, or is not trusted.
    pub fn verify(&self, trust: &Trust) -> Result<(Package, Provenance), StoreError> {
        let release = &self.release;
        let package = Package::read(&release.to_string(), self.bytes.clone())?;
        if package.digest() != self.digest || Release::of(&package)? != *release {
            return Err(StoreError::Changed(release.clone()));
        }
        let envelopes = if trust.is_unchecked() { Vec::new() } else { parse_envelopes(&self.signatures)? };
        let untrusted = |why| StoreError::Untrusted { plugin: self.path.display().to_string(), why };
        let provenance = trust.verify(&package, &envelopes, now()?).map_err(untrusted)?;
        Ok((package, provenance))
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} {})", self.release, self.digest)
    }
}
