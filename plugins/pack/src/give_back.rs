//! Gives what was lent to a call back at its end, for compilers whose code is late with it (componentize-qjs 0.4.5, 0.5.0).
//!
//! A handle that a call was lent has to be dropped before it ends; the host stops one that keeps it. The export of the world
//! is wrapped: the wrapper calls it, drops the handle, which is the last argument, and returns what it returned. The code
//! that cleans up after the call, where the handle would be dropped too late, is replaced by none: the instance is thrown
//! away then.

use wasm_encoder::{
    CodeSection, Encode, ExportKind, ExportSection, Function, FunctionSection, Module, RawSection, ValType,
};
use wasmparser::{BinaryReader, CompositeInnerType, ExternalKind, Parser, Payload, TypeRef};

use crate::Error;

/// Wraps the export of a keyed world in every core module of a component that has it.
///
/// # Errors
/// The file is not a component, or none of its modules has such an export.
pub fn give_back(component: &[u8]) -> Result<Vec<u8>, Error> {
    let mut wrapped = 0;
    let component = rewrite(component, &mut wrapped).map_err(|error| Error::Component(error.to_string()))?;
    if wrapped == 0 {
        return Err(Error::Component(
            "it has no export that is lent anything, so there is nothing to give back".to_owned(),
        ));
    }
    Ok(component)
}

type Read<T> = wasmparser::Result<T>;

const HEADER: usize = 8;
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;

/// Copies a component section by section, and those that hold modules and components with what they hold rewritten.
fn rewrite(binary: &[u8], wrapped: &mut usize) -> Read<Vec<u8>> {
    if Parser::is_core_wasm(binary) {
        return rewrite_module(binary, wrapped);
    }
    let mut copy = binary.get(..HEADER).unwrap_or_default().to_vec();
    let mut reader = BinaryReader::new(binary, 0);
    reader.read_bytes(HEADER)?;
    while !reader.eof() {
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let content = reader.read_bytes(length as usize)?;
        copy.push(id);
        match id {
            CORE_MODULE | COMPONENT => rewrite(content, wrapped)?.encode(&mut copy),
            _ => content.encode(&mut copy),
        }
    }
    Ok(copy)
}

/// What of a module the wrapper needs. Indices are those of functions.
#[derive(Default)]
struct Outline {
    /// How many parameters each type has, 0 for what is no function.
    parameters: Vec<u32>,
    imported: u32,
    drop: Option<u32>,
    types: Vec<u32>,
    export: Option<u32>,
    clean_up: Option<u32>,
}

/// What is put into a module, and in the place of what.
struct Wrapper {
    export: u32,
    parameters: u32,
    drop: u32,
    /// The types of the wrapper and of the function that cleans up nothing.
    types: [u32; 2],
}

impl Outline {
    fn of(module: &[u8]) -> Read<Self> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        outline.parameters.extend(group?.types().map(|ty| match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => function.params().len() as u32,
                            _ => 0,
                        }));
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        outline.import(import?);
                    }
                }
                Payload::FunctionSection(functions) => outline.types = functions.into_iter().collect::<Read<_>>()?,
                Payload::ExportSection(exports) => {
                    for export in exports {
                        outline.export(&export?);
                    }
                }
                _ => {}
            }
        }
        Ok(outline)
    }

    fn import(&mut self, import: wasmparser::Import<'_>) {
        if let TypeRef::Func(_) = import.ty {
            if import.module.starts_with("moretta:plugin/") && import.name.starts_with("[resource-drop]") {
                self.drop = Some(self.imported);
            }
            self.imported += 1;
        }
    }

    fn export(&mut self, export: &wasmparser::Export<'_>) {
        match role(export.name) {
            Role::Call => self.export = Some(export.index),
            Role::CleanUp => self.clean_up = Some(export.index),
            Role::Other => {}
        }
    }

    fn wrapper(&self) -> Option<Wrapper> {
        let (export, drop) = (self.export?, self.drop?);
        let type_of = |function: u32| self.types.get(function.checked_sub(self.imported)? as usize).copied();
        let types = [type_of(export)?, type_of(self.clean_up?)?];
        let parameters = *self.parameters.get(types[0] as usize)?;
        (parameters > 0).then_some(Wrapper { export, parameters, drop, types })
    }
}

enum Role {
    /// The export of a world whose call is lent something.
    Call,
    /// What is called after it.
    CleanUp,
    Other,
}

fn role(export: &str) -> Role {
    let call = export.strip_prefix("cabi_post_").unwrap_or(export);
    match call.starts_with("moretta:plugin/mask-with-") && call.ends_with("#mask") {
        true if call.len() == export.len() => Role::Call,
        true => Role::CleanUp,
        false => Role::Other,
    }
}

fn rewrite_module(module: &[u8], wrapped: &mut usize) -> Read<Vec<u8>> {
    let outline = Outline::of(module)?;
    let Some(wrapper) = outline.wrapper() else { return Ok(module.to_vec()) };
    let next = outline.imported + outline.types.len() as u32;
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::FunctionSection(_) => {
                let mut functions = FunctionSection::new();
                for ty in outline.types.iter().chain(&wrapper.types) {
                    functions.function(*ty);
                }
                copy.section(&functions);
            }
            Payload::ExportSection(exports) => {
                let mut section = ExportSection::new();
                for each in exports.clone() {
                    let each = each?;
                    let index = match role(each.name) {
                        Role::Call => next,
                        Role::CleanUp => next + 1,
                        Role::Other => each.index,
                    };
                    section.export(each.name, kind(each.kind), index);
                }
                copy.section(&section);
            }
            Payload::CodeSectionStart { range, .. } => {
                copy.section(&code(module, range.clone(), &wrapper)?);
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    copy.section(&RawSection { id, data: module.get(range).unwrap_or_default() });
                }
            }
        }
    }
    *wrapped += 1;
    Ok(copy.finish())
}

/// The functions that were there, and two more.
fn code(module: &[u8], range: std::ops::Range<usize>, wrapper: &Wrapper) -> Read<CodeSection> {
    let mut section = CodeSection::new();
    let content = module.get(range.clone()).unwrap_or_default();
    for body in wasmparser::CodeSectionReader::new(BinaryReader::new(content, range.start))? {
        let body = body?.range();
        section.raw(module.get(body).unwrap_or_default());
    }
    let mut nothing = Function::new([]);
    nothing.instructions().end();
    section.function(&wrapper.body()).function(&nothing);
    Ok(section)
}

impl Wrapper {
    /// Calls the export with its arguments, drops the last, and returns what came back.
    fn body(&self) -> Function {
        let mut function = Function::new([(1, ValType::I32)]);
        let mut body = function.instructions();
        for parameter in 0..self.parameters {
            body.local_get(parameter);
        }
        let answer = self.parameters;
        body.call(self.export).local_set(answer).local_get(answer - 1).call(self.drop).local_get(answer).end();
        function
    }
}

fn kind(kind: ExternalKind) -> ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module
        (import "moretta:plugin/pseudonym@0.1.0" "digests" (func (param i32)))
        (import "moretta:plugin/pseudonym@0.1.0" "[resource-drop]pseudonym-key" (func $drop (param i32)))
        (func (export "other") (result i32) i32.const 7)
        (func (export "moretta:plugin/mask-with-pseudonym-key@0.1.0#mask") (param i32 i32) (result i32) local.get 0)
        (func (export "cabi_post_moretta:plugin/mask-with-pseudonym-key@0.1.0#mask") (param i32) local.get 0 call $drop))"#;

    fn component(module: &[u8]) -> Vec<u8> {
        let mut inner = wasm_encoder::Component::new();
        inner.section(&RawSection { id: CORE_MODULE, data: module });
        let mut outer = wasm_encoder::Component::new();
        outer.section(&wasm_encoder::NestedComponentSection(&inner));
        outer.finish()
    }

    #[test]
    fn the_export_of_a_module_inside_is_wrapped() {
        let module = wat::parse_str(MODULE).unwrap();
        let changed = give_back(&component(&module)).unwrap();
        wasmparser::Validator::new().validate_all(&changed).unwrap();
        let before = Outline::of(&module).unwrap();
        let modules = Parser::new(0).parse_all(&changed).filter_map(|payload| match payload.unwrap() {
            Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
            _ => None,
        });
        let after = Outline::of(&changed[modules.last().unwrap()]).unwrap();
        assert_eq!((before.export, before.clean_up, before.types.len()), (Some(3), Some(4), 3));
        assert_eq!((after.export, after.clean_up, after.types.len(), after.drop), (Some(5), Some(6), 5, Some(1)));
    }

    #[test]
    fn what_is_lent_nothing_is_refused() {
        let module = wat::parse_str(r#"(module (func (export "moretta:plugin/mask@0.1.0#mask")))"#).unwrap();
        assert!(give_back(&component(&module)).is_err());
        assert!(give_back(b"no component").is_err());
    }
}
