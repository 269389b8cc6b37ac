//! Events of OpenLineage, held against the fields that its specification demands.

use moretta_tests::command::Desk;
use serde_json::{Value, json};

const TABLE: &str = "id,born,zip,kept,odd <b>\np1,1980-02-03,02139,a,x\np2,1950-12-31,03601,b,y\n";

const POLICY: &str = "\
version: 1
name: research
domain: d
subject: id
labels: { id: mrn, born: birth-date, zip: zip }
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [kept, \"odd <b>\"], keep: true }
unmatched: drop
";

fn desk() -> Desk {
    Desk::with(&[("in.csv", TABLE), ("p.yaml", POLICY)])
}

fn events(desk: &Desk) -> Vec<Value> {
    desk.text("e.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `RunEvent` of OpenLineage 2-0-2 requires, and each of its facets.
fn assert_valid(event: &Value) {
    assert!(event["eventTime"].as_str().unwrap().ends_with('Z'));
    assert!(event["producer"].as_str().unwrap().starts_with("https://"));
    assert_eq!(event["schemaURL"], "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
    assert_eq!(event["run"]["runId"].as_str().unwrap().len(), 36);
    assert!(event["job"]["namespace"].is_string() && event["job"]["name"].is_string());
    let datasets = || ["inputs", "outputs"].into_iter().flat_map(|side| event[side].as_array().unwrap());
    for dataset in datasets() {
        assert!(dataset["namespace"].is_string() && dataset["name"].is_string(), "{dataset}");
    }
    let facets = [&event["run"]["facets"], &event["job"]["facets"]].into_iter();
    let facets = facets.chain(datasets().flat_map(|dataset| [&dataset["facets"], &dataset["outputFacets"]]));
    for (name, facet) in facets.filter_map(Value::as_object).flatten() {
        assert!(facet["_producer"].as_str().unwrap().starts_with("https://"), "{name}");
        assert!(facet["_schemaURL"].as_str().unwrap().starts_with("https://openlineage.io/spec/facets/"), "{name}");
    }
}

#[test]
fn a_run_tells_that_it_begins_and_what_became_of_every_column() {
    let desk = desk();
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv -q --lineage e.jsonl").assert_code(0);
    let events = events(&desk);
    events.iter().for_each(assert_valid);
    let [start, complete] = events.try_into().unwrap();
    assert_eq!((start["eventType"].as_str(), complete["eventType"].as_str()), (Some("START"), Some("COMPLETE")));
    assert_eq!(start["run"]["runId"], complete["run"]["runId"]);
    assert_eq!(complete["job"]["name"], "research");
    let output = &complete["outputs"][0];
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 2);
    let fields = &output["facets"]["columnLineage"]["fields"];
    let of = |column: &str| {
        let inputs = fields[column]["inputFields"].as_array().unwrap();
        let one = |input: &Value| {
            let how = &input["transformations"][0];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&input["field"]), text(&how["type"]), text(&how["subtype"]), how["masking"].as_bool().unwrap())
        };
        inputs.iter().map(one).collect::<Vec<_>>()
    };
    let row =
        |field: &str, of: &str, subtype: &str, masking| (field.to_owned(), of.to_owned(), subtype.to_owned(), masking);
    assert_eq!(of("kept"), [row("kept", "DIRECT", "IDENTITY", false)]);
    assert_eq!(of("id"), [row("id", "DIRECT", "TRANSFORMATION", true)]);
    let dates = [row("born", "DIRECT", "TRANSFORMATION", true), row("id", "INDIRECT", "CONDITIONAL", true)];
    assert_eq!(of("born"), dates);
    assert!(fields.get("zip").is_none(), "zip is dropped");
    let tags = output["facets"]["tags"]["tags"].as_array().unwrap();
    let label = |column: &str| {
        let tag = tags.iter().find(|tag| tag["field"] == column && tag["key"] == "moretta.label");
        tag.map(|tag| tag["value"].as_str().unwrap().to_owned())
    };
    assert_eq!((label("id").as_deref(), label("kept")), (Some("derived-code"), None));
}

#[test]
fn a_run_that_fails_tells_so_and_later_runs_are_told_behind_it() {
    let desk = desk();
    desk.put("bad.csv", format!("{TABLE}p3\n"));
    desk.run("mask bad.csv -p p.yaml --ephemeral-keys --out o.csv -q --lineage e.jsonl").assert_code(1);
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv -q --lineage e.jsonl").assert_code(0);
    let events = events(&desk);
    events.iter().for_each(assert_valid);
    let kinds: Vec<_> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "FAIL", "START", "COMPLETE"]);
    assert_eq!(events[1]["run"]["facets"]["errorMessage"]["message"], "input");
    assert_ne!(events[0]["run"]["runId"], events[2]["run"]["runId"]);
}

#[test]
fn no_value_is_in_an_event_nor_what_may_be_one() {
    let desk = desk();
    desk.run("mask in.csv -p p.yaml --ephemeral-keys --out o.csv -q --lineage e.jsonl").assert_code(0);
    // A header that is missing makes names of values.
    desk.put("headless.csv", "123-45-6789,Ada\n321-54-9876,Eve\n");
    desk.put("keep.yaml", "version: 1\nrules: [{ columns: [\"**\"], keep: true }]\n");
    desk.run("mask headless.csv -p keep.yaml --out h.csv -q --lineage e.jsonl").assert_code(0);
    let told = desk.text("e.jsonl");
    for value in ["p1", "1980", "02139", "123-45", "odd <b>"] {
        assert!(!told.contains(value), "{value} is told");
    }
}

#[test]
fn a_run_in_the_audit_trail_has_the_same_name_there() {
    let desk = desk();
    desk.make_keys("keys");
    desk.run("mask in.csv -p p.yaml --keyring keys --out o.csv -q --lineage e.jsonl").assert_code(0);
    let events = events(&desk);
    let tags = events[1]["run"]["facets"]["tags"]["tags"].as_array().unwrap();
    let run = tags.iter().find(|tag| tag["key"] == "moretta.run").unwrap()["value"].as_str().unwrap();
    let shown = desk.run("audit show keys/audit").text();
    assert!(shown.contains(run), "{shown}");
}

#[test]
fn scrubbed_text_is_masked_and_comes_by_way_of_what_is_known_of_its_row() {
    let desk = Desk::with(&[
        ("in.csv", "name,note\nAda,Ada called\n"),
        (
            "p.yaml",
            "version: 1\nlabels: { name: given-name, note: free-text }\nrules:\n  - { columns: [name], drop: true }\n  - { columns: [note], scrub: {} }\n",
        ),
    ]);
    desk.run("mask in.csv -p p.yaml --out o.csv -q --lineage e.jsonl").assert_code(0);
    assert_eq!(desk.text("o.csv"), "note\n[GIVEN-NAME] called\n");
    let events = events(&desk);
    let inputs = &events[1]["outputs"][0]["facets"]["columnLineage"]["fields"]["note"]["inputFields"];
    let how = |at: usize| (&inputs[at]["field"], &inputs[at]["transformations"][0]);
    let ((own, direct), (known, indirect)) = (how(0), how(1));
    assert_eq!((own, &direct["subtype"], &direct["masking"]), (&json!("note"), &json!("TRANSFORMATION"), &json!(true)));
    assert_eq!((known, &indirect["type"]), (&json!("name"), &json!("INDIRECT")));
}
