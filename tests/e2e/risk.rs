//! How well individuals hide among each other: measured, and held where the policy bounds it.

use std::collections::BTreeMap;

use moretta_tests::command::Desk;

/// Three hundred people of nowhere, in classes of very different sizes.
fn table() -> String {
    let row = |row: u32| {
        let zip = ["02139", "02140", "10001"][(row % 30 / 13) as usize];
        let sex = if row.is_multiple_of(7) { "f" } else { "m" };
        format!("p{row},{zip},{},{sex},{}\n", 1950 + row % 12, ["I10", "E11.9", "J45"][row as usize % 3])
    };
    format!("id,zip,year,sex,dx\n{}", (0..300).map(row).collect::<String>())
}

fn policy(risk: &str) -> String {
    format!(
        "\
version: 1
domain: test
subject: id
risk: {risk}
rules:
  - {{ columns: [id], mask: pseudonym, key: identity }}
  - {{ columns: [zip], mask: zip3 }}
  - {{ columns: [year, sex, dx], keep: true }}
"
    )
}

fn desk(risk: &str) -> Desk {
    Desk::with(&[("in.csv", &table()), ("p.yaml", &policy(risk))])
}

const K5: &str = "{ quasi_identifiers: [zip, year, sex], sensitive: [dx], k: 5 }";
const MASK: &str = "mask in.csv -p p.yaml --ephemeral-keys --out o.csv";

fn rows(csv: &str) -> Vec<Vec<String>> {
    csv.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The size of each class of zip, year and sex.
fn classes(rows: &[Vec<String>]) -> BTreeMap<Vec<String>, u64> {
    let mut classes = BTreeMap::new();
    for row in rows {
        *classes.entry(row[1..4].to_vec()).or_default() += 1;
    }
    classes
}

#[test]
fn figures_are_those_of_the_table_and_no_value_is_told() {
    let desk = desk(K5);
    let expected = classes(&rows(&table()));
    let asked = "risk in.csv --quasi-identifiers zip,year,sex --sensitive dx --subject id";
    let told = desk.run(&format!("{asked} --json")).assert_code(0).text();
    let figures: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(figures["rows"], 300);
    assert_eq!(figures["classes"], expected.len());
    assert_eq!(figures["smallest_class"], *expected.values().min().unwrap());
    assert_eq!(figures["unique_rows"], expected.values().filter(|size| **size == 1).count());
    let text = desk.run(asked).assert_code(0).text();
    assert!(text.contains("300 rows in") && text.contains("individuals (k)"), "{text}");
    for value in ["02139", "E11.9", "p17"] {
        assert!(!told.contains(value) && !text.contains(value), "{value} is told");
    }
}

#[test]
fn what_is_worse_than_was_asked_fails() {
    let desk = desk(K5);
    let asked = "risk in.csv --quasi-identifiers zip,year,sex --sensitive dx";
    desk.run(&format!("{asked} --min-k 1 --min-l 1")).assert_code(0);
    let said = desk.run(&format!("{asked} --min-k 50")).assert_code(2).stderr;
    assert!(said.contains("50 were asked for") && said.contains("generalise"), "{said}");
    let said = desk.run(&format!("{asked} --min-l 4")).assert_code(2).stderr;
    assert!(said.contains("`dx`"), "{said}");
    let said = desk.run("risk in.csv --quasi-identifiers zip,born").assert_code(2).stderr;
    assert!(said.contains("no row has a column `born`"), "{said}");
}

#[test]
fn rows_of_small_classes_are_not_written_and_count_as_dropped() {
    let desk = desk(K5);
    desk.run(&format!("{MASK} --report r.json")).assert_code(0);
    let masked = rows(&desk.text("o.csv"));
    assert!(classes(&masked).values().all(|size| *size >= 5) && !masked.is_empty());
    let report: serde_json::Value = serde_json::from_str(&desk.text("r.json")).unwrap();
    let (counts, risk) = (&report["rows"], &report["risk"]);
    assert_eq!(counts["masked"], masked.len());
    assert_eq!(counts["dropped"], 300 - masked.len());
    assert_eq!(risk["suppressed"], counts["dropped"]);
    assert!(risk["suppressed"].as_u64().unwrap() > 0 && risk["before"]["smallest_class"].as_u64().unwrap() < 5);
    assert!(risk["after"]["smallest_class"].as_u64().unwrap() >= 5);
    desk.run("risk o.csv --quasi-identifiers zip,year,sex --min-k 5").assert_code(0);
}

#[test]
fn rows_of_small_classes_may_stay_without_their_quasi_identifiers() {
    let desk = desk("{ quasi_identifiers: [zip, year, sex], k: 5, small_classes: blank }");
    desk.run(&format!("{MASK} --report r.json")).assert_code(0);
    let masked = rows(&desk.text("o.csv"));
    assert_eq!(masked.len(), 300);
    let blank = vec![String::new(); 3];
    let classes = classes(&masked);
    assert!(classes.values().all(|size| *size >= 5) && classes.contains_key(&blank));
    let report: serde_json::Value = serde_json::from_str(&desk.text("r.json")).unwrap();
    assert_eq!(report["risk"]["blanked"], classes[&blank]);
}

#[test]
fn nothing_of_what_is_left_out_is_in_the_file() {
    for how in ["blank", "suppress"] {
        let desk = desk(&format!("{{ quasi_identifiers: [zip, year, sex], k: 5, small_classes: {how} }}"));
        desk.put("in.csv", table() + "p900,10001,1951,unmistakable,I10\n");
        for out in ["o.arrow", "o.parquet", "o.csv", "o.ndjson"] {
            desk.run(&format!("mask in.csv -p p.yaml --ephemeral-keys --out {out}")).assert_code(0);
            let bytes = desk.bytes(out);
            assert!(!bytes.windows(12).any(|bytes| bytes == b"unmistakable"), "{how} {out}");
        }
    }
}

#[test]
fn rows_that_are_too_few_even_without_quasi_identifiers_are_not_written() {
    let desk = Desk::with(&[
        ("in.csv", "id,zip,year,sex,dx\n1,02139,1,m,a\n2,02139,1,m,a\n3,02139,1,m,a\n4,02139,2,m,a\n"),
        ("p.yaml", &policy("{ quasi_identifiers: [zip, year, sex], k: 3, small_classes: blank }")),
    ]);
    desk.run(MASK).assert_code(0);
    assert_eq!(rows(&desk.text("o.csv")).len(), 3);
}

#[test]
fn documents_and_typed_files_are_held_to_it_too() {
    let desk = desk("{ quasi_identifiers: [zip, year, sex], k: 5, small_classes: blank }");
    let document = |row: &Vec<String>| {
        let [id, zip, year, sex, dx] = row.as_slice() else { unreachable!() };
        format!(r#"{{"id":"{id}","zip":"{zip}","year":{year},"sex":"{sex}","dx":"{dx}","more":[1]}}"#) + "\n"
    };
    let documents: String = rows(&table()).iter().map(document).collect();
    desk.put("in.ndjson", documents);
    desk.put("d.yaml", policy("{ quasi_identifiers: [zip, year, sex], k: 5 }").replace("dx]", "dx, \"more[]\"]"));
    desk.put("b.yaml", desk.text("p.yaml").replace("dx]", "dx, \"more[]\"]"));
    desk.run("mask in.ndjson -p d.yaml --ephemeral-keys --out s.ndjson").assert_code(0);
    desk.run("mask in.ndjson -p b.yaml --ephemeral-keys --out b.ndjson").assert_code(0);
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.parquet").assert_code(0);
    for file in ["s.ndjson", "b.ndjson", "o.parquet"] {
        desk.run(&format!("risk {file} --quasi-identifiers zip,year,sex --min-k 5")).assert_code(0);
    }
    assert_eq!(desk.text("b.ndjson").lines().count(), 300);
    assert!(desk.text("s.ndjson").lines().count() < 300);
}

#[test]
fn the_output_is_the_same_for_any_number_of_workers() {
    let desk = desk(K5);
    let files: Vec<String> = [1, 2, 7]
        .map(|workers| {
            let policy = desk.text("p.yaml").replace("mask: pseudonym, key: identity", "mask: redact");
            desk.put("q.yaml", policy);
            desk.run(&format!("mask in.csv -p q.yaml --batch-bytes 1024 --workers {workers} --out w{workers}.csv"))
                .assert_code(0);
            desk.text(&format!("w{workers}.csv"))
        })
        .into();
    assert!(files[0] == files[1] && files[1] == files[2] && files[0].lines().count() > 1);
}

#[test]
fn the_visits_of_one_person_are_one_individual() {
    let visits: String = (0..20).map(|visit| format!("p1,02139,1950,f,{visit}\n")).collect();
    let desk = desk(K5);
    desk.put("in.csv", format!("id,zip,year,sex,dx\n{visits}"));
    desk.run(MASK).assert_code(0);
    assert_eq!(desk.text("o.csv").lines().count(), 1);
}

#[test]
fn a_policy_that_cannot_be_kept_is_refused() {
    for (risk, wrong) in [
        ("{ quasi_identifiers: [zip], k: 1 }", "from 2 on"),
        ("{ quasi_identifiers: [], k: 5 }", "empty list"),
        ("{ quasi_identifiers: [zip] }", "`k` is missing"),
        ("{ quasi_identifiers: [born], k: 5 }", "is not in the input"),
        ("{ quasi_identifiers: [zip], k: 5, small_classes: keep }", "small_classes"),
    ] {
        let said = desk(risk).run("check in.csv --policy p.yaml").assert_code(2).stderr;
        assert!(said.contains(wrong), "{risk}: {said}");
    }
    let desk = desk(K5);
    for (rule, other, wrong) in [
        ("[year, sex, dx], keep: true", "[sex, dx], keep: true }\n  - { columns: [year], drop: true", "is not written"),
        (
            "[year, sex, dx], keep: true",
            "[sex, dx], keep: true }\n  - { columns: [year], mask: noise, with: { amount: 3 }",
            "at random",
        ),
    ] {
        desk.put("q.yaml", desk.text("p.yaml").replace(rule, other).replace("risk:", "types: { year: int64 }\nrisk:"));
        let said = desk.run("check in.csv --policy q.yaml").assert_code(2).stderr;
        assert!(said.contains(wrong), "{said}");
    }
    let said = desk.run("mask - --input-format csv -p p.yaml --ephemeral-keys --out o.csv").assert_code(2).stderr;
    assert!(said.contains("takes two passes"), "{said}");
    assert!(!desk.names().contains("o.csv"));
}

#[test]
fn a_determination_without_figures_is_noted() {
    let desk = desk(K5);
    let claim = "subject: id
profile: { name: expert-determination, method: M, expires: 2099-12-31 }
labels: { id: mrn, zip: zip, year: birth-year, sex: gender, dx: clinical }";
    desk.put("p.yaml", desk.text("p.yaml").replace("subject: id", claim));
    let note = "nothing measures the risk";
    assert!(!desk.run("check in.csv --policy p.yaml").assert_code(0).text().contains(note));
    desk.put("q.yaml", desk.text("p.yaml").replace("risk:", "# risk:"));
    assert!(desk.run("check in.csv --policy q.yaml").assert_code(0).text().contains(note));
}
