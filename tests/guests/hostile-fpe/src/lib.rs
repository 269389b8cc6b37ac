//! A masker with a key for format-preserving encryption that asks it for what is out of range, for the tests of the host.

use moretta_guest::{BatchError, Column, FormatPreservingKey, FormatPreservingMasker, Masked, Request, Symbols};

/// The plugin.
#[derive(Debug)]
pub struct HostileFpe;

/// More than a call may hand over.
const HUGE: usize = 64 << 20;

impl FormatPreservingMasker for HostileFpe {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl FormatPreservingKey,
    ) -> Result<Masked, BatchError> {
        let column = columns.first().cloned().ok_or(BatchError::WrongColumns)?;
        let digits = Symbols { alphabet: "0123456789", skip_first: 0, skip_last: 0, tweak: "" };
        let ask = |symbols: &Symbols<'_>| Ok(column.clone().with_text(key.encrypt(0, symbols)?).into());
        let alphabet = |alphabet: &str| ask(&Symbols { alphabet, ..digits.clone() });
        let tweak = |tweak: &str| ask(&Symbols { tweak, ..digits.clone() });
        match request.transform.as_str() {
            "honest" => ask(&digits),
            "no-alphabet" => alphabet(""),
            "one-symbol" => alphabet("1"),
            "symbol-twice" => alphabet("01234567890"),
            "blank" => alphabet("0123456789 "),
            "no-ascii" => alphabet("0123456789é"),
            "huge-alphabet" => alphabet(&"0".repeat(HUGE)),
            "long-tweak" => tweak(&"t".repeat(257)),
            "huge-tweak" => tweak(&"t".repeat(HUGE)),
            "far-positions" => {
                let none = key.encrypt(0, &Symbols { skip_first: u32::MAX, skip_last: u32::MAX, ..digits })?;
                if none.data.is_empty() { Ok(column.into()) } else { Err(BatchError::Internal) }
            }
            "foreign-column" => {
                key.encrypt((columns.len() + context.len()) as u32, &digits)?;
                ask(&digits)
            }
            "twice" => {
                tweak("another")?;
                ask(&digits)
            }
            "plaintext" => {
                ask(&digits)?;
                Ok(column.into())
            }
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

moretta_guest::format_preserving_masker!(HostileFpe);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_transforms};

    use super::*;

    #[test]
    fn knows_every_transform_of_its_manifest() {
        check_transforms(include_str!("../manifest.json"), |request| {
            let column = Column::from_text([Some("1234567"), None, Some("7654321")]);
            let key = TestKey::for_columns(std::slice::from_ref(&column));
            HostileFpe::mask(request, vec![column], &[], &key)
        });
    }
}
