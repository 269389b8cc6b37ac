//! Ciphertexts as text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::bindings::types::{Column, Variable};
use crate::builder::TextBuilder;

/// The ciphertexts of a column as text: `prefix`, then base64url without padding (RFC 4648). Nulls stay nulls.
pub fn ciphertexts(column: &Column, sealed: &Variable, prefix: &str) -> Column {
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
