//! Core modules as components with sections of our own.

use std::borrow::Cow;

use serde_json::Value;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::Error;

/// The section with the manifest, as JSON without blanks.
pub const MANIFEST_SECTION: &str = "moretta:manifest";
/// The section with the hexadecimal digest of the sources.
pub const SOURCE_SECTION: &str = "moretta:source";

/// Wraps a core module as a component and appends the manifest. The world is not checked; see [`check_world`].
///
/// # Errors
/// The module does not say which world it is of, breaks it, or the manifest is not JSON.
pub fn component(core_module: &[u8], manifest: &str) -> Result<Vec<u8>, Error> {
    let manifest: Value =
        serde_json::from_str(manifest).map_err(|error| Error::Component(format!("manifest: {error}")))?;
    let encode = || ComponentEncoder::default().validate(true).module(core_module)?.encode();
    let mut component = encode().map_err(|error| Error::Component(format!("{error:#}")))?;
    append(&mut component, MANIFEST_SECTION, manifest.to_string().as_bytes());
    Ok(component)
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
        match payload.map_err(|error| Error::Component(error.to_string()))? {
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
fn interfaces(component: &[u8]) -> Result<(Vec<String>, Vec<String>), Error> {
    let decoded = wit_component::decode(component).map_err(|error| Error::Component(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(Error::Component("this is no component".to_owned()));
    };
    let world = &resolve.worlds[world];
    let bare = |name: String| name.split('@').next().unwrap_or_default().to_owned();
    let names = |items: Vec<_>| items.into_iter().map(|key| bare(resolve.name_world_key(key))).collect();
    Ok((names(world.imports.keys().collect()), names(world.exports.keys().collect())))
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
        let component = component(&module, "{}").and_then(|component| check_world(&component, "masker"));
        assert!(matches!(component, Err(Error::Component(_))));
    }

    #[test]
    fn refuses_a_world_that_does_not_exist() {
        let error = check_world(&wasm_encoder::Component::new().finish(), "root").unwrap_err();
        assert_eq!(error.to_string(), "there is no world root");
    }
}
