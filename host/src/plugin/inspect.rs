//! What can be told of a plugin without running it.

use std::io::Read;

use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmparser::{CustomSectionReader, KnownCustom, Parser, Payload};

use super::Package;

/// The section in which cargo-auditable lists what a Rust program was linked from: JSON, compressed with zlib.
const COMPONENTS_SECTION: &str = ".dep-v0";
/// More than any list of components has, in bytes.
const MOST_LIST: u64 = 8 << 20;
/// The most tools and the longest name or version of one that is told.
const MOST_TOOLS: usize = 64;
const MOST_CHARACTERS: usize = 200;

/// What a plugin's file says of itself. All of it is the author's word but for size, imports and exports.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The size of the file, in bytes.
    pub bytes: usize,
    /// The interfaces that it imports: all that it can call.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// The manifest, as it stands in the file.
    pub manifest: Value,
    /// What it was written in and made with, as its `producers` sections say.
    pub toolchain: Vec<Tool>,
    /// What it was linked from, if it carries a list of that.
    pub components: Option<Vec<LinkedComponent>>,
}

/// A language or a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// `language`, `sdk` or `processed-by`.
    pub role: String,
    /// Its name.
    pub name: String,
    /// Its version, as it gives it.
    pub version: String,
}

/// One entry of the list of what a plugin was linked from (SBOM).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedComponent {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is from: `crates.io`, `git`, `local`.
    #[serde(default)]
    pub source: Option<String>,
}

#[derive(Deserialize)]
struct ComponentList {
    packages: Vec<LinkedComponent>,
}

impl Inspection {
    /// Reads what there is to read. A section that is malformed is as good as none.
    pub fn of(package: &Package) -> Self {
        let outline = package.outline();
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut inspection = Self {
            bytes: package.bytes().len(),
            imports: owned(&outline.imports),
            exports: owned(&outline.exports),
            manifest: outline.manifests.first().and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default(),
            toolchain: Vec::new(),
            components: None,
        };
        // Modules inside have sections as well: the one of the source language is there.
        for payload in Parser::new(0).parse_all(package.bytes()).map_while(Result::ok) {
            if let Payload::CustomSection(section) = payload {
                inspection.add(&section);
            }
        }
        inspection
    }

    fn add(&mut self, section: &CustomSectionReader<'_>) {
        if section.name() == COMPONENTS_SECTION {
            let list = components(section.data()).unwrap_or_default();
            self.components.get_or_insert_default().extend(list);
        } else if let KnownCustom::Producers(fields) = section.as_known() {
            for field in fields.into_iter().map_while(Result::ok) {
                for value in field.values.into_iter().map_while(Result::ok) {
                    self.add_tool(field.name, value.name, value.version);
                }
            }
        }
    }

    fn add_tool(&mut self, role: &str, name: &str, version: &str) {
        let cut = |text: &str| text.chars().take(MOST_CHARACTERS).collect();
        let tool = Tool { role: cut(role), name: cut(name), version: cut(version) };
        if self.toolchain.len() < MOST_TOOLS && !self.toolchain.contains(&tool) {
            self.toolchain.push(tool);
        }
    }
}

fn components(compressed: &[u8]) -> Option<Vec<LinkedComponent>> {
    let mut json = Vec::new();
    ZlibDecoder::new(compressed).take(MOST_LIST).read_to_end(&mut json).ok()?;
    serde_json::from_slice::<ComponentList>(&json).ok().map(|list| list.packages)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    const REDACT: &[u8] = include_bytes!("../../../plugins/packed/redact.wasm");

    /// The plugin with a custom section at its end.
    fn with_section(name: &str, data: &[u8]) -> Inspection {
        let body = [&[name.len() as u8], name.as_bytes(), data].concat();
        let (mut bytes, mut length) = ([REDACT, &[0]].concat(), body.len());
        while length > 127 {
            bytes.push(length as u8 | 128);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(body);
        Inspection::of(&Package::read("redact", bytes).unwrap())
    }

    fn compressed(json: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(json).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn tells_what_a_plugin_was_made_with() {
        let inspection = Inspection::of(&Package::read("redact", REDACT).unwrap());
        assert_eq!(inspection.bytes, REDACT.len());
        let names: Vec<_> = inspection.toolchain.iter().map(|tool| (&*tool.role, &*tool.name)).collect();
        let tools = ["wit-component", "wit-bindgen-rust", "wit-component"];
        assert_eq!(names, tools.map(|tool| ("processed-by", tool)));
        assert!(inspection.imports.iter().all(|import| import.starts_with("moretta:plugin/types@")));
        assert_eq!(inspection.manifest["name"], "redact");
        assert_eq!(inspection.components, None);
    }

    #[test]
    fn lists_what_a_plugin_was_linked_from() {
        let list = br#"{"packages":[{"name":"itoa","version":"1.0.0","source":"crates.io","kind":"build"},{"name":"x","version":"2.0.0"}]}"#;
        let components = with_section(".dep-v0", &compressed(list)).components.unwrap();
        let named = |name: &str, version: &str, source: Option<&str>| LinkedComponent {
            name: name.to_owned(),
            version: version.to_owned(),
            source: source.map(str::to_owned),
        };
        assert_eq!(components, [named("itoa", "1.0.0", Some("crates.io")), named("x", "2.0.0", None)]);
    }

    #[test]
    fn a_malformed_section_tells_nothing_and_a_bomb_is_not_inflated() {
        let bomb = compressed(&vec![b' '; 64 << 20]);
        for list in [b"".as_slice(), b"x", &compressed(b"{}"), &compressed(b"[1]"), &bomb] {
            assert_eq!(with_section(".dep-v0", list).components, Some(Vec::new()));
        }
        let honest = Inspection::of(&Package::read("redact", REDACT).unwrap()).toolchain;
        for producers in [b"".as_slice(), b"\xff\xff\xff\xff\x0f", b"\x01\x08language\x01\xff"] {
            assert_eq!(with_section("producers", producers).toolchain, honest);
        }
        let many: Vec<u8> = (0..100_u8).flat_map(|number| [1, b'a' + number % 26, 1, number]).collect();
        let many = [b"\x01\x08language\x64".as_slice(), &many].concat();
        assert_eq!(with_section("producers", &many).toolchain.len(), MOST_TOOLS);
    }
}
