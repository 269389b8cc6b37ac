//! What a message shows a terminal does not obey, wherever the text comes from.

use moretta_tests::command::{Desk, Finished};

/// Clears the screen, sets its title and rings, with the two ways to begin a sequence (ECMA-48, 5.3).
const EVIL: &str = "\u{1b}[2J\u{9b}31m\u{1b}]0;title\u{7}";

const POLICY: &str = "version: 1\nrules:\n  - { columns: [a], keep: true }\nunmatched: drop\n";

#[track_caller]
fn assert_harmless(run: &Finished, says: &str) {
    let text = format!("{}{}", run.text(), run.stderr);
    assert!(text.contains(says), "says nothing of {says:?}: {text:?}");
    let obeyed: Vec<_> = text.chars().filter(|letter| letter.is_control() && *letter != '\n').collect();
    assert!(obeyed.is_empty(), "{obeyed:?} in {text:?}");
}

#[test]
fn names_of_files() {
    let desk = Desk::with(&[("policy.yaml", POLICY), ("in.csv", "a\n1\n")]);
    let name = format!("x{EVIL}");
    assert_harmless(&desk.run(&format!("mask {name}.csv --policy policy.yaml --out out.csv")).assert_code(1), "x?");
    assert_harmless(&desk.run(&format!("mask in.csv --policy {name} --out out.csv")).assert_code(2), "cannot read x?");
    let out = format!("mask in.csv --policy policy.yaml --out {name}/out.csv");
    assert_harmless(&desk.run(&out).assert_code(2), "cannot make a file in x?");
    desk.put(&name, POLICY.replace("keep: true", "mask: sip3"));
    let run = desk.run(&format!("mask in.csv --policy {name} --out out.csv")).assert_code(2);
    assert_harmless(&run, "did you mean `zip3`?");
    desk.put(&format!("{name}.csv"), "a\n1,2\n");
    let run = desk.run(&format!("mask {name}.csv --policy policy.yaml --out out.csv")).assert_code(1);
    assert_harmless(&run, "line 2: 2 fields");
}

#[test]
fn the_text_of_a_policy() {
    let desk = Desk::with(&[("in.csv", "a\n1\n")]);
    let escaped: String = EVIL.chars().map(|letter| format!("\\u{:04X}", u32::from(letter))).collect();
    for text in [
        POLICY.replace("keep: true", &format!("mask: \"m{escaped}\"")),
        POLICY.replace("keep: true", &format!("mask: redact, \"n{escaped}\": 1")),
        POLICY.replace("[a]", &format!("[\"b{escaped}\"]")),
        format!("{POLICY}subject: \"{escaped}\"\nlabels: {{ a: \"{escaped}\" }}\n"),
        format!("{POLICY}# {EVIL}\n"),
        format!("{POLICY}x: {EVIL}\n"),
    ] {
        desk.put("policy.yaml", &text);
        for arguments in ["mask in.csv --policy policy.yaml --out out.csv", "check --policy policy.yaml"] {
            assert_harmless(&desk.run(arguments), "");
        }
    }
}

#[test]
fn names_of_columns() {
    let desk = Desk::with(&[("policy.yaml", POLICY)]);
    desk.put("in.csv", format!("a,b{EVIL}\n1,2\n"));
    assert_harmless(&desk.run("check in.csv --policy policy.yaml").assert_code(0), "b?");
    assert_harmless(&desk.run("mask in.csv --policy policy.yaml --out out.csv").assert_code(0), "b?");
    desk.put("policy.yaml", POLICY.replace("drop", "deny"));
    assert_harmless(&desk.run("check in.csv --policy policy.yaml").assert_code(2), "no rule matches");
}
