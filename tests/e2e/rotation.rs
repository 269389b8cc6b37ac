//! Keys that are rotated, disabled and rewrapped again and again while others mask: no run fails, each is of one version of
//! each key, and what older versions made is read as before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moretta_tests::command::Desk;
use serde_json::Value;

use crate::reveal::{register, reveal_approved};
use crate::table::Table;

const POLICY: &str = "\
version: 1
domain: clinic
reference_date: 2026-01-01
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 300 } }
  - { columns: [ssn], mask: encrypt, key: cells }
  - { columns: [mrn], mask: encrypt-deterministic, key: joins }
  - { columns: [account], mask: token, key: tokens }
";

/// How often all keys are changed.
const ROUNDS: usize = 6;
const ROTATED: [&str; 6] = ["identity", "dates", "cells", "joins", "tokens", "audit"];

fn table() -> String {
    let row = |row: usize| format!("P-{row},19{:02}-03-04,999-55-{row:04},MRN/{row},account {row}\n", row % 90);
    "id,born,ssn,mrn,account\n".to_owned() + &(0..200).map(row).collect::<String>()
}

/// What one run made, and under which versions of the keys, as its report says.
struct Run {
    name: String,
    versions: BTreeMap<String, u64>,
    columns: BTreeMap<&'static str, Vec<String>>,
}

fn mask(desk: &Desk, name: &str) -> Run {
    let options = "--policy policy.yaml --keyring keys --vault vault.db --quiet --batch-bytes 4096 --workers 2";
    desk.run(&format!("mask in.csv {options} --out {name}.csv --report {name}.json")).assert_code(0);
    let report: Value = serde_json::from_str(&desk.text(&format!("{name}.json"))).unwrap();
    let versions = report["revision"]["keys"].as_object().unwrap().iter();
    let versions = versions.map(|(key, version)| (key.clone(), version.as_u64().unwrap())).collect();
    let masked = Table::of_csv(&desk.bytes(&format!("{name}.csv")));
    let column = |name| (name, masked.column(name).into_iter().map(str::to_owned).collect());
    Run { name: name.to_owned(), versions, columns: ["id", "born", "ssn", "mrn", "account"].map(column).into() }
}

/// Rotates every key, lets the version before be used for nothing, and wraps all of them anew.
fn change(desk: &Desk, round: usize) {
    for key in ROTATED {
        desk.run(&format!("keys rotate {key} --keyring keys")).assert_code(0);
        if key == "tokens" {
            desk.run("vault reseal --vault vault.db --keyring keys").assert_code(0);
        }
        // What the trail was signed with is needed to go on with it.
        if key != "audit" {
            desk.run(&format!("keys disable {key} --version {round} --keyring keys")).assert_code(0);
        }
    }
    desk.run("keys rewrap --protect key-file --keyring keys").assert_code(0);
}

#[test]
fn no_run_fails_while_keys_change_and_each_is_of_one_version() {
    let desk = Desk::with(&[("in.csv", &table()), ("policy.yaml", POLICY)]);
    let keys = "identity=pseudonym dates=date-shift cells=encrypt joins=encrypt-deterministic tokens=token audit=audit";
    let keys: String = keys.split(' ').map(|key| format!(" --key {key}")).collect();
    desk.run(&format!("keys init --keyring keys {keys}")).assert_code(0);
    desk.run("vault init --vault vault.db --keyring keys").assert_code(0);
    let done = AtomicBool::new(false);
    let runs: Vec<Run> = thread::scope(|scope| {
        let work = |thread: usize| {
            let mut runs = Vec::new();
            while !done.load(Ordering::Relaxed) {
                runs.push(mask(&desk, &format!("out-{thread}-{}", runs.len())));
            }
            runs
        };
        let masking: Vec<_> = (0..3).map(|thread| scope.spawn(move || work(thread))).collect();
        let changed = scope.spawn(|| (1..=ROUNDS).for_each(|round| change(&desk, round))).join();
        done.store(true, Ordering::Relaxed);
        changed.unwrap();
        masking.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    each_is_of_one_version(&runs);
    old_data_is_read(&desk, &runs);
}

fn each_is_of_one_version(runs: &[Run]) {
    for (column, key) in [("id", "identity"), ("mrn", "joins")] {
        let mut of: BTreeMap<u64, &Vec<String>> = BTreeMap::new();
        for run in runs {
            let first = of.entry(run.versions[key]).or_insert(&run.columns[column]);
            assert_eq!(*first, &run.columns[column], "{column} under version {}", run.versions[key]);
        }
        assert!(of.len() >= 3, "{column}: only {} versions were used", of.len());
        let all: BTreeSet<_> = of.values().flat_map(|values| values.iter()).collect();
        assert_eq!(all.len(), of.len() * 200, "{column}: versions have values in common");
    }
    for run in runs {
        for cell in &run.columns["ssn"] {
            let cell = URL_SAFE_NO_PAD.decode(cell).unwrap();
            let version = u32::from_be_bytes(cell[1..5].try_into().unwrap());
            assert_eq!(u64::from(version), run.versions["cells"], "{}", run.name);
        }
        assert_eq!(run.columns["account"], runs[0].columns["account"], "tokens outlive the versions of their key");
    }
}

fn old_data_is_read(desk: &Desk, runs: &[Run]) {
    ["anna", "bruno"].iter().for_each(|name| register(desk, name));
    for key in ["cells", "joins", "tokens"] {
        for version in 1..=ROUNDS {
            desk.run(&format!("keys enable {key} --version {version} --keyring keys")).assert_code(0);
        }
    }
    let oldest = runs.iter().min_by_key(|run| run.versions["cells"]).unwrap();
    let newest = runs.iter().max_by_key(|run| run.versions["cells"]).unwrap();
    assert!(newest.versions["cells"] > oldest.versions["cells"] + 1);
    let before = Table::of_csv(table().as_bytes());
    for (run, column) in [(oldest, "ssn"), (newest, "ssn"), (oldest, "mrn"), (oldest, "account")] {
        let out = format!("{}-{column}.csv", run.name);
        reveal_approved(desk, &format!("{}.csv --column {column} --vault vault.db", run.name), &out).assert_code(0);
        assert_eq!(Table::of_csv(&desk.bytes(&out)).column(column), before.column(column), "{}", run.name);
    }
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}
