//! What the author of a Moretta plugin in Rust uses: one trait, one macro, and views and builders over columns.
//!
//! A whole plugin, which replaces every value by its length:
//!
//! ```
//! use moretta_guest::{BatchError, Column, Masked, Masker, Request, TextBuilder, only};
//!
//! struct Lengths;
//!
//! impl Masker for Lengths {
//!     fn mask(_: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
//!         let column = only(columns)?;
//!         let text = column.text()?;
//!         let mut lengths = TextBuilder::with_capacity(text.rows(), text.rows() * 2);
//!         for value in text.iter() {
//!             lengths.push_option(value.map(|value| value.len().to_string()).as_deref());
//!         }
//!         Ok(lengths.finish().into())
//!     }
//! }
//!
//! # #[cfg(feature = "masker")]
//! moretta_guest::masker!(Lengths);
//! # fn main() {}
//! ```
//!
//! Beside the code stands `manifest.json`, which says what the plugin offers, declares and asks for, with golden cases.
//! The crate is a `cdylib`, depends on this one with the feature of its world, and is built for
//! `wasm32-unknown-unknown`; that target has no clock, no files, no network and no randomness to import.

/// Memory is handed out in a row and never taken back: an instance lives for one call, and what it leaves is gone with it.
#[cfg(all(feature = "arena", target_arch = "wasm32"))]
#[global_allocator]
static ARENA: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

#[doc(hidden)]
pub mod bindings;

mod builder;
#[cfg(feature = "dates")]
mod calendar;
mod column;
#[cfg(feature = "dates")]
pub mod dates;
#[cfg(any(feature = "encryption-masker", feature = "deterministic-encryption-masker"))]
mod encryption;
mod export;
mod key;
mod lent;
mod pieces;
mod rows;
#[cfg(feature = "testing")]
pub mod testing;
mod world;

pub use bindings::types::{
    BatchError, Column, Finding, KeyError, Masked, Rejection, RejectionCode, Request, Values, Variable,
};
pub use builder::{NumberBuilder, TextBuilder};
pub use column::{Numbers, Text, Validity};
#[cfg(any(feature = "encryption-masker", feature = "deterministic-encryption-masker"))]
pub use encryption::{Encryption, sealed_text};
pub use export::Export;
pub use key::{
    DateShiftKey, EncryptionKey, FormatPreservingKey, Normalize, PseudonymKey, Randomness, Symbols, TokenFormat,
    TokenVault,
};
pub use pieces::{Pieces, find_in_each};
pub use rows::{Length, Rejections, mask_each, mask_each_in_place, mask_each_to_length};
pub use world::{
    Classifier, DateShiftMasker, EncryptionMasker, FormatPreservingMasker, Masker, PseudonymMasker, RandomMasker, Span,
    TextClassifier, TokenMasker, only,
};
