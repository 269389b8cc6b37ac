//! Plugins of other languages than Rust: those of the corpus as they were once built, and those that the kits build now.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use arrow_array::{ArrayRef, StringArray};
use moretta::Masked;
use moretta::batch::ColumnType;
use moretta::lend::LentKey;
use moretta::plugin::{CallError, CodeCache, Engine, GuestFault, Limits, MaskCall, Package, Plugin};

use crate::masking::{builder, mask, values};

const NUMBERS: [Option<&str>; 7] =
    [Some("123-45-6789"), None, Some(""), Some("12345678"), Some("/1234"), Some("--"), Some("A-12 345 6")];

/// The plugins in a folder and the folders in it; those that end in `.zst` are compressed.
fn plugins(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => found.extend(plugins(&path)),
            Some("wasm") => found.push((path.clone(), fs::read(&path).unwrap())),
            Some("zst") => found.push((path.clone(), zstd::decode_all(fs::File::open(&path).unwrap()).unwrap())),
            _ => {}
        }
    }
    found.sort();
    found
}

fn cache() -> Option<CodeCache> {
    CodeCache::open(Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages"))
}

/// Masks with the transform of a plugin, after its golden cases.
fn run(bytes: &[u8], numbers: &[Option<&str>]) -> Masked {
    let package = Package::read("the plugin", bytes).unwrap();
    let (name, transform) = (package.manifest().name.clone(), package.manifest().transforms[0].name.clone());
    let key = if package.manifest().asks.is_empty() { "" } else { ", key: identity" };
    let rule = format!("{{ columns: [number], mask: {name}/{transform}{key} }}");
    let host = builder(bytes, &rule).code_cache(cache().unwrap()).limits(Limits::default()).build().unwrap();
    let masked = host.mask_rows(crate::masking::batch(&[("number", numbers)]));
    masked.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn masks_numbers_as_ours(bytes: &[u8]) {
    let ours = include_bytes!("../../plugins/packed/partial.wasm");
    let ours = mask(ours, "{ columns: [number], mask: partial }", &[("number", &NUMBERS)]).unwrap();
    assert_eq!(values(&run(bytes, &NUMBERS), "number"), values(&ours, "number"));
}

/// A plugin does what its examples are for: the same as the shipped one, or equal results for equal values.
fn does_its_work(path: &Path, bytes: &[u8]) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap();
    if name.starts_with("last-four") {
        masks_numbers_as_ours(bytes);
    } else if !name.starts_with("misbehave") {
        let masked = run(bytes, &[Some("617-555-0137"), None, Some("617-555-0137")]);
        let values = values(&masked, "number");
        assert!(values[0] == values[2] && values[0].is_some() && values[1].is_none(), "{name}: {values:?}");
    }
}

#[test]
fn every_plugin_of_the_corpus_runs_as_when_it_was_built() {
    let found = plugins(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/plugins"));
    assert!(found.len() >= 5, "{} plugins", found.len());
    for (path, bytes) in found {
        does_its_work(&path, &bytes);
    }
}

/// What `guest-sdk/check-kits` built.
fn built() -> PathBuf {
    PathBuf::from(env::var_os("MORETTA_KITS").expect("run guest-sdk/check-kits, which sets MORETTA_KITS"))
}

#[test]
#[ignore = "needs what guest-sdk/check-kits builds, which runs it"]
fn every_plugin_that_the_kits_build_runs_and_imports_nothing_but_its_key() {
    for (path, bytes) in plugins(&built()) {
        let (imports, _) = pack::interfaces(&bytes).unwrap();
        let lent = ["moretta:plugin/types", "moretta:plugin/pseudonym"];
        assert!(imports.iter().all(|import| lent.contains(&import.as_str())), "{}: {imports:?}", path.display());
        does_its_work(&path, &bytes);
    }
}

#[test]
#[ignore = "needs what guest-sdk/check-kits builds, which runs it"]
fn whatever_goes_wrong_in_a_language_stops_the_run_and_is_named() {
    let hurried = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    // A busy machine takes its time to hand out all the memory that is allowed.
    let patient = Limits { deadline: Duration::from_secs(60), ..Limits::default() };
    for (path, bytes) in plugins(&built()).into_iter().filter(|(path, _)| path.ends_with("misbehave.wasm")) {
        let load = |limits| {
            let engine = Engine::new(limits, cache()).unwrap();
            Plugin::load(&engine, Package::read("misbehave", bytes.as_slice()).unwrap()).unwrap()
        };
        let spinning = ask(&load(hurried), "spin");
        assert_eq!(spinning, Err(GuestFault::Deadline { milliseconds: 300 }.into()), "{}", path.display());
        let plugin = load(patient);
        let ended = |transform: &str| match ask(&plugin, transform) {
            Err(CallError::Guest(fault)) => fault,
            other => panic!("{}, {transform}: {other:?}", path.display()),
        };
        let recursion = ended("recurse");
        assert!(matches!(recursion, GuestFault::Stack | GuestFault::Trap), "{}: {recursion}", path.display());
        for (transform, expected) in [
            ("hoard", GuestFault::Memory { mebibytes: 256 }),
            ("fail", GuestFault::Trap),
            ("refuse", GuestFault::Refused("a fault of its own")),
            ("shorten", GuestFault::Contract("returned another number of rows than it was given")),
        ] {
            assert_eq!(ended(transform), expected, "{}, {transform}", path.display());
        }
        assert_eq!(ask(&plugin, "keep"), Ok(1), "{}: what is kept is found by the host", path.display());
    }
}

fn ask(plugin: &Plugin, transform: &str) -> Result<usize, CallError> {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["Ada"]));
    let call = MaskCall {
        transform,
        config: "{}",
        reference_date: None,
        columns: &[(column, ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    plugin.mask(&call, LentKey::None).map(|answer| answer.columns[0].len())
}
