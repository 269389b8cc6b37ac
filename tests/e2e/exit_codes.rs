//! How a run ends: the exit code, and the part of the message by which it is mended.

use moretta_tests::command::Desk;

const POLICY: &str = "\
version: 1
domain: codes
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [state], keep: true }
";

const TABLE: &str = "id,born,state\np1,1980-01-02,MA\np2,1981-02-03,NY\n";

/// The table, the policy, the arguments of `mask` beside keys and policy, the code, and what is said.
struct Case {
    table: &'static str,
    policy: String,
    arguments: &'static str,
    code: i32,
    says: &'static [&'static str],
}

fn case(table: &'static str, arguments: &'static str, code: i32, says: &'static [&'static str]) -> Case {
    Case { table, policy: POLICY.to_owned(), arguments, code, says }
}

/// A case of the good table under the policy with something put in the place of something else.
fn under(from: &str, to: &str, code: i32, says: &'static [&'static str]) -> Case {
    assert!(POLICY.contains(from));
    Case { policy: POLICY.replace(from, to), ..case(TABLE, "in.csv --out out.csv", code, says) }
}

fn failures_of_the_input() -> Vec<Case> {
    let table = |table, says| case(table, "in.csv --out out.csv", 1, says);
    vec![
        table("", &["in.csv", "the input is empty"]),
        table("id,born,state\np1,1980-01-02\n", &["in.csv, line 2", "2 fields where the header has 3"]),
        table("id,born,state\np1,1980-01-02,MA,x\n", &["in.csv, line 2", "4 fields where the header has 3"]),
        table("id,born,state\np1,\"1980-01-02,MA\n", &["in.csv, line 2", "never closed"]),
        table("id,born,born\np1,,\n", &["in.csv", "columns 2 and 3 have the same name"]),
        table("id,born,\np1,,\n", &["in.csv", "column 3 has no name"]),
        table("id,born,state\np1,,MA\nid,born,state\n", &["in.csv, line 3", "repeats the header"]),
        case(TABLE, "gone.csv --out out.csv", 1, &["cannot read gone.csv: No such file"]),
        case(TABLE, "in.csv --input-format ndjson --out out.csv", 1, &["in.csv, line 1", "not a JSON text"]),
        case(TABLE, "in.csv --input-format parquet --out out.csv", 1, &["in.csv", "not a readable parquet file"]),
        case(
            TABLE,
            "in.csv in.csv other.csv --out out.csv",
            1,
            &["other.csv: column 1 is not that of the first input, `id`"],
        ),
        under(
            "subject: id\n",
            "subject: id\ntypes: { id: int64 }\n",
            1,
            &["in.csv, line 2, column `id`", "type int64"],
        ),
    ]
}

fn failures_of_the_operator() -> Vec<Case> {
    let arguments = |arguments, says| case(TABLE, arguments, 2, says);
    vec![
        arguments("in.csv --out in.csv", &["in.csv is read by this run"]),
        arguments("in.csv --out out.csv --report out.csv", &["out.csv is to be written twice"]),
        arguments("in.csv --out out", &["out does not say its format"]),
        arguments("- --out out.csv", &["standard input needs a format"]),
        arguments("in.csv --out out.csv --max-quarantined 5", &["--quarantine FILE"]),
        arguments("in.csv --out . --format csv", &["is a directory"]),
        arguments("in.csv --out gone/out.csv", &["cannot make a file in gone: No such file"]),
        arguments("in.csv --out in.csv/out.csv", &["cannot make a file in in.csv: not a directory"]),
        arguments("in.csv --out out.csv --report gone/r.json", &["cannot write gone/r.json: No such file"]),
        arguments(
            "in.csv --out out.csv --max-quarantined 1 --quarantine gone/q",
            &["cannot write gone/q: No such file"],
        ),
        arguments("in.csv --out out.csv --plugins gone", &["cannot read gone: No such file"]),
        arguments("in.csv --out out.csv --plugins in.csv", &["cannot read in.csv: Not a directory"]),
        arguments("in.csv --out out.csv --labels gone", &["cannot read gone: No such file"]),
        arguments("in.csv", &["--out <PATH>"]),
        arguments("in.csv --out out.csv --workers 0", &["--workers"]),
        arguments("in.csv --out out.csv --format xlsx", &["unknown format `xlsx`"]),
        under("version: 1", "version: 2", 2, &["policy.yaml:1:10", "there is no version 2"]),
        under("domain: codes\n", "", 2, &["no `domain`"]),
        under("subject: id\n", "", 2, &["`shift-dates` shifts by individual", "policy.yaml:5:"]),
        under("subject: id", "subject: patient", 2, &["patient", "policy.yaml:3:"]),
        under("mask: pseudonym", "mask: pseudonim", 2, &["did you mean `pseudonym`?", "policy.yaml:5:"]),
        under("key: identity", "key: dates", 2, &["key `dates`", "a key has one purpose"]),
        under("key: identity", "key: other", 2, &["other"]),
        under("max_days: 30", "max_day: 30", 2, &["max_day", "policy.yaml:6:"]),
        under("max_days: 30", "max_days: 0", 2, &["`shift-dates`", "policy.yaml:6:"]),
        under("  - { columns: [state], keep: true }\n", "", 2, &["no rule matches column `state`"]),
        under("columns: [state]", "columns: [stat]", 2, &["no rule matches column `state`"]),
        under("keep: true", "keep: true, drop: true", 2, &["the rule says two things"]),
        under("key: identity", "key: identity, with: { length: 1000 }", 2, &["`pseudonym`", "policy.yaml:5:"]),
    ]
}

fn too_many_rejected() -> Vec<Case> {
    const BAD: &str = "id,born,state\np1,1980-01-02,MA\np2,1981-02-30,NY\np3,soon,NY\n";
    const FIRST: &str = "in.csv, line 3, column `born` (unparsable)";
    vec![
        case(
            BAD,
            "in.csv --out out.csv",
            3,
            &["2 rows could not be masked and 0 are allowed", FIRST, "nothing was written"],
        ),
        case(BAD, "in.csv --out out.csv --quarantine rows.q", 3, &[FIRST]),
        case(BAD, "in.csv --out out.csv --quarantine rows.q --max-quarantined 1", 3, &["1 are allowed", FIRST]),
        case("id,born,state\n,1980-01-02,MA\n", "in.csv --out out.csv", 3, &["line 2, column `born` (missing)"]),
    ]
}

#[test]
fn every_failure_has_its_code_says_where_and_leaves_nothing() {
    let desk = Desk::with(&[("other.csv", "ID,born,state\np1,1980-01-02,MA\n")]);
    desk.make_keys("keys");
    for case in failures_of_the_input().into_iter().chain(failures_of_the_operator()).chain(too_many_rejected()) {
        desk.put("in.csv", case.table);
        desk.put("policy.yaml", &case.policy);
        let before = desk.names();
        let run = desk.run(&format!("mask {} --policy policy.yaml --keyring keys", case.arguments));
        let what = format!("{} on {:?} under\n{}", case.arguments, case.table, case.policy);
        assert_eq!(run.code, Some(case.code), "{what}{}", run.stderr);
        // Long messages are broken into lines with a bar before each.
        let said = run.stderr.replace("\n  | ", " ");
        for part in case.says {
            assert!(said.contains(part), "{what}says nothing of {part:?}:\n{}", run.stderr);
        }
        assert!(run.stdout.is_empty());
        assert_eq!(desk.names(), before, "{what}");
        assert_eq!(desk.text("in.csv"), case.table);
    }
}

/// A policy with mistakes that its text shows, that the plugins show, and that the columns of the table show.
const MISTAKEN: &str = "\
version: 1
domain: codes
subject: patient
rules:
  - { columns: [id], mask: pseudonym, key: identity, with: { length: 1000 } }
  - { columns: [born], mask: generalize, with: { dates: week } }
  - { columns: [state], mask: zip33, key: 7 }
  - { columns: [sex], mask: redact, wiht: { value: '-' } }
unmatchd: deny
";

#[test]
fn every_mistake_in_a_policy_is_told_at_once_with_its_place_and_snippet() {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", MISTAKEN)]);
    desk.make_keys("keys");
    for arguments in [
        "check --policy policy.yaml",
        "check in.csv --policy policy.yaml",
        "mask in.csv --policy policy.yaml --keyring keys --out out.csv",
    ] {
        let run = desk.run(arguments).assert_code(2);
        for (place, snippet) in [
            ("5:70", "5 | 1000"),
            ("6:48", "6 | {"),
            ("6:57", "6 | week"),
            ("7:31", "7 | zip33"),
            ("7:43", "7 | 7"),
            ("8:37", "8 | wiht"),
            ("9:1", "9 | unmatchd"),
        ] {
            let shown = format!("[policy.yaml:{place}]\n {snippet}\n");
            assert!(run.stderr.contains(&shown), "{arguments}: nothing at {place}\n{}", run.stderr);
        }
        assert!(!run.stderr.contains("asks for a pseudonym key"), "{}", run.stderr);
    }
}

#[test]
fn a_misspelled_key_hides_nothing_that_the_input_shows() {
    let policy =
        format!("{}unmatchd: deny\n", POLICY.replace("[state]", "[stat]").replace("subject: id", "subject: patient"));
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", &policy)]);
    let run = desk.run("mask in.csv --policy policy.yaml --out out.csv").assert_code(2);
    for part in ["did you mean `unmatched`?", "no rule matches column `state`", "no column `patient`", "--keyring"] {
        assert!(run.stderr.contains(part), "says nothing of {part:?}:\n{}", run.stderr);
    }
    assert_eq!(run.stderr.matches("`identity`").count(), 1, "{}", run.stderr);
}

#[test]
fn a_run_without_fault_ends_with_0_and_says_what_it_did() {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    desk.make_keys("keys");
    let run = desk.run("mask in.csv --policy policy.yaml --keyring keys --out out.csv").assert_code(0);
    assert!(run.stderr.starts_with("2 rows masked, 0 quarantined, 0 dropped;"), "{}", run.stderr);
    let quiet = desk.run("mask in.csv --policy policy.yaml --keyring keys --out out.csv --quiet").assert_code(0);
    assert!(quiet.stderr.is_empty() && quiet.stdout.is_empty());
    for arguments in ["check in.csv --policy policy.yaml", "keys list --keyring keys", "schema", "--help", "--version"]
    {
        assert!(!desk.run(arguments).assert_code(0).stdout.is_empty(), "{arguments}");
    }
}

#[test]
fn a_missing_file_is_the_mistake_of_who_named_it_and_a_missing_input_is_a_failure() {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    for arguments in [
        "mask in.csv --policy gone --ephemeral-keys --out out.csv",
        "mask in.csv --policy policy.yaml --keyring gone --out out.csv",
        "check --policy gone",
        "check --policy policy.yaml --labels gone",
        "check --policy policy.yaml --plugins gone",
        "keys list --keyring gone",
        "quarantine read in.csv --keyring gone",
    ] {
        let run = desk.run(arguments).assert_code(2);
        assert!(run.stderr.contains("gone"), "{arguments}: {}", run.stderr);
    }
    desk.make_keys("keys");
    for arguments in ["check gone.csv --policy policy.yaml", "quarantine read gone --keyring keys"] {
        let run = desk.run(arguments).assert_code(1);
        assert!(run.stderr.starts_with("error (input): cannot read gone"), "{arguments}: {}", run.stderr);
    }
}

#[test]
fn keys_are_needed_and_never_made_twice() {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    let none = desk.run("mask in.csv --policy policy.yaml --out out.csv").assert_code(2);
    assert!(none.stderr.contains("identity") && none.stderr.contains("--keyring"), "{}", none.stderr);
    desk.run("mask in.csv --policy policy.yaml --out out.csv --keyring gone").assert_code(2);
    desk.run("mask in.csv --policy policy.yaml --out out.csv --ephemeral-keys").assert_code(0);
    desk.make_keys("keys");
    desk.run("keys init --keyring keys").assert_code(2);
}

#[test]
fn every_key_that_cannot_be_had_is_told_at_once_and_once() {
    let columns = POLICY.replace("[id]", "[id, state]").replace("  - { columns: [state], keep: true }\n", "");
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", &columns)]);
    desk.run("keys init --keyring wrong --key identity=date-shift").assert_code(0);
    let run = desk.run("mask in.csv --policy policy.yaml --keyring wrong --out out.csv").assert_code(2);
    for (says, place) in [
        ("key `identity` is for date-shift, and pseudonym is asked of it", "policy.yaml:5:51"),
        ("the keyring has no key `dates`", "policy.yaml:6:48"),
    ] {
        assert_eq!(run.stderr.matches(says).count(), 1, "{says}: {}", run.stderr);
        assert_eq!(run.stderr.matches(place).count(), 1, "{place}: {}", run.stderr);
    }
}

#[test]
fn a_table_without_rows_has_its_header_all_the_same() {
    let desk = Desk::with(&[("in.csv", "id,born,state\n"), ("policy.yaml", POLICY)]);
    desk.make_keys("keys");
    desk.run("mask in.csv --policy policy.yaml --keyring keys --out out.csv").assert_code(0);
    assert_eq!(desk.text("out.csv"), "id,born,state\n");
}
