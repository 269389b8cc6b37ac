use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::manifest::Manifest;
use crate::phi::Label;
use crate::policy::RuleAction;

/// Plugins that offer one transform of each sort.
struct Offered(Vec<Manifest>);

impl Transforms for Offered {
    fn find(&self, name: &str) -> Result<Found<'_>, NotFound> {
        find(self.0.iter().map(|manifest| (manifest, "d1")), name)
    }

    fn finders(&self) -> Vec<Finder> {
        let finder = |plugin: &str| Finder { plugin: plugin.into(), version: "0.1.0".into(), digest: "d2".into() };
        vec![finder("clinical-text"), finder("others")]
    }
}

fn transform(name: &str, changes: &Value) -> Value {
    let mut transform = json!({
        "name": name, "description": "d",
        "config": { "type": "object", "additionalProperties": false, "properties": {} },
        "types": { "text": "text" },
        "properties": { "deterministic": true, "injective": false, "reversible": false, "format_preserving": false,
                        "minimum_domain": 1 },
        "cases": []
    });
    for (key, value) in changes.as_object().unwrap() {
        transform[key] = value.clone();
    }
    transform
}

fn manifest(name: &str, world: &str, asks: &[&str], transforms: &[Value]) -> Manifest {
    let manifest = json!({
        "manifest": 1, "name": name, "version": "0.1.0", "world": world, "description": "d", "asks": asks,
        "transforms": transforms
    });
    Manifest::parse(manifest.to_string().as_bytes()).unwrap()
}

fn offered() -> Offered {
    let lengths = json!({
        "type": "object", "additionalProperties": false, "required": ["prefix"],
        "properties": { "prefix": { "type": "string" }, "length": { "type": "integer", "maximum": 32, "default": 16 },
                        "alphabet": { "enum": ["hex"], "default": "hex" } }
    });
    let outputs = json!({ "length": "length", "alphabet": "alphabet", "symbols": { "hex": 16 } });
    let pseudonym =
        json!({ "config": lengths, "distinct_outputs": outputs, "types": { "text": "text", "int64": "text" } });
    Offered(vec![
        manifest("pseudonyms", "pseudonym-masker", &["pseudonym-key"], &[transform("pseudonym", &pseudonym)]),
        manifest(
            "dates",
            "date-shift-masker",
            &["date-shift-key"],
            &[transform("shift-dates", &json!({ "types": { "text": "text", "date32": "date32" } }))],
        ),
        manifest(
            "plain",
            "masker",
            &[],
            &[
                transform("redact", &json!({ "adds_nulls": true })),
                transform("age", &json!({ "needs": ["reference-date"], "output_pattern": "^[0-9]+$" })),
                transform("cap", &json!({ "may_keep": true, "types": { "int64": "int64" } })),
                transform("pair", &json!({ "columns": { "min": 2, "max": 3 } })),
                transform("zip3", &json!({ "context": { "min": 1, "max": 2 } })),
            ],
        ),
        manifest("other", "masker", &[], &[transform("pair", &json!({})), transform("sole", &json!({}))]),
    ])
}

/// Columns as `name` or `name:type`.
fn schema(columns: &[&str]) -> Schema {
    let field = |column: &&str| {
        let (name, data_type) = column.split_once(':').unwrap_or((column, "text"));
        let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
        let data_type = match data_type {
            "text" => DataType::Utf8,
            "int64" => DataType::Int64,
            "date32" => DataType::Date32,
            "decimal" => DataType::Decimal128(10, 2),
            "struct" => DataType::Struct(Fields::empty()),
            "texts" => list(DataType::Utf8),
            "int64s" => list(DataType::Int64),
            other => panic!("{other}"),
        };
        Field::new(name, data_type, true)
    };
    Schema::new(columns.iter().map(field).collect::<Vec<_>>())
}

fn policy(top: &str, rules: &str) -> Policy {
    Policy::parse("p", &format!("version: 1\ndomain: d\n{top}\nrules:\n{rules}\n")).unwrap()
}

fn planned(columns: &[&str], top: &str, rules: &str) -> Plan {
    plan(&schema(columns), &policy(top, rules), &offered()).unwrap()
}

/// The problems, each with the text that it points at.
fn problems(columns: &[&str], top: &str, rules: &str) -> Vec<(String, String)> {
    let errors = plan(&schema(columns), &policy(top, rules), &offered()).unwrap_err();
    let at = |span: &Option<Range<usize>>| span.clone().map_or(String::new(), |s| errors.text[s].to_owned());
    errors.problems.iter().map(|problem| (at(&problem.span), problem.message.clone())).collect()
}

fn problem(columns: &[&str], top: &str, rule: &str) -> (String, String) {
    let mut problems = problems(columns, top, &format!("- {{ columns: ['**'], mask: {rule} }}"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn told(at: &str, message: &str) -> (String, String) {
    (at.to_owned(), message.to_owned())
}

#[test]
fn every_column_has_its_action() {
    let rules = "- { columns: [patient_id, mrn], mask: pseudonym, key: identity, with: { prefix: P } }
- { columns: ['*_date'], mask: shift-dates, key: dates, rejected: drop }
- { labels: [us-ssn], mask: redact }
- { columns: [gender], keep: true }
- { columns: [tmp_*], drop: true }";
    let columns = ["mrn:int64", "tmp_1", "patient_id", "ssn", "birth_date:date32", "gender", "extra"];
    let top = "subject: patient_id\nlabels: { ssn: us-ssn }\nunmatched: drop";
    let plan = planned(&columns, top, rules);
    let actions: Vec<_> = plan.columns.iter().map(|column| (column.rule, column.action)).collect();
    assert_eq!(
        actions,
        [
            (Some(7), Action::Mask { call: 1, position: 0 }),
            (Some(11), Action::Drop { by_rule: true }),
            (Some(7), Action::Mask { call: 0, position: 0 }),
            (Some(9), Action::Mask { call: 3, position: 0 }),
            (Some(8), Action::Mask { call: 2, position: 0 }),
            (Some(10), Action::Keep),
            (None, Action::Drop { by_rule: false }),
        ]
    );
    assert_eq!(plan.output, [0, 2, 3, 4, 5]);
    assert_eq!(plan.columns[3].label.as_ref().unwrap().label.name(), "us-ssn");
}

#[test]
fn a_call_carries_everything_that_its_batches_need() {
    let top = "subject: id\nreference_date: 1970-01-11";
    let rules = "- { columns: [id], mask: pseudonym, key: identity, with: { prefix: P } }
- { columns: [born], mask: shift-dates, key: dates, rejected: drop }
- { columns: [age], mask: age }
- { columns: [years], mask: cap, may_keep: true }
- { columns: [zip], mask: zip3, context: [id, born] }";
    let plan = planned(&["id:int64", "born:date32", "age", "years:int64", "zip"], top, rules);
    let [id, born, age, years, zip] = plan.calls.as_slice() else { panic!() };
    assert_eq!(id.config, r#"{"alphabet":"hex","length":16,"prefix":"P"}"#);
    assert_eq!(id.distinct_outputs, Some(16f64.powi(16)));
    assert_eq!(
        (id.input_types.as_slice(), id.produced.as_slice()),
        (&[ColumnType::Int64][..], &[ColumnType::Text][..])
    );
    let key = id.key.as_ref().unwrap();
    assert_eq!((key.name.as_str(), key.purpose), ("identity", Purpose::Pseudonym));
    assert_eq!((id.plugin.as_str(), id.version.as_str(), id.digest.as_str()), ("pseudonyms", "0.1.0", "d1"));
    assert_eq!((id.world, id.subject, id.reference_date, id.rule), (World::PseudonymMasker, None, Some(10), 6));
    assert_eq!((born.subject, born.fate), (Some(Beside::Column(0)), Fate::Drop));
    assert_eq!(born.key.as_ref().unwrap().purpose, Purpose::DateShift);
    assert_eq!(
        (age.reference_date, age.output_pattern.as_deref(), age.key.as_ref()),
        (Some(10), Some("^[0-9]+$"), None)
    );
    assert_eq!((age.transform_index, age.may_keep, years.may_keep), (1, false, true));
    let context = [Beside::Column(0), Beside::Column(1)];
    assert_eq!((zip.context.as_slice(), zip.fate), (&context[..], Fate::Quarantine));
    assert_eq!(zip.context_types, [ColumnType::Int64, ColumnType::Date32]);
}

#[test]
fn columns_that_go_together_go_in_the_order_of_the_rule() {
    let plan = planned(&["a", "b", "c"], "", "- { columns: [c, '*'], mask: plain/pair, together: true }");
    assert_eq!(plan.calls.len(), 1);
    assert_eq!(plan.calls[0].columns, [2, 0, 1]);
    assert_eq!(plan.columns[0].action, Action::Mask { call: 0, position: 1 });
}

#[test]
fn a_list_is_masked_element_by_element() {
    let plan = planned(&["given[]:texts"], "", "- { columns: ['given[]'], mask: redact }");
    assert_eq!((plan.calls[0].list, plan.calls[0].input_types.as_slice()), (true, &[ColumnType::Text][..]));
    let alone = "column `n` is a list, which is masked element by element; take `together` and `context` away";
    assert_eq!(problem(&["n:texts", "m"], "", "plain/pair, together: true"), told("plain/pair", alone));
    let rules = "- { columns: [n], mask: zip3, context: [m] }\n- { columns: [m], keep: true }";
    assert_eq!(problems(&["n:texts", "m"], "", rules), [told("zip3", alone)]);
    let rules = "- { columns: [m], mask: zip3, context: [n] }\n- { columns: [n], keep: true }";
    let nested = "column `n` is nested or of a type that no transform takes; take it out of `context`";
    assert_eq!(problems(&["n:texts", "m"], "", rules), [told("n", nested)]);
}

#[test]
fn a_label_on_a_path_reaches_the_lists_along_it() {
    let top = "labels: { ssn: us-ssn, a.b: mrn, 'c[].d': mrn, 'e[]': mrn, e: us-ssn, f: us-ssn }";
    let rules = "- { labels: [us-ssn], mask: redact }\n- { columns: ['**'], keep: true }";
    let columns = ["ssn[]:texts", "ssn[][]:texts", "a[].b[]:texts", "c[].d[]:texts", "c.d", "e[]:texts", "f.g", "ssns"];
    let plan = planned(&columns, top, rules);
    let labels: Vec<_> = plan.columns.iter().map(|column| column.label.as_ref().map(|it| it.label.name())).collect();
    let (ssn, mrn) = (Some("us-ssn"), Some("mrn"));
    assert_eq!(labels, [ssn, ssn, mrn, mrn, mrn, mrn, None, None]);
    let masked: Vec<_> = plan.columns.iter().filter(|column| column.action != Action::Keep).collect();
    assert_eq!(masked.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["ssn[]", "ssn[][]"]);
}

#[test]
fn refuses_columns_that_no_rule_matches_all_at_once() {
    let message = "so nothing is written; add a rule for each (`mask: transform`, `keep: true` or `drop: true`), \
                   or say `unmatched: drop`";
    let keep = "- { columns: [a], keep: true }";
    let expected = told("", &format!("no rule matches columns `b`, `c` and `d`, {message}"));
    assert_eq!(problems(&["a", "b", "c", "d"], "", keep), [expected]);
    assert_eq!(problems(&["a", "b"], "", keep), [told("", &format!("no rule matches column `b`, {message}"))]);
}

#[test]
fn names_that_may_be_data_are_not_told() {
    let keep = "- { columns: [a], keep: true }";
    let [(_, some)] = problems(&["a", "999-95-5353", "1980-01-01.x", "c"], "", keep).try_into().unwrap();
    assert!(some.starts_with("no rule matches columns number 2, number 3 and `c`, so nothing is written"), "{some}");
    let [(_, none)] = problems(&["Smith", "999-95-5353"], "", keep).try_into().unwrap();
    assert!(none.starts_with("no rule matches columns 1 and 2, and the policy mentions no column"), "{none}");
    assert!(none.contains("is the header missing?") && !none.contains("Smith") && !none.contains("999"), "{none}");
    for top in ["subject: b", "labels: { b: mrn }", "types: { b: text }"] {
        let [(_, known)] = problems(&["b", "c"], top, keep).try_into().unwrap();
        assert!(known.contains("`c`"), "{known}");
    }
    let [(_, twice)] = problems(&["9", "9"], "", "- { columns: ['*'], keep: true }").try_into().unwrap();
    assert_eq!(twice, "the input has two columns number 2; rename one");
}

#[test]
fn lists_a_few_of_many_unmatched_columns() {
    let names: Vec<_> = (0..10_000).map(|number| format!("c{number}")).collect();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.push("a");
    let [(_, many)] = problems(&names, "", "- { columns: [a], keep: true }").try_into().unwrap();
    assert!(many.contains("`c18`, `c19` and 9980 more, so nothing") && !many.contains("`c20`"), "{many}");
}

#[test]
fn the_subject_may_go_unmentioned_and_is_not_written() {
    let plan = planned(&["a", "id"], "subject: id", "- { columns: [a], keep: true }");
    assert_eq!((plan.columns[1].action, plan.output.as_slice()), (Action::Drop { by_rule: false }, &[0][..]));
    assert_eq!(plan.notes[0].message, "no rule matches the subject's column `id`, so it is not written");
}

#[test]
fn refuses_to_write_no_column() {
    let none = told("", "no column would be written; add a rule that masks or keeps one");
    assert_eq!(problems(&["a"], "", "- { columns: [a], drop: true }"), std::slice::from_ref(&none));
    assert_eq!(problems(&[], "", "- { columns: [a], keep: true }"), [none]);
}

#[test]
fn refuses_two_columns_of_one_name() {
    let keep = "- { columns: [a], keep: true }";
    assert_eq!(problems(&["a", "a"], "", keep), [told("", "the input has two columns `a`; rename one")]);
}

#[test]
fn refuses_a_transform_that_is_not_there_or_not_the_only_one() {
    let near = "no plugin offers `redactt`; did you mean `redact`?";
    assert_eq!(problem(&["a"], "", "redactt"), told("redactt", near));
    let elsewhere = "no plugin offers `other/redact`; did you mean `plain/redact`?";
    assert_eq!(problem(&["a"], "", "other/redact"), told("other/redact", elsewhere));
    let unknown = "no plugin offers `encrypt-all`; add the plugin that does, or name another transform";
    assert_eq!(problem(&["a"], "", "encrypt-all"), told("encrypt-all", unknown));
    let several = "several plugins offer `pair`; say which: plain/pair or other/pair";
    assert_eq!(problem(&["a"], "", "pair"), told("pair", several));
    assert_eq!(planned(&["a"], "", "- { columns: [a], mask: other/pair }").calls[0].plugin, "other");
}

#[test]
fn refuses_every_wrong_property_where_it_stands() {
    let rule = "- { columns: [a], mask: pseudonym, key: k, with: { length: 99, prefiks: P } }";
    assert_eq!(
        problems(&["a"], "", rule),
        [
            told("{", "`pseudonym`: property `prefix` is missing; add it under `with`"),
            told("99", "`pseudonym`: property `length`: 99 is greater than the maximum of 32"),
            told("P", "`pseudonym`: there is no property `prefiks`; there are `prefix`, `length`, `alphabet`"),
        ]
    );
    let missing = "`pseudonym`: property `prefix` is missing; add it under `with`";
    assert_eq!(problem(&["a"], "", "pseudonym, key: k"), told("pseudonym", missing));
}

#[test]
fn refuses_a_key_too_few_or_too_many() {
    let few = "`pseudonym` asks for a pseudonym key; add `key: name`";
    assert_eq!(problem(&["a"], "", "pseudonym, with: { prefix: P }"), told("pseudonym", few));
    assert_eq!(problem(&["a"], "", "redact, key: k"), told("k", "`redact` asks for no key; take `key` away"));
    let rules = "- { columns: [a], mask: pseudonym, key: k, with: { prefix: P } }
- { columns: [b], mask: shift-dates, key: k }";
    let twice =
        "key `k` is for pseudonym in line 5, and `shift-dates` asks for a date-shift key; a key has one purpose";
    assert_eq!(problems(&["a", "b"], "subject: a", rules), [told("k", twice)]);
}

#[test]
fn refuses_a_date_shift_without_a_subject() {
    let none = "`shift-dates` shifts by individual and the policy names none; add `subject: column` at the top";
    assert_eq!(problem(&["a"], "", "shift-dates, key: k"), told("shift-dates", none));
    let absent = "the input has no column `patient`, which names the subject; did you mean `patients`?";
    let rule = "shift-dates, key: k";
    assert_eq!(problem(&["patients"], "subject: patient", rule), told("patient", absent));
    let rules = "- { columns: [a], mask: shift-dates, key: k }";
    let nested = "column `id` names the subject and is Date32; it must be text or int64";
    assert_eq!(problems(&["a", "id:date32"], "subject: id", rules), [told("id", nested)]);
    let elsewhere = planned(&["z"], "subject: id", &format!("{rules}\n- {{ columns: [z], keep: true }}"));
    assert!(elsewhere.calls.is_empty());
}

#[test]
fn columns_of_documents_that_go_together_have_names() {
    let documents = |names: &[&str]| {
        crate::batch::open_schema(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect())
    };
    let rule =
        |columns: &str| policy("labels: { a: mrn }", &format!("- {{ {columns}, mask: plain/pair, together: true }}"));
    assert_eq!(rule("columns: [a, b]").together().collect::<Vec<_>>(), ["a", "b"]);
    let named = plan(&documents(&["a", "b"]), &rule("columns: [a, b]"), &offered()).unwrap();
    assert_eq!(named.calls[0].columns, [0, 1]);
    for columns in ["columns: [a, 'b*']", "columns: [a, b], labels: [mrn]"] {
        let refused = plan(&documents(&["a", "b"]), &rule(columns), &offered()).unwrap_err().to_string();
        assert!(refused.contains("give the columns that are masked together by their names"), "{refused}");
        assert!(plan(&schema(&["a", "b"]), &rule(columns), &offered()).is_ok());
    }
}

#[test]
fn a_rule_that_masks_a_path_reaches_the_lists_along_it_and_one_that_keeps_says_what_to_write() {
    let rules = "- { columns: [ssn, name.given], mask: redact }
- { columns: ['old[]'], drop: true }
- { columns: [state, 'city[]'], keep: true }";
    let columns = ["ssn[]:texts", "name[].given[]:texts", "old", "state", "city[]:texts"];
    let reached = planned(&columns, "", rules);
    assert_eq!(reached.calls.len(), 2);
    assert!(reached.notes.is_empty(), "{:?}", reached.notes);
    assert_eq!(reached.columns[2].action, Action::Drop { by_rule: true });
    let denied = "no rule matches columns `state[]` and `city`, so nothing is written; add a rule for each \
                  (`mask: transform`, `keep: true` or `drop: true`), or say `unmatched: drop`";
    let message =
        |kept, name| format!("`{kept}` keeps no lists but those it names; to keep column `{name}`, add `{name}` here");
    let told = [
        ("state".to_owned(), message("state", "state[]")),
        ("'city[]'".to_owned(), message("city[]", "city")),
        (String::new(), denied.to_owned()),
    ];
    assert_eq!(problems(&["ssn", "state[]:texts", "city"], "", rules), told);
}

#[test]
fn documents_may_lack_the_subject_and_the_context_and_a_table_may_not() {
    let top = "subject: id\ntypes: { state: int64 }";
    let rules = "- { columns: [born], mask: shift-dates, key: k }
- { columns: [zip], mask: zip3, context: [state, city] }";
    let documents = crate::batch::open_schema(vec![
        Field::new("born", DataType::Utf8, true),
        Field::new("zip", DataType::Utf8, true),
    ]);
    let plan = plan(&documents, &policy(top, rules), &offered()).unwrap();
    let [born, zip] = plan.calls.as_slice() else { panic!() };
    assert_eq!((born.subject, &zip.context[..]), (Some(Beside::Absent), &[Beside::Absent; 2][..]));
    assert_eq!(zip.context_types, [ColumnType::Int64, ColumnType::Text]);
    let notes: BTreeSet<_> = plan.notes.iter().map(|note| note.message.as_str()).collect();
    let absent = ["the input has no column `city`", "the input has no column `id`", "the input has no column `state`"];
    assert_eq!(notes, BTreeSet::from(absent));
    assert_eq!(problems(&["born", "zip"], top, rules).len(), 3);
    let keys = crate::batch::open_schema(vec![Field::new("999-95-5353.x", DataType::Utf8, true)]);
    let refusal = super::plan(&keys, &policy(top, rules), &offered()).unwrap_err().to_string();
    assert!(refusal.contains("are keys of its documents data?") && !refusal.contains("999"), "{refusal}");
}

#[test]
fn refuses_a_transform_that_lacks_its_reference_date() {
    let message = "`age` needs to know what day it is; add `reference_date: year-month-day` at the top";
    assert_eq!(problem(&["a"], "", "age"), told("age", message));
}

#[test]
fn a_value_stays_where_the_manifest_or_the_rule_says_so() {
    let may_keep =
        |rule: &str| planned(&["a:int64"], "", &format!("- {{ columns: [a], mask: {rule} }}")).calls[0].may_keep;
    assert!(may_keep("cap"));
    assert!(may_keep("cap, may_keep: true"));
    let text = |rule: &str| planned(&["a"], "", &format!("- {{ columns: [a], mask: {rule} }}")).calls[0].may_keep;
    assert!(!text("redact"));
    assert!(text("redact, may_keep: true"));
    let allow = "`cap` can leave a value as it was; name another transform, or allow it";
    assert_eq!(problem(&["a:int64"], "", "cap, may_keep: false"), told("false", allow));
}

#[test]
fn refuses_a_type_that_the_transform_does_not_take() {
    let message = "column `n` is int64, and `redact` takes text; give it another type under `types`, or name another \
                   transform";
    assert_eq!(problem(&["n:int64"], "", "redact"), told("redact", message));
    let list = "column `n` is a list of int64, and `redact` takes text; give it another type under `types`, or name \
                another transform";
    assert_eq!(problem(&["n:int64s"], "", "redact"), told("redact", list));
    let decimal = "column `n` is Decimal128(10, 2), which no transform takes; drop it, or give it a type under `types`";
    assert_eq!(problem(&["n:decimal"], "", "redact"), told("redact", decimal));
    let nested = "column `s` is Struct(), which no transform takes; drop it";
    assert_eq!(problem(&["s:struct"], "", "redact"), told("redact", nested));
    let plan =
        planned(&["n:decimal", "s:struct"], "", "- { columns: [n], keep: true }\n- { columns: [s], drop: true }");
    assert_eq!(plan.output, [0]);
}

#[test]
fn refuses_more_or_fewer_columns_than_the_transform_takes() {
    let alone = "`plain/pair` masks at least 2 columns together; add `together: true`";
    assert_eq!(problem(&["a", "b"], "", "plain/pair"), told("plain/pair", alone));
    let few = "`plain/pair` masks 2 to 3 columns together, and the rule matches 1";
    assert_eq!(problem(&["a"], "", "plain/pair, together: true"), told("true", few));
    let none = "`redact` takes 0 columns of `context`, and the rule names 1";
    let rules = "- { columns: [a], mask: redact, context: [b] }\n- { columns: [b], keep: true }";
    assert_eq!(problems(&["a", "b"], "", rules), [told("b", none)]);
    assert_eq!(
        problem(&["a"], "", "zip3"),
        told("zip3", "`zip3` takes 1 to 2 columns of `context`, and the rule names 0")
    );
}

#[test]
fn refuses_context_that_is_not_there_or_masked_already() {
    let absent = "the input has no column `stat`, which the transform is to see; did you mean `state`?";
    assert_eq!(problem(&["zip", "state"], "", "zip3, context: [stat]"), told("stat", absent));
    let masked = "column `state` is masked by this rule; take it out of `context`";
    assert_eq!(problem(&["zip", "state"], "", "zip3, context: [state]"), told("state", masked));
}

#[test]
fn notes_names_that_the_input_lacks() {
    let top = "labels: { mrn: mrn }\ntypes: { a: text }";
    let plan = planned(&["a"], top, "- { columns: [a, aa, 'x*'], keep: true }");
    let notes: Vec<_> = plan.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(notes, ["the input has no column `aa`; did you mean `a`?", "the input has no column `mrn`"]);
}

#[test]
fn problems_of_all_rules_are_told_at_once() {
    let rules =
        "- { columns: [a], mask: nothing-at-all }\n- { columns: [b], mask: age }\n- { columns: [n], mask: redact }";
    let told: Vec<_> = problems(&["a", "b", "n:int64", "x"], "", rules).into_iter().map(|(at, _)| at).collect();
    assert_eq!(told, ["nothing-at-all", "age", "redact", ""]);
}

#[test]
fn serializes_for_reports() {
    let plan = planned(&["a", "b"], "labels: { a: mrn }", "- { columns: ['*'], mask: redact }");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["columns"][0]["label"], json!({ "label": "mrn", "origin": "policy" }));
    assert_eq!(json["columns"][1]["action"], json!({ "mask": { "call": 1, "position": 0 } }));
    assert_eq!(json["calls"][0]["world"], "masker");
    assert_eq!(json["calls"][0]["properties"]["deterministic"], true);
}

/// A rule over some names and patterns, as YAML.
fn any_rule() -> impl Strategy<Value = String> {
    let selector = prop::sample::select(vec!["a", "b", "c", "d.e", "a*", "'*'", "'**'", "'d.*'", "zz"]);
    let action = prop::sample::select(vec!["keep: true", "drop: true", "mask: redact", "mask: sole"]);
    let label = prop::sample::select(vec!["", ", labels: [mrn]"]);
    (prop::collection::vec(selector, 1..3), label, action)
        .prop_map(|(names, label, action)| format!("- {{ columns: [{}]{label}, {action} }}", names.join(", ")))
}

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

#[test]
fn a_column_of_free_text_has_calls_for_its_pieces() {
    let top =
        "subject: patient_id\nlabels: { ssn: us-ssn, note: free-text, age: age, name: person-name }\nunmatched: drop";
    let rules = "- { columns: [ssn], mask: redact }
- columns: [note, 'notes[]']
  rejected: drop
  scrub:
    find: [others]
    kinds: { date: { mask: shift-dates, key: dates }, birth-date: tag }
    otherwise: { mask: redact }
    threshold: 70";
    let columns = ["note", "ssn", "patient_id:int64", "age", "name", "notes[]:texts"];
    let plan = planned(&columns, top, rules);
    let [one, two] = plan.scrubs.as_slice() else { panic!("{:?}", plan.scrubs) };
    assert_eq!((one.column, two.column, one.threshold, one.fate), (0, 5, 70, Fate::Drop));
    assert_eq!(one.find.iter().map(|finder| finder.plugin.as_str()).collect::<Vec<_>>(), ["others"]);
    let known = |column, name: Option<&str>| KnownColumn { column, label: name.map(label) };
    assert_eq!(one.known, [known(1, Some("us-ssn")), known(2, None), known(4, Some("person-name"))]);
    let calls: Vec<_> =
        plan.calls.iter().map(|call| (call.transform.as_str(), call.scrub, call.columns.clone())).collect();
    let expected = [
        ("redact", None, vec![1]),
        ("shift-dates", Some(0), vec![0]),
        ("redact", Some(0), vec![0]),
        ("shift-dates", Some(1), vec![5]),
        ("redact", Some(1), vec![5]),
    ];
    assert_eq!(calls, expected);
    assert_eq!(plan.calls[1].subject, Some(Beside::Column(2)));
    assert_eq!(plan.columns[0].action, Action::Scrub { scrub: 0 });
    let substitutes = ["birth-date", "date", "admission-date", "phone"].map(|name| one.substitute(label(name)));
    assert_eq!(substitutes, [Substitute::Tag, Substitute::Call(1), Substitute::Call(1), Substitute::Call(2)]);
    assert_eq!(plan.output, [0, 1, 5]);
}

#[test]
fn known_columns_are_those_that_the_rule_names() {
    let plan = planned(
        &["note", "a", "b"],
        "labels: { b: mrn }\nunmatched: drop",
        "- { columns: [note], scrub: { known: [a] } }",
    );
    assert_eq!(plan.scrubs[0].known, [KnownColumn { column: 1, label: None }]);
    assert_eq!((plan.scrubs[0].find.len(), plan.scrubs[0].otherwise), (2, Substitute::Tag));
}

#[test]
fn says_what_is_wrong_with_a_rule_that_scrubs() {
    let wrong = |columns: &[&str], scrub: &str| {
        let mut problems = problems(columns, "unmatched: drop", &format!("- {{ columns: ['n*'], scrub: {scrub} }}"));
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    };
    let number = "column `note` is no text, and only text is scrubbed; mask or drop it";
    assert_eq!(wrong(&["note:int64"], "{}").1, number);
    let finder = "no plugin `clinical-txt` finds pieces of free text; did you mean `clinical-text`?";
    assert_eq!(wrong(&["note"], "{ find: [clinical-txt] }"), told("clinical-txt", finder));
    assert_eq!(
        wrong(&["note"], "{ otherwise: { mask: cap } }"),
        told("cap", "`cap` makes no text of text; name another transform")
    );
    let pair = "`plain/pair` masks at least 2 columns together; add `together: true`";
    assert_eq!(wrong(&["note"], "{ otherwise: { mask: plain/pair } }"), told("plain/pair", pair));
    let key = "`shift-dates` asks for a date-shift key; add `key: name`";
    assert_eq!(wrong(&["note"], "{ kinds: { date: { mask: shift-dates } } }"), told("shift-dates", key));
    let absent = "the input has no column `idd`, whose values are to be known; did you mean `id`?";
    assert_eq!(wrong(&["note", "id"], "{ known: [idd] }"), told("idd", absent));
    let itself = "the values of column `note` cannot be looked for in text; take it out";
    assert_eq!(wrong(&["note"], "{ known: [note] }"), told("note", itself));
    assert_eq!(wrong(&["note", "s:struct"], "{ known: [s] }").0, "s");
}

proptest! {
    #[test]
    fn every_column_has_one_action_and_none_that_is_unmentioned_is_written(
        names in prop::collection::btree_set(prop::sample::select(vec!["a", "b", "c", "d.e", "aa", "q", "id"]), 0..7),
        rules in prop::collection::vec(any_rule(), 1..4),
        top in prop::sample::select(vec!["", "subject: id", "labels: { b: mrn, q: mrn }"]),
        unmatched in prop::sample::select(vec!["deny", "drop"]),
    ) {
        let columns: Vec<_> = names.into_iter().collect();
        let policy = policy(&format!("{top}\nunmatched: {unmatched}"), &rules.join("\n"));
        let mentioned = |name: &str| {
            let label = policy.finding(name).map(|finding| finding.label);
            policy.rules.iter().find(|rule| rule.matches(name, label).is_some())
        };
        let Ok(plan) = plan(&schema(&columns), &policy, &offered()) else {
            let subject = policy.subject.as_ref().map(|subject| subject.value.as_str());
            let denied = columns.iter().any(|name| mentioned(name).is_none() && subject != Some(name));
            let dropped = |name: &&str| mentioned(name).is_none_or(|rule| matches!(rule.action, RuleAction::Drop));
            prop_assert!((denied && unmatched == "deny") || columns.iter().all(dropped));
            return Ok(());
        };
        prop_assert_eq!(plan.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), columns);
        prop_assert!(plan.columns.iter().enumerate().all(|(index, column)| index == column.index));
        let mut masked = BTreeSet::new();
        for (call, columns) in plan.calls.iter().map(|call| &call.columns).enumerate() {
            for (position, column) in columns.iter().enumerate() {
                prop_assert!(masked.insert(*column));
                prop_assert_eq!(plan.columns[*column].action, Action::Mask { call, position });
            }
        }
        for column in &plan.columns {
            let rule = mentioned(&column.name);
            prop_assert_eq!(column.rule, rule.map(|rule| rule.line));
            prop_assert_eq!(matches!(column.action, Action::Mask { .. }), masked.contains(&column.index));
            prop_assert_eq!(plan.output.contains(&column.index), !matches!(column.action, Action::Drop { .. }));
            prop_assert!(rule.is_some() || !plan.output.contains(&column.index));
        }
        prop_assert!(plan.output.is_sorted() && !plan.output.is_empty());
    }
}
