use serde_json::json;

use super::*;

/// A manifest with one transform that has everything.
fn full() -> Value {
    json!({
        "manifest": 1, "name": "pseudonyms", "version": "0.1.0", "world": "pseudonym-masker", "description": "d",
        "asks": ["pseudonym-key"],
        "transforms": [{
            "name": "pseudonym", "description": "d",
            "config": {
                "type": "object", "additionalProperties": false, "required": ["prefix"],
                "properties": {
                    "prefix": { "type": "string", "maxLength": 4 },
                    "length": { "type": "integer", "minimum": 4, "maximum": 32, "default": 16 },
                    "alphabet": { "enum": ["base32", "hex"], "default": "base32" },
                    "nested": { "type": "object", "properties": { "deep": { "type": "integer" } } }
                }
            },
            "types": { "text": "text", "int64": "text" },
            "columns": { "min": 1, "max": 3 }, "context": { "min": 0, "max": 2 }, "needs": ["reference-date"],
            "properties": { "deterministic": true, "injective": true, "reversible": false,
                            "format_preserving": false, "minimum_domain": 1 },
            "may_keep": true, "adds_nulls": true, "output_pattern": "^P",
            "distinct_outputs": { "length": "length", "alphabet": "alphabet", "symbols": { "base32": 32, "hex": 16 } },
            "cases": [{
                "name": "c", "config": { "prefix": "P" }, "input": { "int64": [1, null] },
                "output_shape": { "text": ["^P", null] }, "rejected": [{ "row": 0, "code": "unparsable" }],
                "reference_date": 1, "subjects": ["p", null]
            }]
        }]
    })
}

fn parse(manifest: &Value) -> Result<Manifest, String> {
    Manifest::parse(manifest.to_string().as_bytes()).map_err(|problem| problem.to_string())
}

/// The message when the value at a pointer is another one; `null` takes it away.
fn with(pointer: &str, value: Value) -> String {
    let mut manifest = full();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = manifest.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => drop(parent.remove(key)),
        value => drop(parent.insert(key.to_owned(), value)),
    }
    parse(&manifest).unwrap_err()
}

#[test]
fn reads_everything() {
    let manifest = parse(&full()).unwrap();
    let transform = &manifest.transforms[0];
    assert_eq!(manifest.world.ask().and_then(Ask::purpose), Some(Purpose::Pseudonym));
    assert_eq!(transform.types[&ColumnType::Int64], ColumnType::Text);
    assert!(transform.columns.allow(3) && !transform.columns.allow(4) && !transform.columns.allow(0));
    assert_eq!(transform.cases[0].rejected[0].row, 0);
    assert_eq!(transform.cases[0].input.column_type, ColumnType::Int64);
}

#[test]
fn leaves_out_what_is_optional() {
    let mut manifest = full();
    let transform = manifest.pointer_mut("/transforms/0").unwrap().as_object_mut().unwrap();
    for key in ["columns", "context", "needs", "may_keep", "adds_nulls", "output_pattern", "distinct_outputs"] {
        transform.remove(key);
    }
    let manifest = parse(&manifest).unwrap();
    let transform = &manifest.transforms[0];
    assert_eq!((transform.columns, transform.context), (Bounds { min: 1, max: 1 }, Bounds { min: 0, max: 0 }));
    assert!(!transform.may_keep && !transform.adds_nulls && transform.needs.is_empty());
}

#[test]
fn says_what_is_wrong() {
    assert_eq!(with("/manifest", json!(2)), "`manifest` is 2, and this host reads 1");
    let name = "has lower-case letters, digits and hyphens, begins with a letter, at most 64 characters";
    assert_eq!(with("/name", json!("No_Name")), format!("the name of the plugin {name}"));
    assert_eq!(with("/transforms/0/name", json!("1")), format!("the name of a transform {name}"));
    assert_eq!(with("/version", json!("")), "`version` has 1 to 64 characters");
    let asks = "`asks` disagrees with the world: it lists what the world imports, and nothing else";
    assert_eq!(with("/asks", json!([])), asks);
    assert_eq!(with("/asks", json!(["date-shift-key"])), asks);
    assert_eq!(with("/world", json!("masker")), asks);
    assert_eq!(with("/labels", json!(["x"])), "only a classifier has `labels`, and `cases` beside its transforms");
    assert_eq!(with("/transforms", json!([])), "`transforms` is empty");
    assert!(with("/extra", json!(1)).starts_with("unknown field `extra`"));
    assert!(with("/transforms/0/properties/extra", json!(1)).starts_with("unknown field `extra`"));
    assert!(with("/transforms/0/properties", Value::Null).starts_with("missing field `properties`"));
}

#[test]
fn says_what_is_wrong_with_a_transform() {
    let wrong = |key: &str, value: Value| {
        let message = with(&format!("/transforms/0/{key}"), value);
        message.strip_prefix("transform `pseudonym`: ").unwrap().to_owned()
    };
    let object = "`config` has `type: object` and `additionalProperties: false`";
    assert_eq!(wrong("config/additionalProperties", Value::Null), object);
    assert_eq!(wrong("config/type", json!("array")), object);
    assert!(wrong("config/properties/prefix", json!({ "type": "strong" })).starts_with("`config` is no JSON Schema: "));
    for reference in ["https://example.com/x.json", "#", "#/properties/prefix"] {
        let says = "`config`: it has `$ref`; write out what that stands for";
        assert_eq!(wrong("config/properties/prefix", json!({ "allOf": [{ "$ref": reference }] })), says);
    }
    assert!(wrong("config/properties/prefix", json!({ "pattern": "(?=a)" })).starts_with("`config` is no JSON Schema"));
    assert_eq!(wrong("types", json!({})), "`types` is empty");
    assert_eq!(wrong("columns", json!({ "min": 0, "max": 1 })), "`columns` goes from at least 1 up");
    assert_eq!(wrong("context", json!({ "min": 2, "max": 1 })), "`context` goes from at least 0 up");
    assert!(wrong("output_pattern", json!("(")).starts_with("`output_pattern`: "));
    let symbols = json!({ "length": "size", "alphabet": "alphabet", "symbols": {} });
    let unknown = "`distinct_outputs` names `size`, which is no property of `config`";
    assert_eq!(wrong("distinct_outputs", symbols), unknown);
}

#[test]
fn says_what_is_wrong_with_a_case() {
    let wrong = |key: &str, value: Value| {
        let mut manifest = full();
        manifest.pointer_mut("/transforms/0/cases/0").unwrap()[key] = value;
        let message = parse(&manifest).unwrap_err();
        message.rsplit_once("transform `pseudonym`: case `c`: ").unwrap().1.to_owned()
    };
    assert_eq!(wrong("config", json!({})), "property `prefix` is missing; add it under `with`");
    assert_eq!(wrong("input", json!({ "boolean": [true, null] })), "the transform takes no boolean column");
    assert_eq!(wrong("input", json!({ "text": [1, null] })), "cell 0 is not of type text");
    assert_eq!(wrong("output", json!({ "text": ["P", null] })), "it takes `output` or `output_shape`, one of them");
    assert_eq!(wrong("output_shape", json!({ "text": ["P"] })), "its output is not 2 cells of type text");
    assert!(wrong("output_shape", json!({ "text": ["(", null] })).starts_with("regex parse error"));
    let rejected = "`rejected` is not in rising order, or names a row that is not there";
    assert_eq!(wrong("rejected", json!([{ "row": 2, "code": "missing" }])), rejected);
    assert_eq!(wrong("subjects", json!(["p"])), "there is not one subject for each row");
    let mut two = full();
    two.pointer_mut("/transforms/0/cases/0").unwrap()["input"] = json!({ "text": [], "int64": [] });
    assert!(parse(&two).unwrap_err().contains("a column of a case has exactly one type"));
}

#[test]
fn a_classifier_has_labels_and_no_transforms() {
    let mut manifest = full();
    for (key, value) in [("world", json!("classifier")), ("asks", json!([])), ("labels", json!(["us-ssn"]))] {
        manifest[key] = value;
    }
    let message = "a classifier has `labels` and no `transforms`";
    assert_eq!(parse(&manifest).unwrap_err(), message);
    manifest["transforms"] = json!([]);
    assert_eq!(parse(&manifest).unwrap().labels[0].label, "us-ssn");
    manifest["labels"] = json!(["us-ssn", "us-ssn"]);
    assert_eq!(parse(&manifest).unwrap_err(), "`labels` has `us-ssn` twice, with the same `because`");
}

#[test]
fn a_text_classifier_has_plain_labels_and_cases_with_pieces() {
    let manifest = |key: &str, value: Value| {
        let case = json!({ "name": "c", "input": { "text": ["Ada", null] }, "found": [[{ "label": "person-name", "text": "Ada" }], []] });
        let mut manifest = full();
        for (key, value) in [
            ("world", json!("text-classifier")),
            ("asks", json!([])),
            ("transforms", json!([])),
            ("labels", json!(["person-name"])),
            ("cases", json!([case])),
        ] {
            manifest[key] = value;
        }
        *manifest.pointer_mut(key).unwrap() = value;
        parse(&manifest)
    };
    let cases = manifest("/version", json!("1")).unwrap().cases;
    assert_eq!(cases[0].found.as_ref().unwrap()[0][0], CasePiece { label: "person-name".into(), text: "Ada".into() });
    let wrong = |key: &str, value: Value| manifest(key, value).unwrap_err();
    let plain = "label `city`: of a text classifier, a label stands alone";
    assert_eq!(wrong("/labels/0", json!({ "label": "city", "because": "b" })), plain);
    assert_eq!(wrong("/labels", json!(["city"])), "case `c`: `found` names `person-name`, which is none of `labels`");
    let rows = "case `c`: `input` is of text, and `found` has one list for each row of it";
    assert_eq!(wrong("/cases/0/found", json!([[]])), rows);
    let there = "case `c`: `found` has a piece in row 1 that is not there";
    assert_eq!(wrong("/cases/0/found", json!([[], [{ "label": "person-name", "text": "Ada" }]])), there);
    let found = "case `c`: a case of a text classifier has `found`, and `matched` is for other classifiers";
    assert_eq!(wrong("/cases/0", json!({ "name": "c", "input": { "text": [] }, "matched": {} })), found);
    let matched = "case `c`: a case of a classifier has `matched`, and `found` is for text classifiers";
    assert_eq!(wrong("/world", json!("classifier")), matched);
}

#[test]
fn refuses_a_manifest_that_is_too_large_or_too_deep() {
    let message = Manifest::parse(&vec![b' '; MAX_BYTES + 1]).unwrap_err();
    assert_eq!(message, "it is larger than 1 MiB");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let manifest = full().to_string().replace("\"maxLength\":4", &format!("\"default\":{deep}"));
    assert!(Manifest::parse(manifest.as_bytes()).unwrap_err().contains("recursion limit"));
}

#[test]
fn refuses_what_takes_long_to_check() {
    let transform = |key: &str, value: Value| with(&format!("/transforms/0/{key}"), value);
    let case = |number: usize| {
        let none = json!({ "text": [] });
        json!({ "name": number.to_string(), "config": { "prefix": "P" }, "input": none, "output": none })
    };
    let cases: Vec<_> = (0..1_001).map(case).collect();
    assert_eq!(transform("cases", json!(cases)), "there are more than 1000 golden cases and rows of them");
    let rows = json!([{ "name": "c", "input": { "text": vec!["a"; 1_000] }, "output": { "text": vec!["b"; 1_000] } }]);
    assert_eq!(transform("cases", rows), "there are more than 1000 golden cases and rows of them");
    let properties: Map<_, _> = (0..2_000).map(|number| (number.to_string(), json!(true))).collect();
    let says = "there are more than 2000 transforms and keys of their `config`";
    assert_eq!(transform("config/properties", json!(properties)), says);
    let says = transform("config/properties/prefix", json!({ "pattern": "(a{1000}){1000}" }));
    assert!(says.contains("`config` is no JSON Schema"), "{says}");
    for pattern in ["\\w{1000}", "(a{1000}){1000}"] {
        let says = transform("output_pattern", json!(pattern));
        assert!(says.contains("`output_pattern`: Compiled regex exceeds size limit"), "{says}");
    }
}

#[test]
fn a_configuration_is_completed_and_sorted() {
    let manifest = parse(&full()).unwrap();
    let transform = &manifest.transforms[0];
    let config = transform.complete_config(json!({ "prefix": "P", "length": 8 }).as_object().unwrap()).unwrap();
    assert_eq!(Value::Object(config.clone()).to_string(), r#"{"alphabet":"base32","length":8,"prefix":"P"}"#);
    assert_eq!(transform.distinct_outputs(&config), Some(32f64.powi(8)));
}

#[test]
fn every_problem_of_a_configuration_is_told_with_its_property() {
    let manifest = parse(&full()).unwrap();
    let with = json!({ "lenght": 8, "length": 2, "alphabet": "octal", "nested": { "deep": "x" } });
    let problems = manifest.transforms[0].complete_config(with.as_object().unwrap()).unwrap_err();
    let mut told: Vec<_> = problems.iter().map(|it| (it.pointer.as_str(), it.message.as_str())).collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("", "property `prefix` is missing; add it under `with`"),
            ("/alphabet", "property `alphabet`: \"octal\" is not one of \"base32\" or \"hex\""),
            ("/lenght", "there is no property `lenght`; there are `prefix`, `length`, `alphabet`, `nested`"),
            ("/length", "property `length`: 2 is less than the minimum of 4"),
            ("/nested/deep", "property `nested.deep`: \"x\" is not of type \"integer\""),
        ]
    );
}
