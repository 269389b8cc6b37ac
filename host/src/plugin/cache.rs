//! Compiled code on disk, authenticated with a local key.
//!
//! Loading compiled code is running it, so nothing is loaded that this host did not write: each file carries an
//! HMAC-SHA-256 (RFC 2104) over what it was compiled from and for, and its bytes. In any doubt the code is compiled anew.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use zeroize::Zeroizing;

use crate::staged::StagedFile;

const KEY_FILE: &str = "cache.key";
const TAG: usize = 32;

/// A directory of compiled code, for its owner alone.
pub struct CodeCache {
    directory: PathBuf,
    mac: Hmac<Sha256>,
}

impl CodeCache {
    /// Opens the cache in a directory, and makes both if they are not there. `None` where that cannot be done safely:
    /// a directory or key that others can write or read, or no disk; the host then compiles each time.
    pub fn open(directory: impl Into<PathBuf>) -> Option<Self> {
        let directory = directory.into();
        make_private_directory(&directory).ok()?;
        let key = read_or_make_key(&directory.join(KEY_FILE))?;
        let mac = Hmac::new_from_slice(&*key).ok()?;
        Some(Self { directory, mac })
    }

    /// The code of a component of this digest, if it is there and is what this host wrote.
    #[expect(
        unsafe_code,
        reason = "the bytes were produced by `Component::serialize` of this wasmtime build and configuration: the tag, \
                  under a key only this user can read, covers them, the digest of their source, and the engine's \
                  compatibility hash; they are read once into memory, so they cannot change after the check"
    )]
    pub(super) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let file = fs::read(self.path(engine, digest)).ok()?;
        let (tag, code) = file.split_at_checked(TAG)?;
        self.tagged(engine, digest, code).verify_slice(tag).ok()?;
        // SAFETY: see the reason above.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps the code of a component. A failure costs the next start some time, and nothing else.
    pub(super) fn store(&self, engine: &wasmtime::Engine, digest: &str, component: &Component) {
        let Ok(code) = component.serialize() else { return };
        let tag = self.tagged(engine, digest, &code).finalize().into_bytes();
        let write = || -> std::io::Result<()> {
            let mut file = StagedFile::beside(&self.path(engine, digest))?;
            file.write_all(&tag)?;
            file.write_all(&code)?;
            file.commit()
        };
        // The cache is a convenience: what cannot be kept is compiled again.
        drop(write());
    }

    fn tagged(&self, engine: &wasmtime::Engine, digest: &str, code: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(self.name(engine, digest)).chain_update(code)
    }

    fn path(&self, engine: &wasmtime::Engine, digest: &str) -> PathBuf {
        self.directory.join(format!("{}.cwasm", self.name(engine, digest)))
    }

    /// What the code was compiled from, and for which engine version, configuration and processor.
    fn name(&self, engine: &wasmtime::Engine, digest: &str) -> String {
        let mut hasher = Fingerprint(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hasher.0.finalize();
        let engine: String = engine.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{digest}-{engine}")
    }
}

impl std::fmt::Debug for CodeCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeCache").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// Feeds what is hashed into SHA-256: unlike the standard hashers it is the same in every process.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the whole digest is.
    fn finish(&self) -> u64 {
        0
    }
}

fn make_private_directory(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let metadata = fs::metadata(directory)?;
    if metadata.permissions().mode() & 0o022 != 0 || metadata.uid() != owner_of_process()? {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// A key of another length was cut off when it was written: with it no code can be trusted, so another is made.
fn read_or_make_key(path: &Path) -> Option<Zeroizing<[u8; 32]>> {
    use std::os::unix::fs::PermissionsExt;
    let mut key = Zeroizing::new([0; 32]);
    if let Ok(metadata) = fs::metadata(path) {
        let bytes = Zeroizing::new(fs::read(path).ok().filter(|_| metadata.permissions().mode() & 0o077 == 0)?);
        if let Some(whole) = bytes.get(..32).filter(|_| bytes.len() == 32) {
            key.copy_from_slice(whole);
            return Some(key);
        }
    }
    getrandom::fill(&mut *key).ok()?;
    let mut file = StagedFile::beside(path).ok()?;
    file.write_all(&*key).ok()?;
    file.commit().ok()?;
    Some(key)
}

/// The user that this process acts as: the owner of what it makes.
fn owner_of_process() -> std::io::Result<u32> {
    use std::os::unix::fs::MetadataExt;
    Ok(tempfile::tempfile()?.metadata()?.uid())
}
