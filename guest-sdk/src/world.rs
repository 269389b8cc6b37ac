//! One trait and one macro for each world.

use crate::bindings::types::{BatchError, Column, Finding, Masked, Request};
use crate::key::{DateShiftKey, EncryptionKey, FormatPreservingKey, PseudonymKey, Randomness, TokenVault};

/// A plugin that masks with nothing but its arguments. Exported by [`masker!`](crate::masker).
pub trait Masker {
    /// Masks every row of `columns`; see `mask` in `wit/mask.wit` for what the host expects and checks. The columns are
    /// the plugin's own, so values that keep their lengths can be masked in their place.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(request: &Request, columns: Vec<Column>, context: &[Column]) -> Result<Masked, BatchError>;
}

/// A plugin that masks with a key for pseudonyms. Exported by [`pseudonym_masker!`](crate::pseudonym_masker).
pub trait PseudonymMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that shifts dates under a key. Exported by [`date_shift_masker!`](crate::date_shift_masker).
pub trait DateShiftMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl DateShiftKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that encrypts under a key, deterministically or not: its world says which. Exported by
/// [`encryption_masker!`](crate::encryption_masker) or
/// [`deterministic_encryption_masker!`](crate::deterministic_encryption_masker).
pub trait EncryptionMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that encrypts under a key and keeps the format. Exported by
/// [`format_preserving_masker!`](crate::format_preserving_masker).
pub trait FormatPreservingMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl FormatPreservingKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that replaces values by random tokens. Exported by [`token_masker!`](crate::token_masker).
pub trait TokenMasker {
    /// Masks every row of `columns` with the vault lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        vault: &impl TokenVault,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that masks with random numbers. Exported by [`random_masker!`](crate::random_masker).
pub trait RandomMasker {
    /// Masks every row of `columns` with the randomness lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        randomness: &impl Randomness,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that says what columns hold. Exported by [`classifier!`](crate::classifier).
pub trait Classifier {
    /// Counts the values that speak for each label of the manifest.
    ///
    /// # Errors
    /// Refuses the whole batch; no label is suggested from it.
    fn classify(request: &Request, names: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError>;
}

/// A plugin that finds identifying pieces of free text. Exported by [`text_classifier!`](crate::text_classifier).
pub trait TextClassifier {
    /// Finds pieces of the values of a column of text that has this name: rising by row, then by start. They may overlap.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn find(request: &Request, name: &str, column: Column) -> Result<Vec<Span>, BatchError>;
}

/// A piece of a value: its bytes `start .. end`, at least one, both ends at the borders of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which row of the column, counted from 0.
    pub row: u32,
    /// How many bytes of the value come before the piece.
    pub start: u32,
    /// How many bytes of the value come before what follows the piece.
    pub end: u32,
    /// What it is: an index into the labels of the manifest.
    pub label: u32,
    /// How sure that is, 0 to 100.
    pub confidence: u8,
}

impl Request {
    /// The rule's `with:`, as the plugin's own type.
    ///
    /// # Errors
    /// [`BatchError::InvalidConfig`] if it is not of that type: the manifest's schema and the type disagree.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, BatchError> {
        serde_json::from_str(&self.config).map_err(|_| BatchError::InvalidConfig)
    }

    /// The only "today" there is, in days since 1970-01-01.
    ///
    /// # Errors
    /// [`BatchError::NoReferenceDate`] if the policy names none. A manifest that asks for it excludes this.
    pub fn today(&self) -> Result<i32, BatchError> {
        self.reference_date.ok_or(BatchError::NoReferenceDate)
    }
}

/// The one column of a call.
///
/// # Errors
/// [`BatchError::WrongColumns`] if there are more or none.
pub fn only(columns: Vec<Column>) -> Result<Column, BatchError> {
    let [column] = <[Column; 1]>::try_from(columns).map_err(|_| BatchError::WrongColumns)?;
    Ok(column)
}
