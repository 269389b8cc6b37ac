//! The published attacks: each ends as its index says, and what comes next is masked.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use moretta::Masked;
use moretta::error::Error;
use moretta::manifest::{Manifest, World};
use moretta::plugin::{CodeCache, GuestFault, Limits, Package};
use moretta_tests::command::{Desk, moretta};
use moretta_tests::forge;
use serde_json::Value;

use crate::masking::{batch, builder, values};

const NUMBERS: [Option<&str>; 4] = [Some("1234567"), None, Some("7654321"), Some("1112223")];
const CITIES: [Option<&str>; 4] = [Some("Arlington"), Some("Bath"), Some("Cambridge"), None];

fn packed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/packed")
}

/// What the index says of one attack.
fn attacks() -> Vec<Value> {
    let index = fs::read(packed().join("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    index["attacks"].as_array().unwrap().clone()
}

fn text<'a>(attack: &'a Value, key: &str) -> &'a str {
    attack[key].as_str().unwrap_or_else(|| panic!("{attack} has no {key}"))
}

fn component(file: &str) -> Vec<u8> {
    let path = packed().join(file);
    match file.ends_with(".zst") {
        true => zstd::decode_all(File::open(&path).unwrap()).unwrap(),
        false => fs::read(&path).unwrap(),
    }
}

/// The packed files, as the index names them.
fn files() -> BTreeSet<String> {
    let folders = ["", "forged/", "languages/"];
    let files = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(packed().join(folder)).unwrap();
        entries.map(move |entry| format!("{folder}{}", entry.unwrap().file_name().to_string_lossy()))
    });
    files.filter(|file| file.ends_with(".wasm") || file.ends_with(".zst")).collect()
}

#[test]
fn the_index_has_every_packed_file_and_all_that_it_can_do_wrong() {
    let attacks = attacks();
    let indexed: BTreeSet<_> = attacks.iter().map(|attack| text(attack, "file").to_owned()).collect();
    assert_eq!(indexed, files());
    let names: BTreeSet<_> = attacks.iter().map(|attack| (text(attack, "file"), text(attack, "attack"))).collect();
    assert_eq!(names.len(), attacks.len());
    for file in files().iter().filter(|file| !file.starts_with("forged/")) {
        let package = Package::read(file, component(file)).unwrap();
        for transform in &package.manifest().transforms {
            assert!(names.contains(&(file.as_str(), transform.name.as_str())), "{file}: {}", transform.name);
        }
    }
}

#[test]
fn the_forged_components_are_those_of_the_sources() {
    let mut forged: BTreeSet<_> = files().into_iter().filter(|file| file.starts_with("forged/")).collect();
    for (name, forge) in forge::published() {
        let plain = format!("forged/{name}.wasm");
        let file = if forged.contains(&plain) { plain } else { format!("forged/{name}.wasm.zst") };
        assert!(forged.remove(&file), "{file} is not there; run tests/guests/publish");
        assert!(component(&file) == forge(), "{file} is old; run tests/guests/publish");
    }
    assert!(forged.is_empty(), "{forged:?}");
}

#[test]
fn each_attack_ends_as_the_index_says_and_the_next_batch_is_masked() {
    let partial = include_bytes!("../../plugins/packed/partial.wasm");
    let good = builder(partial, "{ columns: [one], mask: partial }").build().unwrap();
    let mut wrong = Vec::new();
    for attack in attacks() {
        let (expected, by) = outcome(&attack);
        if (expected, by) != (text(&attack, "expected"), text(&attack, "by")) {
            wrong.push(format!("{} {}: {expected}, {by}", text(&attack, "file"), text(&attack, "attack")));
        }
        let masked = good.mask_rows(batch(&[("one", &NUMBERS)])).unwrap();
        assert_eq!(values(&masked, "one")[0], Some("***4567"), "after {attack}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How it ends, in the words of the index, and what ended it here.
fn outcome(attack: &Value) -> (&'static str, &'static str) {
    let component = component(text(attack, "file"));
    let Ok(package) = Package::read("the plugin", component.as_slice()) else { return ("refused", "file") };
    match mask(attack, &component, package.manifest()) {
        Ok(masked) if masked.quarantined.is_empty() => ("answered", "nothing"),
        Ok(_) => ("rows rejected", "quarantine"),
        Err(Error::Package(_)) => ("refused", "loading"),
        Err(Error::Guest(error)) => fault(&error.fault),
        Err(other) => panic!("{attack}: not told as a fault of the plugin: {other}"),
    }
}

/// Asks for the transform with one column of text, or with what the index says.
fn mask(attack: &Value, component: &[u8], manifest: &Manifest) -> Result<Masked, Error> {
    let types =
        |key: &str| attack[key].as_array().into_iter().flatten().map(|it| it.as_str().unwrap()).collect::<Vec<_>>();
    let (masked, context) = (types("columns"), types("context"));
    let masked = if masked.is_empty() { vec!["text"] } else { masked };
    let names: Vec<_> = (0..masked.len() + context.len()).map(|number| format!("c{number}")).collect();
    let (of_masked, of_context) = names.split_at(masked.len());
    let together = if masked.len() > 1 { ", together: true" } else { "" };
    let key = if manifest.asks.iter().any(|ask| ask.purpose().is_some()) { ", key: lent" } else { "" };
    let seen = if context.is_empty() { String::new() } else { format!(", context: [{}]", of_context.join(", ")) };
    let rule = format!(
        "{{ columns: [{}], mask: {}/{}{key}{together}{seen} }}",
        of_masked.join(", "),
        manifest.name,
        text(attack, "transform")
    );
    let drops = of_context.iter().map(|name| format!("\n{{ columns: [{name}], drop: true }}")).collect::<String>();
    let (rule, names) = match manifest.world {
        World::TextClassifier => (scrub(attack, manifest), vec![text(attack, "transform").to_owned()]),
        _ => (rule, names.clone()),
    };
    let first = attack["values"].as_array().map(|values| values.iter().map(Value::as_str).collect::<Vec<_>>());
    let columns = masked.into_iter().chain(context).enumerate().map(|(number, kind)| match kind {
        "text" if number == 0 => Arc::new(StringArray::from(first.clone().unwrap_or(NUMBERS.to_vec()))) as ArrayRef,
        "text" => Arc::new(StringArray::from(CITIES.to_vec())),
        _ => Arc::new(Int64Array::from(vec![123_456_789, 5, 6, 7])),
    });
    let rows =
        RecordBatch::try_from_iter_with_nullable(names.iter().zip(columns).map(|(name, array)| (name, array, true)));
    let cache = CodeCache::open(Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacks")).unwrap();
    // A busy machine takes its time to hand out all the memory that is allowed.
    let deadline = Duration::from_secs(if text(attack, "by") == "time" { 1 } else { 60 });
    let limits = Limits { deadline, ..Limits::default() };
    builder(component, &format!("{rule}{drops}")).limits(limits).code_cache(cache).build()?.mask_rows(rows.unwrap())
}

/// Has it find the pieces of one column, whose name says what it does wrong.
fn scrub(attack: &Value, manifest: &Manifest) -> String {
    format!("{{ columns: [{}], scrub: {{ find: [{}] }} }}", text(attack, "transform"), manifest.name)
}

fn fault(fault: &GuestFault) -> (&'static str, &'static str) {
    match fault {
        GuestFault::Deadline { .. } => ("stopped", "time"),
        GuestFault::Memory { .. } => ("stopped", "memory"),
        GuestFault::Stack => ("stopped", "stack"),
        GuestFault::Trap => ("stopped", "trap"),
        GuestFault::TooLarge { .. } => ("stopped", "output"),
        GuestFault::Refused(_) | GuestFault::Configuration(_) => ("declined", "plugin"),
        GuestFault::Contract(_) => ("answer refused", "contract"),
        GuestFault::Verification { .. } => ("answer refused", "verification"),
    }
}

/// The command reads, compiles and runs each of these, on a busy machine, in less than a minute and a gibibyte. Those that
/// spin take their deadline, which `forged` shortens.
#[test]
fn no_file_takes_more_time_and_memory_than_is_its_due() {
    const POLICY: &str = "version: 1\ndomain: d\nrules:\n  - { columns: [name], mask: forged }\n";
    let policy = ("policy.yaml", POLICY);
    for (name, forge) in forge::published().filter(|(name, _)| !name.ends_with("spins")) {
        let desk = Desk::with(&[policy, ("in.csv", "name\nAda\n")]);
        fs::create_dir(desk.path("plugins")).unwrap();
        desk.put("plugins/forged.wasm", forge());
        let mut command = desk.command(&moretta());
        command.args("mask in.csv -p policy.yaml --plugins plugins --ephemeral-keys --out out.csv".split(' '));
        let started = Instant::now();
        command.env("MORETTA_CACHE", desk.path("cache")).stderr(Stdio::null());
        let (code, peak) = watched(command.spawn().unwrap());
        let took = started.elapsed();
        assert!(code.is_some_and(|code| (0..=2).contains(&code)), "{name}: {code:?}");
        assert_eq!(desk.names().contains("out.csv"), code == Some(0), "{name}");
        assert!(peak < 1 << 30, "{name}: {} MiB", peak >> 20);
        assert!(took < Duration::from_secs(60), "{name}: {took:?}");
    }
}

/// The exit code of a process, and the most memory in bytes that it was seen to hold.
fn watched(mut process: Child) -> (Option<i32>, u64) {
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    loop {
        let now = fs::read_to_string(&status).unwrap_or_default();
        let now =
            now.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(now.unwrap_or_default() << 10);
        match process.try_wait().unwrap() {
            Some(status) => return (status.code(), peak),
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}
