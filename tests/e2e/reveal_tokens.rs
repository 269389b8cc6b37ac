//! Bringing values back from their tokens: with two others or not at all, and with the reason where nothing comes back.

use moretta_tests::command::Desk;
use serde_json::json;

use crate::reveal::{approve, ask, assert_denied, records, register, reveal, reveal_approved};
use crate::table::Table;

const POLICY: &str = "\
version: 1
domain: clinic
reference_date: 2026-01-01
rules:
  - { columns: [id], mask: token, key: tokens, with: { prefix: T- } }
  - { columns: [account], mask: token, key: tokens, with: { format: digits } }
  - { columns: [visit], mask: token, key: tokens, with: { days: 30 } }
  - { columns: [phone], mask: fpe, key: formats }
  - { columns: [state], keep: true }
";

const TABLE: &str = "\
id,account,visit,phone,state
Wendelmira-1,999888777,visit-A1,5552345678,Alaska
Wendelmira-2,,visit-B2,5552345679,Ohio
Wendelmira-1,999888779,,5552345670,Alaska
Wendelmira-4,999888770,visit-D4,5552345671,Iowa
";

/// A desk with a masked table, its vault, and the operators anna and bruno.
fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    let keys = "--key tokens=token --key formats=fpe --key audit=audit";
    desk.run(&format!("keys init --keyring keys {keys}")).assert_code(0);
    desk.run("vault init --vault vault.db --keyring keys").assert_code(0);
    desk.run("mask in.csv --policy policy.yaml --keyring keys --vault vault.db --quiet --out masked.csv")
        .assert_code(0);
    ["anna", "bruno"].iter().for_each(|name| register(&desk, name));
    desk
}

fn table(desk: &Desk, name: &str) -> Table {
    Table::of_csv(&desk.bytes(name))
}

const ID: &str = "masked.csv --column id --vault vault.db";

#[test]
fn tokens_lead_back_for_two_others_and_all_else_stays_masked() {
    let desk = desk();
    let (before, masked) = (table(&desk, "in.csv"), table(&desk, "masked.csv"));
    for (column, values) in [("id", 4), ("account", 3)] {
        let out = format!("{column}.csv");
        let run =
            reveal_approved(&desk, &format!("masked.csv --column {column} --vault vault.db"), &out).assert_code(0);
        assert!(run.stderr.contains(&format!("{values} values; 0 cells left")), "{}", run.stderr);
        let revealed = table(&desk, &out);
        assert_eq!(revealed.column(column), before.column(column));
        for other in ["id", "account", "visit", "phone", "state"].iter().filter(|other| **other != column) {
            assert_eq!(revealed.column(other), masked.column(other), "{other}");
        }
        let details = &records(&desk, "revealed").pop().unwrap()["details"];
        let told = json!([details["key"], details["rows_revealed"], details["values_revealed"], details["versions"]]);
        assert_eq!(told, json!(["tokens", values, values, [1]]));
    }
    reveal_approved(&desk, &format!("{ID} --rows 2,4 --max-rows 2"), "some.csv").assert_code(0);
    let some = table(&desk, "some.csv");
    let expected: Vec<_> =
        [&masked, &before, &masked, &before].into_iter().zip(0..).map(|(t, row)| t.column("id")[row]).collect();
    assert_eq!(some.column("id"), expected);
    let many = reveal_approved(&desk, &format!("{ID} --max-rows 3"), "more.csv").assert_code(2);
    assert!(many.stderr.contains("more than 3 rows"), "{}", many.stderr);
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn one_approval_or_no_vault_reveals_nothing_and_is_recorded() {
    let desk = desk();
    ask(&desk, ID).assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno"]);
    let none = desk.run(&format!("reveal {ID} --policy policy.yaml --keyring keys --out out.csv"));
    assert_denied(&desk, none, "0 of 2 approvals", "too-few-approvals");
    let one = reveal(&desk, &format!("{ID} --out out.csv"), &["anna"]);
    assert_denied(&desk, one, "1 of 2 approvals", "too-few-approvals");
    let without = reveal(&desk, "masked.csv --column id --out out.csv", &["anna", "bruno"]);
    assert_denied(&desk, without, "no vault was given; name one with --vault", "vault");
    let nowhere = reveal(&desk, "masked.csv --column id --vault nowhere.db --out out.csv", &["anna", "bruno"]);
    assert_denied(&desk, nowhere, "there is no vault at nowhere.db", "vault");
    let other = reveal(&desk, "masked.csv --column account --vault vault.db --out out.csv", &["anna", "bruno"]);
    assert_denied(&desk, other, "asks for something else", "other-column");
    reveal(&desk, &format!("{ID} --out out.csv"), &["anna", "bruno"]).assert_code(0);
    let again = reveal(&desk, &format!("{ID} --out twice.csv"), &["anna", "bruno"]).assert_code(2);
    assert!(again.stderr.contains("carried out"), "{}", again.stderr);
}

#[test]
fn what_does_not_lead_back_says_why() {
    let desk = desk();
    let visits = "masked.csv --column visit --vault vault.db";
    let expired = reveal_approved(&desk, visits, "out.csv").assert_code(1);
    assert!(expired.stderr.contains("line 2, column `visit`: the token has expired"), "{}", expired.stderr);
    let purged = desk.run("vault purge --vault vault.db --keyring keys").assert_code(0).text();
    assert_eq!(purged, "3 tokens purged\n");
    let gone = reveal_approved(&desk, visits, "out.csv").assert_code(1);
    assert!(gone.stderr.contains("it expired and was purged, is of another vault, or is no token"), "{}", gone.stderr);
    let details = &records(&desk, "revealed").pop().unwrap()["details"];
    assert_eq!(details["refused"], "unopened");
    assert!(!desk.path("out.csv").exists());

    let mixed = desk.text("masked.csv").replacen("T-", "X-", 1);
    desk.put("mixed.csv", mixed);
    let what = "mixed.csv --column id --vault vault.db";
    let stranger = reveal_approved(&desk, what, "out.csv").assert_code(1);
    assert!(stranger.stderr.contains("line 2, column `id`"), "{}", stranger.stderr);
    let skipped = reveal_approved(&desk, &format!("{what} --skip-unopened"), "out.csv").assert_code(0);
    assert!(skipped.stderr.contains("3 rows revealed to out.csv: 3 values; 1 cells left"), "{}", skipped.stderr);
    let revealed = table(&desk, "out.csv");
    assert!(revealed.column("id")[0].starts_with("X-"));
    assert_eq!(revealed.column("id")[1..], table(&desk, "in.csv").column("id")[1..]);
}

#[test]
fn a_disabled_version_opens_no_token_until_the_vault_is_resealed() {
    let desk = desk();
    desk.run("keys rotate tokens --keyring keys").assert_code(0);
    desk.run("vault stats --vault vault.db --keyring keys").assert_code(0);
    desk.run("keys disable tokens --version 1 --keyring keys").assert_code(0);
    let refused = reveal_approved(&desk, ID, "out.csv").assert_code(2);
    assert!(refused.stderr.contains("version 1 of key `tokens` is needed to read this"), "{}", refused.stderr);
    let refused = desk.run("vault reseal --vault vault.db --keyring keys").assert_code(2);
    assert!(refused.stderr.contains("version 1 of key `tokens` is needed to read this"), "{}", refused.stderr);
    desk.run("keys enable tokens --version 1 --keyring keys").assert_code(0);
    let told = desk.run("vault reseal --vault vault.db --keyring keys").assert_code(0).text();
    let all = "9 values sealed anew under version 2 of key `tokens`; no value of this vault needs another version";
    assert!(told.starts_with(all), "{told}");
    desk.run("keys disable tokens --version 1 --keyring keys").assert_code(0);
    reveal_approved(&desk, ID, "out.csv").assert_code(0);
    assert_eq!(table(&desk, "out.csv").column("id"), table(&desk, "in.csv").column("id"));
    assert_eq!(records(&desk, "revealed").pop().unwrap()["details"]["versions"], json!([2]));
}

#[test]
fn what_cannot_tell_a_wrong_key_is_not_revealed() {
    let desk = desk();
    let refused = ask(&desk, "masked.csv --column phone").assert_code(2);
    for part in ["masks `phone` with fpe", "neither a tag nor the version", "mask with token or encrypt-deterministic"]
    {
        let told = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(part), "{part}: {told}");
    }
}
