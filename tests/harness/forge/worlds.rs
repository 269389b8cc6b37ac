//! The worlds whose `mask` is lent something.

/// What a world is lent.
#[derive(Debug)]
pub struct Lent {
    /// The name of the world.
    pub world: &'static str,
    /// The interface that it imports. Empty where it imports none.
    pub interface: &'static str,
    /// The interface that it exports.
    pub export: &'static str,
    /// The type of what it is lent.
    pub resource: &'static str,
    /// What its manifest asks for.
    pub asks: &'static [&'static str],
}

/// The world that is lent nothing.
pub const MASKER: Lent = Lent { world: "masker", interface: "", export: "mask", resource: "", asks: &[] };

/// Every world that is lent something.
pub const LENT: [Lent; 7] = [
    Lent {
        world: "pseudonym-masker",
        interface: "pseudonym",
        export: "mask-with-pseudonym-key",
        resource: "pseudonym-key",
        asks: &["pseudonym-key"],
    },
    Lent {
        world: "date-shift-masker",
        interface: "date-shift",
        export: "mask-with-date-shift-key",
        resource: "date-shift-key",
        asks: &["date-shift-key"],
    },
    Lent {
        world: "encryption-masker",
        interface: "encryption",
        export: "mask-with-encryption-key",
        resource: "encryption-key",
        asks: &["encryption-key"],
    },
    Lent {
        world: "deterministic-encryption-masker",
        interface: "deterministic-encryption",
        export: "mask-with-deterministic-encryption-key",
        resource: "deterministic-encryption-key",
        asks: &["deterministic-encryption-key"],
    },
    Lent {
        world: "format-preserving-masker",
        interface: "format-preserving-encryption",
        export: "mask-with-format-preserving-key",
        resource: "format-preserving-key",
        asks: &["format-preserving-key"],
    },
    Lent {
        world: "token-masker",
        interface: "vault",
        export: "mask-with-token-vault",
        resource: "token-vault",
        asks: &["token-vault"],
    },
    Lent {
        world: "random-masker",
        interface: "random",
        export: "mask-with-randomness",
        resource: "randomness",
        asks: &["randomness"],
    },
];

impl Lent {
    /// The import, in WAT, of the function that gives it back.
    pub(super) fn give_back(&self, name: &str) -> String {
        let Self { interface, resource, .. } = self;
        format!(r#"(import "moretta:plugin/{interface}@0.1.0" "[resource-drop]{resource}" (func {name} (param i32)))"#)
    }
}
