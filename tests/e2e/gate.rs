//! The gate: what stops a run before masking and after it, or sends rows to quarantine, and that nothing of it cries wolf.

use moretta_tests::command::{Desk, Finished};
use moretta_tests::guests::HOSTILE_CLASSIFIER;
use serde_json::Value;

use crate::table::corpus;

/// Masks `ssn` and `name`, keeps `comment`.
const POLICY: &str = "\
version: 1
domain: d
labels: { ssn: us-ssn, name: person-name }
rules:
  - { columns: [ssn, name], mask: redact }
  - { columns: [comment], keep: true }
";

/// The SSN of the first row in as many ways as there are to write it.
const HIDDEN: [&str; 14] = [
    "123-45-6789",
    "call about 123 45 6789 soon",
    "id00123456789",
    "１２３－４５－６７８９",
    "1\u{200d}2\u{200d}3\u{200b}-45-67\u{2060}89",
    "١٢٣٤٥٦٧٨٩",
    "123%2D45%2D6789",
    "MTIzLTQ1LTY3ODk=",
    "see MTIzLTQ1LTY3ODk for it",
    "eyJpZCI6IjEyMy00NS02Nzg5In0",
    "3132332d34352d36373839",
    "{\"\"id\"\":\"\"123456789\"\"}",
    "\\u0031\\u0032\\u0033-45-6789",
    "&#49;23-45-6789",
];

fn desk(rows: &str) -> Desk {
    let desk = Desk::with(&[("in.csv", &format!("ssn,name,comment\n{rows}")), ("p.yaml", POLICY)]);
    desk.make_keys("keys");
    desk
}

pub(crate) fn mask(desk: &Desk, more: &str) -> Finished {
    desk.run(&format!("mask in.csv --policy p.yaml --keyring keys --out out.csv {more}"))
}

pub(crate) fn report(desk: &Desk) -> Value {
    serde_json::from_str(&desk.text("r.json")).unwrap()
}

/// INVARIANT: each row has one outcome.
pub(crate) fn assert_adds_up(report: &Value) {
    let rows = &report["rows"];
    let count = |key: &str| rows[key].as_u64().unwrap();
    assert_eq!(count("read"), count("masked") + count("quarantined") + count("dropped"), "{rows}");
}

#[test]
fn a_value_of_a_masked_column_in_a_kept_one_stops_the_run_however_it_is_written() {
    for hidden in HIDDEN {
        let desk = desk(&format!("987-65-4321,Bo Nobody,fine\n123-45-6789,Ada Lovelace,\"{hidden}\"\n"));
        let run = mask(&desk, "").assert_code(1);
        assert!(
            run.stderr.contains("in.csv, line 3, column `comment`") && run.stderr.contains("`ssn`"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("6789") && !run.stderr.contains(hidden), "{}", run.stderr);
        assert!(!desk.names().contains("out.csv"));
    }
}

#[test]
fn look_alikes_and_other_writings_of_a_name_are_found() {
    for hidden in [
        "ADA LOVELACE",
        "Lovelace: ada lovelace!",
        "Аdа Lоvеlасе",
        "Ada\u{a0}Lovelace",
        "Ádà Lövelace",
        "adalovelace@example.org",
        "ada.lovelace%40example.org",
    ] {
        let desk = desk(&format!("123-45-6789,Ada Lovelace,\"{hidden}\"\n"));
        let run = mask(&desk, "").assert_code(1);
        assert!(run.stderr.contains("column `comment`") && run.stderr.contains("`name`"), "{hidden}: {}", run.stderr);
    }
}

#[test]
fn rows_with_a_residue_go_to_quarantine_where_the_policy_says_so_and_every_row_is_looked_at() {
    let row = |row: u32| {
        let comment = if row % 100 == 99 { format!("ssn is 123 45 {row:04}") } else { "fine".to_owned() };
        format!("123-45-{row:04},Person {row},{comment}\n")
    };
    let desk = desk(&(0..2_000).map(row).collect::<String>());
    desk.put("p.yaml", format!("{POLICY}gate: {{ residue: quarantine }}\n"));
    mask(&desk, "--quarantine q --max-quarantined 100 --report r.json --workers 2 --batch-bytes 4096").assert_code(0);
    let report = report(&desk);
    assert_adds_up(&report);
    assert_eq!(report["rows"]["quarantined"], 20);
    assert_eq!(
        (&report["rows"]["codes"]["residue"], &report["rows"]["scanned"]),
        (&Value::from(20), &Value::from(2_000))
    );
    assert!(!desk.text("out.csv").contains("123 45"));
    let read = desk.run("quarantine read q --keyring keys").assert_code(0).text();
    assert!(read.lines().count() == 20 && read.contains("\"code\":\"residue\""), "{read}");
    assert!(desk.run("audit export keys/audit").assert_code(0).text().contains("\"scanned\":2000"));
}

#[test]
fn a_sample_is_searched_by_default_and_every_row_where_that_is_asked() {
    let row =
        |row: u32| format!("123-45-{row:04},Person {row},{}\n", if row == 300 { "ssn 123-45-0300" } else { "fine" });
    let desk = desk(&(0..1_000).map(row).collect::<String>());
    mask(&desk, "--report r.json").assert_code(0);
    // 256 first ones, and of the others each of 128.
    assert_eq!(report(&desk)["rows"]["scanned"], 256 + (1_000 / 128 - 256 / 128));
    desk.remove("out.csv");
    let run = mask(&desk, "--verify full").assert_code(1);
    assert!(run.stderr.contains("line 302, column `comment`"), "{}", run.stderr);
    desk.put("p.yaml", format!("{POLICY}gate: {{ verify: full }}\n"));
    mask(&desk, "").assert_code(1);
    mask(&desk, "--verify sample").assert_code(0);
}

#[test]
fn nothing_is_found_where_only_a_part_another_rows_value_a_null_or_nothing_stands() {
    let rows = "\
123-45-6789,Ada Lovelace,ends in 6789 and Ada
987-65-4321,Bo Nobody,123-45-6789 is another row's
,,123-45-6789
\"\",\"\",\"\"
111-22-3333,Anna,Savannah and Hannah
";
    let desk = desk(rows);
    mask(&desk, "--verify full").assert_code(0);
    assert!(desk.text("out.csv").contains("Savannah"));
    desk.put("p.yaml", POLICY.replace("mask: redact", "mask: partial"));
    mask(&desk, "--verify full").assert_code(0);
}

#[test]
fn a_rule_says_where_a_value_is_expected() {
    let desk = desk("123-45-6789,Ada Lovelace,Ada Lovelace came\n");
    mask(&desk, "").assert_code(1);
    desk.put("p.yaml", POLICY.replace("keep: true", "keep: true, may_hold: [name]"));
    mask(&desk, "").assert_code(0);
    desk.put("in.csv", "ssn,name,comment\n123-45-6789,Ada Lovelace,Ada Lovelace 123456789\n");
    assert!(mask(&desk, "").assert_code(1).stderr.contains("`ssn`"));
}

/// Somebody whose name is White may be white: what a column with a label of its own says by chance is no residue.
#[test]
fn a_kept_column_with_a_label_is_searched_for_what_no_chance_makes() {
    let desk = desk("123-45-6789,White,white\n");
    mask(&desk, "").assert_code(1);
    desk.put("p.yaml", POLICY.replace("labels: {", "labels: { comment: quasi-identifier,"));
    mask(&desk, "").assert_code(0);
    desk.put("in.csv", "ssn,name,comment\n123-45-6789,White,white 123456789\n");
    assert!(mask(&desk, "").assert_code(1).stderr.contains("`ssn`"));
}

#[test]
fn documents_are_searched_along_all_their_paths() {
    let policy = "\
version: 1
rules:
  - { columns: ['name[].family', id], mask: redact }
  - { columns: ['note[].text', other], keep: true }
";
    let document = |note: &str| {
        format!(
            "{{\"id\":\"pat-20394\",\"name\":[{{\"family\":\"Lovelace\"}},{{\"family\":\"Byron\"}}],\"note\":[{{\"text\":\"x\"}},{{\"text\":\"{note}\"}}]}}\n"
        )
    };
    for (note, code) in [("of BYRON", 1), ("pat 20394", 1), ("fine", 0)] {
        let desk = Desk::with(&[("in.ndjson", &(document("ok") + &document(note))), ("p.yaml", policy)]);
        let run = desk.run("mask in.ndjson --policy p.yaml --out o.ndjson").assert_code(code);
        assert!(code == 0 || run.stderr.contains("in.ndjson, line 2, column `note[].text`"), "{}", run.stderr);
    }
}

#[test]
fn the_ready_policies_mask_every_row_of_their_tables() {
    let desk = Desk::new();
    for policy in ["research", "safe-harbor", "limited-data-set", "expert-determination"] {
        for table in ["patients", "encounters", "notes"] {
            let (policy, input) = (corpus(&format!("synthea/{policy}.yaml")), corpus(&format!("synthea/{table}.csv")));
            let run = format!(
                "mask {} --policy {} --ephemeral-keys --verify full --out {table}.csv --report r.json",
                input.display(),
                policy.display()
            );
            let told = desk.run(&run);
            assert_eq!(told.code, Some(0), "{policy:?} {table}: {}", told.stderr);
            let report = report(&desk);
            assert_adds_up(&report);
            assert_eq!(report["rows"]["scanned"], report["rows"]["masked"], "{policy:?} {table}");
        }
    }
}

/// The value of a column in a row.
type Contents<'a> = &'a dyn Fn(u32) -> String;

/// Of two columns that are kept, with contents of this kind.
fn contents(label: &str, value: impl Fn(u32) -> String, more: &str) -> (Desk, Finished) {
    let rows: String = (0..200).map(|row| format!("p{row},{}\n", value(row))).collect();
    let labels = if label.is_empty() { String::new() } else { format!("labels: {{ x: {label} }}\n") };
    let policy = format!(
        "version: 1\n{labels}{more}rules:\n  - {{ columns: [id], drop: true }}\n  - {{ columns: [x], keep: true }}\n"
    );
    let desk = Desk::with(&[("in.csv", &format!("id,x\n{rows}")), ("p.yaml", &policy)]);
    desk.make_keys("keys");
    let run = mask(&desk, "--quarantine q --max-quarantined 1000 --report r.json");
    (desk, run)
}

fn ssn(row: u32) -> String {
    format!("{}-{:02}-{:04}", 123 + row, 11 + row % 80, 1_000 + row)
}

#[test]
fn contents_that_are_not_what_their_label_says_stop_the_run() {
    let phone = |row: u32| format!("617-555-{:04}", 1_000 + row);
    let names = [
        "Schmidt",
        "Hernandez",
        "Nguyen",
        "Kowalski",
        "Petersen",
        "Yamamoto",
        "Dubois",
        "Rossi",
        "Novak",
        "Garcia",
        "Okafor",
        "Gonzalez",
        "Fitzgerald",
        "Ramirez",
        "Johansson",
        "Patel",
    ];
    let name = |row: u32| names[row as usize % 16].to_owned();
    let mail = |row: u32| format!("ada{row}@example.org");
    let cases: [(&str, Contents<'_>, &str); 5] = [
        ("free-text", &ssn, "social security number"),
        ("", &ssn, "social security number"),
        ("icd-10-cm", &phone, "telephone number"),
        ("city", &name, "family or maiden name"),
        ("operational", &mail, "email address"),
    ];
    for (label, value, looks_like) in cases {
        let (desk, run) = contents(label, value, "");
        assert_eq!(run.code, Some(1), "{label}: {}", run.stderr);
        assert!(run.stderr.contains("column `x`") && run.stderr.contains(looks_like), "{label}: {}", run.stderr);
        assert!(!run.stderr.contains(&value(0)) && !desk.names().contains("out.csv"));
        let (desk, _) = contents(label, value, "gate: { content: off }\n");
        assert!(desk.text("out.csv").contains(&value(7)));
        let (desk, run) = contents(label, value, "gate: { content: quarantine }\n");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let report = report(&desk);
        assert_adds_up(&report);
        assert_eq!(report["rows"]["codes"]["content"], 200);
    }
}

#[test]
fn contents_that_are_what_their_label_says_pass_and_so_does_what_somebody_looked_at() {
    let cities = [
        "Boston",
        "Springfield",
        "Worcester",
        "Lowell",
        "Cambridge",
        "Quincy",
        "Brockton",
        "Lynn",
        "Medford",
        "Chicopee",
        "Weymouth",
        "Peabody",
        "Methuen",
        "Pittsfield",
    ];
    let city = |row: u32| cities[row as usize % 14].to_owned();
    let code = |row: u32| ["E11.9", "I10", "J45.909", "Z00.00"][row as usize % 4].to_owned();
    let few = |row: u32| if row < 11 { ssn(row) } else { String::new() };
    let cases: [(&str, Contents<'_>, &str); 4] =
        [("city", &city, ""), ("icd-10-cm", &code, ""), ("", &code, ""), ("free-text", &few, "")];
    for (label, value, more) in cases {
        let (_, run) = contents(label, value, more);
        assert_eq!(run.code, Some(0), "{label}: {}", run.stderr);
    }
    let (desk, _) = contents("operational", ssn, "");
    let looked = desk.text("p.yaml").replace("keep: true", "keep: true, looks_like: [us-ssn]");
    desk.put("p.yaml", looked);
    mask(&desk, "").assert_code(0);
}

#[test]
fn the_outcome_is_the_same_for_any_number_of_workers() {
    let row = |row: u32| format!("p{row},{}\n", if row < 30_000 { "fine".to_owned() } else { ssn(row % 700) });
    let desk = Desk::with(&[
        ("in.csv", &format!("id,x\n{}", (0..60_000).map(row).collect::<String>())),
        (
            "p.yaml",
            "version: 1\nlabels: { x: operational }\nrules:\n  - { columns: [id], drop: true }\n  - { columns: [x], keep: true }\n",
        ),
    ]);
    let told: Vec<String> = [1, 2, 5]
        .map(|workers| {
            desk.run(&format!("mask in.csv -p p.yaml --out o.csv --batch-bytes 20000 --workers {workers}"))
                .assert_code(1)
                .stderr
        })
        .into();
    assert!(told.iter().all(|it| *it == told[0]) && told[0].contains("column `x`"), "{told:?}");
}

#[test]
fn behind_the_beginning_one_batch_of_many_is_looked_at_and_every_one_where_that_is_asked() {
    let policy = "version: 1\nlabels: { x: operational }\nrules:\n  - { columns: [id], drop: true }\n  - { columns: [x], keep: true }\n";
    let run = |odd: std::ops::Range<u32>, policy: &str, more: &str| {
        let row =
            |row: u32| format!("p{row},{}\n", if odd.contains(&row) { ssn(row % 700) } else { "fine".to_owned() });
        let rows: String = (1..=140_000).map(row).collect();
        let desk = Desk::with(&[("in.csv", &format!("id,x\n{rows}")), ("p.yaml", policy)]);
        desk.make_keys("keys");
        let run = mask(&desk, &format!("--batch-bytes 20000 --report r.json {more}"));
        (desk, run.code)
    };
    let (within, across) = (100_000..130_000, 100_000..132_500);
    assert_eq!(run(across, policy, "").1, Some(1));
    assert_eq!(run(within.clone(), policy, "").1, Some(0));
    assert_eq!(run(within.clone(), policy, "--verify full").1, Some(1));
    let quarantine = policy.replace("rules:", "gate: { content: quarantine }\nrules:");
    let (desk, _) = run(within, &quarantine, "--quarantine q --max-quarantined 40000");
    let rows = &report(&desk)["rows"];
    assert!(rows["codes"]["content"].as_u64().unwrap() >= 29_000, "{rows}");
}

#[test]
fn what_was_reviewed_and_rejected_is_not_asked_again_and_other_columns_stop_the_run() {
    let rows: String = (0..40).map(|row| format!("p{row},{}\n", ssn(row))).collect();
    let desk = Desk::with(&[
        ("in.csv", &format!("id,x\n{rows}")),
        ("p.yaml", "version: 1\nrules:\n  - { columns: [id, y], drop: true }\n  - { columns: [x], keep: true }\n"),
    ]);
    desk.run("classify in.csv --out l.yaml").assert_code(0);
    desk.run("labels reject l.yaml x").assert_code(0);
    desk.run("labels approve l.yaml --all").assert_code(0);
    desk.run("mask in.csv -p p.yaml --labels l.yaml --out o.csv").assert_code(0);
    desk.run("mask in.csv -p p.yaml --out o.csv").assert_code(1);
    desk.put("in.csv", format!("id,x,y\n{}", rows.replace('\n', ",1\n")));
    let said = desk.run("mask in.csv -p p.yaml --labels l.yaml --out p.csv").assert_code(2).stderr;
    assert!(said.contains("l.yaml was made before the input had these columns") && said.contains('y'), "{said}");
    desk.put("in.csv", "id\np1\n");
    let said = desk.run("mask in.csv -p p.yaml --labels l.yaml --out p.csv").assert_code(2).stderr;
    assert!(said.contains("has not all the columns that l.yaml was made for"), "{said}");
}

#[test]
fn what_comes_of_a_masked_column_does_not_look_like_something_that_it_never_was() {
    let names = ["Schmidt", "Hernandez", "Nguyen", "Kowalski", "Petersen", "Yamamoto"];
    let rows: String = (0..60_usize).map(|row| format!("{}{row}\n", names[row % 6])).collect();
    let policy = "version: 1\ndomain: d\nlabels: { x: family-name }\nrules:\n  \
                  - { columns: [x], mask: surrogate, key: identity, with: { kind: phone } }\n";
    let desk = Desk::with(&[("in.csv", &format!("x\n{rows}")), ("p.yaml", policy)]);
    let run = desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv").assert_code(1);
    assert!(run.stderr.contains("column `x`: what came of masking it looks like a telephone number"), "{}", run.stderr);
    desk.put("p.yaml", policy.replace("kind: phone }", "kind: phone }, looks_like: [phone]"));
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv").assert_code(0);
    desk.put("p.yaml", policy.replace("kind: phone", "kind: surname"));
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv").assert_code(0);
}

/// INVARIANT: whatever a classifier does wrong stops the run. It never passes for a column that holds nothing.
#[test]
fn a_hostile_classifier_stops_the_run_and_never_passes() {
    for wrong in ["refuse", "trap", "too-many-matched", "no-such-label", "twice", "spin"] {
        let rows: String = (0..20).map(|row| format!("value {row}\n")).collect();
        let policy = format!("version: 1\nrules:\n  - {{ columns: [{wrong}], keep: true }}\n");
        let desk = Desk::with(&[("in.csv", &format!("{wrong}\n{rows}")), ("p.yaml", &policy)]);
        std::fs::create_dir(desk.path("plugins")).unwrap();
        desk.put("plugins/hostile-classifier.wasm", HOSTILE_CLASSIFIER);
        let run = desk.run("mask in.csv -p p.yaml --plugins plugins --plugin-deadline 500 --out o.csv").assert_code(1);
        assert!(run.stderr.contains("plugin `hostile-classifier` (classify)"), "{wrong}: {}", run.stderr);
        assert!(!desk.names().contains("o.csv") && !run.stderr.contains("value 1"), "{}", run.stderr);
    }
}

#[test]
fn a_million_different_values_take_no_more_memory_than_a_few() {
    let policy = "version: 1\nlabels: { a: other-id, b: operational }\nrules:\n  \
                  - { columns: [a], mask: redact }\n  - { columns: [b], keep: true }\n";
    let peak = |rows: u32| {
        let desk = Desk::with(&[("p.yaml", policy)]);
        let row = |row: u32| format!("id-{row:08},{}\n", row % 3);
        desk.put("in.csv", format!("a,b\n{}", (0..rows).map(row).collect::<String>()));
        let run = "$MORETTA mask in.csv -p p.yaml --verify full --workers 2 --out o.csv --report r.json & \
                   p=$!; while [ -r /proc/$p/status ]; do grep VmHWM /proc/$p/status >> peak 2>/dev/null; sleep 0.05; done; wait $p";
        desk.run_in_shell(run).assert_code(0);
        assert_eq!(report(&desk)["rows"]["scanned"], rows);
        let peaks = desk.text("peak");
        peaks.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).max().unwrap()
    };
    let (few, many) = (peak(200_000), peak(1_000_000));
    assert!(many < few + (48 << 10), "{many} KiB, and {few} KiB for a fifth of it");
}
