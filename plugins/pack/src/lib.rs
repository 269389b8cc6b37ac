//! Packs plugins: builds a guest crate for WebAssembly, wraps it as a component, and puts its manifest and the digest of
//! its sources into the component's own sections. What compilers of other languages gave is packed by [`pack_wasm`], which
//! `moretta plugin pack` calls.
//!
//! The host reads the manifest from the component, so a plugin is one file. The digest tells whether a packed plugin is
//! the one that the sources present would give: `pack --check`, which needs no WebAssembly toolchain.

mod compile;
mod component;
mod contract;
mod give_back;
mod guest;
mod source;

use std::path::{Path, PathBuf};

pub use compile::compile;
pub use component::{MANIFEST_SECTION, SOURCE_SECTION, check_world, interfaces, pack_wasm, section, with_source};
pub use contract::CONTRACT;
pub use give_back::give_back;
pub use guest::{Guest, guests_in};
pub use source::source_digest;

/// Why a plugin could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The manifest is not JSON, or does not agree with the crate.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// Of which manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no workspace around the folder, with `wit` and `guest-sdk` in it.
    #[error("{}: no folder above has `wit` and `guest-sdk`: run this inside the repository", .0.display())]
    NoWorkspace(PathBuf),
    /// The compiler cannot build for WebAssembly.
    #[error(
        "the target wasm32-unknown-unknown is not installed: run `rustup target add wasm32-unknown-unknown`, or without \
         rustup on Debian `apt-get install rustc-web rust-web-src lld-22` and build with that compiler"
    )]
    NoTarget,
    /// Cargo could not be run, or failed; its own messages say why.
    #[error("{command} failed: {reason}")]
    Command {
        /// What was run.
        command: String,
        /// The status, or why it did not start.
        reason: String,
    },
    /// The module cannot become a component of the plugin's world.
    #[error("{0}")]
    Component(String),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::File { path: path.to_owned(), reason }
    }
}

/// The folder of the workspace that a folder lies in: the first one up that has `wit` and `guest-sdk`.
///
/// # Errors
/// [`Error::NoWorkspace`] if there is none, [`Error::File`] if the folder does not exist.
pub fn workspace(folder: &Path) -> Result<PathBuf, Error> {
    let absolute = folder.canonicalize().map_err(Error::file(folder))?;
    let is_workspace = |folder: &&Path| folder.join("wit/worlds.wit").is_file() && folder.join("guest-sdk").is_dir();
    absolute.ancestors().find(is_workspace).map(Path::to_owned).ok_or_else(|| Error::NoWorkspace(folder.to_owned()))
}

/// Builds one guest and packs it: the whole component file.
///
/// # Errors
/// Whatever goes wrong on the way, from the manifest to the component's world.
pub fn pack(guest: &Guest) -> Result<Vec<u8>, Error> {
    let digest = source_digest(&guest.folder)?;
    let component = pack_wasm(&compile(guest)?, &guest.manifest)?;
    Ok(with_source(component, &digest))
}
