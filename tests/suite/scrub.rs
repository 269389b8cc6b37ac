//! Free text: what is found in it and what is known of its row is masked, as in the other columns, and the rest stays.

use moretta::error::Error;
use moretta::outcome::RejectionCode;
use moretta::plugin::Package;
use moretta::policy::Policy;
use moretta::{Host, Masked};
use moretta_tests::guests::HOSTILE_TEXT;

use crate::masking::{Column, batch, values};

const LABELS: &str = "subject: id
labels: { id: mrn, first: given-name, last: family-name, ssn: us-ssn, born: birth-date, phone: phone, note: free-text }
";

/// Masks one batch under these rules, with a classifier that finds numbers beside the shipped one.
fn scrub(rules: &str, columns: &[Column<'_>]) -> Result<Masked, Error> {
    let policy =
        Policy::parse("policy.yaml", &format!("version: 1\ndomain: tests\n{LABELS}unmatched: drop\nrules:\n{rules}\n"));
    let host = Host::builder(policy.unwrap()).ephemeral_keys();
    host.plugin(Package::read("hostile-text", HOSTILE_TEXT).unwrap()).build()?.mask_rows(batch(columns))
}

/// The notes after a rule that scrubs them, given without its columns.
#[track_caller]
fn notes(rule: &str, columns: &[Column<'_>]) -> Vec<Option<String>> {
    let masked = scrub(&format!("- {{ columns: [note], scrub: {rule} }}"), columns).unwrap();
    assert!(masked.quarantined.is_empty(), "{} rows are rejected", masked.quarantined.len());
    values(&masked, "note").into_iter().map(|note| note.map(str::to_owned)).collect()
}

#[track_caller]
fn note(rule: &str, text: &str, others: &[(&str, &str)]) -> String {
    let cells: Vec<_> = others.iter().map(|(name, value)| (*name, [Some(*value)])).collect();
    let mut columns: Vec<Column<'_>> = cells.iter().map(|(name, cell)| (*name, cell.as_slice())).collect();
    let text = [Some(text)];
    columns.push(("note", &text));
    notes(rule, &columns).remove(0).unwrap()
}

const SHIPPED: &str = "{ find: [clinical-text] }";
/// A classifier that is hardly ever so sure: what is found is known.
const KNOWN: &str = "{ find: [clinical-text], threshold: 100 }";

#[test]
fn pieces_become_their_names_and_the_rest_stays_byte_for_byte() {
    let texts = [
        Some("Call (617) 555-0123, or ada@example.org."),
        None,
        Some(""),
        Some("Temp 98.6, née — nothing\tto\r\nsee\u{200b}"),
        Some("ada@example.org"),
        Some("617-555-0123 617-555-0124"),
        Some("é123-45-6789é"),
    ];
    let scrubbed = notes(SHIPPED, &[("note", &texts)]);
    let expected = [
        Some("Call [PHONE], or [EMAIL]."),
        None,
        Some(""),
        texts[3],
        Some("[EMAIL]"),
        Some("[PHONE] [PHONE]"),
        texts[6],
    ];
    assert_eq!(scrubbed, expected.map(|text| text.map(str::to_owned)));
}

#[test]
fn what_is_known_of_the_row_is_found_although_no_classifier_does() {
    let row =
        [("first", "Ada"), ("last", "Lovelace-King"), ("ssn", "123-45-6789"), ("id", "P-4711"), ("born", "1815-12-10")];
    let text = "ADA lovelace King (p4711), LOVELACE, b. 1815-12-10; SSN 123 45\n6789, Adaline stays";
    let expected = "[GIVEN-NAME] [FAMILY-NAME] ([MRN]), [FAMILY-NAME], b. [BIRTH-DATE]; SSN [US-SSN], Adaline stays";
    assert_eq!(note(KNOWN, text, &row), expected);
    let other = "{ find: [clinical-text], known: [first] }";
    assert_eq!(note(other, "Ada Lovelace, 123-45-6789", &row), "[GIVEN-NAME] [PERSON-NAME], [US-SSN]");
}

#[test]
fn no_way_of_writing_hides_what_is_known() {
    for text in [
        "１２３-４５-６７８９",
        "1\u{200b}23\u{200d}45\u{feff}6789",
        "123-45-\n6789",
        "123.45.6789",
        "123 45 6789",
        "x123456789x",
        "١٢٣٤٥٦٧٨٩",
        "123\u{ad}-45\u{2060}-6789",
    ] {
        let scrubbed = note(KNOWN, &format!("SSN {text}, née"), &[("ssn", "123-45-6789")]);
        assert!(scrubbed.contains("[US-SSN]") && !scrubbed.contains(['5', '５', '٥']), "{text}: {scrubbed}");
        assert!(scrubbed.starts_with("SSN ") && scrubbed.ends_with(", née"), "{scrubbed}");
    }
    for text in ["ANNA", "Аnnа", "Ａｎｎａ", "An\u{200b}na", "𝐀nna", "Ánna"] {
        assert_eq!(note(KNOWN, &format!("{text}."), &[("first", "Anna")]), "[GIVEN-NAME].", "{text}");
    }
}

#[test]
fn a_value_becomes_in_text_what_it_becomes_in_its_column() {
    let rules = "- { columns: [id], mask: pseudonym, key: identity, with: { prefix: 'P-' } }
- { columns: [first], mask: surrogate, key: identity, with: { kind: given-name } }
- { columns: [born], mask: shift-dates, key: dates, with: { max_days: 300 } }
- columns: [note]
  scrub:
    find: [clinical-text]
    threshold: 100
    kinds:
      person-name: { mask: surrogate, key: identity, with: { kind: given-name } }
      date: { mask: shift-dates, key: dates, with: { max_days: 300 } }
      mrn: { mask: pseudonym, key: identity, with: { prefix: 'P-' } }";
    let first = ["Ada", "Grace", "Ada"];
    let (id, born) = (["4711", "4712", "4713"], ["1815-12-10", "1906-12-09", "1815-12-10T10:00:00"]);
    let note = ["ADA 4711 1815-12-10", "née G\u{200b}race, 1906-12-09/4712", "Ada: 1815-12-10 471 3"];
    let of = |texts: [&'static str; 3]| texts.map(Some);
    let (first, id, born, note) = (of(first), of(id), of(born), of(note));
    let masked = scrub(rules, &[("id", &id), ("first", &first), ("born", &born), ("note", &note)]).unwrap();
    let column = |name| values(&masked, name).into_iter().map(Option::unwrap).collect::<Vec<_>>();
    let (id, first, born, note) = (column("id"), column("first"), column("born"), column("note"));
    assert_eq!(note[0], format!("{} {} {}", first[0], id[0], born[0]));
    assert_eq!(note[1], format!("née {}, {}/{}", first[1], born[1], id[1]));
    assert_eq!(note[2], format!("{}: {} 471 3", first[2], born[2].split('T').next().unwrap()));
    assert_eq!(first[0], first[2]);
}

#[test]
fn of_what_overlaps_nothing_is_left() {
    let row = [("first", "Ada"), ("phone", "617-555-0123")];
    assert_eq!(note(SHIPPED, "ada@example.org ada", &row), "[EMAIL] [GIVEN-NAME]");
    assert_eq!(note(SHIPPED, "1-617-555-0123", &row), "[PHONE]");
    assert_eq!(note(KNOWN, "1-617-555-0123", &row), "1-[PHONE]");
    assert_eq!(note(SHIPPED, "Seen by Dr. Ada Lovelace", &row), "Seen by Dr. [GIVEN-NAME] [PERSON-NAME]");
    assert_eq!(note("{ find: [clinical-text, hostile-text] }", "(617) 555-0123 née", &row), "[PHONE] née");
    assert_eq!(note("{ find: [hostile-text] }", "é12é34", &[]), "é[OTHER-ID]é[OTHER-ID]");
}

#[test]
fn a_piece_that_is_less_sure_than_asked_for_stays() {
    assert_eq!(note("{ find: [hostile-text], threshold: 90 }", "room 12", &[]), "room [OTHER-ID]");
    assert_eq!(note("{ find: [hostile-text], threshold: 91 }", "room 12", &[]), "room 12");
}

#[test]
fn what_a_transform_rejects_is_for_the_others_and_what_that_rejects_costs_the_row() {
    let dates = "{ mask: shift-dates, key: dates }";
    let kinds = |otherwise: &str| format!("{{ find: [hostile-text], kinds: {{ other-id: {dates} }}{otherwise} }}");
    let subject = [("id", "a")];
    for otherwise in ["", ", otherwise: tag"] {
        let both = note(&kinds(otherwise), "room 12 on 20200131", &subject);
        let day = both.strip_prefix("room [OTHER-ID] on ").unwrap();
        assert!(day.len() == 8 && day != "20200131", "{both}");
    }
    assert_eq!(note(&kinds(""), "room 12", &subject), "room [OTHER-ID]");
    let masked = note(&kinds(", otherwise: { mask: redact, with: { value: gone } }"), "room 12", &subject);
    assert_eq!(masked, "room gone");
    let rule = format!("- {{ columns: [note], rejected: drop, scrub: {} }}", kinds(&format!(", otherwise: {dates}")));
    let texts = [Some("room 12"), Some("no room"), None];
    let masked = scrub(&rule.replace("rejected: drop, ", ""), &[("id", &[Some("a"); 3]), ("note", &texts)]).unwrap();
    assert_eq!(values(&masked, "note"), [Some("no room"), None]);
    let rejected: Vec<_> = masked.quarantined.iter().map(|(place, code)| (place.row, *code)).collect();
    assert_eq!(rejected, [(Some(1), RejectionCode::Unparsable)]);
    let masked = scrub(&rule, &[("id", &[Some("a"); 3]), ("note", &texts)]).unwrap();
    assert_eq!((masked.outcomes.masked, masked.outcomes.dropped), (2, 1));
}

#[test]
fn what_takes_the_place_of_a_piece_says_nothing_that_is_known() {
    let lower = "{ find: [clinical-text], kinds: { person-name: { mask: redact, with: { value: ada } } } }";
    assert_eq!(note(lower, "Ada came", &[("first", "Ada")]), "[GIVEN-NAME] came");
    assert_eq!(note(SHIPPED, "Email ada@b.org", &[("first", "Email")]), "[GIVEN-NAME] [***]");
    let across = "- { columns: [note], scrub: { find: [clinical-text], kinds: { phone: { mask: redact, with: { value: '5678' } } } } }";
    let (id, texts) = ([Some("12345678"), Some("87654321")], [Some("1234 617-555-0123"), Some("1234 617-555-0123")]);
    let masked = scrub(across, &[("id", &id), ("note", &texts)]).unwrap();
    assert_eq!(values(&masked, "note"), [Some("1234 5678")]);
    assert_eq!((masked.quarantined[0].0.row, masked.quarantined[0].1), (Some(1), RejectionCode::Unchanged));
}

#[test]
fn a_text_that_has_the_pseudonym_already_is_scrubbed_as_any() {
    let rule =
        "{ find: [clinical-text], threshold: 100, kinds: { person-name: { mask: redact, with: { value: Grace } } } }";
    assert_eq!(note(rule, "Grace met Ada", &[("first", "Ada")]), "Grace met Grace");
    assert_eq!(note(rule, "Grace met Ada", &[("first", "Grace")]), "[GIVEN-NAME] met Ada");
}

#[test]
fn a_long_text_is_scrubbed_to_its_ends() {
    let line = "née 617-555-0123 ada@example.org Lovelace, 98.6 — and what there is to say of it at length\n";
    let text = line.repeat((1 << 20) / line.len() + 1);
    let scrubbed = note(SHIPPED, text.trim_end(), &[("last", "Lovelace")]);
    let expected = "née [PHONE] [EMAIL] [FAMILY-NAME], 98.6 — and what there is to say of it at length\n";
    assert_eq!(scrubbed, expected.repeat(text.len() / line.len()).trim_end());
}

#[test]
fn who_is_about_nobody_known_is_found_by_classifiers_alone() {
    let (first, texts) = ([None, Some("")], [Some("Ada 617-555-0123"), Some("Ada")]);
    let scrubbed = notes(SHIPPED, &[("first", &first), ("note", &texts)]);
    assert_eq!(scrubbed, ["[PERSON-NAME] [PHONE]", "[PERSON-NAME]"].map(|note| Some(note.to_owned())));
}

#[test]
fn a_classifier_that_finds_too_much_leaves_nothing_bare() {
    let policy =
        Policy::parse("p", "version: 1\nrules: [{ columns: [chain, everything], scrub: { find: [hostile-text] } }]");
    let host =
        Host::builder(policy.unwrap()).plugin(Package::read("hostile-text", HOSTILE_TEXT).unwrap()).build().unwrap();
    let cells = [Some("Ada Lovelace"), None, Some("Grace")];
    let masked = host.mask_rows(batch(&[("chain", &cells), ("everything", &cells)])).unwrap();
    for column in ["chain", "everything"] {
        assert_eq!(
            values(&masked, column),
            [Some("[OTHER-ID]"), None, Some("Grace")],
            "only the first row is attacked"
        );
    }
}
