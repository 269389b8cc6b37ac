//! The conformance kit passes what is honest, and finds each thing that is not in the property that it breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use moretta::conformance::{Options, Outcome, Property, Report, test};
use moretta::plugin::{Limits, Package, shipped};
use moretta_tests::guests::{
    HOSTILE, HOSTILE_ENCRYPTION, HOSTILE_FPE, HOSTILE_PSEUDONYM, HOSTILE_RANDOM, HOSTILE_TOKEN,
};
use moretta_tests::forge;

fn report(package: &Package, milliseconds: u64) -> Report {
    let limits = Limits { deadline: Duration::from_millis(milliseconds), ..Limits::default() };
    test(package, &Options { rows: 0, limits, ..Options::default() }).unwrap()
}

/// The first property that each transform fails.
fn failed(plugin: &[u8]) -> BTreeMap<String, Property> {
    let report = report(&Package::read("the plugin", plugin).unwrap(), 1_000);
    let mut failed = BTreeMap::new();
    for (transform, check) in report.checks().filter(|(_, check)| check.outcome == Outcome::Failed) {
        failed.entry(transform.to_owned()).or_insert(check.property);
    }
    failed
}

#[track_caller]
fn check(plugin: &[u8], expected: &[(Property, &[&str])]) {
    let expected = expected.iter().flat_map(|(property, names)| names.iter().map(|name| ((*name).to_owned(), *property)));
    assert_eq!(failed(plugin), expected.collect());
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
                    "reject-and-echo",
                ],
            ),
            (Property::Accepts, &["reject-everything"]),
            (Property::Deterministic, &["swap-rows", "reject-first"]),
        ],
    );
}

#[test]
fn what_is_done_wrong_with_something_lent_is_found() {
    let broken = failed(HOSTILE_ENCRYPTION);
    for transform in ["plaintext", "truncated", "other-row", "upper-case", "without-key", "of-context"] {
        assert_eq!(broken.get(transform), Some(&Property::Verified), "{transform}");
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
        assert_eq!(broken.get(transform), Some(&expected), "{transform}");
        assert_eq!(broken.get("honest"), None);
    }
}
