//! The conformance kit passes what is honest, and finds each thing that is not in the property that it breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use moretta::conformance::{Options, Outcome, Property, Report, bench, test};
use moretta::plugin::{Limits, Package, shipped};
use moretta_tests::forge;
use moretta_tests::guests::{
    HOSTILE, HOSTILE_COUNT, HOSTILE_ENCRYPTION, HOSTILE_FPE, HOSTILE_PSEUDONYM, HOSTILE_RANDOM, HOSTILE_TEXT,
    HOSTILE_TOKEN,
};

fn report(package: &Package, milliseconds: u64) -> Report {
    let limits = Limits { deadline: Duration::from_millis(milliseconds), ..Limits::default() };
    test(package, &Options { rows: 0, limits, ..Options::default() }).unwrap()
}

/// The properties that each transform fails, by its name.
fn failed(plugin: &[u8]) -> BTreeMap<String, Vec<Property>> {
    let report = report(&Package::read("the plugin", plugin).unwrap(), 1_000);
    let mut failed: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (transform, check) in report.checks().filter(|(_, check)| check.outcome == Outcome::Failed) {
        failed.entry(transform.to_owned()).or_default().push(check.property);
    }
    failed
}

/// Every transform fails that is listed, in that property, and no other.
#[track_caller]
fn check(plugin: &[u8], expected: &[(Property, &[&str])]) {
    let mut failed = failed(plugin);
    for (property, transforms) in expected {
        for transform in *transforms {
            let found = failed.remove(*transform).unwrap_or_default();
            assert!(found.contains(property), "{transform}: {found:?}");
        }
    }
    assert_eq!(failed, BTreeMap::new());
}

#[test]
fn every_shipped_plugin_does_what_its_manifest_says() {
    for package in shipped() {
        let report = report(&package.unwrap(), 20_000);
        assert_eq!(report.failed(), 0, "{}", report.text());
        let reached = |(_, check): (&str, &moretta::conformance::Check)| check.outcome != Outcome::NotReached;
        assert!(report.checks().all(reached), "{}", report.text());
    }
}

#[test]
fn every_broken_promise_is_found_where_it_is_broken() {
    check(
        HOSTILE,
        &[
            (Property::Limits, &["spin", "recurse", "grow-memory", "live-without-memory", "gigantic", "large"]),
            (
                Property::Contract,
                &[
                    "refuse",
                    "trap",
                    "no-columns",
                    "too-many-columns",
                    "too-few-rows",
                    "too-many-rows",
                    "wrong-row-count",
                    "wrong-offset-count",
                    "no-offsets",
                    "first-offset-not-zero",
                    "bad-offsets",
                    "offsets-past-end",
                    "huge-offsets",
                    "not-utf8",
                    "split-character",
                    "wrong-type",
                    "wrong-bitmap-length",
                    "empty-bitmap",
                    "reject-out-of-range",
                    "reject-twice",
                    "reject-unsorted",
                    // Of a batch without rows they reject one.
                    "reject-first",
                    "reject-and-echo",
                    // Without a context it refuses the batch.
                    "disguise-context",
                ],
            ),
            (
                Property::Verified,
                &[
                    "echo",
                    "echo-last",
                    "copy-context",
                    "copy-other",
                    "number-as-text",
                    "context-as-text",
                    "null-flood",
                    "null-last",
                    "nulls-to-values",
                    "swap-rows",
                ],
            ),
            // What knows that it is on trial does something else with the other half of the batch.
            (Property::Deterministic, &["reject-everything", "data-behind-nulls", "disguise"]),
        ],
    );
}

#[test]
fn what_is_done_wrong_with_something_lent_is_found() {
    let broken = failed(HOSTILE_ENCRYPTION);
    for transform in ["plaintext", "truncated", "other-row", "upper-case", "without-key", "of-context"] {
        assert!(broken[transform].contains(&Property::Verified), "{transform}");
    }
    for (plugin, transform, expected) in [
        (HOSTILE_ENCRYPTION, "twice", Property::Contract),
        (HOSTILE_PSEUDONYM, "over-quota", Property::Contract),
        (HOSTILE_FPE, "one-symbol", Property::Contract),
        (HOSTILE_FPE, "huge-tweak", Property::Limits),
        (HOSTILE_FPE, "plaintext", Property::Verified),
        (HOSTILE_TOKEN, "two-formats", Property::Contract),
        (HOSTILE_TOKEN, "other-row", Property::Verified),
        (HOSTILE_RANDOM, "twice", Property::Contract),
        (HOSTILE_RANDOM, "for-ever", Property::Limits),
    ] {
        let broken = failed(plugin);
        assert!(broken[transform].contains(&expected), "{transform}: {broken:?}");
        assert_eq!(broken.get("honest"), None);
    }
}

#[test]
fn a_golden_case_that_fails_tells_what_was_expected_and_what_came() {
    let report = report(&Package::read("the plugin", forge::failing_case()).unwrap(), 1_000);
    let failing = report.checks().find(|(_, check)| check.property == Property::Cases).unwrap().1;
    assert_eq!(failing.outcome, Outcome::Failed);
    assert!(!failing.failures[0].differences.is_empty(), "{failing:?}");
    let text = report.text();
    assert!(text.contains("- expected ") && text.contains("+ got "), "{text}");
    assert!(report.junit().contains("<failure message=\"row 0 is not what the case says\">"), "{}", report.junit());
}

/// The same code, and other words of the same lengths in its manifest, which stands in the file as it is.
fn with_other_words(plugin: &[u8], words: &[(&str, &str)]) -> Vec<u8> {
    let manifest = pack::section(plugin, pack::MANIFEST_SECTION).unwrap().unwrap();
    let place = plugin.windows(manifest.len()).position(|window| window == manifest).unwrap();
    let other = words.iter().fold(String::from_utf8(manifest).unwrap(), |manifest, (from, to)| {
        assert!(from.len() == to.len() && manifest.contains(from), "{from}");
        manifest.replace(from, to)
    });
    let mut plugin = plugin.to_vec();
    plugin[place..place + other.len()].copy_from_slice(other.as_bytes());
    plugin
}

/// What a classifier's report says of each property that fails.
fn failures_of_classifier(plugin: &[u8]) -> BTreeMap<Property, String> {
    let report = report(&Package::read("the plugin", plugin).unwrap(), 1_000);
    let failed = report.checks().filter(|(_, check)| check.outcome == Outcome::Failed);
    let told = |check: &moretta::conformance::Check| check.failures.iter().map(|it| format!("{it}\n")).collect();
    failed.map(|(_, check)| (check.property, told(check))).collect()
}

#[test]
fn every_wrong_count_of_a_classifier_is_found() {
    let failed = failures_of_classifier(HOSTILE_COUNT);
    for (property, said) in [
        (Property::Cases, "case `one value too many is counted` (float64): "),
        (Property::Contract, "the input of case `one value too many is counted` (float64): "),
        (Property::Nulls, "the input of case `nulls count` (text): it counted other values when there were nulls"),
        (Property::NoRows, "the input of case `something is found in no rows` (text): it found something"),
        (Property::AddsUp, "the input of case `halves are more than the whole` (text): what it counted in the halves"),
        (Property::AddsUp, "the input of case `what comes first decides` (int64): "),
    ] {
        assert!(failed[&property].contains(said), "{property}: {failed:?}");
    }
    assert_eq!(failed.len(), 5, "{failed:?}");
}

#[test]
fn a_classifier_that_finds_nothing_anywhere_is_told_and_its_cases_say_how_much_differs() {
    // The same code with values and names that it does not look for.
    let plugin = with_other_words(HOSTILE_COUNT, &[("\"x\"", "\"y\""), ("\"x-", "\"y-")]);
    let failed = failures_of_classifier(&plugin);
    assert_eq!(failed.keys().copied().collect::<Vec<_>>(), [Property::Cases, Property::Finds]);
    let told =
        "0 of its values speak for `other-id`, and the case says 2\n  other-id\n    - expected 2\n    + got      0";
    assert!(failed[&Property::Cases].contains(told), "{failed:?}");
}

/// The names of columns under which the golden cases of the hostile text classifier show that it is not the same in every
/// batch, and others as long under which it is honest.
const UNFAITHFUL: [(&str, &str); 4] = [
    ("\"not-alone\"", "\"is-honest\""),
    ("\"not-second\"", "\"is-honest.\""),
    ("\"not-among-nulls\"", "\"is-honest-again\""),
    ("\"not-beyond-ascii\"", "\"is-honest-always\""),
];

#[test]
fn a_text_classifier_that_finds_other_pieces_in_other_batches_is_found() {
    for (name, property, said) in [
        (0, Property::AddsUp, "row 0: what it found in the halves is not what it found in the whole"),
        (1, Property::AddsUp, "row 0: it found other pieces when the texts came in another order"),
        (2, Property::Nulls, "row 0: it found other pieces when there were nulls between the texts"),
        (3, Property::Places, "row 0: behind characters of several bytes it found nothing of what"),
    ] {
        let others: Vec<_> =
            UNFAITHFUL.iter().enumerate().filter(|(other, _)| *other != name).map(|it| *it.1).collect();
        let failed = failures_of_classifier(&with_other_words(HOSTILE_TEXT, &others));
        assert!(failed[&property].contains(said), "{property}: {failed:?}");
    }
    assert!(failures_of_classifier(&with_other_words(HOSTILE_TEXT, &UNFAITHFUL)).is_empty());
}

#[test]
fn pieces_that_are_none_and_labels_that_nobody_knows_are_found() {
    let honest = |name: &'static str| [&UNFAITHFUL[..], &[("\"honest\"", name)]].concat();
    for (name, property) in [
        ("\"refuse\"", Property::Contract),
        ("\"trap\"  ", Property::Contract),
        ("\"spin\"  ", Property::Limits),
        ("\"empty\" ", Property::Contract),
        ("\"flood\" ", Property::Limits),
    ] {
        let failed = failures_of_classifier(&with_other_words(HOSTILE_TEXT, &honest(name)));
        assert!(failed[&property].starts_with("the input of case `on trial` (text): "), "{name}: {failed:?}");
        assert!(failed[&Property::Cases].starts_with("case `on trial` (text): "), "{name}: {failed:?}");
    }
    let unknown = with_other_words(HOSTILE_TEXT, &[("\"other-id\"", "\"outer-id\"")]);
    let refused = test(&Package::read("the plugin", unknown).unwrap(), &Options::default()).unwrap_err();
    assert!(refused.to_string().contains("`outer-id`"), "{refused}");
}

#[test]
fn a_case_of_a_text_classifier_tells_each_piece_that_is_missing_or_too_many() {
    let other = [&UNFAITHFUL[..], &[("\"text\":\"1815\"", "\"text\":\"room\"")]].concat();
    let failed = failures_of_classifier(&with_other_words(HOSTILE_TEXT, &other));
    assert_eq!(
        failed[&Property::Cases],
        "case `on trial` (text): row 0: it found [other-id, other-id], and the case says [other-id, other-id], or others of \
         them\n  row 0, input \"room 12, née 1815\"\n      other-id \"12\"\n    - other-id \"room\"\n    + other-id \"1815\", \
         bytes 14..18\n"
    );
    assert_eq!(failed.len(), 1, "{failed:?}");
}

#[test]
fn the_speed_of_a_text_classifier_is_that_of_its_bytes_and_stands_beside_the_shipped_one() {
    let package = Package::read("the plugin", HOSTILE_TEXT.to_vec()).unwrap();
    let options = Options { rows: 100, ..Options::default() };
    let faithful = Package::read("the plugin", with_other_words(HOSTILE_TEXT, &UNFAITHFUL)).unwrap();
    let report = test(&faithful, &options).unwrap();
    let speed = report.transforms[0].speed.unwrap();
    assert!(speed.bytes_per_second.unwrap() > 50.0 * speed.values_per_second, "{speed}");
    assert!(report.text().contains(" MB/s of text, "), "{}", report.text());
    let ratios = bench(&package, &options).unwrap();
    assert_eq!((ratios.len(), ratios[0].yardstick, &*ratios[0].transform), (1, "clinical-text", "find"));
    assert!(ratios[0].times > 0.0 && ratios[0].beside.bytes_per_second > Some(0.0));
}
