use proptest::prelude::*;

use super::*;
use crate::outcome::Fate;

pub(super) const FULL: &str = "version: 1
name: research-extract
domain: research-2026
reference_date: 2026-01-01
subject: patient_id
labels: { ssn: us-ssn }
types: { age: int64 }
rules:
  - { columns: [patient_id, mrn], mask: pseudonym, key: identity, with: { prefix: 'P-', length: 16 } }
  - { columns: [birth_date, death_date], mask: shift-dates, key: dates, with: { max_days: 365 }, rejected: drop }
  - { columns: [zip], mask: zip3, context: [state], may_keep: true, together: true }
  - { labels: [us-ssn], mask: redact }
  - { columns: [gender, race], keep: true }
  - { columns: [tmp_*], drop: true }
unmatched: deny
";

fn parse(text: &str) -> Result<Policy, String> {
    Policy::parse("p.yaml", text).map_err(|errors| errors.to_string())
}

/// The problems of a policy of these rules, without the place.
fn problems(rules: &str) -> Vec<String> {
    let text = format!("version: 1\nrules:\n{rules}\n");
    let errors = Policy::parse("p", &text).unwrap_err();
    errors.problems.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn reads_every_key() {
    let policy = parse(FULL).unwrap();
    assert_eq!(policy.name.as_deref(), Some("research-extract"));
    assert_eq!(policy.domain.as_deref(), Some("research-2026"));
    assert_eq!(policy.reference_date, Some(20_454));
    assert_eq!(policy.subject.as_ref().unwrap().value, "patient_id");
    assert_eq!(policy.findings.get("ssn").unwrap().label.name(), "us-ssn");
    assert_eq!(policy.types, [("age".to_owned(), ColumnType::Int64)].into());
    assert_eq!(policy.unmatched, Unmatched::Deny);
    assert_eq!(policy.rules.iter().map(|rule| rule.line).collect::<Vec<_>>(), [9, 10, 11, 12, 13, 14]);
    let masks: Vec<_> = policy
        .rules
        .iter()
        .filter_map(|rule| if let RuleAction::Mask(m) = &rule.action { Some(m) } else { None })
        .collect();
    let [pseudonym, shift, zip, redact] = masks.as_slice() else { panic!() };
    assert_eq!(pseudonym.key.as_ref().unwrap().value, "identity");
    assert_eq!(serde_json::to_string(&pseudonym.with.values).unwrap(), r#"{"prefix":"P-","length":16}"#);
    assert_eq!(&FULL[pseudonym.with.place("/length").unwrap()], "16");
    assert_eq!((shift.rejected, redact.rejected), (Fate::Drop, Fate::Quarantine));
    assert_eq!(zip.context[0].value, "state");
    assert!(zip.together.as_ref().unwrap().value && zip.may_keep.as_ref().unwrap().value);
    assert!(matches!(policy.rules[4].action, RuleAction::Keep) && matches!(policy.rules[5].action, RuleAction::Drop));
    assert!(policy.notes.is_empty());
}

#[test]
fn a_subject_is_a_column_with_what_does_not_count_in_it() {
    let policy =
        |subject: &str| parse(&format!("version: 1\nsubject: {subject}\nrules: [{{ columns: [a], keep: true }}]"));
    let subject = policy("{ column: id, normalize: { trim: true, separators: false } }").unwrap();
    assert_eq!(subject.subject.unwrap().value, "id");
    assert_eq!(subject.subject_form, Normalization { trim: true, ..Normalization::default() });
    assert_eq!(policy("{ column: id }").unwrap().subject_form, policy("id").unwrap().subject_form);
    assert_eq!(
        policy("{ normalize: { trims: yes, case: true } }").unwrap_err(),
        "p.yaml:2:10: `column` is missing; add the name of the column\n\
         p.yaml:2:25: `normalize` has no key `trims`; did you mean `trim`?\n\
         p.yaml:2:32: `trim` takes true or false\n\
         p.yaml:2:37: `normalize` has no key `case`; there are trim, ascii-case, separators"
    );
    assert_eq!(policy("{ column: '' }").unwrap_err(), "p.yaml:2:20: `subject` takes 1 to 256 bytes of text");
}

#[test]
fn the_digest_is_the_sha_256_of_the_text() {
    let policy = parse("version: 1\nrules: [{ columns: [a], keep: true }]").unwrap();
    assert_eq!(policy.digest(), sha256("version: 1\nrules: [{ columns: [a], keep: true }]"));
    assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn tells_all_problems_at_once_in_the_order_of_the_text() {
    let text = "version: 3
nam: x
domain: ''
reference_date: tomorrow
subject: 7
labels: { ssn: us_ssn, x: qqqqqqqqqqqq }
types: { age: int46 }
rules:
  - { columns: [a], mask: m, colums: [b] }
  - { columns: a, keep: yes }
unmatched: denny
";
    let expected = "p.yaml:1:10: there is no version 3 of this format; say `version: 1`
p.yaml:2:1: a policy has no key `nam`; did you mean `name`?
p.yaml:3:9: `domain` takes 1 to 256 bytes of text
p.yaml:4:17: `reference_date` takes a date, year-month-day: 2026-01-31
p.yaml:5:10: `subject` takes text, and this is read as a number or a truth value; quote it
p.yaml:6:16: there is no label `us_ssn`; did you mean `us-ssn`?
p.yaml:6:27: there is no such label; labels are such as us-ssn, mrn, birth-date, clinical
p.yaml:7:15: `types`: unknown variant `int46`, expected one of `text`, `binary`, `int64`, `float64`, `boolean`, \
                    `date32`, `timestamp`
p.yaml:9:30: a rule has no key `colums`; did you mean `columns`?
p.yaml:10:16: `columns` takes a list, `[a, b]`
p.yaml:10:25: `keep` takes true or false
p.yaml:11:12: `unmatched`: unknown variant `denny`, expected `deny` or `drop`";
    let got = parse(text).unwrap_err();
    assert_eq!(got, expected);
}

#[test]
fn a_misspelled_key_is_read_as_the_one_that_was_meant() {
    let draft = |text| Policy::draft("p", text).unwrap();
    let misspelled = draft("version: 1\nunmatchd: drop\nrules: [{ colums: [a], maks: m, wiht: { b: 1 } }]");
    assert_eq!((misspelled.flaws().len(), misspelled.unmatched, misspelled.is_whole()), (4, Unmatched::Drop, true));
    let RuleAction::Mask(mask) = &misspelled.rules[0].action else { panic!() };
    assert_eq!((mask.transform.value.as_str(), mask.with.values.len()), ("m", 1));
    let twice = draft("version: 1\nunmatched: drop\nunmatchd: deny\nrules: [{ columns: [a], keep: true }]");
    assert_eq!((twice.unmatched, twice.flaws().len()), (Unmatched::Drop, 1));
}

#[test]
fn nothing_is_told_to_be_missing_where_something_could_not_be_read() {
    let one = "`key` takes text, and this is read as a number or a truth value; quote it";
    assert_eq!(problems("- { columns: [a], mask: m, key: 7 }"), [one]);
    assert_eq!(problems("- { columns: 7, keep: true }"), ["`columns` takes a list, `[a, b]`"]);
    assert_eq!(problems("- { columns: [a], keep: [] }"), ["`keep` takes true or false"]);
    let domain = "version: 1\ndomain: [d]\nrules: [{ columns: [a], mask: m, key: k }]";
    assert_eq!(parse(domain).unwrap_err(), "p.yaml:2:9: `domain` takes text");
}

#[test]
fn says_what_is_missing() {
    assert_eq!(
        parse("name: x").unwrap_err(),
        "p.yaml:1:1: `version` is missing; add `version: 1`\np.yaml:1:1: `rules` is missing; add a list of rules"
    );
    assert_eq!(parse("").unwrap_err().rsplit(": ").next().unwrap(), "value`");
    assert_eq!(
        parse("version: 1\nrules: []").unwrap_err(),
        "p.yaml:2:8: `rules` is an empty list; add something to it"
    );
    assert_eq!(
        parse("version: one\nrules: [{ columns: [a], keep: true }]").unwrap_err(),
        "p.yaml:1:10: `version` takes a whole number"
    );
}

#[test]
fn a_rule_is_for_some_column_and_does_one_thing() {
    assert_eq!(problems("- { keep: true }"), ["the rule names no column; add `columns: [...]` or `labels: [...]`"]);
    assert_eq!(problems("- { columns: [], keep: true }"), ["`columns` is an empty list; add something to it"]);
    assert_eq!(problems("- { labels: [], keep: true }"), ["`labels` is an empty list; add something to it"]);
    assert_eq!(problems("- { columns: [''], keep: true }"), ["the name of a column is empty"]);
    assert_eq!(
        problems("- { columns: [a] }"),
        ["the rule does not say what to do; add exactly one of `mask: transform`, `scrub: {…}`, `keep: true` and \
          `drop: true`"]
    );
    assert_eq!(
        problems("- { columns: [a], mask: m, drop: true }"),
        [
            "the rule says two things; keep exactly one of `mask: transform`, `scrub: {…}`, `keep: true` and `drop: true`"
        ]
    );
    assert_eq!(problems("- { columns: [a], keep: false }"), ["say `keep: true`, or take the key away"]);
    assert_eq!(problems("- keep"), ["a rule is a map, `key: value`"]);
}

#[test]
fn options_of_mask_stand_with_mask_only() {
    for (option, key) in [
        ("with: {}", "with"),
        ("context: [b]", "context"),
        ("together: true", "together"),
        ("may_keep: true", "may_keep"),
        ("rejected: drop", "rejected"),
    ] {
        let rule = format!("- {{ columns: [a], keep: true, {option} }}");
        assert_eq!(problems(&rule), [format!("`{key}` goes with `mask` only; take it away")]);
    }
}

#[test]
fn a_rule_that_scrubs_says_what_takes_the_place_of_pieces() {
    let text = "- columns: [note]
  rejected: drop
  scrub:
    find: [clinical-text]
    known: [mrn]
    kinds: { person-name: { mask: surrogate, with: { kind: name }, may_keep: true }, phone: tag }
    otherwise: { mask: redact }
    threshold: 70
- { columns: [b], scrub: {} }";
    let policy = parse(&format!("version: 1\nrules:\n{text}")).unwrap();
    let [first, second] = policy.rules.as_slice() else { panic!("{:?}", policy.rules) };
    let scrub = |rule: &Rule| match &rule.action {
        RuleAction::Scrub(scrub) => scrub.clone(),
        other => panic!("{other:?}"),
    };
    let (full, empty) = (scrub(first), scrub(second));
    assert_eq!((full.find[0].value.as_str(), full.known[0].value.as_str()), ("clinical-text", "mrn"));
    let masks: Vec<_> = first.masks().iter().map(|mask| mask.transform.value.as_str()).collect();
    assert_eq!((masks, full.threshold, full.rejected), (vec!["surrogate", "redact"], 70, Fate::Drop));
    assert!(matches!(full.kinds.as_slice(), [(_, Line::Mask(_)), (phone, Line::Tag)] if phone.value.name() == "phone"));
    assert_eq!((empty.find.len(), empty.known.len(), empty.kinds.len(), empty.threshold), (0, 0, 0, 50));
    assert!(matches!(empty.otherwise, Line::Tag) && empty.rejected == Fate::Quarantine);
}

#[test]
fn says_what_is_wrong_with_a_rule_that_scrubs() {
    let wrong = |scrub: &str| problems(&format!("- {{ columns: [a], scrub: {scrub} }}"));
    assert_eq!(wrong("true"), ["`scrub` takes a map, `{ kinds: { … } }`"]);
    assert_eq!(wrong("{ find: [] }"), ["`find` is an empty list; add something to it"]);
    assert_eq!(
        wrong("{ kinds: { person-nam: tag } }"),
        ["there is no label `person-nam`; did you mean `person-name`?"]
    );
    assert_eq!(wrong("{ kinds: { Anna: tag } }"), ["`kinds` takes labels, such as person-name, date, phone"]);
    assert_eq!(wrong("{ kinds: { phone: taag } }"), ["`kinds`: unknown variant `taag`, expected `tag`"]);
    assert_eq!(wrong("{ otherwise: { with: {} } }"), ["`mask` is missing; add the name of a transform"]);
    let context = "`otherwise` has no key `context`; there are mask, with, key, may_keep";
    assert_eq!(wrong("{ otherwise: { mask: m, context: [b] } }"), [context]);
    for threshold in ["101", "256"] {
        let message = "`threshold` takes a whole number from 0 to 100";
        assert_eq!(wrong(&format!("{{ threshold: {threshold} }}")), [message]);
    }
    let shape = "the name of a key has lower-case letters, digits and hyphens, begins with a letter, and has at most \
                 64 characters";
    let domain = "a rule has a key and the policy no `domain`; name the domain inside which pseudonyms are to agree, \
                  for instance `domain: research-2026`";
    assert_eq!(wrong("{ kinds: { date: { mask: m, key: K } } }"), [domain, shape]);
    let with_key = problems("- { columns: [a], scrub: {}, key: k }");
    assert_eq!(with_key, [domain, "`key` goes with `mask` only; take it away"]);
}

#[test]
fn a_key_has_a_plain_name_and_needs_a_domain() {
    let no_domain = "a rule has a key and the policy no `domain`; name the domain inside which pseudonyms are to \
                     agree, for instance `domain: research-2026`";
    assert_eq!(problems("- { columns: [a], mask: m, key: k }"), [no_domain]);
    let shape = "the name of a key has lower-case letters, digits and hyphens, begins with a letter, and has at most \
                 64 characters";
    assert_eq!(problems("- { columns: [a], mask: m, key: K_1 }"), [no_domain, shape]);
}

#[test]
fn notes_a_rule_that_can_never_apply() {
    let policy = parse(
        "version: 1
rules:
  - { columns: [a*], keep: true }
  - { labels: [mrn], drop: true }
  - { columns: [ab], labels: [mrn], drop: true }
  - { columns: [ab, c], drop: true }
",
    )
    .unwrap();
    let [note] = policy.notes.as_slice() else { panic!("{:?}", policy.notes) };
    assert_eq!(note.message, "the rule never applies: its columns are taken before, by line 3 and line 4");
    assert_eq!(policy.rules[2].span, note.span.clone().unwrap());
}

#[test]
fn a_labels_file_adds_and_never_contradicts() {
    let policy = parse(FULL).unwrap();
    let policy = policy.with_labels("l.yaml", "mrn: mrn\nssn: us-ssn\n").unwrap();
    assert_eq!(policy.findings.get("mrn").unwrap().origin, Origin::LabelsFile("l.yaml".into()));
    assert_eq!(policy.findings.get("ssn").unwrap().origin, Origin::Policy);
    assert_eq!(policy.labels_digest(), Some(sha256("mrn: mrn\nssn: us-ssn\n").as_str()));
    let message = |text| policy.clone().with_labels("m.yaml", text).unwrap_err().to_string();
    assert_eq!(
        message("ssn: mrn\nmrn: us-ssn\nx: mrm"),
        "m.yaml:1:6: column `ssn` is `mrn` here and `us-ssn` in the policy; make them agree\n\
         m.yaml:2:6: column `mrn` is `us-ssn` here and `mrn` in l.yaml; make them agree\n\
         m.yaml:3:4: there is no label `mrm`; did you mean `mrn`?"
    );
    assert_eq!(message("[]"), "m.yaml:1:1: a labels file takes a map, `{ name: value }`");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn never_panics(text in "\\PC*", tail in "[-a-z:,&*!|>{}\\[\\]'\"# \n]{0,60}") {
        drop(parse(&text));
        drop(parse(&format!("version: 1\nrules:\n  - {{ columns: [a], {tail}")));
        drop(parse(&FULL.replace("redact", &tail)));
    }

    #[test]
    fn never_panics_on_a_damaged_policy(cut in 0..FULL.len(), length in 0..40usize) {
        let mut text = FULL.to_owned();
        text.replace_range(cut..(cut + length).min(FULL.len()), "");
        drop(parse(&text));
    }
}
