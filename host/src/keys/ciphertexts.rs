//! A column of ciphertexts on its way to a plugin.

use super::Refusal;

/// Bytes of variable length, one after the other, in the layout of `variable` in `wit/types.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertexts {
    /// One more than rows; the first is 0.
    pub offsets: Vec<u32>,
    /// All ciphertexts.
    pub data: Vec<u8>,
}

impl Ciphertexts {
    pub(in crate::keys) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes) }
    }

    /// Ends the value of a row.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameter`]: a batch of more than 4 GiB, which no source makes.
    pub(in crate::keys) fn end(&mut self) -> Result<(), Refusal> {
        self.end_at(self.data.len())
    }

    /// Ends the value of a row at a place that the data will have.
    ///
    /// # Errors
    /// As [`Ciphertexts::end`].
    pub(in crate::keys) fn end_at(&mut self, length: usize) -> Result<(), Refusal> {
        self.offsets.push(u32::try_from(length).map_err(|_| Refusal::InvalidParameter)?);
        Ok(())
    }
}
