//! From WAT and WIT to the bytes of a component.

use std::path::Path;

use serde_json::Value;
use wasm_encoder::{ComponentSection, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve, SourceMap};

/// The version of the contract at hand.
pub(super) const VERSION: &str = "0.1.0";

/// The worlds that a component can be of: those of one package, which can refer to others.
pub(super) struct Worlds {
    resolve: Resolve,
    package: PackageId,
}

impl Worlds {
    /// Those of the contract in `wit`, which say that they are of this version.
    pub(super) fn of_contract(version: &str) -> Self {
        Self::of_changed_contract(VERSION, version)
    }

    /// Those of the contract in `wit` with something else wherever it says something.
    pub(super) fn of_changed_contract(from: &str, to: &str) -> Self {
        let mut sources = SourceMap::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        for entry in folder.read_dir().expect("the contract is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "wit") {
                let text = std::fs::read_to_string(&path).expect("the contract can be read");
                sources.push_str(&path.to_string_lossy(), text.replace(from, to));
            }
        }
        let package = sources.parse().unwrap_or_else(|(_, error)| panic!("the contract is no WIT: {error:?}"));
        let mut resolve = Resolve::default();
        let package = resolve.push_group(package).unwrap_or_else(|error| panic!("the contract is wrong: {error:?}"));
        Self { resolve, package }
    }

    /// Those of a text in WIT alone.
    pub(super) fn of_text(text: &str) -> Self {
        Self::push(Resolve::default(), text)
    }

    /// Those of a text in WIT, which refers to these.
    pub(super) fn extended_by(self, text: &str) -> Self {
        Self::push(self.resolve, text)
    }

    fn push(mut resolve: Resolve, text: &str) -> Self {
        let package = resolve.push_source("forged.wit", text).expect("the text is WIT");
        Self { resolve, package }
    }

    /// A core module in WAT as a component of a world. Without a manifest.
    pub(super) fn component(&self, world: &str, wat: &str) -> Vec<u8> {
        let mut module = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
        let world = self.resolve.select_world(&[self.package], Some(world)).expect("the world is there");
        embed_component_metadata(&mut module, &self.resolve, world, StringEncoding::UTF8)
            .expect("the world can be encoded");
        let mut encoder =
            ComponentEncoder::default().validate(true).module(&module).expect("the module fits the world");
        encoder.encode().unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// Appends a manifest to a component, or to a core module: both write custom sections in the same way.
pub(super) fn with_manifest(mut component: Vec<u8>, manifest: &Value) -> Vec<u8> {
    let manifest = manifest.to_string();
    let section = CustomSection { name: "moretta:manifest".into(), data: manifest.as_bytes().into() };
    section.append_to_component(&mut component);
    component
}
