//! Labels on their way: to other catalogues and back, and along with the columns that they are of.

use std::collections::BTreeMap;
use std::fs::File;

use arrow_schema::Schema;
use moretta_tests::command::Desk;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

const TABLE: &str =
    "ssn,dob,zip,gender,notes\n123-45-6789,1980-02-03,02139,f,well\n321-54-9876,1950-12-31,03601,m,ill\n";

const LABELS: &str = "ssn: us-ssn\ndob: birth-date\nzip: zip\ngender: gender\nnotes: free-text\n";

const POLICY: &str = "\
version: 1
domain: d
subject: ssn
reference_date: 2026-01-01
rules:
  - { columns: [ssn], mask: pseudonym, key: identity }
  - { columns: [dob], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [zip], mask: zip3 }
  - { columns: [gender], keep: true }
  - { columns: [notes], mask: redact }
";

const KEEP: &str = "version: 1\nrules: [{ columns: [\"**\"], keep: true }]\n";

fn desk() -> Desk {
    Desk::with(&[("in.csv", TABLE), ("l.yaml", LABELS), ("p.yaml", POLICY), ("keep.yaml", KEEP)])
}

/// A file of labels in its long form: of each column its label and what became of it.
fn reviewed(columns: &[(&str, &str, &str)]) -> String {
    let column = |(name, label, status): &(&str, &str, &str)| {
        let by = if *status == "suggested" { "" } else { ", by: anna" };
        format!("  {}: {{ type: text, label: {label}, status: {status}{by} }}\n", json!(name))
    };
    let schema = moretta::policy::digest(columns.iter().map(|(name, ..)| (*name, "text")));
    format!("version: 1\nschema: {schema}\ncolumns:\n{}", columns.iter().map(column).collect::<String>())
}

fn mask(desk: &Desk, out: &str) {
    desk.run(&format!("mask in.csv -p p.yaml --labels l.yaml --ephemeral-keys --out {out} -q")).assert_code(0);
}

fn of_parquet(desk: &Desk, name: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let file = File::open(desk.path(name)).unwrap();
    of_schema(ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema())
}

fn of_arrow(desk: &Desk, name: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let file = File::open(desk.path(name)).unwrap();
    of_schema(&arrow_ipc::reader::FileReader::try_new(file, None).unwrap().schema())
}

fn of_schema(schema: &Schema) -> BTreeMap<String, BTreeMap<String, String>> {
    let said = |metadata: &std::collections::HashMap<String, String>| {
        metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    schema.fields().iter().map(|field| (field.name().clone(), said(field.metadata()))).collect()
}

#[test]
fn labels_go_to_every_catalogue_and_come_back_as_suggestions() {
    let desk = Desk::with(&[(
        "l.yaml",
        &reviewed(&[("ssn", "us-ssn", "approved"), ("mail", "email", "approved"), ("x", "clinical", "suggested")]),
    )]);
    desk.put("empty.yaml", reviewed(&[("ssn", "quantity", "suggested"), ("MAIL", "quantity", "suggested")]));
    for (to, file) in [("google-sdp", "g.json"), ("fhir", "f.json")] {
        let exported = desk.run(&format!("labels export l.yaml --to {to}")).assert_code(0);
        assert!(exported.stderr.contains("1 columns stay here"), "{}", exported.stderr);
        desk.put(file, exported.stdout);
    }
    let template: Value = serde_json::from_str(&desk.text("g.json")).unwrap();
    let fields = &template["deidentifyTemplate"]["deidentifyConfig"]["recordTransformations"]["fieldTransformations"];
    assert_eq!(fields[0]["fields"][0]["name"], "mail");
    assert_eq!(
        fields[1]["infoTypeTransformations"]["transformations"][0]["infoTypes"][0]["name"],
        "US_SOCIAL_SECURITY_NUMBER"
    );
    let parameters: Value = serde_json::from_str(&desk.text("f.json")).unwrap();
    assert_eq!(parameters["parameter"][0]["valueMeta"]["security"][0]["code"], "R");

    let told = desk.run("labels import empty.yaml g.json --from google-sdp").assert_code(0).text();
    assert!(told.starts_with("2 suggestions taken over, 2 wait"), "{told}");
    let labels = desk.text("empty.yaml");
    assert!(labels.contains("label: us-ssn\n    status: suggested") && labels.contains("label: email"), "{labels}");
    // Who knows more is not overruled by who knows less, and a review stands.
    let told = desk.run("labels import l.yaml f.json --from fhir").assert_code(0);
    assert!(told.text().starts_with("0 suggestions") && told.stderr.contains("which stands"), "{}", told.stderr);
    assert!(desk.text("l.yaml").contains("label: us-ssn\n    status: approved"));
}

#[test]
fn no_name_of_a_column_gets_out_of_its_quotes_in_sql() {
    let hostile =
        ["a'); DROP TABLE t; --", "b\"; DROP TABLE t; --", "c`; DROP TABLE t", "d\nDROP TABLE t;", "<script>"];
    let columns: Vec<_> = hostile.iter().map(|name| (*name, "email", "approved")).collect();
    let desk = Desk::with(&[("l.yaml", &reviewed(&columns))]);
    desk.run("labels export l.yaml --to snowflake").assert_code(2);
    for (to, quoted) in [
        ("snowflake", "\"b\"\"; DROP TABLE t; --\" SET TAG SNOWFLAKE.CORE.SEMANTIC_CATEGORY = 'EMAIL'"),
        ("databricks", "`c``; DROP TABLE t` SET TAGS ('class.email_address');"),
    ] {
        let sql = desk.run(&format!("labels export l.yaml --to {to} --table main.clinic.p")).assert_code(0).text();
        assert!(sql.contains(quoted), "{sql}");
        for line in sql.lines() {
            assert!(line.starts_with("ALTER TABLE ") || line.starts_with("-- "), "{line}");
        }
        assert_eq!(sql.lines().filter(|line| line.starts_with("-- ")).count(), 1, "{sql}");
    }
}

#[test]
fn what_another_catalogue_says_is_told_where_it_is_not_known_or_of_no_column_here() {
    let desk = Desk::with(&[("l.yaml", &reviewed(&[("a", "quantity", "suggested")])), ("short.yaml", "a: mrn\n")]);
    desk.put(
        "tags.json",
        "[{\"column_name\": \"a\",\n \"tag_name\": \"class.shoe_size\"},\n {\"column_name\": \"b\", \"tag_name\": \"class.vin\"}]",
    );
    let told = desk.run("labels import l.yaml tags.json --from databricks").assert_code(0);
    assert!(told.stderr.contains("tags.json:2:14: no label is near to `class.shoe_size`"), "{}", told.stderr);
    assert!(told.stderr.contains("not in l.yaml: `b`") && told.text().starts_with("0 suggestions"), "{}", told.stderr);
    desk.put("other.json", "{\"name\": \"Jane Roe\", \"ssn\": \"123-45-6789\"}");
    for (arguments, why) in [
        ("l.yaml other.json --from snowflake", "nothing here that snowflake says"),
        ("l.yaml missing.json --from snowflake", "cannot read missing.json"),
        ("short.yaml tags.json --from databricks", "was written by hand"),
        ("l.yaml tags.json --from excel", "google-sdp, snowflake, databricks, fhir"),
    ] {
        let refused = desk.run(&format!("labels import {arguments}")).assert_code(2).stderr;
        assert!(refused.contains(why) && !refused.contains("Jane") && !refused.contains("123-45"), "{refused}");
    }
}

#[test]
fn tags_are_kept_checked_and_given_away() {
    let desk = Desk::with(&[("l.yaml", &reviewed(&[("a", "genetic", "approved")])), ("in.csv", "a\nx\n")]);
    desk.run("labels tag l.yaml a --regulation hipaa --regulation gina --retention P6Y --residency US-CA")
        .assert_code(0);
    let sql = desk.run("labels export l.yaml --to databricks --table t").assert_code(0).text();
    assert!(sql.contains("'moretta_regulation' = 'hipaa,gina', 'moretta_retention' = 'P6Y'"), "{sql}");
    for wrong in ["--retention 6y", "--residency usa", "--purpose a'b", ""] {
        desk.run(&format!("labels tag l.yaml a {wrong}")).assert_code(2);
    }
    desk.put("p.yaml", "version: 1\nrules: [{ columns: [a], keep: true }]\n");
    desk.run("mask in.csv -p p.yaml --labels l.yaml --out o.parquet").assert_code(0);
    let said = of_parquet(&desk, "o.parquet");
    assert_eq!(said["a"]["moretta.tags"], r#"{"regulation":["hipaa","gina"],"retention":"P6Y","residency":["US-CA"]}"#);
}

#[test]
fn ten_thousand_columns_have_labels_too() {
    let columns: Vec<String> = (0..10_000).map(|number| format!("column_{number}")).collect();
    let reviews: Vec<_> = columns.iter().map(|name| (name.as_str(), "mrn", "approved")).collect();
    let desk = Desk::with(&[("l.yaml", &reviewed(&reviews)), ("keep.yaml", KEEP)]);
    let row = vec!["1"; columns.len()].join(",");
    desk.put("in.csv", format!("{}\n{row}\n", columns.join(",")));
    desk.run("mask in.csv -p keep.yaml --labels l.yaml --out o.parquet -q --sidecar --lineage e.jsonl").assert_code(0);
    assert!(of_parquet(&desk, "o.parquet").values().all(|said| said["moretta.label"] == "mrn"));
    let exported = desk.run("labels export o.parquet.labels.yaml --to google-sdp").assert_code(0).text();
    assert_eq!(exported.matches("MEDICAL_RECORD_NUMBER").count(), 10_000);
    assert_eq!(desk.text("e.jsonl").lines().count(), 2);
}

#[test]
fn a_label_travels_with_its_column_and_changes_with_what_is_left_of_it() {
    let desk = desk();
    mask(&desk, "o.parquet");
    mask(&desk, "o.arrow");
    let said = of_parquet(&desk, "o.parquet");
    assert_eq!(said, of_arrow(&desk, "o.arrow"));
    let now = |column: &str| said[column]["moretta.label"].as_str();
    assert_eq!(
        ["ssn", "dob", "zip", "gender", "notes"].map(now),
        ["derived-code", "birth-date", "quasi-identifier", "gender", "public"]
    );
    let expected = [
        ("moretta.label", "derived-code"),
        ("moretta.left", "derived-code"),
        ("moretta.sensitivity", "confidential"),
        ("moretta.was", "us-ssn"),
    ];
    assert_eq!(said["ssn"], expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
}

#[test]
fn a_masked_file_says_what_its_columns_are_and_the_operator_knows_better() {
    let desk = desk();
    mask(&desk, "o.parquet");
    desk.put("by-label.yaml", "version: 1\nunmatched: drop\nrules: [{ labels: [gender, birth-date], keep: true }]\n");
    desk.run("mask o.parquet -p by-label.yaml --out again.csv -q").assert_code(0);
    assert!(desk.text("again.csv").starts_with("dob,gender\n"), "{}", desk.text("again.csv"));
    desk.put("other.yaml", "gender: clinical\n");
    desk.run("mask o.parquet -p by-label.yaml --labels other.yaml --out again.csv -q").assert_code(0);
    assert!(desk.text("again.csv").starts_with("dob\n"), "{}", desk.text("again.csv"));
    let noted = desk.run("check o.parquet -p by-label.yaml --labels other.yaml").assert_code(0);
    let noted = noted.text() + &noted.stderr;
    assert!(noted.contains("column `gender` is `clinical` here, and the input says `gender`"), "{noted}");
    // Under a profile a label that came along is as good as one that was declared.
    desk.put("safe.yaml", "version: 1\nprofile: { name: safe-harbor, absent: [A, B, D, E, F, G, H, I, J, K, L, M, N, O, P, Q] }\nrules: [{ columns: [\"**\"], keep: true }]\n");
    let refused = desk.run("check o.parquet -p safe.yaml").assert_code(2).stderr;
    assert!(refused.contains("`ssn`") && refused.contains("(R) does not let pass"), "{refused}");
}

#[test]
fn inputs_that_say_different_things_of_a_column_are_not_masked_together() {
    let desk = desk();
    desk.put("one.yaml", "ssn: us-ssn\n");
    desk.put("other.yaml", "ssn: public\n");
    for name in ["one", "other"] {
        desk.run(&format!("mask in.csv -p keep.yaml --labels {name}.yaml --out {name}.parquet -q")).assert_code(0);
    }
    let refused = desk.run("mask one.parquet other.parquet -p keep.yaml --out both.parquet").assert_code(1).stderr;
    assert!(refused.contains("column 1 says that it is something else"), "{refused}");
}

#[test]
fn a_sidecar_says_what_a_csv_cannot_and_is_taken_up_by_the_next_run() {
    let desk = desk();
    for out in ["o.csv", "o.ndjson"] {
        desk.run(&format!("mask in.csv -p p.yaml --labels l.yaml --ephemeral-keys --out {out} -q --sidecar"))
            .assert_code(0);
        let sidecar = desk.text(&format!("{out}.labels.yaml"));
        assert!(sidecar.contains("label: derived-code") && sidecar.contains("by: \"moretta mask\""), "{sidecar}");
        assert!(!["123-45", "1980", "02139", "well"].iter().any(|value| sidecar.contains(value)), "{sidecar}");
        desk.put("by-label.yaml", "version: 1\nunmatched: drop\nrules: [{ labels: [gender], keep: true }]\n");
        let taken = format!("mask {out} -p by-label.yaml --labels {out}.labels.yaml --out again.csv -q");
        desk.run(&taken).assert_code(0);
        assert_eq!(desk.text("again.csv"), "gender\nf\nm\n");
        desk.run(&format!("check {out} -p by-label.yaml --labels {out}.labels.yaml")).assert_code(0);
    }
    let first = desk.bytes("o.csv.labels.yaml");
    desk.run("mask in.csv -p p.yaml --labels l.yaml --ephemeral-keys --out o.csv -q --sidecar").assert_code(0);
    assert_eq!(desk.bytes("o.csv.labels.yaml"), first, "the same run has the same labels");
}

#[test]
fn a_run_that_fails_leaves_no_sidecar_and_no_old_labels_beside_a_new_output() {
    let desk = desk();
    desk.put("bad.csv", format!("{TABLE}1,2\n"));
    desk.run("mask bad.csv -p keep.yaml --out o.csv --sidecar").assert_code(1);
    assert!(!desk.names().iter().any(|name| name.starts_with("o.csv") || name.contains(".tmp")), "{:?}", desk.names());
    for (arguments, why) in [
        ("in.csv -p keep.yaml --out - --format csv --sidecar", "lies beside a file"),
        ("in.csv -p keep.yaml --labels o.csv.labels.yaml --out o.csv --sidecar", "o.csv.labels.yaml"),
        ("in.csv -p keep.yaml --out o.csv --lineage in.csv", "read by this run"),
    ] {
        let refused = desk.run(&format!("mask {arguments}")).assert_code(2).stderr;
        assert!(refused.contains(why), "{refused}");
    }
    desk.run("mask in.csv -p keep.yaml --labels l.yaml --out o.csv -q --sidecar").assert_code(0);
    desk.run("mask in.csv -p keep.yaml --out o.csv -q --sidecar").assert_code(0);
    assert!(!desk.text("o.csv.labels.yaml").contains("us-ssn"));
}

#[test]
fn without_labels_nothing_is_said() {
    let desk = desk();
    desk.run("mask in.csv -p keep.yaml --out o.parquet -q").assert_code(0);
    assert!(of_parquet(&desk, "o.parquet").values().all(BTreeMap::is_empty));
}
