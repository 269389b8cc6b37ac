//! Token vaults: the command, several processes at once, and processes that are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use moretta_tests::command::{Desk, program};
use serde_json::{Value, json};

/// A desk with a keyring and an empty vault.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.run("keys init --keyring keys --key tokens=token --key others=token").assert_code(0);
    desk.run("vault init --vault tokens.vault --keyring keys").assert_code(0);
    desk
}

/// A process that prints the tokens of these values.
fn start(desk: &Desk, values: &[String], batch: usize) -> Child {
    feed(desk, values, &["--batch", &batch.to_string()])
}

fn feed(desk: &Desk, values: &[String], options: &[&str]) -> Child {
    let mut command = desk.command(&program("tokenize"));
    command.args(["--vault", "tokens.vault", "--keyring", "keys"]).args(options);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all((values.join("\n") + "\n").as_bytes()).unwrap();
    process
}

/// The values with the whole lines that came out. What a killed process was about to print is cut.
fn finish(process: Child, values: &[String]) -> BTreeMap<String, String> {
    let output = String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap();
    let whole = output.rfind('\n').map_or("", |end| &output[..end]);
    values.iter().cloned().zip(whole.lines().map(str::to_owned)).collect()
}

fn values(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("MRN-{number:07}")).collect()
}

fn stats(desk: &Desk) -> Value {
    let stats = desk.run("vault stats --vault tokens.vault --keyring keys --json").assert_code(0);
    serde_json::from_str(&stats.text()).unwrap()
}

#[test]
fn processes_at_once_agree_on_every_token() {
    let desk = desk();
    let forwards = values(30_000);
    let backwards: Vec<_> = forwards.iter().rev().cloned().collect();
    let processes = [(&forwards, 700), (&backwards, 1100), (&forwards, 400)];
    let started: Vec<_> = processes.map(|(values, batch)| (start(&desk, values, batch), values)).into();
    let all: Vec<_> = started.into_iter().map(|(process, values)| finish(process, values)).collect();
    assert_eq!(all[0].len(), 30_000);
    assert!(all.iter().all(|tokens| *tokens == all[0]));
    assert_eq!(all[0].values().collect::<BTreeSet<_>>().len(), 30_000);
    assert_eq!(stats(&desk)[0]["tokens"], 30_000);
}

#[test]
fn a_killed_process_takes_no_token_back_and_leaves_no_half_batch() {
    let desk = desk();
    let values = values(100_000);
    let (mut known, mut cut) = (BTreeMap::new(), 0);
    for round in 1..=6 {
        let mut process = start(&desk, &values, 2000);
        std::thread::sleep(Duration::from_millis(60 * round));
        process.kill().unwrap();
        let printed = finish(process, &values);
        cut += usize::from(printed.len() < values.len());
        for (value, token) in printed {
            assert_eq!(*known.entry(value).or_insert_with(|| token.clone()), token);
        }
        let stored = stats(&desk).get(0).map_or(0, |set| set["tokens"].as_u64().unwrap());
        assert!(
            stored >= known.len() as u64 && stored.is_multiple_of(2000),
            "{stored} stored, {} printed",
            known.len()
        );
    }
    assert!(cut > 2, "{cut} were killed at work");
    let whole = finish(start(&desk, &values, 2000), &values);
    assert_eq!(whole.len(), values.len());
    assert!(known.iter().all(|(value, token)| whole[value] == *token));
    assert_eq!(stats(&desk)[0]["tokens"], 100_000);
}

/// How many values are sealed under each of the first two versions of the key.
fn under(desk: &Desk) -> [u64; 2] {
    let stats = stats(desk);
    let versions = stats[0]["key_versions"].as_array().unwrap();
    let of = |number: u64| versions.iter().find(|version| version["version"] == number);
    [1, 2].map(|number| of(number).map_or(0, |version| version["tokens"].as_u64().unwrap()))
}

#[test]
fn a_killed_reseal_loses_nothing_and_the_next_one_goes_on() {
    let desk = desk();
    let (values, more) = (values(60_000), (0..20_000).map(|number| format!("later {number}")).collect::<Vec<_>>());
    let tokens = finish(start(&desk, &values, 10_000), &values);
    desk.run("keys rotate tokens --keyring keys").assert_code(0);
    let meanwhile = start(&desk, &more, 200);
    let mut moment = Duration::from_millis(10);
    let (mut stopped_between, mut last) = (0, 0);
    while last < 60_000 {
        let mut command = desk.command(&program("moretta-under-test"));
        command.args(["vault", "reseal", "--vault", "tokens.vault", "--keyring", "keys"]).stdout(Stdio::null());
        let mut running = command.spawn().unwrap();
        std::thread::sleep(moment);
        running.kill().unwrap();
        running.wait().unwrap();
        let [old, new] = under(&desk);
        assert!(old + new >= 60_000 && old <= 60_000 - last, "{old} and {new} after {last}");
        stopped_between += usize::from((1..60_000).contains(&old));
        last = 60_000 - old;
        moment += Duration::from_millis(5);
    }
    assert!(stopped_between > 0, "none was killed between two transactions");
    let later = finish(meanwhile, &more);
    let told = desk.run("vault reseal --vault tokens.vault --keyring keys").assert_code(0).text();
    assert!(told.ends_with("no value of this vault needs another version of key `tokens`\n"), "{told}");
    assert_eq!(under(&desk), [0, 80_000]);

    desk.run("keys destroy tokens --version 1 --yes --keyring keys").assert_code(0);
    for of in [&tokens, &later] {
        let asked: Vec<_> = of.values().cloned().collect();
        let back = finish(feed(&desk, &asked, &["--back"]), &asked);
        assert!(of.iter().all(|(value, token)| back[token] == *value));
    }
    assert_eq!(finish(start(&desk, &values, 5000), &values), tokens);
}

#[test]
fn counts_and_purges() {
    let desk = desk();
    finish(start(&desk, &values(10), 10), &values(10));
    let expected = json!([{
        "domain": "patients", "format": "opaque", "tokens": 10, "expired": 0,
        "key_versions": [{ "version": 1, "tokens": 10 }],
    }]);
    assert_eq!(stats(&desk), expected);
    let table = desk.run("vault stats --vault tokens.vault --keyring keys").assert_code(0).text();
    let table: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(table[1], ["patients", "opaque", "10", "0", "version", "1:", "10"]);
    let purged = desk.run("vault purge --vault tokens.vault --keyring keys --as-of 2199-12-31").assert_code(0).text();
    assert_eq!(purged, "0 tokens purged\n");
}

#[test]
fn says_how_to_mend_what_is_wrong() {
    let desk = desk();
    desk.run("keys init --keyring strangers --key tokens=token").assert_code(0);
    desk.put("table.csv", "id,name\n17,Meyer\n");
    desk.run_in_shell("chmod 600 table.csv && cp tokens.vault open.vault && chmod 644 open.vault").assert_code(0);
    let cases: [(&str, i32, &str); 8] = [
        ("vault stats --vault none.vault --keyring keys", 2, "make one with `moretta vault init --vault none.vault`"),
        ("vault init --vault tokens.vault --keyring keys", 2, "there is something at tokens.vault already"),
        ("vault stats --vault tokens.vault --keyring strangers", 2, "does not open under key `tokens` of this keyring"),
        (
            "vault stats --vault tokens.vault --keyring keys --key others",
            2,
            "made under key `tokens`, and key `others`",
        ),
        ("vault stats --vault table.csv --keyring keys", 2, "table.csv is no token vault"),
        ("vault stats --vault open.vault --keyring keys", 2, "chmod 600"),
        ("vault init --vault none/tokens.vault --keyring keys", 1, "No such file or directory"),
        ("vault purge --vault tokens.vault --keyring keys --as-of 31.12.2026", 2, "year-month-day"),
    ];
    for (arguments, code, says) in cases {
        let finished = desk.run(arguments).assert_code(code);
        assert!(finished.stderr.contains(says), "{arguments}: {}", finished.stderr);
        assert!(!finished.stderr.contains("Meyer"));
    }
}

#[test]
fn a_vault_lies_open_to_nobody_else() {
    use std::os::unix::fs::MetadataExt;
    let desk = desk();
    finish(start(&desk, &values(10), 10), &values(10));
    assert_eq!(fs::metadata(desk.path("tokens.vault")).unwrap().mode() & 0o777, 0o600);
    let bytes = desk.bytes("tokens.vault");
    assert!(!bytes.windows(4).any(|window| window == b"MRN-"));
}
