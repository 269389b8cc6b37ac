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

#[cfg(feature = "pseudonym-masker")]
mod pseudonym_masker {
    use crate::bindings::pseudonym_masker::exports::moretta::plugin::mask_with_pseudonym_key::Guest;
    use crate::bindings::pseudonym_masker::moretta::plugin::pseudonym::PseudonymKey;
    use crate::bindings::types;

    impl<P: crate::PseudonymMasker> Guest for super::Export<P> {
        fn mask(
            request: types::Request,
            columns: Vec<types::Column>,
            context: Vec<types::Column>,
            key: &PseudonymKey,
        ) -> Result<types::Masked, types::BatchError> {
            P::mask(&request, columns, &context, key)
        }
    }
}

#[cfg(feature = "date-shift-masker")]
mod date_shift_masker {
    use crate::bindings::date_shift_masker::exports::moretta::plugin::mask_with_date_shift_key::Guest;
    use crate::bindings::date_shift_masker::moretta::plugin::date_shift::DateShiftKey;
    use crate::bindings::types;

    impl<P: crate::DateShiftMasker> Guest for super::Export<P> {
        fn mask(
            request: types::Request,
            columns: Vec<types::Column>,
            context: Vec<types::Column>,
            key: &DateShiftKey,
        ) -> Result<types::Masked, types::BatchError> {
            P::mask(&request, columns, &context, key)
        }
    }
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

/// Makes a type that implements [`Classifier`](crate::Classifier) the plugin.
#[macro_export]
macro_rules! classifier {
    ($plugin:ty) => {
        $crate::__export!(classifier, $plugin);
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
