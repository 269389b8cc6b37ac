//! The conformance kit passes what is honest, and finds each thing that is not in the property that it breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use moretta::conformance::{Options, Outcome, Property, Report, test};
use moretta::plugin::{Limits, Package, shipped};
use moretta_tests::forge;
use moretta_tests::guests::{
    HOSTILE, HOSTILE_COUNT, HOSTILE_ENCRYPTION, HOSTILE_FPE, HOSTILE_PSEUDONYM, HOSTILE_RANDOM, HOSTILE_TOKEN,
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
    // The same code with values and names that it does not look for. The manifest stands in the file as it is.
    let mut plugin = HOSTILE_COUNT.to_vec();
    let manifest = pack::section(HOSTILE_COUNT, pack::MANIFEST_SECTION).unwrap().unwrap();
    let place = plugin.windows(manifest.len()).position(|window| window == manifest).unwrap();
    let other = String::from_utf8(manifest).unwrap().replace("\"x\"", "\"y\"").replace("\"x-", "\"y-");
    plugin[place..place + other.len()].copy_from_slice(other.as_bytes());
    let failed = failures_of_classifier(&plugin);
    assert_eq!(failed.keys().copied().collect::<Vec<_>>(), [Property::Cases, Property::Finds]);
    let told =
        "0 of its values speak for `other-id`, and the case says 2\n  other-id\n    - expected 2\n    + got      0";
    assert!(failed[&Property::Cases].contains(told), "{failed:?}");
}
