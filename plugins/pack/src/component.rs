//! Core modules as components with sections of our own.

use std::borrow::Cow;

use serde_json::Value;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::{Error, contract};

/// The section with the manifest, as JSON without blanks.
pub const MANIFEST_SECTION: &str = "moretta:manifest";
/// The section with the hexadecimal digest of the sources.
pub const SOURCE_SECTION: &str = "moretta:source";

/// What answers `wasi_snapshot_preview1` inside a component; see `adapter.wat`, which it is made from.
const ADAPTER: &[u8] = include_bytes!("adapter.wasm");
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Makes a plugin of what a compiler gave: a core module, which is wrapped as a component, or a component. Its imports and
/// exports are checked against the world that the manifest names, and the manifest is appended.
///
/// A core module that says nothing of a world is taken to be of that of the manifest. One that imports
/// `wasi_snapshot_preview1` has it answered inside the component, without a system behind it.
///
/// # Errors
/// The manifest is not JSON or names no world of the contract, the file is no WebAssembly or has a manifest already, or it
/// is not of that world: it imports something else, or lacks the export.
pub fn pack_wasm(wasm: &[u8], manifest: &str) -> Result<Vec<u8>, Error> {
    let manifest: Value =
        serde_json::from_str(manifest).map_err(|error| Error::Component(format!("manifest: {error}")))?;
    let world = manifest["world"].as_str().unwrap_or_default();
    let mut component = if is_component(wasm) { wasm.to_vec() } else { wrap(wasm, world)? };
    check_world(&component, world)?;
    if section(&component, MANIFEST_SECTION)?.is_some() {
        return Err(Error::Component("it has a manifest already: pack what the compiler gave".to_owned()));
    }
    append(&mut component, MANIFEST_SECTION, manifest.to_string().as_bytes());
    Ok(component)
}

fn is_component(wasm: &[u8]) -> bool {
    let first = Parser::new(0).parse_all(wasm).next();
    matches!(first, Some(Ok(Payload::Version { encoding: Encoding::Component, .. })))
}

fn wrap(core_module: &[u8], world: &str) -> Result<Vec<u8>, Error> {
    let (names_world, asks_system) = outline(core_module)?;
    let module = if names_world { core_module.to_vec() } else { contract::with_world(core_module.to_vec(), world)? };
    let encode = || {
        let mut encoder = ComponentEncoder::default().validate(true).module(&module)?;
        if asks_system {
            encoder = encoder.adapter(PREVIEW1, ADAPTER)?;
        }
        encoder.encode()
    };
    encode().map_err(|error| Error::Component(format!("{error:#}")))
}

/// Whether a core module says which world it is of, and whether it asks for a system.
fn outline(core_module: &[u8]) -> Result<(bool, bool), Error> {
    let (mut names_world, mut asks_system) = (false, false);
    for payload in Parser::new(0).parse_all(core_module) {
        match payload.map_err(refused)? {
            Payload::CustomSection(section) => names_world |= section.name().starts_with("component-type"),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    asks_system |= import.map_err(refused)?.module == PREVIEW1;
                }
            }
            _ => {}
        }
    }
    Ok((names_world, asks_system))
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands on")]
fn refused(error: wasmparser::BinaryReaderError) -> Error {
    Error::Component(error.to_string())
}

/// Appends the digest of the sources.
pub fn with_source(mut component: Vec<u8>, digest: &str) -> Vec<u8> {
    append(&mut component, SOURCE_SECTION, digest.as_bytes());
    component
}

/// The last section of a name, if the component has one. Sections of the modules inside do not count.
///
/// # Errors
/// The file is not WebAssembly.
pub fn section(component: &[u8], name: &str) -> Result<Option<Vec<u8>>, Error> {
    let (mut depth, mut found) = (0, None);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(refused)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 0 && section.name() == name => {
                found = Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Checks that a component exports what its world says, and imports nothing beyond it.
///
/// # Errors
/// It does not, or the world is unknown.
pub fn check_world(component: &[u8], world: &str) -> Result<(), Error> {
    let (export, asked) = match world {
        "masker" => ("moretta:plugin/mask", None),
        "pseudonym-masker" => ("moretta:plugin/mask-with-pseudonym-key", Some("moretta:plugin/pseudonym")),
        "date-shift-masker" => ("moretta:plugin/mask-with-date-shift-key", Some("moretta:plugin/date-shift")),
        "encryption-masker" => ("moretta:plugin/mask-with-encryption-key", Some("moretta:plugin/encryption")),
        "deterministic-encryption-masker" => {
            let asked = "moretta:plugin/deterministic-encryption";
            ("moretta:plugin/mask-with-deterministic-encryption-key", Some(asked))
        }
        "format-preserving-masker" => {
            let asked = "moretta:plugin/format-preserving-encryption";
            ("moretta:plugin/mask-with-format-preserving-key", Some(asked))
        }
        "random-masker" => ("moretta:plugin/mask-with-randomness", Some("moretta:plugin/random")),
        "token-masker" => ("moretta:plugin/mask-with-token-vault", Some("moretta:plugin/vault")),
        "classifier" => ("moretta:plugin/classify", None),
        "text-classifier" => ("moretta:plugin/find", None),
        _ => return Err(Error::Component(format!("there is no world {world}"))),
    };
    let (imports, exports) = interfaces(component)?;
    if !exports.iter().any(|name| name == export) {
        return Err(Error::Component(format!("world {world} exports {export}, and the component does not")));
    }
    match imports.iter().find(|name| *name != "moretta:plugin/types" && Some(name.as_str()) != asked) {
        Some(name) => Err(Error::Component(format!("world {world} has no import {name}"))),
        None => Ok(()),
    }
}

/// The names of what a component imports and exports, without versions.
///
/// # Errors
/// The file is not WebAssembly.
pub fn interfaces(component: &[u8]) -> Result<(Vec<String>, Vec<String>), Error> {
    let (mut depth, mut imports, mut exports) = (0, Vec::new(), Vec::new());
    let bare = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(refused)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(bare(import.map_err(refused)?.name.name));
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(bare(export.map_err(refused)?.name.name));
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) }.append_to_component(component);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_sections_that_it_wrote() {
        let component = with_source(wasm_encoder::Component::new().finish(), "abc");
        assert_eq!(section(&component, SOURCE_SECTION).unwrap(), Some(b"abc".to_vec()));
        assert_eq!(section(&component, MANIFEST_SECTION).unwrap(), None);
    }

    #[test]
    fn a_section_of_a_module_inside_does_not_count() {
        let mut module = wasm_encoder::Module::new();
        module.section(&CustomSection { name: SOURCE_SECTION.into(), data: b"forged"[..].into() });
        let mut component = wasm_encoder::Component::new();
        component.section(&wasm_encoder::ModuleSection(&module));
        assert_eq!(section(&component.finish(), SOURCE_SECTION).unwrap(), None);
    }

    #[test]
    fn refuses_a_module_that_names_no_world() {
        let module = wasm_encoder::Module::new().finish();
        assert!(matches!(pack_wasm(&module, "{}"), Err(Error::Component(_))));
    }

    /// A core module of the world `masker` that asks a system for the time.
    fn module() -> Vec<u8> {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (drop (call $time (i32.const 0) (i64.const 0) (i32.const 64))) i32.const 1024)
            (func (export "moretta:plugin/mask@0.1.0#mask")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#;
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn a_module_that_asks_a_system_has_it_answered_inside() {
        let packed = pack_wasm(&module(), r#"{"world":"masker"}"#).unwrap();
        let (imports, exports) = interfaces(&packed).unwrap();
        assert!(imports.iter().all(|name| name == "moretta:plugin/types"), "{imports:?}");
        assert_eq!(exports, ["moretta:plugin/mask"]);
        assert_eq!(section(&packed, MANIFEST_SECTION).unwrap(), Some(br#"{"world":"masker"}"#.to_vec()));
    }

    #[test]
    fn a_component_is_packed_as_it_is_and_once() {
        let component = wrap(&module(), "masker").unwrap();
        let packed = pack_wasm(&component, r#"{"world":"masker"}"#).unwrap();
        assert!(packed.starts_with(&component));
        let error = pack_wasm(&packed, r#"{"world":"masker"}"#).unwrap_err();
        assert!(error.to_string().starts_with("it has a manifest already"), "{error}");
    }

    #[test]
    fn a_component_of_another_world_is_refused() {
        let component = wrap(&module(), "masker").unwrap();
        let error = pack_wasm(&component, r#"{"world":"classifier"}"#).unwrap_err().to_string();
        assert_eq!(error, "world classifier exports moretta:plugin/classify, and the component does not");
    }

    #[test]
    fn the_adapter_is_what_its_text_says() {
        assert!(wat::parse_str(include_str!("adapter.wat")).unwrap() == ADAPTER);
    }

    #[test]
    fn refuses_a_world_that_does_not_exist() {
        let error = check_world(&wasm_encoder::Component::new().finish(), "root").unwrap_err();
        assert_eq!(error.to_string(), "there is no world root");
    }
}
