//! No value of a masked or dropped column is to be seen anywhere but in its input, whatever happens.

use std::collections::BTreeSet;

use moretta_tests::command::{Desk, Finished};

use crate::table::{Table, corpus, corpus_text};

/// The columns that are masked or dropped. `state` alone is kept.
const SECRET: [&str; 9] = ["patient_id", "mrn", "ssn", "name", "birth_date", "zip", "phone", "address", "note"];

const HEADER: &str = "patient_id,mrn,ssn,name,birth_date,zip,phone,address,note,state";

const POLICY: &str = r#"
version: 1
domain: leak
subject: patient_id
rules:
  - { columns: [patient_id, mrn], mask: pseudonym, key: identity }
  - { columns: [ssn, name], mask: redact }
  - { columns: [birth_date], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [zip], mask: zip3 }
  - { columns: [phone], mask: partial, with: { keep_last: 2 } }
  - { columns: [address, note], drop: true }
  - { columns: [state], keep: true }
"#;

/// One row of values that occur nowhere else, by accident either: letters or marks in all of them. The dates are
/// further apart than any of them moves.
fn row(number: usize) -> [String; 10] {
    [
        format!("pat-{number:04}-Quex"),
        format!("MRN/{number:04}/KX"),
        format!("999-55-{number:04}"),
        format!("Wendelmira Ypsilanti-{number:04}"),
        format!("{}-03-08", 1900 + number),
        format!("99950-{number:04}"),
        format!("(907) 555-{number:04}"),
        format!("{number:04} Zyzzyva Lane"),
        format!("seen by Dr. Kwakwaka {number:04}"),
        "Alaska".to_owned(),
    ]
}

const ROWS: usize = 60;

fn secrets() -> BTreeSet<String> {
    (0..ROWS).flat_map(|number| row(number).into_iter().take(SECRET.len())).collect()
}

/// The table as CSV, after `edit` was at its lines.
fn csv(edit: impl Fn(&mut Vec<String>)) -> String {
    let mut lines = vec![HEADER.to_owned()];
    lines.extend((0..ROWS).map(|number| row(number).join(",")));
    edit(&mut lines);
    lines.join("\n") + "\n"
}

fn ndjson(edit: impl Fn(&mut Vec<String>)) -> String {
    let object = |number| {
        let members = HEADER.split(',').zip(row(number)).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    let mut lines: Vec<_> = (0..ROWS).map(object).collect();
    edit(&mut lines);
    lines.join("\n") + "\n"
}

fn desk() -> Desk {
    let desk = Desk::with(&[("policy.yaml", POLICY), ("in.csv", &csv(|_| {})), ("in.ndjson", &ndjson(|_| {}))]);
    desk.make_keys("keys");
    desk
}

#[track_caller]
fn assert_silent(what: &str, bytes: &[u8], secrets: &BTreeSet<String>) {
    let text = String::from_utf8_lossy(bytes);
    let told: Vec<_> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
    assert!(told.is_empty(), "{what} tells {told:?}:\n{text}");
}

#[track_caller]
fn assert_says_nothing(case: &str, run: &Finished, secrets: &BTreeSet<String>) {
    assert_silent(&format!("{case}: standard output"), &run.stdout, secrets);
    assert_silent(&format!("{case}: standard error"), run.stderr.as_bytes(), secrets);
}

/// Neither the files of the trail nor what is shown of it.
#[track_caller]
fn assert_trail_says_nothing(desk: &Desk, secrets: &BTreeSet<String>) {
    let files: Vec<_> = std::fs::read_dir(desk.path("keys/audit")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_silent(&file.display().to_string(), &std::fs::read(&file).unwrap(), secrets);
    }
    for verb in ["show", "export", "export --format ocsf"] {
        let shown = desk.run(&format!("audit {verb} keys/audit")).assert_code(0);
        assert!(shown.text().contains("run-ended"), "{verb}");
        assert_says_nothing(verb, &shown, secrets);
    }
}

#[test]
fn the_search_finds_what_is_there() {
    let secrets = secrets();
    assert_eq!(secrets.len(), ROWS * SECRET.len());
    assert!(secrets.iter().all(|secret| csv(|_| {}).contains(secret) && ndjson(|_| {}).contains(secret)));
}

#[test]
fn a_good_run_tells_nothing_in_any_format() {
    let (desk, secrets) = (desk(), secrets());
    desk.put("keep.yaml", "version: 1\ngate: { content: off }\nrules: [{ columns: [\"**\"], keep: true }]\n");
    for out in ["out.csv", "out.tsv", "out.ndjson", "out.parquet", "out.arrow"] {
        for input in ["in.csv", "in.ndjson"] {
            let options = "--policy policy.yaml --keyring keys --report report.json --quarantine rows.q";
            let run = desk.run(&format!("mask {input} {options} --out {out}")).assert_code(0);
            assert_says_nothing(out, &run, &secrets);
            for file in [out, "report.json", "rows.q"] {
                assert_silent(file, &desk.bytes(file), &secrets);
            }
            desk.remove("rows.q");
            // Parquet and Arrow compress: what they hold is looked at as text.
            let text =
                desk.run(&format!("mask {out} --policy keep.yaml --out - --format ndjson --quiet")).assert_code(0);
            assert_eq!(text.text().matches("Alaska").count(), ROWS);
            assert_silent(out, &text.stdout, &secrets);
        }
    }
    assert_trail_says_nothing(&desk, &secrets);
}

#[test]
fn rows_in_quarantine_are_open_to_nobody_without_the_key() {
    let (desk, secrets) = (desk(), secrets());
    desk.put("in.csv", csv(|lines| lines.iter_mut().skip(1).for_each(|line| *line = line.replace("-03-08", "-03-0x"))));
    let options = "--policy policy.yaml --keyring keys --quarantine rows.q --max-quarantined 60 --report report.json";
    let run = desk.run(&format!("mask in.csv {options} --out out.csv")).assert_code(0);
    let mut secrets = secrets;
    secrets.extend((0..ROWS).map(|number| format!("{}-03-0x", 1900 + number)));
    assert_says_nothing("quarantine", &run, &secrets);
    for file in ["out.csv", "report.json", "rows.q"] {
        assert_silent(file, &desk.bytes(file), &secrets);
    }
    assert_eq!(desk.text("rows.q").lines().count(), ROWS + 2);
    desk.make_keys("others");
    let refused = desk.run("quarantine read rows.q --keyring others").assert_code(1);
    assert_says_nothing("another keyring", &refused, &secrets);
    desk.run("quarantine read rows.q --keyring keys").assert_code(0);
    assert_trail_says_nothing(&desk, &secrets);
}

/// A run that fails: its input, the options beside the usual ones, and the exit code.
struct Failing {
    case: &'static str,
    input: (&'static str, Vec<u8>),
    options: &'static str,
    code: i32,
}

fn failing(
    case: &'static str,
    name: &'static str,
    input: impl Into<Vec<u8>>,
    options: &'static str,
    code: i32,
) -> Failing {
    Failing { case, input: (name, input.into()), options, code }
}

/// The table with one line changed, somewhere in the middle.
fn spoiled(edit: impl Fn(&str) -> String) -> String {
    csv(|lines| lines[33] = edit(&lines[33]))
}

fn spoiled_json(edit: impl Fn(&str) -> String) -> String {
    ndjson(|lines| lines[33] = edit(&lines[33]))
}

fn broken_text() -> Vec<Failing> {
    const P: &str = "--policy policy.yaml";
    vec![
        failing("ragged", "a.csv", spoiled(|line| line.replace(",Alaska", "")), P, 1),
        failing("too long", "a.csv", spoiled(|line| format!("{line},{line}")), P, 1),
        failing("open quote", "a.csv", spoiled(|line| line.replace("seen", "\"seen")), P, 1),
        failing("tail after a quote", "a.csv", spoiled(|line| format!("\"{}\"x{}", &line[..13], &line[13..])), P, 1),
        failing("lone return", "a.csv", spoiled(|line| line.replace("seen", "\rseen")), P, 1),
        failing("NUL", "a.csv", spoiled(|line| line.replace("seen", "\0seen")), P, 1),
        failing("not UTF-8", "a.csv", [csv(|_| {}).as_bytes(), b"pat-0001-Quex\xff,MRN\n"].concat(), P, 1),
        failing("header again", "a.csv", spoiled(|_| HEADER.to_owned()), P, 1),
        failing("no gzip", "a.csv.gz", csv(|_| {}), P, 1),
        failing("no Zstandard", "a.csv.zst", csv(|_| {}), P, 1),
        failing("no Parquet", "a.parquet", csv(|_| {}), P, 1),
        failing("no Arrow", "a.arrow", csv(|_| {}), P, 1),
        failing("no JSON", "a.ndjson", spoiled_json(|line| line.replace("\":\"999", "\":999")), P, 1),
        failing("no object", "a.ndjson", spoiled_json(|line| format!("[{line}]")), P, 1),
        failing("cut off", "a.ndjson", spoiled_json(|line| line[..90].to_owned()), P, 1),
        failing("key twice", "a.ndjson", spoiled_json(|line| line.replace("\"mrn\"", "\"patient_id\"")), P, 1),
        failing("half a character", "a.ndjson", spoiled_json(|line| line.replace("seen", "\\ud800 seen")), P, 1),
        failing("deep", "a.ndjson", spoiled_json(|line| "{\"a\":".repeat(70) + line + &"}".repeat(70)), P, 1),
        failing("CSV as NDJSON", "a.ndjson", csv(|_| {}), P, 1),
    ]
}

fn wrong_values() -> Vec<Failing> {
    const P: &str = "--policy policy.yaml";
    let bad_date = spoiled(|line| line.replace("-03-08", "-03-0x"));
    vec![
        failing("date", "a.csv", bad_date.clone(), P, 3),
        failing("date in JSON", "a.ndjson", spoiled_json(|line| line.replace("-03-08", "-3-8-")), P, 3),
        failing(
            "dates",
            "a.csv",
            csv(|lines| lines.iter_mut().for_each(|line| *line = line.replace("-03-", "-33-"))),
            "--policy policy.yaml --quarantine rows.q --max-quarantined 59 --report report.json",
            3,
        ),
        failing("type", "a.csv", csv(|_| {}), "--policy typed.yaml", 1),
        failing("short pseudonyms", "a.csv", csv(|_| {}), "--policy short.yaml", 2),
        failing("plugin", "a.csv", many_flags(), "--policy flag.yaml --plugin-memory 5", 1),
    ]
}

fn wrong_policies() -> Vec<Failing> {
    let good = csv(|_| {});
    vec![
        failing("denied", "a.csv", good.clone(), "--policy without-name.yaml", 2),
        failing("denied in JSON", "a.ndjson", ndjson(|_| {}), "--policy without-name.yaml", 2),
        failing("unknown key", "a.csv", good.clone(), "--policy unknown.yaml", 2),
        failing("no YAML", "a.csv", good.clone(), "--policy in.csv", 2),
        failing("JSON as policy", "a.csv", good.clone(), "--policy in.ndjson", 2),
        failing("JSON as labels", "a.csv", good.clone(), "--policy policy.yaml --labels one.ndjson", 2),
        failing("labels", "a.csv", good.clone(), "--policy policy.yaml --labels in.csv", 2),
        failing("transform", "a.csv", good.clone(), "--policy transform.yaml", 2),
        failing("key", "a.csv", good.clone(), "--policy key.yaml", 2),
        failing("no place for output", "a.csv", good.clone(), "--policy policy.yaml --report none/report.json", 2),
        failing("over the input", "a.csv", good, "--policy policy.yaml --report a.csv", 2),
    ]
}

/// So many values that `redact` with a long constant needs more memory than it is given.
fn many_flags() -> String {
    let rows = (0..20_000).map(|number| format!("{},x\n", row(number % ROWS)[0]));
    "patient_id,flag\n".to_owned() + &rows.collect::<String>()
}

const FLAG_POLICY: &str =
    "version: 1\ndomain: d\nrules:\n  - { columns: [patient_id], mask: pseudonym, key: identity }\n";

fn put_policies(desk: &Desk) {
    desk.put("one.ndjson", ndjson(|lines| lines.truncate(1)));
    desk.put("typed.yaml", format!("types: {{ mrn: int64 }}\n{POLICY}"));
    desk.put("short.yaml", POLICY.replace("key: identity", "key: identity, with: { length: 4 }"));
    desk.put(
        "flag.yaml",
        format!("{FLAG_POLICY}  - {{ columns: [flag], mask: redact, with: {{ value: {} }} }}\n", "y".repeat(256)),
    );
    desk.put("without-name.yaml", POLICY.replace("[ssn, name]", "[ssn]"));
    desk.put("unknown.yaml", format!("colour: red\n{POLICY}"));
    desk.put("transform.yaml", POLICY.replace("mask: zip3", "mask: zip4"));
    desk.put("key.yaml", POLICY.replace("key: identity", "key: other"));
}

#[test]
fn a_run_that_fails_tells_nothing_and_leaves_nothing() {
    let (desk, secrets) = (desk(), secrets());
    put_policies(&desk);
    for Failing { case, input: (name, input), options, code } in
        broken_text().into_iter().chain(wrong_values()).chain(wrong_policies())
    {
        desk.put(name, input);
        let before = desk.names();
        for out in ["out.csv", "-"] {
            let run = desk.run(&format!("mask {name} {options} --keyring keys --format csv --out {out}"));
            assert_eq!(run.code, Some(code), "{case}: {}", run.stderr);
            assert!(run.stdout.is_empty(), "{case}: something was written");
            assert_says_nothing(case, &run, &secrets);
            assert_eq!(desk.names(), before, "{case}");
        }
    }
    assert_trail_says_nothing(&desk, &secrets);
}

#[test]
fn no_value_of_the_synthetic_patients_is_a_cell_of_the_output() {
    let desk = Desk::new();
    desk.make_keys("keys");
    let policy = corpus("synthea/research.yaml");
    let original = Table::of_csv(corpus_text("synthea/patients.csv").as_bytes());
    let input = corpus("synthea/patients.csv");
    let arguments = format!("--policy {} --keyring keys --out out.csv", policy.display());
    let run = desk.run(&format!("mask {} {arguments}", input.display())).assert_code(0);
    let kept = ["prefix", "gender", "race", "marital_status", "state"];
    // A ZIP code or a number can occur inside of something longer by accident, so whole cells are compared.
    let secrets: BTreeSet<&str> = original
        .header
        .iter()
        .filter(|column| !kept.contains(&column.as_str()))
        .flat_map(|column| original.set(column))
        .filter(|value| value.len() >= 4)
        .collect();
    assert!(secrets.len() > 400, "{}", secrets.len());
    let masked = Table::of_csv(&desk.bytes("out.csv"));
    let dates = ["birth_date", "death_date"];
    for column in
        masked.header.iter().filter(|column| !kept.contains(&column.as_str()) && !dates.contains(&column.as_str()))
    {
        assert!(masked.set(column).is_disjoint(&secrets), "{column}");
    }
    // The date of one is sometimes that of another, moved; it is never its own.
    for column in dates {
        let pairs = original.column(column).into_iter().zip(masked.column(column));
        assert!(pairs.filter(|(before, _)| !before.is_empty()).all(|(before, after)| before != after), "{column}");
    }
    let words: BTreeSet<String> =
        secrets.iter().filter(|value| value.len() >= 8).map(|value| (*value).to_owned()).collect();
    assert_says_nothing("the summary", &run, &words);
}
