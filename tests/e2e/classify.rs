//! From a file that nobody knows to one that is masked: suggestions, their review, and what stops a run until then.

use moretta_tests::command::Desk;

/// Forty people of nowhere.
fn table() -> String {
    let row = |row: u32| {
        let code = ["E11.9", "I10", "J45.909"][row as usize % 3];
        format!("p{row},ada{row}@example.org,{}-45-{},{code}\n", 123 + row, 6789 + row)
    };
    format!("pt_ref,contact,x1,dx\n{}", (0..40).map(row).collect::<String>())
}

const POLICY: &str = "\
version: 1
unmatched: drop
rules:
  - { labels: [us-ssn, email], mask: redact }
  - { labels: [mrn], mask: redact }
  - { labels: [icd-10-cm], keep: true }
";

fn desk() -> Desk {
    Desk::with(&[("in.csv", &table()), ("p.yaml", POLICY)])
}

#[test]
fn what_looks_like_an_identifier_stops_every_run_until_somebody_reviews_it() {
    let desk = desk();
    let told = desk.run("classify in.csv --out l.yaml").assert_code(0).text();
    assert!(told.contains("us-ssn") && told.contains("email") && told.contains("40 rows looked at"), "{told}");
    for refused in
        ["check in.csv --policy p.yaml --labels l.yaml", "mask in.csv --policy p.yaml --labels l.yaml --out o.csv"]
    {
        let said = desk.run(refused).assert_code(2).stderr;
        assert!(said.contains("column `x1` looks like us-ssn") && said.contains("moretta labels approve"), "{said}");
    }
    desk.run("labels approve l.yaml --all").assert_code(0);
    let labels = desk.text("l.yaml");
    assert!(
        labels.contains("status: approved") && labels.contains("by: \"") && labels.contains("at: \"20"),
        "{labels}"
    );
    desk.run("check in.csv --policy p.yaml --labels l.yaml").assert_code(0);
    desk.run("mask in.csv --policy p.yaml --labels l.yaml --out o.csv").assert_code(0);
    let masked = desk.text("o.csv");
    assert!(
        masked.starts_with("contact,x1,dx\n") && masked.contains("E11.9") && !masked.contains("123-45"),
        "{masked}"
    );
}

#[test]
fn no_value_is_in_what_is_told_or_written() {
    let desk = desk();
    let ran = desk.run("classify in.csv --full --examples --out l.yaml").assert_code(0);
    let told = ran.text() + &ran.stderr;
    assert!(told.contains("--examples shows on a terminal only") && !told.contains("999-99-9999"), "{told}");
    for value in ["ada", "123-45", "E11.9", "example.org"] {
        assert!(!told.contains(value) && !desk.text("l.yaml").contains(value), "{value} is told");
    }
    let headless = Desk::with(&[("in.csv", "Smith,999-95-5353\nJones,999-95-5354\n")]);
    let told = headless.run("classify in.csv").assert_code(0).text();
    assert!(told.contains("column 2") && !told.contains("999-95-5353"), "{told}");
}

#[test]
fn a_terminal_is_asked_for_each_suggestion_that_waits() {
    let desk = desk();
    desk.run("classify in.csv --out l.yaml --review").assert_code(2);
    assert!(!desk.names().contains("l.yaml"));
    // One answer for each column in its order; what is no label is asked for again.
    let asked = "printf 'a\\nr\\nfree-txt\\nfree-text\\n' | \
                 script -qec \"$MORETTA classify in.csv --out l.yaml --review\" /dev/null";
    let told = desk.run_in_shell(asked).assert_code(0).text();
    assert!(told.contains("that is no label; did you mean `free-text`?"), "{told}");
    let labels = desk.text("l.yaml");
    for reviewed in
        ["label: email\n    status: rejected", "label: free-text\n    status: approved\n    suggested: us-ssn"]
    {
        assert!(labels.contains(reviewed), "{labels}");
    }
    assert_eq!(labels.matches("by: ").count(), 3, "{labels}");
}

#[test]
fn a_review_can_say_something_else() {
    let desk = desk();
    desk.run("classify in.csv --out l.yaml").assert_code(0);
    desk.run("labels reject l.yaml contact").assert_code(0);
    desk.run("labels set l.yaml x1 mrn").assert_code(0);
    desk.run("labels set l.yaml pt_ref other-id").assert_code(0);
    let checked = desk.run("check in.csv --policy p.yaml --labels l.yaml").assert_code(0).text();
    assert!(checked.contains("mrn") && !checked.contains("us-ssn") && !checked.contains("email"), "{checked}");
    let said = desk.run("labels set l.yaml x2 mrn").assert_code(2).stderr;
    assert!(said.contains("column `x2` is not in the file") && said.contains("did you mean `x1`?"), "{said}");
    let said = desk.run("labels set l.yaml x1 us_ssn").assert_code(2).stderr;
    assert!(said.contains("there is no such label"), "{said}");
    desk.put("short.yaml", "x1: us-ssn\n");
    let said = desk.run("labels approve short.yaml --all").assert_code(2).stderr;
    assert!(said.contains("was written by hand"), "{said}");
}

#[test]
fn drift_reopens_the_review() {
    let desk = desk();
    desk.run("classify in.csv --out l.yaml").assert_code(0);
    desk.run("labels approve l.yaml --all").assert_code(0);
    let fax = |(row, line): (usize, &str)| match row {
        0 => format!("{line},fax\n"),
        _ => format!("{line},617-555-01{row:02}\n"),
    };
    desk.put("in.csv", table().lines().enumerate().map(fax).collect::<String>());
    let said = desk.run("check in.csv --policy p.yaml --labels l.yaml").assert_code(2).stderr;
    assert!(said.contains("had these columns, in these types: fax") && said.contains("moretta classify"), "{said}");
    desk.run("classify in.csv --out l.yaml").assert_code(0);
    let said = desk.run("check in.csv --policy p.yaml --labels l.yaml").assert_code(2).stderr;
    assert!(said.contains("column `fax` looks like fax") && !said.contains("`x1`"), "{said}");
    desk.put("in.csv", table().replace("-", "").replace("@", "at"));
    desk.run("classify in.csv --out l.yaml").assert_code(0);
    let labels = desk.text("l.yaml");
    assert!(!labels.contains("label: email"), "what is no address any more is reviewed as none: {labels}");
}

#[test]
fn documents_have_dotted_paths() {
    let document = |name: &str, mail: &str| {
        format!("{{\"name\": [{{\"family\": \"{name}\"}}], \"telecom\": {{\"value\": \"{mail}\"}}}}\n")
    };
    let names =
        ["Schmidt", "Hernandez", "Nguyen", "Kowalski", "Oconnor", "Petersen", "Yamamoto", "Dubois", "Rossi", "Novak"];
    let rows: String = (0..20).map(|row| document(names[row % 10], &format!("p{row}@example.org"))).collect();
    let desk = Desk::with(&[("in.ndjson", rows.as_str())]);
    desk.run("classify in.ndjson --out l.yaml").assert_code(0);
    let labels = desk.text("l.yaml");
    assert!(labels.contains("\"name[].family\":") && labels.contains("label: family-name"), "{labels}");
    assert!(labels.contains("\"telecom.value\":") && labels.contains("label: email"), "{labels}");
}

#[test]
fn a_file_that_holds_something_else_is_not_written_over() {
    let desk = desk();
    desk.put("notes.yaml", "- a list\n");
    desk.run("classify in.csv --out notes.yaml").assert_code(2);
    assert_eq!(desk.text("notes.yaml"), "- a list\n");
    let said = desk.run("classify in.csv --out in.csv").assert_code(2).stderr;
    assert!(said.contains("is read by this run"), "{said}");
}

#[test]
fn a_file_at_fault_is_told_and_nothing_is_written() {
    let desk = Desk::with(&[("bad.csv", "a,b\n1,2\n3\n")]);
    let said = desk.run("classify bad.csv --out l.yaml").assert_code(1).stderr;
    assert!(said.contains("bad.csv, line 3"), "{said}");
    assert!(!desk.names().contains("l.yaml"));
}

#[test]
fn text_is_told_with_what_it_is_full_of_and_never_a_piece_of_it() {
    let row = |row: u32| format!("p{row},Call her sister at 617-555-{:04} before the visit,ready\n", 1_000 + row);
    let desk = Desk::with(&[("in.csv", &format!("id,remarks,state of it\n{}", (0..40).map(row).collect::<String>()))]);
    let told = desk.run("classify in.csv --out l.yaml --report r.html").assert_code(0).text();
    assert!(told.contains("1,000 words of it have 125.0 phone"), "{told}");
    let (labels, page) = (desk.text("l.yaml"), desk.text("r.html"));
    assert_eq!(labels.matches("pieces: {\"phone\":125.0}").count(), 1, "{labels}");
    assert!(page.contains("pieces in 1,000 words") && page.contains("125.0"), "{page}");
    assert!(!format!("{told}{labels}{page}").contains("617-555"));
    // What was found in it is kept with the review of it.
    desk.run("labels set l.yaml remarks free-text").assert_code(0);
    assert!(desk.text("l.yaml").contains("pieces: {\"phone\":125.0}"));
}
