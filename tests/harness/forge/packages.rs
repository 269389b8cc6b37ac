//! Files that are to be refused before any of their code runs.

use serde_json::json;
use wasm_encoder::{
    Component, ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentInstanceSection,
    ComponentSection, ComponentTypeRef, ComponentTypeSection, CustomSection, InstanceType, Module, ModuleSection,
    NestedComponentSection,
};

use super::core::Core;
use super::encode::{VERSION, Worlds, with_manifest};
use super::manifest;
use super::worlds::Lent;

/// The honest core module with a manifest, not wrapped as a component.
pub fn core_module() -> Vec<u8> {
    with_manifest(wat::parse_str(Core::default().wat()).expect("the module is WAT"), &manifest::masker())
}

/// The first half of the honest component.
pub fn half_a_component() -> Vec<u8> {
    let mut component = super::honest();
    component.truncate(component.len() / 2);
    component
}

/// The honest component without a manifest.
pub fn no_manifest() -> Vec<u8> {
    honest_code()
}

/// The honest component with its manifest twice.
pub fn two_manifests() -> Vec<u8> {
    with_manifest(super::honest(), &manifest::masker())
}

/// The honest component with a manifest that says more than there is to say.
pub fn unknown_manifest_key() -> Vec<u8> {
    let mut manifest = manifest::masker();
    manifest["network"] = json!(true);
    with_manifest(honest_code(), &manifest)
}

/// The honest component with a manifest that says it is of a world with a key.
pub fn manifest_of_another_world() -> Vec<u8> {
    with_manifest(honest_code(), &manifest::of_world("pseudonym-masker", &["pseudonym-key"]))
}

/// The honest component with a golden case that does not come out: two asterisks for three bytes.
pub fn failing_case() -> Vec<u8> {
    let mut manifest = manifest::masker();
    manifest["transforms"][0]["cases"] =
        json!([{ "name": "one is missing", "input": { "text": ["Ada"] }, "output": { "text": ["**"] } }]);
    with_manifest(honest_code(), &manifest)
}

/// A masker that imports the environment of WASI, and calls it before it masks.
pub fn import_of_wasi() -> Vec<u8> {
    let worlds = Worlds::of_contract(VERSION).extended_by(
        "package forged:worlds;
         package wasi:cli@0.2.0 { interface environment { get-environment: func() -> list<tuple<string, string>>; } }
         world masker { import wasi:cli/environment@0.2.0; export moretta:plugin/mask@0.1.0; }",
    );
    let core = Core {
        imports: r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))"#,
        before: "(call $environment (i32.const 64))",
        ..Core::default()
    };
    with_manifest(worlds.component("masker", &core.wat()), &manifest::masker())
}

/// A component of a world by its manifest and its export, which imports another interface as well: it could give back
/// what that lends.
pub fn import_beyond(world: &Lent, beyond: &Lent) -> Vec<u8> {
    let own = if world.interface.is_empty() {
        String::new()
    } else {
        format!("import moretta:plugin/{}@0.1.0;", world.interface)
    };
    let worlds = Worlds::of_contract(VERSION).extended_by(&format!(
        "package forged:worlds;
         world forged {{ {own} import moretta:plugin/{}@0.1.0; export moretta:plugin/{}@0.1.0; }}",
        beyond.interface, world.export
    ));
    let imports = [world, beyond].into_iter().filter(|lent| !lent.interface.is_empty()).enumerate();
    let imports: String = imports.map(|(number, lent)| lent.give_back(&format!("$give_back_{number}"))).collect();
    let core = Core { export: world.export, imports: &imports, ..Core::default() };
    with_manifest(worlds.component("forged", &core.wat()), &manifest::of_world(world.world, world.asks))
}

/// A component of world `encryption-masker` by its manifest and its export, whose key can open what it sealed.
pub fn import_of_decryption() -> Vec<u8> {
    let encrypt = "encrypt: func(column: u32) -> result<variable, key-error>;";
    let worlds = Worlds::of_changed_contract(encrypt, &format!("{encrypt} {}", encrypt.replace("encrypt", "decrypt")));
    let core = Core {
        export: "mask-with-encryption-key",
        imports: r#"(import "moretta:plugin/encryption@0.1.0" "[method]encryption-key.decrypt"
            (func $decrypt (param i32 i32 i32)))"#,
        ..Core::default()
    };
    let manifest = manifest::of_world("encryption-masker", &["encryption-key"]);
    with_manifest(worlds.component("encryption-masker", &core.wat()), &manifest)
}

/// A component whose `mask` has the right name and takes a text.
pub fn export_of_another_type() -> Vec<u8> {
    let worlds = Worlds::of_text(
        "package moretta:plugin@0.1.0;
         interface mask { mask: func(text: string) -> string; }
         world masker { export mask; }",
    );
    let wat = r#"(module
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "moretta:plugin/mask@0.1.0#mask") (param i32 i32) (result i32) (i32.const 16)))"#;
    with_manifest(worlds.component("masker", wat), &manifest::masker())
}

/// The honest component of a contract in which a column counts its rows with a sign: other types in the same layout.
pub fn export_with_another_column_type() -> Vec<u8> {
    let worlds = Worlds::of_changed_contract("rows: u32", "rows: s32");
    with_manifest(worlds.component("masker", &Core::default().wat()), &manifest::masker())
}

/// The honest component of another version of the contract, which has the same content.
pub fn contract_version(version: &str) -> Vec<u8> {
    let core = Core { version, ..Core::default() };
    let component = Worlds::of_contract(version).component("masker", &core.wat());
    with_manifest(component, &manifest::masker())
}

/// What the export of a masker is called.
const EXPORT: &str = "moretta:plugin/mask@0.1.0";

/// A masker that imports something of this name, without a function in it.
pub fn import_named(name: &str) -> Vec<u8> {
    let (mut types, mut imports) = (ComponentTypeSection::new(), ComponentImportSection::new());
    types.instance(&InstanceType::new());
    imports.import(name, ComponentTypeRef::Instance(0));
    of_sections(&[&types, &imports])
}

/// A component that exports a core module under the name that its function should have.
pub fn export_of_another_kind() -> Vec<u8> {
    let mut exports = ComponentExportSection::new();
    exports.export(EXPORT, ComponentExportKind::Module, 0, None);
    of_sections(&[&ModuleSection(&Module::new()), &exports])
}

/// A component whose export has the right name, and nothing in it.
pub fn export_of_nothing() -> Vec<u8> {
    let (mut instances, mut exports) = (ComponentInstanceSection::new(), ComponentExportSection::new());
    instances.export_items([] as [(&str, ComponentExportKind, u32); 0]);
    exports.export(EXPORT, ComponentExportKind::Instance, 0, None);
    of_sections(&[&instances, &exports])
}

/// The honest component, with its manifest in a component inside of it.
pub fn manifest_inside() -> Vec<u8> {
    let mut inner = Component::new();
    let manifest = manifest::masker().to_string();
    inner.section(&CustomSection { name: "moretta:manifest".into(), data: manifest.as_bytes().into() });
    let mut component = honest_code();
    NestedComponentSection(&inner).append_to_component(&mut component);
    component
}

/// The honest component, and behind its end another.
pub fn two_components() -> Vec<u8> {
    [super::honest(), super::honest()].concat()
}

fn of_sections(sections: &[&dyn ComponentSection]) -> Vec<u8> {
    let mut component = Component::new().finish();
    for section in sections {
        section.append_to_component(&mut component);
    }
    with_manifest(component, &manifest::masker())
}

pub(super) fn honest_code() -> Vec<u8> {
    Worlds::of_contract(VERSION).component("masker", &Core::default().wat())
}
