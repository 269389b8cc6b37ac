//! The contract's interface `random`, answered by the randomness lent to the call.

use wasmtime::component::Resource;

use super::CallState;
use crate::contract::latest::moretta::plugin::random::{Host, HostRandomness};
use crate::contract::latest::moretta::plugin::types::KeyError;
use crate::keys::LentRandomness;

impl Host for CallState {}

impl HostRandomness for CallState {
    fn draw(
        &mut self,
        randomness: Resource<LentRandomness>,
        bytes: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, KeyError>> {
        Ok(self.lent.get_mut(&randomness)?.draw(bytes).map_err(KeyError::from))
    }

    fn drop(&mut self, randomness: Resource<LentRandomness>) -> wasmtime::Result<()> {
        self.lent.delete(randomness)?;
        Ok(())
    }
}
