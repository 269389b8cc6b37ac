//! The contract's interface `vault`, answered by the vault lent to the call.

use wasmtime::component::Resource;

use super::CallState;
use crate::contract::latest::moretta::plugin::types::{KeyError, Rejection, RejectionCode, VariableResult};
use crate::contract::latest::moretta::plugin::vault::{Host, HostTokenVault, TokenFormat, Tokens};
use crate::keys::Ciphertexts;
use crate::vault::{Format, LentVault, Tokens as Found, Unfit};

impl Host for CallState {}

impl HostTokenVault for CallState {
    fn tokens(
        &mut self,
        vault: Resource<LentVault>,
        column: u32,
        format: TokenFormat,
        days: Option<u16>,
    ) -> wasmtime::Result<Result<Tokens, KeyError>> {
        let format = match format {
            TokenFormat::Opaque => Ok(Format::Opaque),
            TokenFormat::Digits => Ok(Format::Digits),
            TokenFormat::Prefixed(prefix) => Format::prefixed(&prefix),
        };
        let Ok(format) = format else { return Ok(Err(KeyError::InvalidParameter)) };
        // The vault's failure ends the call: it is no fault of the plugin, which learns nothing of it.
        let found = self.lent.get_mut(&vault)?.tokens(column, format, days)?;
        let answer = found.map_err(KeyError::from).and_then(|found| answer(&found));
        if let Ok(Tokens { values: VariableResult { offsets, data }, .. }) = &answer {
            self.given.add(column, Ciphertexts { offsets: offsets.clone(), data: data.clone() });
        }
        Ok(answer)
    }

    fn drop(&mut self, vault: Resource<LentVault>) -> wasmtime::Result<()> {
        self.lent.delete(vault)?;
        Ok(())
    }
}

fn answer(found: &Found) -> Result<Tokens, KeyError> {
    let mut values =
        VariableResult { offsets: Vec::with_capacity(found.tokens.len().saturating_add(1)), data: Vec::new() };
    values.offsets.push(0);
    for token in &found.tokens {
        values.data.extend_from_slice(token.as_deref().unwrap_or_default().as_bytes());
        values.offsets.push(u32::try_from(values.data.len()).map_err(|_| KeyError::InvalidParameter)?);
    }
    let rejections = found.rejected.iter().map(|rejected| {
        let code = match rejected.why {
            Unfit::NotDigits => RejectionCode::Unsupported,
            Unfit::TooShort | Unfit::TooLong | Unfit::Exhausted => RejectionCode::OutOfRange,
        };
        let row = u32::try_from(rejected.row).map_err(|_| KeyError::InvalidParameter)?;
        Ok(Rejection { row, code })
    });
    let rejections = rejections.collect::<Result<_, KeyError>>()?;
    Ok(Tokens { values, rejections })
}
