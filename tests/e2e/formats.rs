//! The same table in every format: the same masked values, and nothing of a value lost on the way.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use moretta_tests::command::Desk;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::table::{Table, corpus_text, day};

const KEEP_ALL: &str = "version: 1\ngate: { content: off }\nrules: [{ columns: [\"**\"], keep: true }]\n";

const FORMATS: [&str; 4] = ["csv", "ndjson", "parquet", "arrow"];

/// A desk with keys, the patients in every format, and a policy that keeps all.
fn desk() -> Desk {
    let desk = Desk::with(&[("keep.yaml", KEEP_ALL)]);
    desk.put("patients.csv", corpus_text("synthea/patients.csv"));
    desk.put("research.yaml", corpus_text("synthea/research.yaml"));
    desk.make_keys("keys");
    for format in &FORMATS[1..] {
        convert(&desk, "patients.csv", &format!("patients.{format}"));
    }
    desk
}

fn convert(desk: &Desk, from: &str, to: &str) {
    desk.run(&format!("mask {from} --policy keep.yaml --out {to} --quiet")).assert_code(0);
}

fn mask(desk: &Desk, inputs: &str, out: &str) {
    desk.run(&format!("mask {inputs} --policy research.yaml --keyring keys --out {out} --quiet")).assert_code(0);
}

/// What a file holds, read without Moretta. Null and empty text are one, as in CSV.
fn table(desk: &Desk, name: &str) -> Table {
    match name.rsplit('.').next() {
        Some("csv") => Table::of_csv(&desk.bytes(name)),
        Some("ndjson") => of_objects(&desk.text(name)),
        Some("parquet") => {
            let file = File::open(desk.path(name)).unwrap();
            of_batches(ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap())
        }
        _ => {
            let file = File::open(desk.path(name)).unwrap();
            of_batches(arrow_ipc::reader::FileReader::try_new(file, None).unwrap())
        }
    }
}

fn of_objects(text: &str) -> Table {
    let objects: Vec<serde_json::Map<String, Value>> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cells = |object: &serde_json::Map<String, Value>| {
        object.values().map(|value| value.as_str().map(str::to_owned).unwrap_or_default()).collect()
    };
    Table { header: objects[0].keys().cloned().collect(), rows: objects.iter().map(cells).collect() }
}

fn of_batches<E: std::fmt::Debug>(batches: impl Iterator<Item = Result<RecordBatch, E>>) -> Table {
    let mut table = Table { header: Vec::new(), rows: Vec::new() };
    for batch in batches.map(Result::unwrap) {
        table.header = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        let columns: Vec<_> = batch.columns().iter().map(|column| column.as_string::<i32>().clone()).collect();
        let cells =
            |row| columns.iter().map(|column| column.iter().nth(row).flatten().unwrap_or("").to_owned()).collect();
        table.rows.extend((0..batch.num_rows()).map(cells));
    }
    table
}

#[test]
fn every_format_gives_the_same_masked_values_in_every_format() {
    let desk = desk();
    mask(&desk, "patients.csv", "expected.csv");
    let expected = table(&desk, "expected.csv");
    assert_eq!(expected.rows.len(), 50);
    for input in FORMATS {
        for output in FORMATS {
            mask(&desk, &format!("patients.{input}"), &format!("out.{output}"));
            assert!(table(&desk, &format!("out.{output}")) == expected, "{input} to {output}");
        }
    }
}

#[test]
fn kept_values_survive_every_format() {
    let desk = desk();
    let original = table(&desk, "patients.csv");
    for format in &FORMATS[1..] {
        assert!(table(&desk, &format!("patients.{format}")) == original, "{format}");
        convert(&desk, &format!("patients.{format}"), "back.csv");
        assert!(table(&desk, "back.csv") == original, "{format}");
    }
    for zip in table(&desk, "patients.parquet").column("zip") {
        assert!(zip.len() == 5 && zip.starts_with('0'), "{zip}");
    }
}

#[test]
fn compressed_files_and_streams_hold_what_plain_ones_hold() {
    let desk = desk();
    mask(&desk, "patients.csv", "expected.csv");
    let expected = desk.bytes("expected.csv");
    for (packed, magic) in [("gz", &[0x1f, 0x8b][..]), ("zst", &[0x28, 0xb5, 0x2f, 0xfd][..])] {
        convert(&desk, "patients.csv", &format!("patients.csv.{packed}"));
        assert!(desk.bytes(&format!("patients.csv.{packed}")).starts_with(magic), "{packed}");
        mask(&desk, &format!("patients.csv.{packed}"), "out.csv");
        assert!(desk.bytes("out.csv") == expected, "{packed} in");
        mask(&desk, "patients.csv", &format!("out.csv.{packed}"));
        convert(&desk, &format!("out.csv.{packed}"), "out.csv");
        assert!(desk.bytes("out.csv") == expected, "{packed} out");
    }
}

#[test]
fn standard_input_goes_to_standard_output() {
    let desk = desk();
    mask(&desk, "patients.csv", "expected.csv");
    let arguments = "mask - --input-format csv --policy research.yaml --keyring keys --out -";
    let run = desk.run_with_input(arguments, &desk.bytes("patients.csv")).assert_code(0);
    assert!(run.stdout == desk.bytes("expected.csv"));
    assert!(run.stderr.starts_with("50 rows masked"));

    let run = desk.run_with_input(&format!("{arguments} --format ndjson"), &desk.bytes("patients.csv")).assert_code(0);
    assert!(of_objects(&run.text()) == table(&desk, "expected.csv"));
    for format in ["parquet", "arrow"] {
        let run = desk.run_with_input(&format!("{arguments} --format {format}"), &desk.bytes("patients.csv"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        desk.put("stream", &run.stdout);
        let copied = desk.run(&format!("mask stream --input-format {format} --policy keep.yaml --out out.csv"));
        copied.assert_code(0);
        assert!(desk.bytes("out.csv") == desk.bytes("expected.csv"), "{format}");
    }
}

#[test]
fn several_inputs_are_one() {
    let desk = desk();
    mask(&desk, "patients.csv", "expected.csv");
    let text = desk.text("patients.csv");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    for (part, rows) in [("a.csv", 1..20), ("b.csv", 20..20), ("c.csv", 20..lines.len())] {
        desk.put(part, lines[0].to_owned() + &lines[rows].concat());
    }
    mask(&desk, "a.csv b.csv c.csv", "out.csv");
    assert!(desk.bytes("out.csv") == desk.bytes("expected.csv"));
    for part in ["a", "b", "c"] {
        convert(&desk, &format!("{part}.csv"), &format!("{part}.parquet"));
    }
    mask(&desk, "a.parquet b.parquet c.parquet", "out.csv");
    assert!(desk.bytes("out.csv") == desk.bytes("expected.csv"));
}

const DOCUMENTS: &str = r#"{"resourceType":"Patient","id":"pat-1","identifier":[{"system":"ssn","value":999955351},{"system":"mrn","value":"2703921"}],"name":[{"use":"official","family":"Johnston","given":["Anisha","María \"Kay\""]},{"use":"maiden","family":"Brown"}],"birthDate":"1979-02-25","address":[{"city":"Boston","postalCode":"02111"}],"multipleBirthInteger":2,"contact":{"visits":[{"on":"2001-01-31"},{"on":"2001-03-01"}]},"weight":1e2,"active":true,"text":null}
{"resourceType":"Patient","id":"pat-2","identifier":[{"value":123456789012345678901234567890}],"birthDate":"2011-02-15","active":false}
"#;

const DOCUMENT_POLICY: &str = r#"
version: 1
domain: documents
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: ["identifier[].value", "name[].family", "name[].given[]"], mask: redact }
  - { columns: [birthDate, "contact.visits[].on"], mask: shift-dates, key: dates, with: { max_days: 365 } }
  - { columns: ["address[].postalCode"], mask: zip3 }
  - { columns: ["address[].city"], drop: true }
  - { columns: [resourceType, active, text, weight, "*.system", "identifier[].system", "name[].use", multipleBirthInteger], keep: true }
"#;

#[test]
fn nested_documents_are_masked_by_their_paths() {
    let desk = Desk::with(&[("in.ndjson", DOCUMENTS), ("policy.yaml", DOCUMENT_POLICY)]);
    desk.make_keys("keys");
    desk.run("mask in.ndjson --policy policy.yaml --keyring keys --out out.ndjson").assert_code(0);
    let text = desk.text("out.ndjson");
    for secret in ["pat-1", "999955351", "2703921", "Johnston", "Anisha", "Kay", "Brown", "Boston", "02111", "1234567"]
    {
        assert!(DOCUMENTS.contains(secret) && !text.contains(secret), "{secret}");
    }
    // Numbers stay as they were written.
    assert!(text.contains("\"weight\":1e2"));
    let documents: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [first, second] = documents.as_slice() else { panic!("{} documents", documents.len()) };
    let identifiers = json!([{"system": "ssn", "value": "REDACTED"}, {"system": "mrn", "value": "REDACTED"}]);
    assert_eq!(first["identifier"], identifiers);
    let official = json!({"use": "official", "family": "REDACTED", "given": ["REDACTED", "REDACTED"]});
    assert_eq!(first["name"], json!([official, {"use": "maiden", "family": "REDACTED"}]));
    assert_eq!(first["address"], json!([{"postalCode": "021"}]));
    assert_eq!(
        (&first["multipleBirthInteger"], &first["active"], &first["text"]),
        (&json!(2), &json!(true), &Value::Null)
    );
    let days = |document: &Value, path: &str| day(document.pointer(path).unwrap().as_str().unwrap()).0;
    let visits = ["/birthDate", "/contact/visits/0/on", "/contact/visits/1/on"].map(|path| days(first, path));
    assert_eq!((visits[2] - visits[1], visits[1] - visits[0]), (29, 8_011));
    assert_eq!(second["identifier"], json!([{"value": "REDACTED"}]));
    assert_eq!(second.as_object().unwrap().len(), 5);
}

#[test]
fn a_path_without_a_rule_stops_the_run_also_deep_inside_and_late() {
    let desk = Desk::with(&[("policy.yaml", DOCUMENT_POLICY)]);
    desk.make_keys("keys");
    let late = DOCUMENTS.repeat(500) + "{\"id\":\"pat-3\",\"contact\":{\"name\":[{\"given\":[\"Anna\"]}]}}\n";
    desk.put("in.ndjson", late);
    let run = desk.run("mask in.ndjson --policy policy.yaml --keyring keys --out out.ndjson --batch-bytes 5000");
    let run = run.assert_code(2);
    assert!(run.stderr.contains("`contact.name[].given[]`") && !run.stderr.contains("Anna"), "{}", run.stderr);
    assert!(!desk.path("out.ndjson").exists());
}

#[test]
fn numbers_are_masked_like_the_text_they_are_written_as() {
    let policy = "version: 1\ndomain: d\nrules:\n  - { columns: [id], mask: pseudonym, key: identity }\n  \
                  - { columns: [ssn], mask: redact }\n  - { columns: [zip], mask: zip3 }\n";
    let desk = Desk::with(&[("policy.yaml", policy)]);
    desk.make_keys("keys");
    desk.put(
        "in.ndjson",
        "{\"id\":17,\"ssn\":999955351,\"zip\":\"02111\"}\n{\"id\":\"17\",\"ssn\":\"999-95-5351\",\"zip\":\"02108\"}\n",
    );
    desk.run("mask in.ndjson --policy policy.yaml --keyring keys --out out.ndjson").assert_code(0);
    let table = of_objects(&desk.text("out.ndjson"));
    assert_eq!(table.column("ssn"), ["REDACTED"; 2]);
    assert_eq!(table.column("zip"), ["021"; 2]);
    assert_eq!(table.set("id").len(), 1);
}

#[test]
fn columns_that_go_together_do_so_in_whichever_documents_they_are() {
    const POLICY: &str = "version: 1
rules:
  - { columns: [last, first], mask: forged, together: true }
  - { columns: [n], keep: true }
";
    let desk = Desk::with(&[("policy.yaml", POLICY)]);
    std::fs::create_dir(desk.path("plugins")).unwrap();
    desk.put("plugins/pairs.wasm", moretta_tests::forge::honest_pairs());
    let documents =
        ["{\"n\":1}\n", "{\"first\":\"Ada\"}\n", "{\"last\":\"King\",\"first\":\"Ada\"}\n", "{\"last\":\"King\"}\n"];
    desk.put("in.ndjson", documents.concat().repeat(20));
    let masked = documents.concat().replace("Ada", "***").replace("King", "****").repeat(20);
    for bytes in ["1", "40", "100000"] {
        let arguments = "mask in.ndjson --policy policy.yaml --plugins plugins --out out.ndjson --batch-bytes";
        desk.run(&format!("{arguments} {bytes}")).assert_code(0);
        assert_eq!(desk.text("out.ndjson"), masked, "batches of {bytes} bytes");
    }
}

/// Rows of which the second is null, with a secret behind the null: in text, and in the text of a null structure.
fn with_secrets_behind_nulls() -> RecordBatch {
    let nulls = || Some(NullBuffer::from(vec![true, false, true]));
    let (offsets, values, _) = StringArray::from(vec!["shown", "s3cret-text", "last"]).into_parts();
    let text = StringArray::new(offsets, values, nulls());
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["inside", "s3cret-inside", "end"]));
    let fields = Fields::from(vec![Field::new("text", DataType::Utf8, false)]);
    let structs = StructArray::new(fields, vec![inner], nulls());
    let columns: [(&str, ArrayRef); 2] = [("text", Arc::new(text)), ("structs", Arc::new(structs))];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn what_lies_behind_nulls_of_a_kept_column_is_not_written() {
    let desk = Desk::with(&[("keep.yaml", KEEP_ALL)]);
    let batch = with_secrets_behind_nulls();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    let input = writer.into_inner().unwrap();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&input, "s3cret-text") && holds(&input, "s3cret-inside"), "the test has nothing to find");
    desk.put("in.arrow", input);
    for out in ["out.arrow", "out.arrows"] {
        convert(&desk, "in.arrow", out);
        let written = desk.bytes(out);
        assert!(holds(&written, "shown") && holds(&written, "inside"), "{out}");
        assert!(!holds(&written, "s3cret"), "{out}");
    }
    let read = arrow_ipc::reader::FileReader::try_new(File::open(desk.path("out.arrow")).unwrap(), None).unwrap();
    assert_eq!(read.map(Result::unwrap).next().unwrap().columns(), batch.columns());
}
