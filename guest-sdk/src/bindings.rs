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

/// A world: its feature, which is its name in the contract, and the module of its bindings.
macro_rules! worlds {
    ($($name:literal $module:ident at $path:literal;)*) => {$(
        #[doc = concat!("World `", $name, "`.")]
        #[cfg(feature = $name)]
        pub mod $module {
            wit_bindgen::generate!({
                path: "../wit",
                world: $name,
                with: { "moretta:plugin/types@0.1.0": crate::bindings::types },
                pub_export_macro: true,
                default_bindings_module: $path,
                generate_all,
            });
        }
    )*};
}

worlds! {
    "masker" masker at "::moretta_guest::bindings::masker";
    "pseudonym-masker" pseudonym_masker at "::moretta_guest::bindings::pseudonym_masker";
    "date-shift-masker" date_shift_masker at "::moretta_guest::bindings::date_shift_masker";
    "encryption-masker" encryption_masker at "::moretta_guest::bindings::encryption_masker";
    "deterministic-encryption-masker" deterministic_encryption_masker
        at "::moretta_guest::bindings::deterministic_encryption_masker";
    "format-preserving-masker" format_preserving_masker at "::moretta_guest::bindings::format_preserving_masker";
    "token-masker" token_masker at "::moretta_guest::bindings::token_masker";
    "random-masker" random_masker at "::moretta_guest::bindings::random_masker";
    "classifier" classifier at "::moretta_guest::bindings::classifier";
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
