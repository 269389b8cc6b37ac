//! The glue between a plugin's trait and the exports of its world, and one macro for each world.

use std::marker::PhantomData;

/// A plugin as its world's exports.
#[derive(Debug)]
pub struct Export<P>(PhantomData<P>);

#[cfg(feature = "masker")]
mod masker {
    use crate::bindings::{masker::exports::moretta::plugin::mask::Guest, types};

    impl<P: crate::Masker> Guest for super::Export<P> {
        fn mask(
            request: types::Request,
            columns: Vec<types::Column>,
            context: Vec<types::Column>,
        ) -> Result<types::Masked, types::BatchError> {
            P::mask(&request, columns, &context)
        }
    }
}

/// The export of a world whose `mask` is lent a key: its feature and module, its interface, the key, the trait.
macro_rules! keyed {
    ($($feature:literal $world:ident $interface:ident, $capability:ident::$key:ident, $masker:ident;)*) => {$(
        #[cfg(feature = $feature)]
        mod $world {
            use crate::bindings::$world::exports::moretta::plugin::$interface::Guest;
            use crate::bindings::$world::moretta::plugin::$capability::$key;
            use crate::bindings::types;

            impl<P: crate::$masker> Guest for super::Export<P> {
                fn mask(
                    request: types::Request,
                    columns: Vec<types::Column>,
                    context: Vec<types::Column>,
                    key: &$key,
                ) -> Result<types::Masked, types::BatchError> {
                    P::mask(&request, columns, &context, key)
                }
            }
        }
    )*};
}

keyed! {
    "pseudonym-masker" pseudonym_masker mask_with_pseudonym_key, pseudonym::PseudonymKey, PseudonymMasker;
    "date-shift-masker" date_shift_masker mask_with_date_shift_key, date_shift::DateShiftKey, DateShiftMasker;
    "encryption-masker" encryption_masker mask_with_encryption_key, encryption::EncryptionKey, EncryptionMasker;
    "deterministic-encryption-masker" deterministic_encryption_masker mask_with_deterministic_encryption_key,
        deterministic_encryption::DeterministicEncryptionKey, EncryptionMasker;
    "format-preserving-masker" format_preserving_masker mask_with_format_preserving_key,
        format_preserving_encryption::FormatPreservingKey, FormatPreservingMasker;
    "random-masker" random_masker mask_with_randomness, random::Randomness, RandomMasker;
    "token-masker" token_masker mask_with_token_vault, vault::TokenVault, TokenMasker;
}

#[cfg(feature = "classifier")]
mod classifier {
    use crate::bindings::{classifier::exports::moretta::plugin::classify::Guest, types};

    impl<P: crate::Classifier> Guest for super::Export<P> {
        fn classify(
            request: types::Request,
            names: Vec<String>,
            columns: Vec<types::Column>,
        ) -> Result<Vec<types::Finding>, types::BatchError> {
            P::classify(&request, &names, &columns)
        }
    }
}

#[cfg(feature = "text-classifier")]
mod text_classifier {
    use crate::bindings::text_classifier::exports::moretta::plugin::find::{Guest, Span};
    use crate::bindings::types;

    impl<P: crate::TextClassifier> Guest for super::Export<P> {
        fn find(request: types::Request, name: String, column: types::Column) -> Result<Vec<Span>, types::BatchError> {
            let spans = P::find(&request, &name, column)?;
            let exported = |span: crate::Span| {
                let crate::Span { row, start, end, label, confidence } = span;
                Span { row, start, end, label, confidence }
            };
            Ok(spans.into_iter().map(exported).collect())
        }
    }
}

/// Makes a type that implements [`Masker`](crate::Masker) the plugin.
///
/// The export itself exists only where it is called from, in WebAssembly: natively the plugin is a plain library.
#[macro_export]
macro_rules! masker {
    ($plugin:ty) => {
        $crate::__export!(masker, $plugin);
    };
}

/// Makes a type that implements [`PseudonymMasker`](crate::PseudonymMasker) the plugin.
#[macro_export]
macro_rules! pseudonym_masker {
    ($plugin:ty) => {
        $crate::__export!(pseudonym_masker, $plugin);
    };
}

/// Makes a type that implements [`DateShiftMasker`](crate::DateShiftMasker) the plugin.
#[macro_export]
macro_rules! date_shift_masker {
    ($plugin:ty) => {
        $crate::__export!(date_shift_masker, $plugin);
    };
}

/// Makes a type that implements [`EncryptionMasker`](crate::EncryptionMasker) the plugin, lent a key for encryption.
#[macro_export]
macro_rules! encryption_masker {
    ($plugin:ty) => {
        $crate::__export!(encryption_masker, $plugin);
    };
}

/// Makes a type that implements [`EncryptionMasker`](crate::EncryptionMasker) the plugin, lent a key for deterministic
/// encryption.
#[macro_export]
macro_rules! deterministic_encryption_masker {
    ($plugin:ty) => {
        $crate::__export!(deterministic_encryption_masker, $plugin);
    };
}

/// Makes a type that implements [`FormatPreservingMasker`](crate::FormatPreservingMasker) the plugin.
#[macro_export]
macro_rules! format_preserving_masker {
    ($plugin:ty) => {
        $crate::__export!(format_preserving_masker, $plugin);
    };
}

/// Makes a type that implements [`TokenMasker`](crate::TokenMasker) the plugin.
#[macro_export]
macro_rules! token_masker {
    ($plugin:ty) => {
        $crate::__export!(token_masker, $plugin);
    };
}

/// Makes a type that implements [`RandomMasker`](crate::RandomMasker) the plugin.
#[macro_export]
macro_rules! random_masker {
    ($plugin:ty) => {
        $crate::__export!(random_masker, $plugin);
    };
}

/// Makes a type that implements [`Classifier`](crate::Classifier) the plugin.
#[macro_export]
macro_rules! classifier {
    ($plugin:ty) => {
        $crate::__export!(classifier, $plugin);
    };
}

/// Makes a type that implements [`TextClassifier`](crate::TextClassifier) the plugin.
#[macro_export]
macro_rules! text_classifier {
    ($plugin:ty) => {
        $crate::__export!(text_classifier, $plugin);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($world:ident, $plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Plugin = $crate::Export<$plugin>;
            $crate::bindings::$world::export!(Plugin);
        };
    };
}
