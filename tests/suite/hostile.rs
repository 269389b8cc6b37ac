//! Hostile guests in Rust: every broken promise is noticed, and what is no fault is none.

use moretta::plugin::GuestFault;
use moretta_tests::guests::{HOSTILE, HOSTILE_PSEUDONYM};

use crate::masking::{Column, batch, builder, fault, holds, mask, values};

const NAMES: [Column<'_>; 1] = [("name", &[Some("Ada Lovelace"), None, Some("Grace Hopper"), Some("Zoë Kravitz")])];
const FULL: [Column<'_>; 2] =
    [("name", &[Some("Ada Lovelace"), Some("Grace Hopper")]), ("city", &[Some("London"), Some("Arlington")])];

fn rule(transform: &str) -> String {
    format!("{{ columns: [name], mask: hostile/{transform} }}\n{{ columns: [city], drop: true }}")
}

fn keyed(transform: &str) -> String {
    format!(
        "{{ columns: [name], mask: hostile-pseudonym/{transform}, key: identity }}\n{{ columns: [city], drop: true }}"
    )
}

#[test]
fn an_honest_transform_masks() {
    let masked = mask(HOSTILE, &rule("honest"), &NAMES).unwrap();
    assert_eq!(values(&masked, "name"), [Some("masked"), None, Some("masked"), Some("masked")]);
}

#[test]
fn what_a_call_takes_too_much_of_is_named() {
    for (transform, expected) in [
        ("spin", GuestFault::Deadline { milliseconds: 500 }),
        ("recurse", GuestFault::Stack),
        ("trap", GuestFault::Trap),
        ("grow-memory", GuestFault::Memory { mebibytes: 256 }),
        ("live-without-memory", GuestFault::Memory { mebibytes: 256 }),
        ("gigantic", GuestFault::Memory { mebibytes: 256 }),
        ("large", GuestFault::TooLarge { mebibytes: 2 }),
    ] {
        assert_eq!(fault(mask(HOSTILE, &rule(transform), &NAMES)), expected, "{transform}");
    }
}

#[test]
fn columns_that_break_the_contract_stop_the_run() {
    for transform in [
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
    ] {
        let fault = fault(mask(HOSTILE, &rule(transform), &NAMES));
        assert!(matches!(fault, GuestFault::Contract(_)), "{transform}: {fault}");
    }
}

#[test]
fn values_that_leak_or_get_lost_stop_the_run_at_their_row() {
    for (transform, expected) in [
        ("echo", 0),
        ("echo-last", 3),
        ("null-flood", 0),
        ("null-last", 3),
        ("nulls-to-values", 1),
        ("reject-and-echo", 2),
    ] {
        let fault = fault(mask(HOSTILE, &rule(transform), &NAMES));
        assert!(matches!(fault, GuestFault::Verification { row, .. } if row == expected), "{transform}: {fault}");
    }
}

#[test]
fn values_of_another_column_do_not_pass() {
    for rules in [
        "{ columns: [name], mask: hostile/copy-context, context: [city] }\n{ columns: [city], drop: true }",
        "{ columns: [name, city], mask: hostile/copy-other, together: true }",
    ] {
        assert!(matches!(fault(mask(HOSTILE, rules, &FULL)), GuestFault::Verification { row: 0, .. }), "{rules}");
    }
}

#[test]
fn bytes_that_belong_to_no_value_are_no_part_of_the_answer() {
    let masked = mask(HOSTILE, &rule("data-behind-the-end"), &NAMES).unwrap();
    assert_eq!(values(&masked, "name"), [Some("masked"), None, Some("masked"), Some("masked")]);
    let nulls = mask(HOSTILE, &rule("data-behind-nulls"), &NAMES).unwrap();
    assert_eq!(values(&nulls, "name"), [None; 4]);
    for masked in [masked, nulls] {
        assert!(!holds(&masked, b"Lovelace") && !holds(&masked, b"Hopper"));
    }
}

#[test]
fn nothing_is_remembered_from_batch_to_batch() {
    let host = builder(HOSTILE, &rule("remember")).build().unwrap();
    for value in ["Ada Lovelace", "Grace Hopper", "Zoë Kravitz"] {
        let masked = host.mask_rows(batch(&[("name", &[Some(value)])])).unwrap();
        assert_eq!(values(&masked, "name"), [Some("masked")]);
    }
}

#[test]
fn rejected_rows_are_quarantined_with_their_codes() {
    for (transform, quarantined) in [("reject-first", 1), ("reject-everything", 4)] {
        let masked = mask(HOSTILE, &rule(transform), &NAMES).unwrap();
        assert_eq!(masked.quarantined.len(), quarantined, "{transform}");
        assert_eq!(masked.batch.num_rows(), 4 - quarantined, "{transform}");
    }
}

#[test]
fn a_plugin_that_refuses_stops_the_run_with_its_reason() {
    let error = mask(HOSTILE, &rule("refuse"), &NAMES).unwrap_err().to_string();
    assert!(error.contains("a fault of its own"), "{error}");
}

#[test]
fn a_lent_key_answers_what_it_was_granted_for_and_no_more() {
    for transform in ["over-quota", "foreign-column", "far-column", "zero-length", "too-long", "huge-length"] {
        let error = mask(HOSTILE_PSEUDONYM, &keyed(transform), &NAMES).unwrap_err().to_string();
        assert!(error.contains("more of the lent key than was granted"), "{transform}: {error}");
    }
    for transform in ["honest", "over-quota-loop"] {
        let masked = mask(HOSTILE_PSEUDONYM, &keyed(transform), &NAMES).unwrap();
        let lengths: Vec<_> = values(&masked, "name").iter().map(|value| value.map(str::len)).collect();
        assert_eq!(lengths, [Some(16), None, Some(16), Some(16)], "{transform}");
    }
}

#[test]
fn digests_of_the_context_are_those_of_the_context() {
    let rules = "{ columns: [name], mask: hostile-pseudonym/copy-digests-of-context, key: identity, context: [city] }
{ columns: [city], mask: hostile-pseudonym/honest, key: identity }";
    let masked = mask(HOSTILE_PSEUDONYM, rules, &FULL).unwrap();
    assert_eq!(values(&masked, "name"), values(&masked, "city"));
}
