//! Legal profiles: policies that must pass, and ones that must be refused for the paragraph that they break.

use moretta_tests::command::{Desk, Finished};

use crate::table::{Table, corpus_text};

const TABLES: [&str; 3] = ["patients.csv", "encounters.csv", "notes.csv"];

fn desk() -> Desk {
    let desk = Desk::new();
    for file in ["patients.csv", "encounters.csv", "notes.csv", "safe-harbor.yaml", "limited-data-set.yaml"] {
        desk.put(file, corpus_text(&format!("synthea/{file}")));
    }
    desk.put("expert-determination.yaml", corpus_text("synthea/expert-determination.yaml"));
    desk
}

fn with_keys(desk: &Desk) {
    let keys = "--key identity=pseudonym --key dates=date-shift --key tokens=token --key quarantine=quarantine --key audit=audit";
    desk.run(&format!("keys init --keyring keys {keys}")).assert_code(0);
    desk.run("vault init --vault vault.db --keyring keys").assert_code(0);
}

#[test]
fn the_ready_policies_pass_on_every_table() {
    let desk = desk();
    with_keys(&desk);
    for profile in ["safe-harbor", "limited-data-set", "expert-determination"] {
        for table in TABLES {
            desk.run(&format!("check {table} --policy {profile}.yaml")).assert_code(0);
            let out = format!("{profile}-{table}");
            let mask =
                format!("mask {table} --policy {profile}.yaml --keyring keys --vault vault.db --quiet --out {out}");
            desk.run(&mask).assert_code(0);
            assert_eq!(rows(&desk, &out), rows(&desk, table), "{out}");
        }
    }
    let patients = Table::of_csv(&desk.bytes("safe-harbor-patients.csv"));
    let year_or_nothing = |text: &&str| text.is_empty() || text.len() == 4;
    assert!(patients.column("death_date").iter().all(year_or_nothing));
    assert!(!patients.header.iter().any(|name| ["mrn", "ssn", "address", "lat", "phone"].contains(&name.as_str())));
}

fn rows(desk: &Desk, file: &str) -> usize {
    Table::of_csv(&desk.bytes(file)).rows.len()
}

/// What of a ready policy is changed, and what is said then.
#[track_caller]
fn refused(profile: &str, table: &str, from: &str, to: &str, said: &[&str]) {
    let desk = desk();
    let text = desk.text(&format!("{profile}.yaml"));
    assert!(text.contains(from), "{from}");
    desk.put("p.yaml", text.replacen(from, to, 1));
    let finished = desk.run(&format!("check {table} --policy p.yaml")).assert_code(2);
    let flat =
        finished.stderr.split_whitespace().filter(|word| !["│", "|"].contains(word)).collect::<Vec<_>>().join(" ");
    for said in said {
        assert!(flat.contains(said), "{said}: {}", finished.stderr);
    }
}

#[test]
fn safe_harbor_refuses_what_its_paragraphs_do() {
    let refused = |from: &str, to: &str, said: &[&str]| refused("safe-harbor", "patients.csv", from, to, said);
    let birth = "{ columns: [birth_date], mask: age, with: { from: birth-date } }";
    refused(birth, "{ columns: [birth_date], keep: true }", &["164.514(b)(2)(i)(C)", "`age`"]);
    let year = "{ columns: [birth_date], mask: generalize, with: { to: year } }";
    refused(birth, year, &["164.514(b)(2)(i)(C)", "leaves the year"]);
    refused("with: { to: year }", "with: { to: month }", &["164.514(b)(2)(i)(C)", "leaves the range"]);
    refused(
        "{ labels: [zip], mask: zip3 }",
        "{ labels: [zip], mask: partial, with: { keep_first: 3 } }",
        &["(B)", "`zip3`"],
    );
    refused("{ labels: [zip], mask: zip3 }", "{ labels: [city], keep: true }", &["164.514(b)(2)(i)(B)"]);
    let token = "mask: token, key: tokens, with: { prefix: \"P-\" }";
    refused(token, "mask: pseudonym, key: identity", &["164.514(b)(2)(i)(R)", "derived from the value"]);
    refused(token, "mask: encrypt, key: cells", &["164.514(b)(2)(i)(R)", "derived from the value"]);
    let kept = "{ labels: [free-text], mask: redact, may_keep: true }";
    let note = "{ labels: [free-text], mask: redact, with: { value: \"[withheld]\" } }";
    self::refused("safe-harbor", "notes.csv", note, kept, &["164.514(b)(2)(i)(A) to (R)", "leaves the value"]);
    let ssn = "rules:\n  - { columns: [ssn], mask: fpe, key: formats }";
    refused("rules:", ssn, &["164.514(b)(2)(i)(G)", "derived from the value"]);
}

/// The plan of a ready policy for the notes, with a rule that scrubs them in front of its own.
fn scrubbed(profile: &str, kinds: &str) -> Finished {
    let desk = desk();
    let rule = format!("rules:\n  - {{ labels: [free-text], scrub: {{ kinds: {kinds} }} }}");
    desk.put("p.yaml", desk.text(&format!("{profile}.yaml")).replacen("rules:", &rule, 1));
    desk.run("check notes.csv --policy p.yaml")
}

#[test]
fn free_text_passes_if_it_is_scrubbed_and_its_pieces_as_columns_do() {
    let year = "date: { mask: generalize, with: { to: year } }";
    let of_birth = "birth-date: { mask: age, with: { from: birth-date } }";
    for (profile, kinds, said) in [
        ("safe-harbor", "{}".to_owned(), ""),
        ("safe-harbor", "{ zip: { mask: zip3 } }".to_owned(), ""),
        ("safe-harbor", format!("{{ {year}, {of_birth} }}"), ""),
        ("safe-harbor", format!("{{ {year} }}"), "164.514(b)(2)(i)(C)"),
        ("safe-harbor", "{ person-name: { mask: surrogate, key: k, with: { kind: full-name } } }".to_owned(), "164.514(b)(2)(i)(A)"),
        ("safe-harbor", "{ us-ssn: { mask: partial } }".to_owned(), "164.514(b)(2)(i)(G)"),
        ("safe-harbor", "{ date: { mask: shift-dates, key: dates } }".to_owned(), "164.514(b)(2)(i)(C)"),
        ("safe-harbor", "{ zip: { mask: redact, may_keep: true } }".to_owned(), "164.514(b)(2)(i)(B)"),
        ("limited-data-set", "{ person-name: { mask: surrogate, key: k, with: { kind: full-name } }, zip: { mask: redact, may_keep: true } }".to_owned(), ""),
        ("limited-data-set", "{ phone: { mask: partial } }".to_owned(), "164.514(e)(2)(iii)"),
        ("limited-data-set", "{ street: { mask: redact, may_keep: true } }".to_owned(), "164.514(e)(2)(ii)"),
        ("expert-determination", "{ phone: { mask: partial } }".to_owned(), ""),
        ("expert-determination", "{ phone: { mask: redact, may_keep: true } }".to_owned(), "164.514(b)(1)"),
    ] {
        let finished = scrubbed(profile, &kinds).assert_code(if said.is_empty() { 0 } else { 2 });
        let words: Vec<_> = finished.stderr.split_whitespace().filter(|word| !["│", "|"].contains(word)).collect();
        let told = words.join(" ");
        let is_piece = said.is_empty() || told.contains("a piece of column `note`");
        assert!(told.contains(said) && is_piece, "{profile} {kinds}: {told}");
    }
}

#[test]
fn text_that_is_said_to_be_something_else_does_not_pass_as_scrubbed() {
    let desk = desk();
    for (label, said) in [("person-name", "164.514(b)(2)(i)(A)"), ("mrn", "164.514(b)(2)(i)(H)")] {
        let text = desk.text("safe-harbor.yaml").replace("note: free-text", &format!("note: {label}"));
        desk.put("p.yaml", text.replacen("rules:", "rules:\n  - { columns: [note], scrub: {} }", 1));
        let finished = desk.run("check notes.csv --policy p.yaml").assert_code(2);
        assert!(finished.stderr.contains(said), "{}", finished.stderr);
    }
}

#[test]
fn safe_harbor_wants_to_know_of_all_eighteen() {
    let absent = "absent: [E, F, I, J, L, M, N, O, P, Q]";
    let shorter = "absent: [F, I, J, L, M, N, O, P]";
    refused("safe-harbor", "patients.csv", absent, shorter, &["(E), (Q)", "`absent: [E, Q]`"]);
    let both = "absent: [A, E, F, I, J, L, M, N, O, P, Q]";
    refused("safe-harbor", "patients.csv", absent, both, &["(A) of 45 CFR", "take it out"]);
    refused("safe-harbor", "patients.csv", absent, "absent: [S]", &["A to R"]);
    refused("safe-harbor", "patients.csv", absent, "agreement: x", &["goes with `limited-data-set` only"]);
}

#[test]
fn a_limited_data_set_refuses_direct_identifiers_and_wants_an_agreement() {
    let refused = |from: &str, to: &str, said: &[&str]| refused("limited-data-set", "patients.csv", from, to, said);
    refused("rules:", "rules:\n  - { columns: [ssn], keep: true }", &["164.514(e)(2)(vi)"]);
    refused(
        "rules:",
        "rules:\n  - { columns: [phone], mask: partial, with: { keep_first: 3 } }",
        &["164.514(e)(2)(iii)"],
    );
    refused("rules:", "rules:\n  - { columns: [address], keep: true }", &["164.514(e)(2)(ii)"]);
    refused(", agreement: \"DUA 2026-17\"", "", &["`agreement: …`", "164.514(e)(4)"]);
}

#[test]
fn an_experts_determination_ends_and_names_nobody() {
    let refused = |from: &str, to: &str, said: &[&str]| refused("expert-determination", "patients.csv", from, to, said);
    refused("2099-12-31", "2025-12-31", &["does not hold any more", "164.514(b)(1)"]);
    refused(", expires: 2099-12-31", "", &["`expires: …`"]);
    refused("method: \"Determination 2026-03\", ", "", &["`method: …`"]);
    refused("rules:", "rules:\n  - { columns: [last_name], keep: true }", &["164.514(b)(1)"]);
}

#[test]
fn a_column_that_nobody_named_is_not_written() {
    for profile in ["safe-harbor", "limited-data-set", "expert-determination"] {
        let rule = "rules:\n  - { columns: [gender], keep: true }";
        let desk = desk();
        let text = desk.text(&format!("{profile}.yaml")).replace("  gender: quasi-identifier\n", "");
        desk.put("p.yaml", text.replacen("rules:", rule, 1));
        let finished = desk.run("check patients.csv --policy p.yaml").assert_code(2);
        assert!(finished.stderr.contains("`gender`"), "{}", finished.stderr);
    }
}
