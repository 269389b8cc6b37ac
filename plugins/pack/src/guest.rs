//! Guest crates: a `Cargo.toml` and, beside it, a `manifest.json` that says the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Error;

/// A guest crate that can be packed.
#[derive(Debug)]
pub struct Guest {
    /// The folder of the crate.
    pub folder: PathBuf,
    /// The name in the manifest, which is also the crate's and the packed file's.
    pub name: String,
    /// The version in the manifest, which is also the crate's.
    pub version: String,
    /// The world in the manifest.
    pub world: String,
    /// The text of the manifest.
    pub manifest: String,
}

impl Guest {
    /// Reads the manifest of the crate in a folder.
    ///
    /// # Errors
    /// The manifest cannot be read, is not JSON, or lacks `name`, `version` or `world`.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("manifest.json");
        Self::parse(&path, fs::read_to_string(&path).map_err(Error::file(&path))?)
    }

    /// Reads the text of a manifest. `path` is where it lies, for messages, and its folder that of the guest.
    ///
    /// # Errors
    /// It is not JSON, or lacks `name`, `version` or `world`.
    pub fn parse(path: &Path, manifest: String) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Manifest { path: path.to_owned(), reason };
        let fields: Value = serde_json::from_str(&manifest).map_err(|error| refuse(error.to_string()))?;
        let field = |name: &str| match fields[name].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(refuse(format!("no text at `{name}`"))),
        };
        let (name, version, world) = (field("name")?, field("version")?, field("world")?);
        let folder = path.parent().unwrap_or(path).to_owned();
        Ok(Self { folder, name, version, world, manifest })
    }

    /// Checks that the crate has the name and version that the manifest says.
    ///
    /// # Errors
    /// [`Error::Manifest`] if they differ, [`Error::Command`] if Cargo cannot read the crate.
    pub fn check_crate(&self) -> Result<(), Error> {
        let path = self.folder.join("Cargo.toml");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(&path);
        let output = crate::compile::run(&mut cargo, "cargo metadata")?;
        let metadata: Value = serde_json::from_slice(&output)
            .map_err(|error| Error::Command { command: "cargo metadata".to_owned(), reason: error.to_string() })?;
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        match packages.iter().find(|package| package["name"] == self.name) {
            Some(package) if package["version"] == self.version => Ok(()),
            Some(_) => {
                Err(Error::Manifest { path, reason: format!("version is not {} as in manifest.json", self.version) })
            }
            None => Err(Error::Manifest { path, reason: format!("name is not {} as in manifest.json", self.name) }),
        }
    }
}

/// The guests in a folder, by name: every folder in it that has a `manifest.json`.
///
/// # Errors
/// The folder or a manifest cannot be read.
pub fn guests_in(folder: &Path) -> Result<Vec<Guest>, Error> {
    let mut guests = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.join("manifest.json").is_file() {
            guests.push(Guest::open(&path)?);
        }
    }
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(guests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_manifest_that_does_not_say_its_world() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), r#"{"name":"a","version":"0.1.0"}"#).unwrap();
        let error = Guest::open(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("no text at `world`"), "{error}");
    }

    #[test]
    fn finds_guests_by_their_manifests() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            let guest = folder.path().join(name);
            fs::create_dir(&guest).unwrap();
            let manifest = format!(r#"{{"name":"{name}","version":"0.1.0","world":"masker"}}"#);
            fs::write(guest.join("manifest.json"), manifest).unwrap();
        }
        fs::create_dir(folder.path().join("no-guest")).unwrap();
        let names: Vec<_> = guests_in(folder.path()).unwrap().into_iter().map(|guest| guest.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
