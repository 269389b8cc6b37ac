//! The contract's interfaces of encryption, answered by the key lent to the call.

use wasmtime::component::Resource;

use super::CallState;
use crate::contract::latest::moretta::plugin::types::{KeyError, VariableResult};
use crate::contract::latest::moretta::plugin::{
    deterministic_encryption, encryption, format_preserving_encryption as format_preserving,
};
use crate::keys::{
    Ciphertexts, LentDeterministicEncryptionKey, LentEncryptionKey, LentFormatPreservingKey, Refusal, Symbols,
};

type Answer = wasmtime::Result<Result<VariableResult, KeyError>>;

impl encryption::Host for CallState {}

impl encryption::HostEncryptionKey for CallState {
    fn encrypt(&mut self, key: Resource<LentEncryptionKey>, column: u32) -> Answer {
        let sealed = self.lent.get_mut(&key)?.encrypt(column);
        self.give(column, &sealed);
        answer(sealed)
    }

    fn drop(&mut self, key: Resource<LentEncryptionKey>) -> wasmtime::Result<()> {
        self.lent.delete(key)?;
        Ok(())
    }
}

impl deterministic_encryption::Host for CallState {}

impl deterministic_encryption::HostDeterministicEncryptionKey for CallState {
    fn encrypt(&mut self, key: Resource<LentDeterministicEncryptionKey>, column: u32) -> Answer {
        let sealed = self.lent.get_mut(&key)?.encrypt(column);
        self.give(column, &sealed);
        answer(sealed)
    }

    fn drop(&mut self, key: Resource<LentDeterministicEncryptionKey>) -> wasmtime::Result<()> {
        self.lent.delete(key)?;
        Ok(())
    }
}

impl format_preserving::Host for CallState {}

impl format_preserving::HostFormatPreservingKey for CallState {
    fn encrypt(
        &mut self,
        key: Resource<LentFormatPreservingKey>,
        column: u32,
        symbols: format_preserving::Symbols,
    ) -> Answer {
        let symbols = Symbols {
            alphabet: &symbols.alphabet,
            skip_first: symbols.skip_first,
            skip_last: symbols.skip_last,
            tweak: &symbols.tweak,
        };
        answer(self.lent.get_mut(&key)?.encrypt(column, &symbols))
    }

    fn drop(&mut self, key: Resource<LentFormatPreservingKey>) -> wasmtime::Result<()> {
        self.lent.delete(key)?;
        Ok(())
    }
}

impl CallState {
    fn give(&mut self, column: u32, sealed: &Result<Ciphertexts, Refusal>) {
        if let Ok(sealed) = sealed {
            self.given.add(column, sealed.clone());
        }
    }
}

fn answer(sealed: Result<Ciphertexts, Refusal>) -> Answer {
    Ok(sealed.map(|Ciphertexts { offsets, data }| VariableResult { offsets, data }).map_err(KeyError::from))
}
