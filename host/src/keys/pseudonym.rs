//! Digests that pseudonyms are made of: `pseudonym-key` in `wit/pseudonym.wit`.

use std::fmt;

use arrow_array::ArrayRef;

use super::canonical::Canonical;
use super::cells::LentCells;
use super::keyed_digest::KeyedDigest;
use super::{Cells, Normalize, PseudonymGrant, Refusal};

/// The length of a whole digest in bytes.
const DIGEST: usize = 32;

impl PseudonymGrant {
    /// Lends the key to one call that was given these columns, the ones to mask first and the context after them.
    pub fn lend<C: Into<Cells>>(&self, columns: Vec<C>) -> LentPseudonymKey {
        LentPseudonymKey { grant: self.clone(), columns: LentCells::new(columns) }
    }
}

/// A key for pseudonyms in the hands of one call. It digests each lent column once.
pub struct LentPseudonymKey {
    grant: PseudonymGrant,
    columns: LentCells,
}

impl LentPseudonymKey {
    /// The keyed digest of every value of a column: HMAC-SHA-256, cut to `length` bytes (1 to 32).
    ///
    /// Gives `rows * length` bytes, one digest after the other. A null has `length` zero bytes. A value digests the
    /// same as text, as binary and as int64; what `normalize` does is said at [`Normalize`].
    ///
    /// # Errors
    /// [`Refusal::NotGranted`]: no such column was lent. [`Refusal::InvalidParameter`]: `length` is out of range.
    /// [`Refusal::UnsupportedType`]: not text, binary or int64, or binary that is to be normalized.
    /// [`Refusal::QuotaExhausted`]: the column was digested before, whatever the parameters: each lent cell is digested
    /// once, and a plugin cannot spend the cells of one column on another. A call that is refused spends nothing.
    pub fn digests(&mut self, column: u32, normalize: Normalize, length: u32) -> Result<Vec<u8>, Refusal> {
        let length = usize::try_from(length).ok().filter(|length| (1..=DIGEST).contains(length));
        let length = length.ok_or(Refusal::InvalidParameter)?;
        let key = &self.grant.0.secret;
        self.columns.spend(column, |cells| digest(key, &cells.array, normalize, length))
    }
}

impl fmt::Debug for LentPseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentPseudonymKey").field("grant", &self.grant).finish_non_exhaustive()
    }
}

fn digest(key: &KeyedDigest, cells: &ArrayRef, normalize: Normalize, length: usize) -> Result<Vec<u8>, Refusal> {
    let values = Canonical::of(cells.as_ref())?;
    let mut digests = vec![0; cells.len().saturating_mul(length)];
    let mut places = digests.chunks_exact_mut(length);
    let put = |value: Option<&[u8]>| {
        if let (Some(place), Some(value)) = (places.next(), value) {
            place.iter_mut().zip(key.digest(value, &[])).for_each(|(to, from)| *to = from);
        }
    };
    if normalize.is_nothing() {
        values.for_each(put);
    } else {
        values.for_each_form(normalize, put)?;
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keyring, Purpose};
    use arrow_array::{BinaryArray, Float64Array, Int64Array, StringArray};
    use std::sync::Arc;

    const PLAIN: Normalize = Normalize { trim: false, ascii_case: false, separators: false };

    fn grant() -> PseudonymGrant {
        let keyring = Keyring::ephemeral(&[("identity", Purpose::Pseudonym)]).unwrap();
        keyring.pseudonym_key("identity", "patients").unwrap()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn digests(grant: &PseudonymGrant, column: ArrayRef, normalize: Normalize) -> Vec<Vec<u8>> {
        let digests = grant.lend(vec![column]).digests(0, normalize, 32).unwrap();
        digests.chunks(32).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn equal_values_agree_across_rows_columns_calls_and_types() {
        let grant = grant();
        let text = digests(&grant, texts(&[Some("17"), Some("-3"), Some("17")]), PLAIN);
        assert_eq!(text[0], text[2]);
        assert_ne!(text[0], text[1]);
        assert_eq!(text, digests(&grant, Arc::new(Int64Array::from(vec![17, -3, 17])), PLAIN));
        assert_eq!(text, digests(&grant, Arc::new(BinaryArray::from_vec(vec![b"17", b"-3", b"17"])), PLAIN));
    }

    #[test]
    fn a_slice_of_a_column_gives_the_digests_of_its_rows() {
        let grant = grant();
        let column = texts(&[Some("a"), None, Some("ccc"), Some("")]);
        assert_eq!(digests(&grant, column.slice(1, 2), PLAIN), digests(&grant, column, PLAIN)[1..3]);
    }

    #[test]
    fn a_null_is_zeros_and_an_empty_text_is_not() {
        let digests = digests(&grant(), texts(&[None, Some("")]), PLAIN);
        assert_eq!(digests[0], [0; 32]);
        assert_ne!(digests[1], [0; 32]);
    }

    #[test]
    fn a_short_digest_is_the_beginning_of_the_long_one() {
        let grant = grant();
        let long = grant.lend(vec![texts(&[Some("a"), Some("b")])]).digests(0, PLAIN, 32).unwrap();
        let short = grant.lend(vec![texts(&[Some("a"), Some("b")])]).digests(0, PLAIN, 9).unwrap();
        assert_eq!(short, [&long[..9], &long[32..41]].concat());
    }

    #[test]
    fn a_normalized_value_digests_as_its_form() {
        let grant = grant();
        let all = Normalize { trim: true, ascii_case: true, separators: true };
        let spelled = texts(&[Some(" 123-45-6789A "), None, Some(" - ")]);
        assert_eq!(digests(&grant, spelled, all), digests(&grant, texts(&[Some("123456789a"), None, Some("")]), PLAIN));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(-17), None]));
        let number_texts = texts(&[Some("-17"), None]);
        assert_eq!(digests(&grant, numbers, all), digests(&grant, number_texts, all));
    }

    #[test]
    fn no_rows_have_no_digests() {
        assert!(digests(&grant(), texts(&[]), PLAIN).is_empty());
    }

    #[test]
    fn each_column_is_digested_once() {
        let mut key = grant().lend(vec![texts(&[Some("a")]), texts(&[Some("b")])]);
        assert!(key.digests(1, PLAIN, 32).is_ok());
        assert_eq!(key.digests(1, PLAIN, 1), Err(Refusal::QuotaExhausted));
        assert!(key.digests(0, PLAIN, 32).is_ok());
    }

    #[test]
    fn refuses_what_was_not_granted() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let mut key = grant().lend(vec![numbers, texts(&[Some("a")])]);
        assert_eq!(key.digests(2, PLAIN, 32), Err(Refusal::NotGranted));
        assert_eq!(key.digests(u32::MAX, PLAIN, 32), Err(Refusal::NotGranted));
        assert_eq!(key.digests(1, PLAIN, 0), Err(Refusal::InvalidParameter));
        assert_eq!(key.digests(1, PLAIN, 33), Err(Refusal::InvalidParameter));
        assert_eq!(key.digests(0, PLAIN, 32), Err(Refusal::UnsupportedType));
        assert!(key.digests(1, PLAIN, 32).is_ok(), "what was refused is not spent");
    }

    #[test]
    fn bytes_have_no_form() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b" a "]));
        let mut key = grant().lend(vec![bytes]);
        let trim = Normalize { trim: true, ..PLAIN };
        assert_eq!(key.digests(0, trim, 32), Err(Refusal::UnsupportedType));
    }

    #[test]
    fn shows_neither_key_nor_values() {
        let key = grant().lend(vec![texts(&[Some("Meyer")])]);
        let expected = "LentPseudonymKey { grant: PseudonymGrant { key: \"identity\", version: 1, .. }, .. }";
        assert_eq!(format!("{key:?}"), expected);
    }
}
