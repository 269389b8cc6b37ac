//! Tokens from a vault, from file to file.

use std::collections::BTreeSet;

use moretta_tests::command::Desk;

use crate::table::{Table, corpus_text};

const POLICY: &str = "\
version: 1
domain: trial
reference_date: 2026-01-01
rules:
  - { columns: [patient_id], mask: token, key: tokens, with: { prefix: T- } }
  - { columns: [account], mask: token, key: tokens, with: { format: digits } }
  - { columns: ['*'], drop: true }
";

fn desk() -> Desk {
    let desk =
        Desk::with(&[("p.yaml", POLICY), ("in.csv", "patient_id,account\np-1,123456\np-2,654321\np-1,123456\n")]);
    let keys = "--key tokens=token --key quarantine=quarantine --key audit=audit";
    desk.run(&format!("keys init --keyring keys {keys}")).assert_code(0);
    desk.run("vault init --vault vault.db --keyring keys").assert_code(0);
    desk
}

const MASK: &str = "--policy p.yaml --keyring keys --vault vault.db";

fn table(desk: &Desk, file: &str) -> Table {
    Table::of_csv(&desk.bytes(file))
}

#[test]
fn equal_values_have_one_token_in_every_file_and_run() {
    let desk = desk();
    desk.put("visits.csv", "patient_id\np-2\np-1\n");
    for file in ["in", "visits", "in"] {
        desk.run(&format!("mask {file}.csv {MASK} --out {file}-masked.csv")).assert_code(0);
    }
    let (masked, visits) = (table(&desk, "in-masked.csv"), table(&desk, "visits-masked.csv"));
    let ids = masked.column("patient_id");
    assert!(ids[0] == ids[2] && ids[0] != ids[1] && ids.iter().all(|id| id.len() == 28 && id.starts_with("T-")));
    assert_eq!(visits.column("patient_id"), [ids[1], ids[0]]);
    for (account, original) in masked.column("account").iter().zip(["123456", "654321", "123456"]) {
        assert!(account.len() == 6 && account.bytes().all(|byte| byte.is_ascii_digit()) && *account != original);
    }
    let stats = desk.run("vault stats --vault vault.db --keyring keys --json").assert_code(0).text();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!((&stats[0]["tokens"], &stats[1]["tokens"]), (&2.into(), &2.into()), "{stats}");
}

#[test]
fn processes_that_mask_the_same_patients_at_once_agree_on_every_token() {
    let desk = desk();
    desk.put("all.csv", corpus_text("synthea/encounters.csv"));
    let policy = "{ columns: [patient_id], mask: token, key: tokens }, { columns: ['*'], drop: true }";
    desk.put("p.yaml", format!("version: 1\ndomain: d\nrules: [{policy}]\n"));
    let run =
        |out: &str| format!("\"$MORETTA\" mask all.csv {MASK} --workers 3 --batch-bytes 4096 --quiet --out {out}");
    desk.run_in_shell(&format!("{} & one=$!; {} && wait $one", run("1.csv"), run("2.csv"))).assert_code(0);
    assert_eq!(desk.text("1.csv"), desk.text("2.csv"));
    let original = Table::of_csv(corpus_text("synthea/encounters.csv").as_bytes());
    let tokens = table(&desk, "1.csv");
    let pairs: BTreeSet<_> = original.column("patient_id").into_iter().zip(tokens.column("patient_id")).collect();
    assert_eq!((pairs.len(), tokens.set("patient_id").len()), (original.set("patient_id").len(), pairs.len()));
}

#[test]
fn a_token_that_has_expired_is_purged_and_the_value_gets_another() {
    let desk = desk();
    desk.put("p.yaml", POLICY.replace("prefix: T-", "prefix: T-, days: 30"));
    desk.run(&format!("mask in.csv {MASK} --out old.csv")).assert_code(0);
    let purge = |day: &str| desk.run(&format!("vault purge --vault vault.db --keyring keys --as-of {day}"));
    assert_eq!(purge("2026-01-30").assert_code(0).text(), "0 tokens purged\n");
    assert_eq!(purge("2026-02-01").assert_code(0).text(), "2 tokens purged\n");
    desk.run(&format!("mask in.csv {MASK} --out new.csv")).assert_code(0);
    let (old, new) = (table(&desk, "old.csv"), table(&desk, "new.csv"));
    assert!(old.set("patient_id").is_disjoint(&new.set("patient_id")));
    assert_eq!(old.column("account"), new.column("account"), "these stand for ever");
}

#[test]
fn what_is_wrong_with_a_vault_is_told_and_leaves_no_output() {
    let desk = desk();
    let refused = |arguments: &str, code: i32, why: &str| {
        let run = desk.run(&format!("mask in.csv --policy p.yaml {arguments} --out out.csv")).assert_code(code);
        assert!(run.stderr.contains(why), "{}", run.stderr);
        assert!(!run.stderr.contains("p-1") && !run.stderr.contains("123456"), "{}", run.stderr);
        assert!(!desk.names().contains("out.csv"));
    };
    refused("--keyring keys", 2, "no vault was given; name one with --vault");
    refused("--keyring keys --vault nowhere.db", 2, "there is no vault at nowhere.db");
    desk.run("keys init --keyring other --key tokens=token --key quarantine=quarantine").assert_code(0);
    refused("--keyring other --vault vault.db", 2, "made with another keyring");
    desk.put("junk.db", "this is no database");
    refused("--keyring keys --vault junk.db", 2, "can be read by others");
    desk.put("p.yaml", POLICY.replace("format: digits", "format: digits, prefix: X"));
    refused("--keyring keys --vault vault.db", 2, "`token` refuses it");
}

#[test]
fn a_trial_needs_no_vault_and_keeps_nothing() {
    let desk = desk();
    desk.run("mask in.csv --policy p.yaml --ephemeral-keys --out 1.csv").assert_code(0);
    desk.run("mask in.csv --policy p.yaml --ephemeral-keys --vault vault.db --out 2.csv").assert_code(0);
    assert!(table(&desk, "1.csv").set("patient_id").is_disjoint(&table(&desk, "2.csv").set("patient_id")));
    let stats = desk.run("vault stats --vault vault.db --keyring keys --json").assert_code(0).text();
    assert_eq!(stats.trim(), "[]");
}
