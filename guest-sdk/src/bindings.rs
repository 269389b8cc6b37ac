//! Generated from `wit/`, and nothing else. The types are generated once; every world refers to them.

/// The types of the contract.
pub mod types {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package moretta:guest; world types { import moretta:plugin/types@0.1.0; }",
        world: "moretta:guest/types",
        runtime_path: "::wit_bindgen::rt",
        additional_derives: [PartialEq],
        generate_all,
    });
    pub use self::moretta::plugin::types::*;
}

/// World `masker`.
#[cfg(feature = "masker")]
pub mod masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::masker",
    });
}

/// World `pseudonym-masker`.
#[cfg(feature = "pseudonym-masker")]
pub mod pseudonym_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "pseudonym-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::pseudonym_masker",
        generate_all,
    });
}

/// World `date-shift-masker`.
#[cfg(feature = "date-shift-masker")]
pub mod date_shift_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "date-shift-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::date_shift_masker",
        generate_all,
    });
}

/// World `encryption-masker`.
#[cfg(feature = "encryption-masker")]
pub mod encryption_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "encryption-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::encryption_masker",
        generate_all,
    });
}

/// World `deterministic-encryption-masker`.
#[cfg(feature = "deterministic-encryption-masker")]
pub mod deterministic_encryption_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "deterministic-encryption-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::deterministic_encryption_masker",
        generate_all,
    });
}

/// World `format-preserving-masker`.
#[cfg(feature = "format-preserving-masker")]
pub mod format_preserving_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "format-preserving-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::format_preserving_masker",
        generate_all,
    });
}

/// World `token-masker`.
#[cfg(feature = "token-masker")]
pub mod token_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "token-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::token_masker",
        generate_all,
    });
}

/// World `random-masker`.
#[cfg(feature = "random-masker")]
pub mod random_masker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "random-masker",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::random_masker",
        generate_all,
    });
}

/// World `classifier`.
#[cfg(feature = "classifier")]
pub mod classifier {
    wit_bindgen::generate!({
        path: "../wit",
        world: "classifier",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::classifier",
    });
}

/// World `text-classifier`.
#[cfg(feature = "text-classifier")]
pub mod text_classifier {
    wit_bindgen::generate!({
        path: "../wit",
        world: "text-classifier",
        with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
        pub_export_macro: true,
        default_bindings_module: "::moretta_guest::bindings::text_classifier",
    });
}
