//! The columns that a key is lent with: what it may be used on, each cell once.

use std::sync::Arc;

use arrow_array::ArrayRef;

use super::Refusal;

/// A column of one call, with the name that binds its ciphertexts to it.
#[derive(Clone, Debug)]
pub struct Cells {
    /// The name of the column, empty where nothing is bound to it.
    pub name: Arc<str>,
    /// Its values.
    pub array: ArrayRef,
}

impl From<ArrayRef> for Cells {
    fn from(array: ArrayRef) -> Self {
        Self { name: Arc::from(""), array }
    }
}

/// The columns of one call. A column is taken out when it is used, so that a plugin cannot spend the cells of one column
/// on another, and cannot use one twice, whatever the parameters.
pub(crate) struct LentCells(Vec<Option<Cells>>);

impl LentCells {
    pub(crate) fn new<C: Into<Cells>>(columns: Vec<C>) -> Self {
        Self(columns.into_iter().map(|column| Some(column.into())).collect())
    }

    /// Uses a column for an operation. One that is refused spends nothing.
    ///
    /// # Errors
    /// [`Refusal::NotGranted`]: no such column was lent. [`Refusal::QuotaExhausted`]: it was used before. What the
    /// operation is refused for.
    pub(crate) fn spend<T>(
        &mut self,
        column: u32,
        operation: impl FnOnce(&Cells) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let lent = usize::try_from(column).ok().and_then(|column| self.0.get_mut(column));
        let lent = lent.ok_or(Refusal::NotGranted)?;
        let result = operation(lent.as_ref().ok_or(Refusal::QuotaExhausted)?)?;
        *lent = None;
        Ok(result)
    }
}
