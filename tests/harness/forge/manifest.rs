//! Manifests of forged components.

use serde_json::{Value, json};

/// The manifest of a masker without golden cases: nothing of it runs before it sees data.
pub(super) fn masker() -> Value {
    of_world("masker", &[])
}

/// The manifest of a masker of a world, without golden cases.
pub(super) fn of_world(world: &str, asks: &[&str]) -> Value {
    json!({
        "manifest": 1,
        "name": "forged",
        "version": "0.1.0",
        "world": world,
        "description": "Put together by hand, to be refused or stopped.",
        "asks": asks,
        "transforms": [{
            "name": "forged",
            "description": "Writes an asterisk for each byte.",
            "config": { "type": "object", "additionalProperties": false, "properties": {} },
            "types": { "text": "text" },
            "properties": {
                "deterministic": true,
                "injective": false,
                "reversible": false,
                "format_preserving": false,
                "minimum_domain": 1,
            },
            "may_keep": false,
            "adds_nulls": false,
            "cases": [],
        }],
    })
}
