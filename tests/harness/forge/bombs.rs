//! Files that cost more than they are worth: time, memory or stack of whoever reads and compiles them.
//!
//! Each is the honest component with more in it. What is added is never called.

use serde_json::{Map, Value, json};
use wasm_encoder::{
    BlockType, CodeSection, Component, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentSection, ComponentTypeSection, ComponentValType, CustomSection, Function, FunctionSection,
    InstanceSection, MemorySection, MemoryType, Module, ModuleArg, ModuleSection, NestedComponentSection,
    PrimitiveValType, RefType, TableSection, TableType, TypeSection, ValType,
};

use super::encode::with_manifest;
use super::packages::honest_code;
use super::{honest, manifest};

/// So many exports beside its own.
pub fn many_exports(count: u32) -> Vec<u8> {
    let mut exports = ComponentExportSection::new();
    for number in 0..count {
        exports.export(format!("export-{number}").as_str(), ComponentExportKind::Instance, 0, None);
    }
    honest_and(&[&exports])
}

/// So many bytes in a section that means nothing.
pub fn padded(bytes: usize) -> Vec<u8> {
    honest_and(&[&CustomSection { name: "padding".into(), data: vec![0; bytes].into() }])
}

/// A component in a component in a component, so many deep.
pub fn nested(depth: usize) -> Vec<u8> {
    let innermost = Component::new();
    let component = (0..depth).fold(innermost, |inner, _| {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&inner));
        outer
    });
    honest_and(&[&NestedComponentSection(&component)])
}

/// A component that is made of two of another, which is made of two of another, so many deep: two to the power of that
/// many instances in few bytes.
pub fn doubled(depth: usize) -> Vec<u8> {
    let mut innermost = Component::new();
    innermost.section(&ModuleSection(&Module::new()));
    let mut instance = InstanceSection::new();
    instance.instantiate(0, [] as [(&str, ModuleArg); 0]);
    innermost.section(&instance);
    let component = (0..depth).fold(innermost, |inner, _| {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&inner));
        outer.section(&two_instances(0));
        outer
    });
    // The first component of the honest one is what wraps its export.
    honest_and(&[&NestedComponentSection(&component), &two_instances(1)])
}

fn two_instances(component: u32) -> ComponentInstanceSection {
    let mut instances = ComponentInstanceSection::new();
    for _ in 0..2 {
        instances.instantiate(component, [] as [(&str, ComponentExportKind, u32); 0]);
    }
    instances
}

/// Lists of lists of lists, so many deep.
pub fn deep_type(depth: u32) -> Vec<u8> {
    types(depth, |types, inner| types.defined_type().list(inner))
}

/// Pairs of pairs of pairs, so many deep: two to the power of that many parts.
pub fn doubled_type(depth: u32) -> Vec<u8> {
    types(depth, |types, inner| types.defined_type().tuple([inner, inner]))
}

fn types(depth: u32, next: fn(&mut ComponentTypeSection, ComponentValType)) -> Vec<u8> {
    let mut component = Component::new();
    let mut types = ComponentTypeSection::new();
    let mut inner = ComponentValType::Primitive(PrimitiveValType::U8);
    for number in 0..depth {
        next(&mut types, inner);
        inner = ComponentValType::Type(number);
    }
    component.section(&types);
    honest_and(&[&NestedComponentSection(&component)])
}

/// So many memories of so many pages of 64 KiB each, in one instance of the component.
pub fn memories(count: u32, pages: u64) -> Vec<u8> {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut module = Module::new();
    module.section(&memories);
    honest_with_instances(count, &module)
}

/// So many tables of so many elements, in one instance of the component.
pub fn tables(count: u32, elements: u64) -> Vec<u8> {
    let mut tables = TableSection::new();
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, table64: false, minimum: elements, maximum: None, shared: false });
    let mut module = Module::new();
    module.section(&tables);
    honest_with_instances(count, &module)
}

/// So many instances of an empty module.
pub fn instances(count: u32) -> Vec<u8> {
    honest_with_instances(count, &Module::new())
}

/// So many functions that do nothing.
pub fn many_functions(count: u32) -> Vec<u8> {
    module_of(count, || Function::new([]))
}

/// One function of about so many bytes, in a straight line.
pub fn giant_function(bytes: usize) -> Vec<u8> {
    module_of(1, || straight_line(bytes))
}

fn straight_line(bytes: usize) -> Function {
    let mut function = Function::new([(1, ValType::I32)]);
    let mut body = function.instructions();
    // Seven bytes each.
    for number in 0..bytes / 7 {
        body.local_get(0).i32_const(number as i32 & 63).i32_add().local_set(0);
    }
    function
}

/// One function in which each of so many loops changes, and so has to hand on, each of so many locals.
pub fn woven_function(locals: u32, loops: u32) -> Vec<u8> {
    module_of(1, || {
        let mut function = Function::new([(locals, ValType::I32)]);
        let mut body = function.instructions();
        for number in 0..loops {
            body.loop_(BlockType::Empty);
            body.local_get(number % locals).i32_const(1).i32_add().local_set((number + 1) % locals);
        }
        for local in 0..locals {
            body.local_get(local).i32_const(1).i32_add().local_set((local + 1) % locals);
        }
        for _ in 0..loops {
            body.local_get(0).br_if(0).end();
        }
        function
    })
}

/// One function of blocks in blocks, so many deep.
pub fn deep_blocks(depth: u32) -> Vec<u8> {
    module_of(1, || {
        let mut function = Function::new([]);
        let mut body = function.instructions();
        for _ in 0..depth {
            body.block(BlockType::Empty);
        }
        for _ in 0..depth {
            body.end();
        }
        function
    })
}

/// One function with so many jumps that each may go to so many places.
pub fn jump_tables(jumps: u32, targets: u32) -> Vec<u8> {
    module_of(1, || {
        let mut function = Function::new([(1, ValType::I32)]);
        let mut body = function.instructions();
        for _ in 0..jumps {
            body.block(BlockType::Empty).local_get(0).br_table(std::iter::repeat_n(0, targets as usize), 0).end();
        }
        function
    })
}

/// The honest component and a core module of so many functions without arguments.
fn module_of(count: u32, function: impl Fn() -> Function) -> Vec<u8> {
    let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    for _ in 0..count {
        functions.function(0);
        let mut function = function();
        function.instructions().end();
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    honest_and(&[&ModuleSection(&module)])
}

fn honest_with_instances(count: u32, module: &Module) -> Vec<u8> {
    let mut instances = InstanceSection::new();
    for _ in 0..count {
        // The first module is what masks.
        instances.instantiate(1, [] as [(&str, ModuleArg); 0]);
    }
    honest_and(&[&ModuleSection(module), &instances])
}

fn honest_and(sections: &[&dyn ComponentSection]) -> Vec<u8> {
    let mut component = honest();
    for section in sections {
        section.append_to_component(&mut component);
    }
    component
}

/// One function that piles up so many values before it uses any.
pub fn piled_function(values: u32) -> Vec<u8> {
    module_of(1, || {
        let mut function = Function::new([(2, ValType::I32)]);
        let mut body = function.instructions();
        for number in 0..values {
            body.local_get(0).local_get(1).i32_add().local_tee(number % 2);
        }
        for _ in 0..values {
            body.drop();
        }
        function
    })
}

/// So many functions of a mebibyte, nearly, each.
pub fn much_code(count: u32) -> Vec<u8> {
    module_of(count, || straight_line(1_000_000))
}

/// A golden case with so many regular expressions, each a different one.
pub fn many_patterns(count: usize) -> Vec<u8> {
    let patterns: Vec<_> = (0..count).map(|number| format!("\\w{{20}}{number}")).collect();
    let input = json!({ "text": vec![Value::Null; count] });
    let case = json!({ "name": "c", "input": input, "output_shape": { "text": patterns } });
    with_changed_manifest(|transform| transform["cases"] = json!([case]))
}

/// As many regular expressions as there may be in a schema, each nearly as large as it may be, and as many golden cases.
pub fn as_many_patterns_as_allowed() -> Vec<u8> {
    with_changed_manifest(|transform| {
        let pattern = |number| json!({ "pattern": format!("\\w{{20}}{number}") });
        transform["config"]["properties"] = json!({ "a": { "anyOf": (0..1_900).map(pattern).collect::<Vec<_>>() } });
        let case = |number| json!({ "name": format!("{number}"), "input": { "text": [] }, "output": { "text": [] } });
        transform["cases"] = (0..1_000).map(case).collect();
    })
}

/// A schema that refers to a schema that refers to a schema, so many times.
pub fn chain_of_references(count: u32) -> Vec<u8> {
    let mut definitions: Map<_, _> =
        (0..count).map(|number| (number.to_string(), json!({ "$ref": format!("#/$defs/{}", number + 1) }))).collect();
    definitions.insert(count.to_string(), json!(true));
    with_schema(&json!({ "$ref": "#/$defs/0", "default": 1 }), &json!(definitions))
}

/// A schema that refers to itself, so that whoever follows never ends.
pub fn endless_reference() -> Vec<u8> {
    with_schema(&json!({ "$ref": "#/properties/a", "default": 1 }), &json!({}))
}

/// A schema with a regular expression that is small to write and large to compile.
pub fn huge_pattern() -> Vec<u8> {
    with_schema(&json!({ "pattern": "(a{1000}){1000}" }), &json!({}))
}

/// A schema with a regular expression that takes for ever where it is tried from every place, and a value to try it on.
pub fn catastrophic_pattern() -> Vec<u8> {
    let value = format!("{}!", "a".repeat(100_000));
    with_schema(&json!({ "type": "string", "pattern": "^(a+)+(a|a)*$|!$", "default": value }), &json!({}))
}

/// A schema in more brackets than a parser has stack for.
pub fn deep_manifest(depth: usize) -> Vec<u8> {
    let manifest = manifest::masker().to_string();
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let section = manifest.replace("\"properties\":{}", &format!("\"properties\":{{}},\"default\":{deep}"));
    let mut component = honest_code();
    CustomSection { name: "moretta:manifest".into(), data: section.as_bytes().into() }
        .append_to_component(&mut component);
    component
}

/// A manifest of so many bytes.
pub fn huge_manifest(bytes: usize) -> Vec<u8> {
    with_changed_manifest(|transform| transform["description"] = json!("x".repeat(bytes)))
}

/// So many golden cases, each of them without a row.
pub fn many_cases(count: usize) -> Vec<u8> {
    let case = |number| json!({ "name": format!("{number}"), "input": { "text": [] }, "output": { "text": [] } });
    with_changed_manifest(|transform| transform["cases"] = (0..count).map(case).collect())
}

/// The honest component with one property of its configuration and definitions beside it, and a golden case: what the host
/// checks without asking anybody.
fn with_schema(property: &Value, definitions: &Value) -> Vec<u8> {
    with_changed_manifest(|transform| {
        transform["config"]["properties"] = json!({ "a": property });
        transform["config"]["$defs"] = definitions.clone();
        transform["cases"] = json!([{ "name": "c", "input": { "text": [] }, "output": { "text": [] } }]);
    })
}

fn with_changed_manifest(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut manifest = manifest::masker();
    change(&mut manifest["transforms"][0]);
    with_manifest(honest_code(), &manifest)
}
