//! The contract's interface `pseudonym`, answered by the key lent to the call.

use wasmtime::component::Resource;

use super::CallState;
use crate::contract::latest::moretta::plugin::pseudonym::{Host, HostPseudonymKey, Normalization};
use crate::contract::latest::moretta::plugin::types::KeyError;
use crate::keys::{LentPseudonymKey, Normalize, Refusal};

impl Host for CallState {}

impl HostPseudonymKey for CallState {
    fn digests(
        &mut self,
        key: Resource<LentPseudonymKey>,
        column: u32,
        normalize: Normalization,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, KeyError>> {
        let normalize = Normalize {
            trim: normalize.contains(Normalization::TRIM),
            ascii_case: normalize.contains(Normalization::ASCII_CASE),
            separators: normalize.contains(Normalization::SEPARATORS),
        };
        Ok(self.lent.get_mut(&key)?.digests(column, normalize, length).map_err(KeyError::from))
    }

    fn drop(&mut self, key: Resource<LentPseudonymKey>) -> wasmtime::Result<()> {
        self.lent.delete(key)?;
        Ok(())
    }
}

impl From<Refusal> for KeyError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotGranted => Self::NotGranted,
            Refusal::QuotaExhausted => Self::QuotaExhausted,
            Refusal::InvalidParameter => Self::InvalidParameter,
            Refusal::UnsupportedType => Self::UnsupportedType,
        }
    }
}
