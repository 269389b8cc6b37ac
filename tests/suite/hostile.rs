//! Hostile guests in Rust: every broken promise is noticed, and what is no fault is none.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use moretta::plugin::GuestFault;
use moretta_tests::guests::{
    HOSTILE, HOSTILE_ENCRYPTION, HOSTILE_FPE, HOSTILE_PSEUDONYM, HOSTILE_RANDOM, HOSTILE_TOKEN,
};

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
        ("spin", GuestFault::Deadline { milliseconds: 2_000 }),
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
        "{ columns: [name], mask: hostile/disguise-context, context: [city] }\n{ columns: [city], drop: true }",
        "{ columns: [name], mask: hostile/disguise-context, context: [city] }\n{ columns: [city], mask: redact }",
        "{ columns: [name, city], mask: hostile/copy-other, together: true }",
    ] {
        assert!(matches!(fault(mask(HOSTILE, rules, &FULL)), GuestFault::Verification { row: 0, .. }), "{rules}");
    }
}

#[test]
fn a_value_that_comes_back_in_disguise_does_not_pass() {
    let fault = fault(mask(HOSTILE, &rule("disguise"), &NAMES));
    assert!(matches!(fault, GuestFault::Verification { row: 0, .. }), "{fault}");
    mask(HOSTILE, "{ columns: [name], mask: hostile/disguise, may_hold: [name] }", &NAMES).unwrap();
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

/// How a fault is told.
type IsFault = fn(&GuestFault) -> bool;

/// What a plugin with something lent does wrong to a column of numbers in text, and how each is found out.
#[track_caller]
fn attack(plugin: &[u8], name: &str, key: &str, wrong: &[(&str, IsFault)]) {
    const IDS: Column<'_> = ("id", &[Some("1234567"), None, Some("7654321"), Some("1112223")]);
    let rule = |transform: &str| {
        format!("{{ columns: [id], mask: {name}/{transform}{key} }}\n{{ columns: [city], drop: true }}")
    };
    let honest = mask(plugin, &rule("honest"), &[IDS]).unwrap();
    let masked = values(&honest, "id");
    assert!(masked[0].is_some() && masked[1].is_none() && masked[0] != IDS.1[0] && masked[0] != masked[2]);
    for (transform, expected) in wrong {
        let fault = fault(mask(plugin, &rule(transform), &[IDS]));
        assert!(expected(&fault), "{transform}: {fault}");
    }
}

fn key_refused(fault: &GuestFault) -> bool {
    fault.to_string().contains("more of the lent key than was granted")
}

fn first_row(fault: &GuestFault) -> bool {
    matches!(fault, GuestFault::Verification { row: 0, .. })
}

fn too_large(fault: &GuestFault) -> bool {
    matches!(fault, GuestFault::TooLarge { .. })
}

fn other_than_given(fault: &GuestFault) -> bool {
    matches!(fault, GuestFault::Verification { row: 0, problem } if problem.contains("that the host gave for the row"))
}

#[test]
fn a_key_for_encryption_gives_no_more_than_the_ciphertexts_and_nothing_else_comes_back() {
    attack(
        HOSTILE_ENCRYPTION,
        "hostile-encryption",
        ", key: cells",
        &[
            ("foreign-column", key_refused),
            ("far-column", key_refused),
            ("twice", key_refused),
            ("plaintext", first_row),
            ("plaintext-behind-prefix", other_than_given),
            ("plaintext-behind-ciphertext", other_than_given),
            ("truncated", other_than_given),
            ("other-row", other_than_given),
            ("other-row-truncated", other_than_given),
            ("upper-case", other_than_given),
            ("without-key", other_than_given),
        ],
    );
    let rules = "{ columns: [name], mask: hostile-encryption/of-context, key: cells, context: [city] }
{ columns: [city], drop: true }";
    assert!(other_than_given(&fault(mask(HOSTILE_ENCRYPTION, rules, &FULL))));
    let again = "{ columns: [name], mask: hostile-encryption/a-hundred-times, key: cells }";
    let masked = mask(HOSTILE_ENCRYPTION, again, &NAMES).unwrap();
    assert!(values(&masked, "name")[0].unwrap().starts_with("E-") && !holds(&masked, b"Lovelace"));
}

#[test]
fn a_key_for_format_preserving_encryption_takes_nothing_that_is_out_of_range() {
    attack(
        HOSTILE_FPE,
        "hostile-fpe",
        ", key: shapes",
        &[
            ("no-alphabet", key_refused),
            ("one-symbol", key_refused),
            ("symbol-twice", key_refused),
            ("blank", key_refused),
            ("no-ascii", key_refused),
            ("huge-alphabet", too_large),
            ("long-tweak", key_refused),
            ("huge-tweak", too_large),
            ("far-positions", first_row),
            ("foreign-column", key_refused),
            ("twice", key_refused),
            ("plaintext", first_row),
        ],
    );
}

#[test]
fn a_vault_gives_one_token_for_each_row_and_that_comes_back_there() {
    attack(
        HOSTILE_TOKEN,
        "hostile-token",
        ", key: tokens",
        &[
            ("twice", key_refused),
            ("two-formats", key_refused),
            ("foreign-column", key_refused),
            ("long-prefix", key_refused),
            ("odd-prefix", key_refused),
            ("huge-prefix", too_large),
            ("no-days", key_refused),
            ("days-without-date", key_refused),
            ("more-tokens-than-rows", |fault| matches!(fault, GuestFault::Contract(_))),
            ("other-row", other_than_given),
            ("truncated", other_than_given),
            ("plaintext", first_row),
        ],
    );
}

#[test]
fn randomness_is_drawn_once_and_by_the_row() {
    attack(
        HOSTILE_RANDOM,
        "hostile-random",
        "",
        &[
            ("nothing", key_refused),
            ("seventeen", key_refused),
            ("gigabytes", key_refused),
            ("twice", key_refused),
            ("for-ever", |fault| matches!(fault, GuestFault::Deadline { .. })),
            ("plaintext", first_row),
        ],
    );
}

#[test]
fn a_value_that_comes_back_in_another_type_is_still_the_value() {
    let columns: [ArrayRef; 4] = [
        Arc::new(Int64Array::from(vec![123_456_789, 5])),
        Arc::new(Float64Array::from(vec![1234.5, -6.0])),
        Arc::new(Date32Array::from(vec![11, 29])),
        Arc::new(BinaryArray::from(vec![&b"Ada Lovelace"[..], b"Grace Hopper"])),
    ];
    let names: ArrayRef = Arc::new(StringArray::from(vec!["Ada Lovelace", "Grace Hopper"]));
    let rows = |value: &ArrayRef| RecordBatch::try_from_iter([("v", value.clone()), ("name", names.clone())]).unwrap();
    let as_text = "{ columns: [v], mask: hostile/number-as-text }\n{ columns: [name], drop: true }";
    let of_context = "{ columns: [name], mask: hostile/context-as-text, context: [v] }\n{ columns: [v], drop: true }";
    for value in &columns {
        for rules in [as_text, of_context] {
            let result = builder(HOSTILE, rules).build().unwrap().mask_rows(rows(value));
            assert!(matches!(fault(result), GuestFault::Verification { row: 0, .. }), "{} {rules}", value.data_type());
        }
    }
    let encrypted = "{ columns: [v], mask: hostile-encryption/plaintext, key: cells }\n{ columns: [name], drop: true }";
    let result = builder(HOSTILE_ENCRYPTION, encrypted).build().unwrap().mask_rows(rows(&columns[0]));
    assert!(first_row(&fault(result)));
}
