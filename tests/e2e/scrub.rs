//! Notes joined with the table of their patients: what is known of a patient is gone from the text, consistently with the
//! other columns, and the rest of the text stays.

use std::collections::{BTreeMap, BTreeSet};

use moretta_tests::command::Desk;
use serde_json::Value;

use crate::table::{Table, corpus_text, day};

/// The columns of patients that stand beside each note.
const OF_PATIENTS: [&str; 7] = ["first_name", "last_name", "ssn", "birth_date", "phone", "mrn", "address"];

const POLICY: &str = "version: 1
domain: research-2026
subject: patient_id
labels:
  patient_id: mrn
  mrn: mrn
  first_name: given-name
  last_name: family-name
  ssn: us-ssn
  birth_date: birth-date
  date: date
  phone: phone
  address: street
  document_id: other-id
  note: free-text
rules:
  - { columns: [patient_id, mrn], mask: pseudonym, key: identity, with: { prefix: 'P-' } }
  - { columns: [first_name], mask: surrogate, key: identity, with: { kind: given-name } }
  - { columns: [last_name], mask: surrogate, key: identity, with: { kind: surname } }
  - { columns: [birth_date, date], mask: shift-dates, key: dates }
  - columns: [note]
    scrub:
      kinds:
        given-name: { mask: surrogate, key: identity, with: { kind: given-name } }
        family-name: { mask: surrogate, key: identity, with: { kind: surname } }
        date: { mask: shift-dates, key: dates }
        mrn: { mask: pseudonym, key: identity, with: { prefix: 'P-' } }
unmatched: drop
";

/// The notes with their patients' columns, and at the end of each a line that tells them all, as careless people write.
fn joined() -> Table {
    let table = |name: &str| Table::of_csv(corpus_text(&format!("synthea/{name}.csv")).as_bytes());
    let (notes, patients) = (table("notes"), table("patients"));
    let values = |name| patients.column(name);
    let of_patients = OF_PATIENTS.map(values);
    let rows: BTreeMap<&str, usize> = values("patient_id").into_iter().enumerate().map(|(row, id)| (id, row)).collect();
    let note = notes.header.iter().position(|name| name == "note").unwrap();
    let ids = notes.column("patient_id");
    let row = |(row, id): (&Vec<String>, &str)| {
        let of_patient = of_patients.each_ref().map(|column| column[rows[id]]);
        let [first, last, ssn, born, phone, mrn, address] = of_patient;
        let told = format!(
            "\r\nSeen: {}, {first}. Born {born}; SSN {}; {phone}; MRN {mrn}.\nLives at {address}\u{200b}, née.",
            last.to_uppercase(),
            ssn.replace('-', " \n")
        );
        let mut row = row.clone();
        row[note].push_str(&told);
        row.extend(of_patient.map(str::to_owned));
        row
    };
    let joined = notes.rows.iter().zip(ids).map(row).collect();
    Table { header: notes.header.iter().cloned().chain(OF_PATIENTS.map(str::to_owned)).collect(), rows: joined }
}

fn csv_of(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.header).unwrap();
    table.rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

/// A name, or the day of a time.
fn day_or_name(text: &str) -> String {
    text.get(..10).unwrap_or(text).to_owned()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !character.is_alphanumeric()).map(str::to_lowercase).collect()
}

/// Letters and digits alone, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn desk() -> Desk {
    let desk = Desk::with(&[("policy.yaml", POLICY)]);
    desk.make_keys("keys");
    desk.put("notes.csv", csv_of(&joined()));
    desk
}

#[test]
fn notes_are_scrubbed_as_the_table_of_their_patients_is_masked() {
    let (desk, before) = (desk(), joined());
    let mask = "mask notes.csv --policy policy.yaml --keyring keys --out out.csv --report report.json --quiet";
    desk.run(mask).assert_code(0);
    let after = Table::of_csv(&desk.bytes("out.csv"));
    assert_eq!(after.rows.len(), before.rows.len());
    let (texts, scrubbed) = (before.column("note"), after.column("note"));
    for (row, (text, scrubbed)) in texts.into_iter().zip(scrubbed).enumerate() {
        let of = |table: &'_ Table, name: &str| table.column(name)[row].to_owned();
        let last_name = of(&before, "last_name").to_lowercase();
        assert!(!words(scrubbed).contains(&last_name), "row {row}: {scrubbed}");
        for name in ["ssn", "phone", "mrn", "address"] {
            assert!(!plain(scrubbed).contains(&plain(&of(&before, name))), "{name} of row {row}: {scrubbed}");
        }
        // What becomes another of the row's own values by chance is a tag instead: one offset of 730 does so.
        let known = |table| ["first_name", "last_name", "birth_date", "date"].map(|name| day_or_name(&of(table, name)));
        if known(&after).iter().any(|after| known(&before).contains(after)) {
            continue;
        }
        for name in ["first_name", "birth_date", "mrn"] {
            assert!(scrubbed.contains(&of(&after, name)), "{name} of row {row}: {scrubbed}");
        }
        assert!(scrubbed.contains(&format!("Seen: {}, {}. Born ", of(&after, "last_name"), of(&after, "first_name"))));
        assert!(scrubbed.contains("SSN [US-SSN]; [PHONE]; MRN P-") && scrubbed.ends_with("[STREET], née."));
        let (first_line, rest) = text.split_once('\n').unwrap();
        if first_line == &of(&before, "date")[..10] {
            assert_eq!(day(scrubbed).0, day(&of(&after, "date")).0);
        }
        let untouched = |line: &&str| line.starts_with('#') || line.contains("mm[Hg]") || line.contains(" kg");
        let lines = |text: &str| text.lines().filter(untouched).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(rest), lines(scrubbed), "row {row}");
    }
    let report: Value = serde_json::from_slice(&desk.bytes("report.json")).unwrap();
    let note = &report["columns"]["note"];
    assert_eq!((note["action"].as_str(), note["cells"].as_u64()), (Some("scrub"), Some(400)), "{report}");
    assert_eq!((note["pieces"]["us-ssn"].as_u64(), note["pieces"]["street"].as_u64()), (Some(400), Some(400)));
}

#[test]
fn the_number_of_workers_and_of_batches_changes_nothing() {
    let desk = desk();
    for (workers, out) in [(1, "one.csv"), (3, "three.csv")] {
        let mask =
            format!("mask notes.csv --policy policy.yaml --keyring keys --quiet --workers {workers} --out {out}");
        desk.run(&mask).assert_code(0);
    }
    assert!(desk.bytes("one.csv") == desk.bytes("three.csv"));
}

#[test]
fn the_plan_tells_what_finds_pieces_and_what_becomes_of_them() {
    let desk = desk();
    let plan = desk.run("check notes.csv --policy policy.yaml").assert_code(0).stdout;
    let plan = String::from_utf8(plan).unwrap();
    let line =
        |start: &str| plan.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_default().to_owned();
    assert!(line("note").contains("scrub") && line("note").contains("clinical-text"), "{plan}");
    assert!(line("note").contains("knows document_id, patient_id, date, first_name"), "{plan}");
    assert!(
        line("given-name").contains("surrogate") && line("given-name").contains("pseudonym key `identity`"),
        "{plan}"
    );
    assert!(line("otherwise").contains("tag"), "{plan}");
}

#[test]
fn texts_in_lists_of_documents_are_scrubbed_one_by_one() {
    let policy = "version: 1
labels: { 'name[].family': family-name, 'note[].text': free-text }
rules:
  - { columns: ['note[].text'], scrub: {} }
  - { columns: [id], keep: true }
unmatched: drop
";
    let documents = r#"{"id":1,"name":[{"family":"Lovelace"},{"family":"King"}],"note":[{"text":"Ms King, 617-555-0123"},{"text":null},{"text":"née LOVELACE"}]}
{"id":2,"note":[]}
{"id":3,"note":[{"text":"it stays"}]}
"#;
    let desk = Desk::with(&[("policy.yaml", policy), ("in.ndjson", documents)]);
    desk.run("mask in.ndjson --policy policy.yaml --out out.ndjson --quiet").assert_code(0);
    let lines: Vec<Value> = desk.text("out.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts =
        |row: usize| lines[row]["note"].as_array().unwrap().iter().map(|note| note["text"].clone()).collect::<Vec<_>>();
    assert_eq!(texts(0), [Value::from("Ms [FAMILY-NAME], [PHONE]"), Value::Null, "née [FAMILY-NAME]".into()]);
    assert_eq!(texts(2), [Value::from("it stays")]);
}
