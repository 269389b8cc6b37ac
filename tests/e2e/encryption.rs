//! The three plugins of encryption, from file to file. The way back is in `reveal`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moretta_tests::command::Desk;

use crate::table::{Table, corpus_text};

const POLICY: &str = "\
version: 1
domain: trial
rules:
  - { columns: [ssn], mask: encrypt, key: cells, with: { prefix: E- } }
  - { columns: [patient_id], mask: encrypt-deterministic, key: joins }
  - { columns: [phone], mask: fpe, key: shapes, with: { keep_first: 3 } }
  - { columns: ['*'], keep: true }
";

fn desk() -> Desk {
    let desk = Desk::with(&[("p.yaml", POLICY)]);
    let keys = "--key cells=encrypt --key joins=encrypt-deterministic --key shapes=fpe --key quarantine=quarantine";
    desk.run(&format!("keys init --keyring keys {keys}")).assert_code(0);
    desk.put("patients.csv", PATIENTS);
    desk.put("visits.csv", "patient_id,day\np-1,1\np-2,2\np-1,3\n");
    desk
}

const PATIENTS: &str = "\
patient_id,ssn,phone
p-1,123-45-6789,(555) 010-99887
p-2,123-45-6789,(555) 010-99888
p-3,,5550109988
";

fn column(desk: &Desk, file: &str, name: &str) -> Vec<String> {
    Table::of_csv(&desk.bytes(file)).column(name).iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn no_value_is_left_and_equal_ones_cannot_be_told() {
    let desk = desk();
    desk.run("mask patients.csv --policy p.yaml --keyring keys --out m.csv").assert_code(0);
    let masked = desk.text("m.csv");
    for value in ["123-45-6789", "p-1", "p-2", "010-99887", "99887"] {
        assert!(!masked.contains(value), "{value} is there");
    }
    let ssns = column(&desk, "m.csv", "ssn");
    assert!(ssns[0] != ssns[1] && ssns[0].starts_with("E-") && ssns[0].len() == ssns[1].len());
    assert!(ssns[2].is_empty());
}

#[test]
fn tables_stay_joinable_and_phones_stay_phones() {
    let desk = desk();
    for (from, to) in [("patients.csv", "p.csv"), ("visits.csv", "v.csv"), ("patients.csv", "again.csv")] {
        desk.run(&format!("mask {from} --policy p.yaml --keyring keys --out {to}")).assert_code(0);
    }
    let (patients, visits) = (column(&desk, "p.csv", "patient_id"), column(&desk, "v.csv", "patient_id"));
    assert_eq!(visits, [&patients[0], &patients[1], &patients[0]].map(Clone::clone));
    let phones = column(&desk, "p.csv", "phone");
    assert_eq!(phones, column(&desk, "again.csv", "phone"));
    for (phone, shape) in phones.iter().zip(["(555) ddd-ddddd", "(555) ddd-ddddd", "555ddddddd"]) {
        let fits = |(got, wanted): (char, char)| got == wanted || wanted == 'd' && got.is_ascii_digit();
        assert!(phone.len() == shape.len() && phone.chars().zip(shape.chars()).all(fits), "{phone}");
    }
}

#[test]
fn what_could_be_tried_out_is_refused_before_a_row_or_goes_to_quarantine() {
    let desk = desk();
    desk.put("short.yaml", POLICY.replace("keep_first: 3", "min_length: 5"));
    let refusal = desk.run("check patients.csv --policy short.yaml").assert_code(2).stderr;
    assert!(refusal.contains("`fpe`: property `min_length`: 5 is less than the minimum of 6"), "{refusal}");
    desk.put("check.yaml", POLICY.replace("keep_first: 3", "keep_last: 1, check_digit: luhn"));
    let refusal = desk.run("check patients.csv --policy check.yaml").assert_code(2).stderr;
    assert!(refusal.contains("`fpe` refuses it"), "{refusal}");

    desk.put("zips.csv", "phone\n02139\n0213902139\n");
    desk.put("zips.yaml", "version: 1\ndomain: d\nrules: [{ columns: [phone], mask: fpe, key: shapes }]\n");
    let run = desk.run("mask zips.csv --policy zips.yaml --keyring keys --out z.csv").assert_code(3);
    assert!(run.stderr.contains("out-of-range") && !run.stderr.contains("02139"), "{}", run.stderr);
    assert!(!desk.names().contains("z.csv"));
}

/// What AES-GCM never forgives. A cell says which key of which call sealed it, and under which number.
#[test]
fn no_two_cells_of_any_process_share_a_key_and_a_nonce() {
    let desk = desk();
    let ids: String = (0..400).map(|id| format!("p-{},same,5550109988\n", id % 7)).collect();
    desk.put("many.csv", format!("patient_id,ssn,phone\n{ids}"));
    let mut numbers = BTreeMap::<Vec<u8>, BTreeSet<u32>>::new();
    let mut cells = 0;
    for out in ["1.csv", "2.csv", "3.csv"] {
        let run = "mask many.csv --policy p.yaml --keyring keys --workers 2 --batch-bytes 2048";
        desk.run(&format!("{run} --out {out}")).assert_code(0);
        for cell in column(&desk, out, "ssn") {
            let sealed = URL_SAFE_NO_PAD.decode(cell.strip_prefix("E-").unwrap()).unwrap();
            let number = u32::from_be_bytes(sealed[21..25].try_into().unwrap());
            assert!(numbers.entry(sealed[5..21].to_vec()).or_default().insert(number), "a key and a nonce come again");
            cells += 1;
        }
    }
    assert!(cells == 1_200 && numbers.len() > 6, "{} calls", numbers.len());
    // Counted from 0 in each call: nothing is left of one in the next.
    assert!(numbers.values().all(|of_call| of_call.iter().copied().eq(0..of_call.len() as u32)));
}

#[test]
fn the_plan_says_what_every_transform_may_use() {
    let desk = desk();
    desk.put("noise.yaml", POLICY.replace("- { columns: ['*']", "- { columns: [age], mask: noise, with: { amount: 5 } }\n  - { columns: [zip], mask: zip3 }\n  - { columns: ['*']"));
    desk.put("wide.csv", "ssn,patient_id,phone,age,zip,state\n");
    let plan = desk.run("check wide.csv --policy noise.yaml").assert_code(0).text();
    for (column, may_use) in [
        ("ssn", "encrypt key `cells`"),
        ("patient_id", "encrypt-deterministic key `joins`"),
        ("phone", "fpe key `shapes`"),
        ("age", "randomness"),
        ("zip", "nothing"),
    ] {
        let row = plan.lines().find(|line| line.trim_start().starts_with(column)).unwrap();
        assert!(row.contains(may_use), "{plan}");
    }
    let state = plan.lines().find(|line| line.trim_start().starts_with("state")).unwrap();
    assert!(!state.contains("nothing") && !state.contains("randomness"), "{plan}");
}

#[test]
fn a_key_serves_one_purpose() {
    let desk = desk();
    desk.put("wrong.yaml", POLICY.replace("key: cells", "key: joins"));
    let refusal = desk.run("mask patients.csv --policy wrong.yaml --keyring keys --out w.csv").assert_code(2).stderr;
    assert!(refusal.contains("key `joins` is for encrypt-deterministic, and encrypt is asked of it"), "{refusal}");
}

#[test]
fn the_synthetic_patients_are_encrypted_one_to_one_on_any_number_of_workers() {
    let desk = desk();
    let policy = "{ columns: [patient_id], mask: encrypt-deterministic, key: joins }, { columns: ['*'], drop: true }";
    desk.put("all.yaml", format!("version: 1\ndomain: d\nrules: [{policy}]\n"));
    desk.put("all.csv", corpus_text("synthea/patients.csv"));
    for workers in [1, 3] {
        let run = format!("mask all.csv --policy all.yaml --keyring keys --batch-bytes 4096 --workers {workers}");
        desk.run(&format!("{run} --out {workers}.csv")).assert_code(0);
    }
    assert_eq!(desk.text("1.csv"), desk.text("3.csv"));
    let original = Table::of_csv(corpus_text("synthea/patients.csv").as_bytes());
    let distinct: BTreeSet<_> = column(&desk, "1.csv", "patient_id").into_iter().collect();
    assert_eq!(distinct.len(), original.column("patient_id").iter().collect::<BTreeSet<_>>().len());
}
