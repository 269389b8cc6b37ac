//! The contract as types of TypeScript, in the shapes that componentize-qjs gives values: the component's own bindings are
//! made by that tool, and this is how the compiler knows them.

use std::fmt::Write;

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use wit_bindgen_core::wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeId,
};

/// Every interface of the contract as one module.
pub(crate) fn module(resolve: &Resolve) -> String {
    let mut text = "// Generated from the contract: not to be edited.\n".to_owned();
    for (_, interface) in &resolve.interfaces {
        for (_, id) in &interface.types {
            define(resolve, interface, *id, &mut text);
        }
        let functions: Vec<_> =
            interface.functions.values().filter(|it| it.kind == FunctionKind::Freestanding).collect();
        if let (Some(name), false) = (&interface.name, functions.is_empty()) {
            let members = functions.into_iter().map(|function| method(resolve, function)).collect();
            block(&mut text, &interface.docs, &format!("interface {}", name.to_upper_camel_case()), members);
        }
    }
    text
}

/// One named type. A name for a type of another interface is left out: there is one module for all.
fn define(resolve: &Resolve, interface: &Interface, id: TypeId, text: &mut String) {
    let TypeDef { name: Some(name), kind, docs, .. } = &resolve.types[id] else { return };
    let name = name.to_upper_camel_case();
    let of = |ty: &Type| shape(resolve, ty);
    match kind {
        TypeDefKind::Record(record) => {
            let field = |field: &wit_bindgen_core::wit_parser::Field| {
                (field.docs.clone(), format!("{}: {};", field.name.to_lower_camel_case(), of(&field.ty)))
            };
            block(text, docs, &format!("interface {name}"), record.fields.iter().map(field).collect());
        }
        TypeDefKind::Flags(flags) => {
            let field = |flag: &wit_bindgen_core::wit_parser::Flag| {
                (flag.docs.clone(), format!("{}: boolean;", flag.name.to_lower_camel_case()))
            };
            block(text, docs, &format!("interface {name}"), flags.flags.iter().map(field).collect());
        }
        TypeDefKind::Resource => {
            let owns = |function: &&Function| matches!(function.kind, FunctionKind::Method(owner) if owner == id);
            let methods = interface.functions.values().filter(owns).map(|function| method(resolve, function));
            block(text, docs, &format!("interface {name}"), methods.collect());
        }
        TypeDefKind::Enum(cases) => {
            union(text, docs, &name, cases.cases.iter().map(|case| (case.docs.clone(), format!("\"{}\"", case.name))));
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_bindgen_core::wit_parser::Case| {
                let value = case.ty.as_ref().map(|ty| format!("; val: {}", of(ty))).unwrap_or_default();
                (case.docs.clone(), format!("{{ tag: \"{}\"{value} }}", case.name))
            };
            union(text, docs, &name, variant.cases.iter().map(case));
        }
        _ => {}
    }
}

/// A function as a member. What is an error in the contract is thrown.
fn method(resolve: &Resolve, function: &Function) -> (Docs, String) {
    let parameters = function.params.iter().filter(|parameter| parameter.name != "self");
    let parameters: Vec<_> = parameters
        .map(|parameter| format!("{}: {}", parameter.name.to_lower_camel_case(), shape(resolve, &parameter.ty)))
        .collect();
    let result = function.result.as_ref().map_or("void".to_owned(), |ty| shape(resolve, ty));
    let name = function.item_name().to_lower_camel_case();
    (function.docs.clone(), format!("{name}({}): {result};", parameters.join(", ")))
}

fn shape(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        Type::String | Type::Char => "string".to_owned(),
        Type::Id(id) => named_shape(resolve, *id),
        _ => "number".to_owned(),
    }
}

fn named_shape(resolve: &Resolve, id: TypeId) -> String {
    let definition = &resolve.types[id];
    match &definition.kind {
        TypeDefKind::List(Type::U8) => "Uint8Array".to_owned(),
        TypeDefKind::List(item @ Type::Id(_)) => format!("{}[]", shape(resolve, item)),
        TypeDefKind::List(item) => format!("ArrayLike<{}>", shape(resolve, item)),
        TypeDefKind::Option(item) => format!("{} | null", shape(resolve, item)),
        TypeDefKind::Result(result) => result.ok.as_ref().map_or("void".to_owned(), |ty| shape(resolve, ty)),
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => named_shape(resolve, *id),
        _ => definition.name.as_deref().unwrap_or("unknown").to_upper_camel_case(),
    }
}

fn block(text: &mut String, docs: &Docs, head: &str, members: Vec<(Docs, String)>) {
    comment(text, docs, "");
    let _ = writeln!(text, "export {head} {{");
    for (docs, member) in members {
        comment(text, &docs, "  ");
        let _ = writeln!(text, "  {member}");
    }
    text.push_str("}\n\n");
}

fn union(text: &mut String, docs: &Docs, name: &str, cases: impl Iterator<Item = (Docs, String)>) {
    comment(text, docs, "");
    let _ = write!(text, "export type {name} =");
    for (docs, case) in cases {
        text.push('\n');
        comment(text, &docs, "  ");
        let _ = write!(text, "  | {case}");
    }
    text.push_str(";\n\n");
}

fn comment(text: &mut String, docs: &Docs, indent: &str) {
    let Some(docs) = &docs.contents else { return };
    let _ = writeln!(text, "{indent}/**");
    for line in docs.lines() {
        let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(text, "{indent} */");
}
