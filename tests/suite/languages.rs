//! Plugins of other languages than Rust: those of the corpus as they were once built, and those that the kits build now.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use arrow_array::cast::AsArray;
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

/// The plugins that misbehave, by what the kits call their language: those that are built now, or those that are packed.
fn misbehaving(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let is_one =
        |path: &Path| path.ends_with("misbehave.wasm") || path.parent().is_some_and(|it| it.ends_with("languages"));
    let language = |path: &Path| {
        let name = if path.ends_with("misbehave.wasm") { path.parent().unwrap() } else { path };
        name.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned()
    };
    plugins(folder).into_iter().filter(|(path, _)| is_one(path)).map(|(path, bytes)| (language(&path), bytes)).collect()
}

#[test]
fn whatever_goes_wrong_in_a_language_stops_the_run_and_is_named() {
    let packed = misbehaving(&Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/packed/languages"));
    assert_eq!(packed.len(), 3);
    packed.iter().for_each(|(language, bytes)| misbehaves(language, bytes));
}

#[test]
#[ignore = "needs what guest-sdk/check-kits builds, which runs it"]
fn whatever_goes_wrong_in_a_language_as_it_is_built_now_is_named() {
    misbehaving(&built()).iter().for_each(|(language, bytes)| misbehaves(language, bytes));
}

/// Plugins of a language, each on an engine of its own.
struct Trial<'a> {
    language: &'a str,
    bytes: &'a [u8],
    /// Has little time.
    hurried: Plugin,
    /// A busy machine takes its time to hand out all the memory that is allowed.
    patient: Plugin,
    /// On the same engine.
    good: Plugin,
}

fn misbehaves(language: &str, bytes: &[u8]) {
    let hurried = engine(Duration::from_millis(300));
    let patient = engine(Duration::from_secs(60));
    let load = |engine: &Engine, bytes: &[u8]| Plugin::load(engine, Package::read("it", bytes).unwrap()).unwrap();
    let trial = Trial {
        language,
        bytes,
        hurried: load(&hurried, bytes),
        patient: load(&patient, bytes),
        good: load(&patient, include_bytes!("../../plugins/packed/redact.wasm")),
    };
    trial.is_stopped();
    trial.runs_its_input_in_the_sandbox();
    trial.tells_nothing_of_time_and_place();
    trial.remembers_nothing();
}

fn engine(deadline: Duration) -> Engine {
    Engine::new(Limits { deadline, ..Limits::default() }, cache()).unwrap()
}

impl Trial<'_> {
    fn is_stopped(&self) {
        let late = Err(GuestFault::Deadline { milliseconds: 300 }.into());
        assert_eq!(ask(&self.hurried, "spin", "Ada"), late, "{}", self.language);
        let recursion = self.fault("recurse", "Ada");
        assert!(matches!(recursion, GuestFault::Stack | GuestFault::Trap), "{}: {recursion}", self.language);
        for (transform, expected) in [
            ("hoard", GuestFault::Memory { mebibytes: 256 }),
            ("flood", GuestFault::TooLarge { mebibytes: 2 }),
            ("fail", GuestFault::Trap),
            ("refuse", GuestFault::Refused("a fault of its own")),
            ("shorten", GuestFault::Contract("returned another number of rows than it was given")),
            ("lengthen", GuestFault::Contract("returned another number of rows than it was given")),
            ("garble", GuestFault::Contract("returned text that is not UTF-8")),
        ] {
            assert_eq!(self.fault(transform, "Ada"), expected, "{}, {transform}", self.language);
        }
        // What is kept is found by the host.
        assert_eq!(ask(&self.patient, "keep", "Ada"), Ok("Ada".to_owned()), "{}", self.language);
        let expression = ask(&self.hurried, "backtrack", "Ada");
        let expected = match self.language {
            "c" => Ok("Ada".to_owned()),
            "go" => Ok("false".to_owned()),
            _ => late,
        };
        assert_eq!(expression, expected, "{}", self.language);
    }

    /// What is lent can be a program, and its author is not the plugin's.
    fn runs_its_input_in_the_sandbox(&self) {
        let evaluated = |code: &str| ask(&self.hurried, "evaluate", code);
        if matches!(self.language, "c" | "go") {
            return assert_eq!(evaluated("Ada Lovelace"), Err(GuestFault::Trap.into()), "{}", self.language);
        }
        let (endless, outside) = match self.language {
            "python" => ("[0 for _ in iter(int, 1)]", ["open('/etc/passwd').read()", "__import__('socket').socket()"]),
            _ => ("for (;;);", ["fetch('http://localhost')", "require('fs')"]),
        };
        assert_eq!(evaluated("'ma' + 'sked'"), Ok("masked".to_owned()), "{}", self.language);
        assert_eq!(evaluated(endless), Err(GuestFault::Deadline { milliseconds: 300 }.into()), "{}", self.language);
        for code in outside {
            assert_eq!(evaluated(code), Err(GuestFault::Trap.into()), "{}, {code}", self.language);
        }
    }

    /// Whatever differs elsewhere from instance to instance, from hour to hour and from process to process is the same.
    fn tells_nothing_of_time_and_place(&self) {
        let other = engine(Duration::from_secs(60));
        let other = Plugin::load(&other, Package::read("it", self.bytes).unwrap()).unwrap();
        for transform in ["clock", "seed"] {
            let first = ask(&self.patient, transform, "Ada");
            assert!(matches!(first, Ok(_) | Err(CallError::Guest(GuestFault::Trap))), "{}: {first:?}", self.language);
            std::thread::sleep(Duration::from_millis(20));
            for again in [&self.patient, &other] {
                assert_eq!(ask(again, transform, "Ada"), first, "{}, {transform}", self.language);
            }
        }
    }

    fn remembers_nothing(&self) {
        let first = ask(&self.patient, "pollute", "Ada").unwrap();
        assert!(first.starts_with("clean"), "{}: {first}", self.language);
        for value in ["Ada", "Grace"] {
            assert_eq!(ask(&self.patient, "pollute", value), Ok(first.clone()), "{}", self.language);
        }
    }

    /// What it did wrong. The next batch, of another plugin on the same engine, is masked.
    #[track_caller]
    fn fault(&self, transform: &str, value: &str) -> GuestFault {
        let asked = ask(&self.patient, transform, value);
        assert_eq!(ask(&self.good, "redact", value).as_deref(), Ok("REDACTED"), "{}, {transform}", self.language);
        match asked {
            Err(CallError::Guest(fault)) => fault,
            other => panic!("{}, {transform}: {other:?}", self.language),
        }
    }
}

/// Masks one value. What comes back was not verified.
fn ask(plugin: &Plugin, transform: &str, value: &str) -> Result<String, CallError> {
    let column: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let known = plugin.manifest().transforms.iter().find(|it| it.name == transform).unwrap();
    let config = known.complete_config(&serde_json::Map::new()).unwrap();
    let call = MaskCall {
        transform,
        config: &serde_json::Value::Object(config).to_string(),
        reference_date: None,
        columns: &[(column, ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    plugin.mask(&call, LentKey::None).map(|answer| answer.columns[0].as_string::<i32>().value(0).to_owned())
}
