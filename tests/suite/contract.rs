//! How the contract may change: `wit/` against the copy of it that was released last, as `wit/README.md` has the rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use wit_parser::{
    Function, FunctionKind, Handle, InterfaceId, Resolve, SourceMap, Stability, Type, TypeDefKind, TypeId, WorldItem,
    WorldKey,
};

/// Something that plugins or hosts may rely on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    World(String),
    Import(String, String),
    Export(String, String),
    Interface(String),
    Type(String, String),
    /// A function of an interface, and whether a plugin has to have it.
    Function(String, String, Side),
}

/// Who offers the functions of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Host,
    Plugin,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World(name) => write!(f, "world {name}"),
            Self::Import(world, name) => write!(f, "import {name} of world {world}"),
            Self::Export(world, name) => write!(f, "export {name} of world {world}"),
            Self::Interface(name) => write!(f, "interface {name}"),
            Self::Type(interface, name) => write!(f, "type {interface}.{name}"),
            Self::Function(interface, name, _) => write!(f, "function {interface}.{name}"),
        }
    }
}

/// A version of the contract: what each item is, and since when it is there.
struct Contract {
    version: String,
    items: BTreeMap<Item, (String, Option<String>)>,
}

impl Contract {
    fn parse(files: &[(String, String)]) -> Self {
        let mut sources = SourceMap::new();
        files.iter().for_each(|(name, text)| sources.push_str(name, text));
        let mut resolve = Resolve::default();
        let package = resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap();
        let package = &resolve.packages[package];
        let mut items = BTreeMap::new();
        let mut exported = BTreeSet::new();
        for (name, world) in &package.worlds {
            let world = &resolve.worlds[*world];
            items.insert(Item::World(name.clone()), (String::new(), since(&world.stability)));
            for (key, item) in &world.imports {
                let import = Item::Import(name.clone(), world_item(&resolve, key));
                items.insert(import, (String::new(), None));
                assert!(matches!(item, WorldItem::Interface { .. }), "world {name} imports an interface at a time");
            }
            for (key, item) in &world.exports {
                items.insert(Item::Export(name.clone(), world_item(&resolve, key)), (String::new(), None));
                let WorldItem::Interface { id, .. } = item else { panic!("world {name} exports interfaces alone") };
                exported.insert(*id);
            }
        }
        for (name, interface) in &package.interfaces {
            let side = if exported.contains(interface) { Side::Plugin } else { Side::Host };
            add_interface(&resolve, name, *interface, side, &mut items);
        }
        Self { version: package.name.version.as_ref().unwrap().to_string(), items }
    }

    fn of_folder(folder: &Path) -> Self {
        Self::parse(&texts(folder))
    }
}

fn texts(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "wit"));
    files.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

fn world_item(resolve: &Resolve, key: &WorldKey) -> String {
    match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => resolve.interfaces[*id].name.clone().unwrap(),
    }
}

fn since(stability: &Stability) -> Option<String> {
    match stability {
        Stability::Stable { since, .. } => Some(since.to_string()),
        _ => None,
    }
}

type Items = BTreeMap<Item, (String, Option<String>)>;

fn add_interface(resolve: &Resolve, name: &str, id: InterfaceId, side: Side, items: &mut Items) {
    let interface = &resolve.interfaces[id];
    items.insert(Item::Interface(name.to_owned()), (String::new(), since(&interface.stability)));
    for (of, ty) in &interface.types {
        let definition = &resolve.types[*ty];
        // A name for a type of another interface is no type of its own.
        if !matches!(definition.kind, TypeDefKind::Type(Type::Id(_))) {
            let item = Item::Type(name.to_owned(), of.clone());
            items.insert(item, (structure(resolve, *ty), since(&definition.stability)));
        }
    }
    for (of, function) in &interface.functions {
        let item = Item::Function(name.to_owned(), of.clone(), side);
        items.insert(item, (signature(resolve, function), since(&function.stability)));
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter().map(|it| format!("{}: {}", it.name, shape(resolve, &it.ty)));
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    let result = function.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", shape(resolve, ty)));
    let kind = if matches!(function.kind, FunctionKind::Freestanding) { "func" } else { "method" };
    format!("{kind}({parameters}){result}")
}

/// What a type with a name consists of, in order: the layout of its values.
fn structure(resolve: &Resolve, id: TypeId) -> String {
    let case = |name: &str, ty: Option<&Type>| format!("{name}({})", optional(resolve, ty));
    let parts: Vec<_> = match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            record.fields.iter().map(|field| format!("{}: {}", field.name, shape(resolve, &field.ty))).collect()
        }
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|it| case(&it.name, it.ty.as_ref())).collect(),
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| case.name.clone()).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| flag.name.clone()).collect(),
        TypeDefKind::Resource => Vec::new(),
        _ => vec![unnamed(resolve, id)],
    };
    format!("{} {{{}}}", resolve.types[id].kind.as_str(), parts.join(", "))
}

/// A type where it is used: by its name, or what it is made of.
fn shape(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
    let definition = &resolve.types[*id];
    match (&definition.kind, &definition.name) {
        (TypeDefKind::Type(of), _) => shape(resolve, of),
        (_, Some(name)) => name.clone(),
        _ => unnamed(resolve, *id),
    }
}

fn unnamed(resolve: &Resolve, id: TypeId) -> String {
    let of = |ty: &Type| shape(resolve, ty);
    match &resolve.types[id].kind {
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::Result(result) => {
            format!("result<{}, {}>", optional(resolve, result.ok.as_ref()), optional(resolve, result.err.as_ref()))
        }
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", ")),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", of(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", of(&Type::Id(*id))),
        kind => panic!("the contract has no {}", kind.as_str()),
    }
}

fn optional(resolve: &Resolve, ty: Option<&Type>) -> String {
    ty.map_or_else(|| "_".to_owned(), |ty| shape(resolve, ty))
}

/// What differs, and for each whether plugins that were built for the older version still run on a host of the newer one.
fn compare(old: &Contract, new: &Contract) -> Vec<(String, bool)> {
    let mut changes = Vec::new();
    for (item, (shape, _)) in &old.items {
        match new.items.get(item) {
            None => changes.push((format!("{item} is gone"), false)),
            Some((changed, _)) if changed != shape => {
                changes.push((format!("{item} was {shape} and is {changed}"), false));
            }
            Some(_) => {}
        }
    }
    for item in new.items.keys().filter(|item| !old.items.contains_key(item)) {
        // A new world or interface is named by no older plugin; of one that is there, older plugins have what it had.
        let compatible = match item {
            Item::World(_) | Item::Interface(_) | Item::Type(..) | Item::Import(..) => true,
            Item::Function(_, _, Side::Host) => true,
            Item::Export(of, _) => !old.items.contains_key(&Item::World(of.clone())),
            Item::Function(of, _, Side::Plugin) => !old.items.contains_key(&Item::Interface(of.clone())),
        };
        changes.push((format!("{item} is new"), compatible));
    }
    changes
}

/// A version of three numbers.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().unwrap()).collect()
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/wit")
}

/// The newest copy.
fn released() -> Contract {
    let folders = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let newest = folders.max_by_key(|version| numbers(version)).unwrap();
    let contract = Contract::of_folder(&corpus().join(&newest));
    assert_eq!(contract.version, newest, "the copy is of the version that its folder says");
    contract
}

#[test]
fn the_contract_is_as_it_was_released_or_of_a_higher_version_that_older_plugins_fit() {
    let old = released();
    let new = Contract::of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"));
    let changes = compare(&old, &new);
    let told: Vec<_> = changes.iter().map(|(change, _)| change.as_str()).collect();
    let told = told.join("\n");
    let (was, is) = (numbers(&old.version), numbers(&new.version));
    if changes.iter().any(|(_, compatible)| !compatible) {
        assert!(
            is[..2] > was[..2],
            "{} cannot follow {}, whose plugins would break:\n{told}",
            new.version,
            old.version
        );
    } else if !changes.is_empty() {
        assert!(is > was, "this adds to {}, so it is a higher version:\n{told}", old.version);
    }
}

#[test]
fn every_item_says_since_which_version_it_is_there() {
    let new = Contract::of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"));
    let old = released();
    for (item, (_, since)) in &new.items {
        if matches!(item, Item::Import(..) | Item::Export(..)) {
            continue;
        }
        let since = since.as_deref().unwrap_or_else(|| panic!("{item} has no @since"));
        let expected = old.items.get(item).map_or(Some(new.version.clone()), |(_, since)| since.clone());
        assert_eq!(Some(since.to_owned()), expected, "{item}");
    }
}

/// What differs after a replacement in the text of the contract.
fn changes(from: &str, to: &str) -> Vec<(String, bool)> {
    let mut files = texts(&corpus().join("0.1.0"));
    let found = files.iter().filter(|(_, text)| text.contains(from)).count();
    assert!(found > 0, "{from}");
    files.iter_mut().for_each(|(_, text)| *text = text.replacen(from, to, 1));
    compare(&Contract::of_folder(&corpus().join("0.1.0")), &Contract::parse(&files))
}

#[test]
fn what_older_plugins_do_not_name_may_be_added() {
    let method = "digests: func(column: u32,";
    let more = "salted: func(salt: u32) -> u32;\n @since(version = 0.1.0)\n digests: func(column: u32,";
    let added = vec![("function pseudonym.[method]pseudonym-key.salted is new".to_owned(), true)];
    assert_eq!(changes(method, more), added);
    let world = "/// Says what columns hold. Imports no function.";
    let more = "@since(version = 0.1.0)\nworld empty {\n  export mask;\n}\n/// Says.";
    assert!(changes(world, more).iter().all(|(_, compatible)| *compatible));
    assert_eq!(changes(world, more).len(), 3, "a world, its export, and the types that this imports");
    assert_eq!(changes(world, "/// Said otherwise."), []);
}

#[test]
fn what_changes_a_layout_or_asks_more_of_a_plugin_breaks_it() {
    for (from, to, said) in [
        ("    row: u32,", "    row: u64,", "type types.rejection was record {row: u32, code: rejection-code}"),
        ("    missing,", "    missing,\n    secret,", "type types.rejection-code was enum {"),
        ("    trim,", "    trim,\n    accents,", "type pseudonym.normalization was flags {"),
        (
            "length: u32) -> result<list<u8>, key-error>",
            "length: u16) -> result<list<u8>, key-error>",
            "function pseudonym.",
        ),
        ("  export classify;", "  export classify;\n  export mask;", "export mask of world classifier is new"),
        ("  export classify;\n", "", "export classify of world classifier is gone"),
    ] {
        let broken: Vec<_> = changes(from, to).into_iter().filter(|(_, compatible)| !compatible).collect();
        assert!(broken.iter().any(|(change, _)| change.starts_with(said)), "{from}: {broken:?}");
    }
    let more =
        "mask: func(request: request, columns: list<column>, context: list<column>) -> result<masked, batch-error>;";
    let again = format!("{more}\n  @since(version = 0.1.0)\n  unmask: func(request: request) -> u32;");
    assert_eq!(changes(more, &again), [("function mask.unmask is new".to_owned(), false)]);
}
