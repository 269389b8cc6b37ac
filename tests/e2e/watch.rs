//! Folders: every file that arrives is masked exactly once, whatever ends the process.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use moretta_tests::command::{Desk, Finished, moretta};
use serde_json::Value;

/// No two runs give the same bytes under it.
const POLICY: &str = "\
version: 1
domain: inbox
subject: id
types: { weight: int64 }
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [weight], mask: noise, with: { amount: 1000000 } }
";
const FOLDERS: [&str; 4] = ["in", "out", "done", "q"];
const WATCH: &str = "watch in --out out --done done --policy p.yaml --keyring keys --quarantine q --max-quarantined 3 \
                     --sidecar --lineage events.jsonl --every 10 --settle";
const LABELS: &str = ".labels.yaml";

fn desk() -> Desk {
    let desk = Desk::with(&[("p.yaml", POLICY)]);
    desk.make_keys("keys");
    FOLDERS.iter().for_each(|folder| fs::create_dir(desk.path(folder)).unwrap());
    desk
}

/// A table of so many rows, the first of which cannot be masked.
fn table(number: usize, rows: usize) -> String {
    let row = |row: usize| format!("p-{number}-{row},{},{row}\n", if row == 0 { "soon" } else { "1980-01-02" });
    format!("id,born,weight\n{}", (0..rows).map(row).collect::<String>())
}

/// The files of a folder that are no journal, no labels and not hidden, and their bytes.
fn files(desk: &Desk, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(desk.path(folder)).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    // One that is removed meanwhile is not there.
    let read = |(name, path): (String, _)| Some((name, fs::read(path).ok()?));
    named.filter(|(name, _)| !name.starts_with('.') && !name.ends_with(LABELS)).filter_map(read).collect()
}

fn told(finished: &Finished) -> Vec<Value> {
    finished.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn outcomes(finished: &Finished) -> Vec<(String, String)> {
    let text = |told: &Value, name: &str| told[name].as_str().unwrap().to_owned();
    told(finished).iter().map(|told| (text(told, "file"), text(told, "outcome"))).collect()
}

fn once(desk: &Desk) -> Finished {
    desk.run(&format!("{WATCH} 0 --once"))
}

/// A watching process, killed when it is dropped.
struct Watching(Child);

impl Watching {
    fn start(desk: &Desk, settle: &str) -> Self {
        let mut command = desk.command(&moretta());
        command.args(WATCH.split_whitespace()).arg(settle);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[track_caller]
fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let started = Instant::now();
    while !until() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_file_is_masked_and_put_away_and_the_same_bytes_are_not_masked_again() {
    let desk = desk();
    desk.put("in/a.csv", table(1, 5));
    desk.put("in/b.csv", table(1, 5));
    desk.put("in/c.csv", table(2, 5));
    desk.put("in/notes.txt", "not for us");
    let finished = once(&desk).assert_code(0);
    let outcome = |file: &str, outcome: &str| (file.to_owned(), outcome.to_owned());
    assert_eq!(
        outcomes(&finished),
        [outcome("a.csv", "masked"), outcome("b.csv", "known"), outcome("c.csv", "masked")]
    );
    assert_eq!(told(&finished)[0]["rows"]["masked"], 4);
    assert_eq!(files(&desk, "in").into_keys().collect::<Vec<_>>(), ["notes.txt"]);
    assert_eq!(files(&desk, "out").into_keys().collect::<Vec<_>>(), ["a.csv", "c.csv"]);
    assert_eq!(files(&desk, "done").into_keys().collect::<Vec<_>>(), ["a.csv", "b.csv", "c.csv"]);
    let quarantined = desk.run("quarantine read q/a.csv.quarantine.jsonl --keyring keys").assert_code(0);
    assert!(quarantined.text().contains("p-1-0"));

    // Other bytes under a name that is taken get another one, and take nothing's place.
    let before = files(&desk, "out");
    desk.put("in/a.csv", table(3, 5));
    once(&desk).assert_code(0);
    let after = files(&desk, "out");
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes) && after.contains_key("a-2.csv"));
    assert!(files(&desk, "done").contains_key("a-2.csv"));
}

#[test]
fn a_process_that_is_killed_again_and_again_masks_every_file_once() {
    let desk = desk();
    let count = 40;
    for number in 0..count {
        desk.put(&format!("in/{number:02}.csv"), table(number, 200));
    }
    let (mut seen, mut kills) = (BTreeMap::<String, Vec<u8>>::new(), 0_u64);
    while !files(&desk, "in").is_empty() {
        assert!(kills < 500, "nothing gets done");
        let watching = Watching::start(&desk, "0");
        // Longer and longer, so that a busy machine gets something done too.
        sleep(Duration::from_millis(30 + kills * 7 % 60 + kills));
        drop(watching);
        kills += 1;
        for (name, bytes) in files(&desk, "out") {
            // Noise differs from run to run, so an output that was made twice would have changed.
            assert!(*seen.entry(name.clone()).or_insert_with(|| bytes.clone()) == bytes, "{name} was masked twice");
            assert!(desk.text(&format!("out/{name}{LABELS}")).contains("version: 1"), "{name} has no labels");
        }
    }
    assert!(kills > 4, "only {kills} processes were killed");
    let finished = once(&desk).assert_code(0);
    assert!(finished.stdout.is_empty(), "{}", finished.text());
    let rows = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let out = files(&desk, "out");
    assert_eq!((out.len(), files(&desk, "done").len(), files(&desk, "q").len()), (count, count, count));
    assert!(out.values().all(|bytes| rows(bytes) == 200));
    let events = desk.text("events.jsonl");
    let is_complete = |name: &String| {
        events.lines().any(|line| line.contains("\"eventType\":\"COMPLETE\"") && line.contains(&format!("/{name}\"")))
    };
    assert!(out.keys().all(is_complete), "{events}");
    let hidden: Vec<_> = ["out", "q"].iter().flat_map(|folder| fs::read_dir(desk.path(folder)).unwrap()).collect();
    let hidden = hidden.into_iter().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(hidden.filter(|name| name.starts_with('.')).all(|name| name.starts_with(".moretta-inbox")));
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn what_cannot_be_masked_stays_and_is_masked_when_it_is_mended() {
    let desk = desk();
    desk.put("in/bad.csv", format!("{}p-9,\"secret-value\n", table(1, 3)));
    desk.put("in/good.csv", table(2, 3));
    desk.put("in/worse.csv", table(3, 1).repeat(2));
    let finished = once(&desk).assert_code(1);
    assert!(!finished.text().contains("secret") && !finished.stderr.contains("secret"));
    let told = told(&finished);
    assert_eq!((told[0]["blame"].as_str(), told[1]["outcome"].as_str()), (Some("data"), Some("masked")));
    assert!(told[0]["error"].as_str().unwrap().contains("bad.csv, line 5"), "{}", told[0]);
    assert_eq!(files(&desk, "in").len(), 2);
    assert_eq!(files(&desk, "out").len(), 1);
    desk.put("in/bad.csv", table(1, 3));
    desk.remove("in/worse.csv");
    once(&desk).assert_code(0);
    assert_eq!((files(&desk, "in").len(), files(&desk, "out").len()), (0, 2));
}

#[test]
fn a_file_that_is_still_written_to_is_waited_for() {
    let desk = desk();
    let watching = Watching::start(&desk, "300");
    let mut file = OpenOptions::new().create(true).append(true).open(desk.path("in/a.csv")).unwrap();
    file.write_all(table(1, 2).as_bytes()).unwrap();
    for row in 0..20 {
        sleep(Duration::from_millis(60));
        file.write_all(format!("more-{row},1980-01-02,7\n").as_bytes()).unwrap();
        assert!(files(&desk, "out").is_empty(), "row {row} was not waited for");
    }
    wait("the file is masked", || files(&desk, "in").is_empty());
    assert_eq!(files(&desk, "out")["a.csv"].iter().filter(|byte| **byte == b'\n').count(), 22);
    drop(watching);
}

#[test]
fn a_changed_policy_is_in_force_for_the_next_file_and_a_broken_one_is_not() {
    let desk = desk();
    let _watching = Watching::start(&desk, "0");
    let mask = |name: &str, number| {
        desk.put(".staged", table(number, 3));
        fs::rename(desk.path(".staged"), desk.path(&format!("in/{name}"))).unwrap();
        wait("the file is masked", || files(&desk, "out").contains_key(name) && files(&desk, "in").is_empty());
        String::from_utf8(files(&desk, "out").remove(name).unwrap()).unwrap()
    };
    assert!(mask("a.csv", 1).starts_with("id,born,weight\n"));
    desk.put("p.yaml", "version: 1\nrules: [ { columns: [id], mask: no-such-transform } ]\n");
    sleep(Duration::from_millis(500));
    assert!(mask("b.csv", 2).starts_with("id,born,weight\n"));
    desk.put(
        "p.yaml",
        POLICY.replace("columns: [weight], mask: noise, with: { amount: 1000000 }", "columns: [weight], drop: true"),
    );
    let mut number = 3;
    wait("the new policy is in force", || {
        number += 1;
        mask(&format!("{number}.csv"), number).starts_with("id,born\n")
    });
}

#[test]
fn folders_that_would_lose_something_are_refused() {
    let desk = desk();
    desk.put("in/a.csv", table(1, 3));
    fs::create_dir(desk.path("in/inner")).unwrap();
    for (options, why) in [
        ("--out in --done done", "in is in, or lies in it"),
        ("--out out --done in/inner", "in/inner is in, or lies in it"),
        ("--out out --done missing", "cannot look into missing"),
        ("--out p.yaml --done done", "p.yaml is no directory"),
        ("--out out --done /dev/shm", "not on the file system"),
    ] {
        if options.contains("/dev/shm") && !is_elsewhere(Path::new("/dev/shm"), &desk.path("in")) {
            continue;
        }
        let refused = desk.run(&format!("watch in {options} --policy p.yaml --keyring keys --once")).assert_code(2);
        assert!(refused.stderr.contains(why), "{options}: {}", refused.stderr);
    }
    let watching = Watching::start(&desk, "0");
    wait("it watches", || files(&desk, "in").is_empty());
    let refused = once(&desk).assert_code(2);
    assert!(refused.stderr.contains("another `moretta watch`"), "{}", refused.stderr);
    drop(watching);
}

fn is_elsewhere(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(one).is_ok_and(|one| one.dev() != fs::metadata(other).unwrap().dev())
}
