//! What a plugin exports: one interface, of its world, in the type that the contract gives it.

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Instance, InstancePre, Resource};

use crate::capability::{self, CallState};
use crate::contract;
use crate::contract::latest::exports::moretta::plugin::find::Span;
use crate::contract::latest::exports::moretta::plugin::{
    classify, find, mask, mask_with_date_shift_key, mask_with_deterministic_encryption_key, mask_with_encryption_key,
    mask_with_format_preserving_key, mask_with_pseudonym_key, mask_with_randomness, mask_with_token_vault,
};
use crate::contract::latest::moretta::plugin::types::{BatchError, ColumnParam, Finding, Masked, Request};
use crate::keys::{
    LentDateShiftKey, LentDeterministicEncryptionKey, LentEncryptionKey, LentFormatPreservingKey, LentPseudonymKey,
    LentRandomness,
};
use crate::lend::LentKey;
use crate::manifest::World;
use crate::vault::LentVault;

/// The interface that a world asks for, by its whole name.
pub(super) fn name(world: World) -> String {
    format!("{}/{}@{}", contract::PACKAGE, capability::export(world), contract::VERSION)
}

type Columns<'a> = &'a [ColumnParam<'a>];
type Answer = (Result<Masked, BatchError>,);
type Classified = (Result<Vec<Finding>, BatchError>,);
type Found = (Result<Vec<Span>, BatchError>,);

/// The one function of a world's interface.
fn function_of(world: World) -> &'static str {
    match world {
        World::Classifier => "classify",
        World::TextClassifier => "find",
        _ => "mask",
    }
}

/// Every world whose `mask` is lent a key: its interface, and the key.
macro_rules! keyed_worlds {
    ($($world:ident: $interface:ident, $key:ident($lent:ty);)*) => {
        /// Where the export of the plugin's world lies.
        pub(super) enum Exports {
            Masker(mask::GuestIndices),
            Classifier(classify::GuestIndices),
            TextClassifier(find::GuestIndices),
            $($world($interface::GuestIndices),)*
        }

        impl Exports {
            /// The export of a world, if the component has it and it is of its type.
            pub(super) fn find(instance: &InstancePre<CallState>, world: World) -> Option<Self> {
                // The indices are found by names alone.
                is_typed(instance, world).then_some(())?;
                match world {
                    World::Masker => mask::GuestIndices::new(instance).ok().map(Self::Masker),
                    $(World::$world => $interface::GuestIndices::new(instance).ok().map(Self::$world),)*
                    World::Classifier => classify::GuestIndices::new(instance).ok().map(Self::Classifier),
                    World::TextClassifier => find::GuestIndices::new(instance).ok().map(Self::TextClassifier),
                }
            }

            /// Calls it, with a key that it can use for as long as the call lasts.
            pub(super) fn call(
                &self,
                store: &mut Store<CallState>,
                instance: &Instance,
                (request, columns, context): (Request<'_>, Columns<'_>, Columns<'_>),
                key: LentKey,
            ) -> wasmtime::Result<Result<Masked, BatchError>> {
                match (self, key) {
                    (Self::Masker(indices), LentKey::None) => {
                        indices.load(&mut *store, instance)?.call_mask(store, request, columns, context)
                    }
                    $((Self::$world(indices), LentKey::$key(key)) => {
                        let key = Resource::new_borrow(store.data_mut().lent.push(key)?.rep());
                        indices.load(&mut *store, instance)?.call_mask(store, request, columns, context, key)
                    })*
                    _ => wasmtime::bail!("the plan lends another key than the world takes"),
                }
            }

            /// Asks it what columns of these names hold.
            pub(super) fn classify(
                &self,
                store: &mut Store<CallState>,
                instance: &Instance,
                request: Request<'_>,
                names: &[&str],
                columns: Columns<'_>,
            ) -> wasmtime::Result<Result<Vec<Finding>, BatchError>> {
                let Self::Classifier(indices) = self else { wasmtime::bail!("a masker is asked to classify") };
                indices.load(&mut *store, instance)?.call_classify(store, request, names, columns)
            }

            /// Asks it for the pieces of a column of text.
            pub(super) fn find_pieces(
                &self,
                store: &mut Store<CallState>,
                instance: &Instance,
                request: Request<'_>,
                (name, column): (&str, ColumnParam<'_>),
            ) -> wasmtime::Result<Result<Vec<Span>, BatchError>> {
                let Self::TextClassifier(indices) = self else { wasmtime::bail!("another plugin is asked to find") };
                indices.load(&mut *store, instance)?.call_find(store, request, name, column)
            }
        }

        /// Whether the export is a function of the type that the contract gives it.
        fn is_typed(instance: &InstancePre<CallState>, world: World) -> bool {
            let component = instance.component();
            let interface = component.get_export(None, name(world).as_str());
            let function = interface.and_then(|(_, interface)| component.get_export(Some(&interface), function_of(world)));
            let Some((ComponentItem::ComponentFunc(function), _)) = function else { return false };
            let types = instance.instance_type();
            let checked = match world {
                World::Masker => function.typecheck::<(Request<'_>, Columns<'_>, Columns<'_>), Answer>(&types),
                $(World::$world => {
                    function.typecheck::<(Request<'_>, Columns<'_>, Columns<'_>, Resource<$lent>), Answer>(&types)
                })*
                World::Classifier => {
                    function.typecheck::<(Request<'_>, &[&str], Columns<'_>), Classified>(&types)
                }
                World::TextClassifier => function.typecheck::<(Request<'_>, &str, ColumnParam<'_>), Found>(&types),
            };
            checked.is_ok()
        }
    };
}

keyed_worlds! {
    PseudonymMasker: mask_with_pseudonym_key, Pseudonym(LentPseudonymKey);
    DateShiftMasker: mask_with_date_shift_key, DateShift(LentDateShiftKey);
    EncryptionMasker: mask_with_encryption_key, Encryption(LentEncryptionKey);
    DeterministicEncryptionMasker:
        mask_with_deterministic_encryption_key, DeterministicEncryption(LentDeterministicEncryptionKey);
    FormatPreservingMasker: mask_with_format_preserving_key, FormatPreserving(LentFormatPreservingKey);
    TokenMasker: mask_with_token_vault, Tokens(LentVault);
    RandomMasker: mask_with_randomness, Randomness(LentRandomness);
}
