//! Encryption, whatever the key: what a plugin of either world of encryption does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::bindings::types::{BatchError, Column, Masked, Request, Variable};
use crate::builder::TextBuilder;
use crate::key::EncryptionKey;
use crate::world::{EncryptionMasker, only};

/// A plugin that returns the ciphertexts of its one column as text: the `prefix` of its configuration, then base64url
/// without padding (RFC 4648). Nulls stay nulls.
#[derive(Debug)]
pub struct Encryption;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    prefix: String,
}

impl EncryptionMasker for Encryption {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        Ok(sealed_text(&column, &key.encrypt(0)?, &config.prefix).into())
    }
}

/// The ciphertexts of a column as text: a prefix, then base64url without padding. Nulls stay nulls. The prefix is the one of
/// the configuration, since the host holds what comes back against that.
pub fn sealed_text(column: &Column, sealed: &Variable, prefix: &str) -> Column {
    let (rows, bytes) = (column.rows as usize, sealed.data.len());
    let mut text = TextBuilder::with_capacity(rows, rows * prefix.len() + bytes.div_ceil(3) * 4 + rows * 4);
    for (row, bounds) in sealed.offsets.windows(2).enumerate() {
        if column.valid().is_null(row) {
            text.push_null();
            continue;
        }
        let bytes = &sealed.data[bounds[0] as usize..bounds[1] as usize];
        text.push_with(|data| {
            data.extend_from_slice(prefix.as_bytes());
            let start = data.len();
            data.resize(start + (bytes.len() * 4).div_ceil(3), 0);
            URL_SAFE_NO_PAD.encode_slice(bytes, &mut data[start..]).expect("the room was made for it");
        });
    }
    text.finish()
}
