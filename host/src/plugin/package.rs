//! A plugin as it stands in a file: read and checked, and not a byte of it run.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use super::fault::{PackageError, PackageProblem};
use crate::manifest::Manifest;
use crate::{capability, contract};

/// The custom section that holds the manifest.
const MANIFEST_SECTION: &str = "moretta:manifest";

/// A checked package.
#[derive(Clone)]
pub struct Package {
    manifest: Manifest,
    digest: String,
    manifest_digest: String,
    bytes: Arc<[u8]>,
}

impl Package {
    /// Reads a package. `name` is what errors call it until its manifest is read.
    ///
    /// # Errors
    /// It is no component, has no readable manifest, or its imports and exports are not those of its world.
    pub fn read(name: &str, bytes: impl Into<Arc<[u8]>>) -> Result<Self, PackageError> {
        let bytes = bytes.into();
        let failed = |problem| PackageError { plugin: name.to_owned(), problem };
        let outline = Outline::of(&bytes).map_err(failed)?;
        let manifest = outline.manifest().map_err(failed)?;
        outline.check(&manifest).map_err(|problem| PackageError { plugin: manifest.name.clone(), problem })?;
        let manifest_digest = outline.manifests.first().map_or_else(String::new, |manifest| sha256(manifest));
        Ok(Self { manifest, digest: sha256(&bytes), manifest_digest, bytes })
    }

    /// What the plugin offers, declares and asks for.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// SHA-256 of the section that holds the manifest, in hexadecimal.
    pub fn manifest_digest(&self) -> &str {
        &self.manifest_digest
    }

    /// The component.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says about itself, beyond what was checked.
    pub(super) fn outline(&self) -> Outline<'_> {
        Outline::of(&self.bytes).unwrap_or_default()
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Package({} {})", self.manifest.name, self.digest)
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the outermost component says about itself.
#[derive(Default)]
pub(super) struct Outline<'a> {
    pub(super) manifests: Vec<&'a [u8]>,
    pub(super) imports: Vec<&'a str>,
    pub(super) exports: Vec<&'a str>,
}

impl<'a> Outline<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, PackageProblem> {
        let mut outline = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|_| PackageProblem::NotAComponent)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(PackageProblem::NotAComponent);
                }
                Payload::Version { .. } => depth = depth.saturating_add(1),
                Payload::End(_) => depth = depth.saturating_sub(1),
                payload if depth == 1 => outline.add(payload)?,
                _ => {}
            }
        }
        Ok(outline)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), PackageProblem> {
        match payload {
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                self.manifests.push(section.data());
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.imports.push(import.map_err(|_| PackageProblem::NotAComponent)?.name.name);
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(|_| PackageProblem::NotAComponent)?;
                    if export.kind == ComponentExternalKind::Instance {
                        self.exports.push(export.name.name);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn manifest(&self) -> Result<Manifest, PackageProblem> {
        match self.manifests.as_slice() {
            [manifest] => Manifest::parse(manifest).map_err(PackageProblem::Manifest),
            sections => Err(PackageProblem::Manifests(sections.len())),
        }
    }

    /// The world that the manifest names is what the component really imports and exports. More exports do no harm:
    /// some toolchains add their own, and the host calls none of them.
    fn check(&self, manifest: &Manifest) -> Result<(), PackageProblem> {
        let world = manifest.world;
        for import in &self.imports {
            let given =
                interface(import).is_some_and(|name| name == "types" || capability::imports(world).contains(&name));
            if !given {
                return Err(of_another_version(import).unwrap_or_else(|| PackageProblem::Import((*import).to_owned())));
            }
        }
        if !self.exports.iter().any(|export| interface(export) == Some(capability::export(world))) {
            let missing = || PackageProblem::Export(format!("{}/{}", contract::PACKAGE, capability::export(world)));
            return Err(self.exports.iter().find_map(|export| of_another_version(export)).unwrap_or_else(missing));
        }
        Ok(())
    }
}

/// What is wrong with a name that belongs to the contract, in a version that this host does not speak.
fn of_another_version(name: &str) -> Option<PackageProblem> {
    let (package, rest) = name.split_once('/')?;
    let (_, version) = rest.split_once('@')?;
    let foreign = package == contract::PACKAGE && interface(name).is_none();
    foreign.then(|| PackageProblem::ContractVersion { needed: version.to_owned(), spoken: contract::VERSION })
}

/// The interface of the contract that a name means, in a version that this host speaks: `0.1.x`, older or equal.
fn interface(name: &str) -> Option<&str> {
    let (package, rest) = name.split_once('/')?;
    let (interface, version) = rest.split_once('@')?;
    let patch = version.strip_prefix("0.1.")?.parse::<u32>().ok()?;
    let newest = contract::VERSION.strip_prefix("0.1.")?.parse::<u32>().ok()?;
    (package == contract::PACKAGE && patch <= newest).then_some(interface)
}
