//! The contract's interface `date-shift`, answered by the key lent to the call.

use wasmtime::component::Resource;

use super::CallState;
use crate::contract::latest::moretta::plugin::date_shift::{Host, HostDateShiftKey};
use crate::contract::latest::moretta::plugin::types::KeyError;
use crate::keys::LentDateShiftKey;

impl Host for CallState {}

impl HostDateShiftKey for CallState {
    fn offsets(
        &mut self,
        key: Resource<LentDateShiftKey>,
        max_days: u32,
    ) -> wasmtime::Result<Result<Vec<i32>, KeyError>> {
        Ok(self.lent.get_mut(&key)?.offsets(max_days).map_err(KeyError::from))
    }

    fn drop(&mut self, key: Resource<LentDateShiftKey>) -> wasmtime::Result<()> {
        self.lent.delete(key)?;
        Ok(())
    }
}
