//! Encryption that keeps length and alphabet: FF1 with AES-256 (NIST SP 800-38G), as in `wit/encryption.wit`.
//!
//! FF3 and FF3-1 are not offered: NIST withdrew them.

use std::fmt;

use arrow_array::Array;
use arrow_schema::DataType;

use super::canonical::Canonical;
use super::cells::LentCells;
use super::ff1::Ff1;
use super::{Cells, Ciphertexts, FormatPreservingGrant, Refusal, memory};

/// Bytes of a tweak.
const MOST_TWEAK: usize = 256;

/// Which characters of a value are encrypted.
#[derive(Clone, Debug)]
pub struct Symbols<'a> {
    /// 2 to 94 different printable ASCII characters. Others are left out.
    pub alphabet: &'a str,
    /// How many of a value's symbols are left out at its start.
    pub skip_first: u32,
    /// How many of a value's symbols are left out at its end.
    pub skip_last: u32,
    /// Separates uses of one key. Up to 256 bytes.
    pub tweak: &'a str,
}

impl FormatPreservingGrant {
    /// Lends the key to one call that was given these columns, the ones to mask first and the context after them.
    pub fn lend<C: Into<Cells>>(&self, columns: Vec<C>) -> LentFormatPreservingKey {
        LentFormatPreservingKey { grant: self.clone(), columns: LentCells::new(columns) }
    }
}

/// A key for format-preserving encryption in the hands of one call. It encrypts each lent column once.
pub struct LentFormatPreservingKey {
    grant: FormatPreservingGrant,
    columns: LentCells,
}

impl LentFormatPreservingKey {
    /// The encrypted symbols of every value of a column. Empty for a null, and for a value that has too few symbols, or
    /// more than 512.
    ///
    /// # Errors
    /// [`Refusal::NotGranted`], [`Refusal::QuotaExhausted`]: the column was not lent, or was encrypted before.
    /// [`Refusal::InvalidParameter`]: the alphabet, or the tweak. [`Refusal::UnsupportedType`]: not text or int64.
    pub fn encrypt(&mut self, column: u32, symbols: &Symbols<'_>) -> Result<Ciphertexts, Refusal> {
        memory::without_trace(|| self.encrypted(column, symbols))
    }

    fn encrypted(&mut self, column: u32, symbols: &Symbols<'_>) -> Result<Ciphertexts, Refusal> {
        let alphabet = Alphabet::of(symbols.alphabet).ok_or(Refusal::InvalidParameter)?;
        if symbols.tweak.len() > MOST_TWEAK {
            return Err(Refusal::InvalidParameter);
        }
        let ff1 = Ff1::new(&self.grant.0.secret, alphabet.radix(), symbols.tweak.as_bytes());
        let mut ff1 = ff1.ok_or(Refusal::InvalidParameter)?;
        self.columns.spend(column, |cells| encrypt(&mut ff1, &alphabet, symbols, cells))
    }
}

impl fmt::Debug for LentFormatPreservingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentFormatPreservingKey").field("grant", &self.grant).finish_non_exhaustive()
    }
}

/// The numerals of all values, encrypted where they stand.
fn encrypt(
    ff1: &mut Ff1<'_>,
    alphabet: &Alphabet,
    symbols: &Symbols<'_>,
    cells: &Cells,
) -> Result<Ciphertexts, Refusal> {
    if cells.array.data_type() == &DataType::Binary {
        return Err(Refusal::UnsupportedType);
    }
    let (mut numerals, mut sealed) = (Vec::new(), Ciphertexts::with_capacity(cells.array.len(), 0));
    let mut refused = None;
    Canonical::of(cells.array.as_ref())?.for_each(|value| {
        let start = numerals.len();
        if let Some(value) = value {
            alphabet.take(value, symbols, &mut numerals);
        }
        if !ff1.takes(numerals.len().saturating_sub(start)) {
            numerals.truncate(start);
        }
        refused = refused.or(sealed.end_at(numerals.len()).err());
    });
    refused.map_or(Ok(()), Err)?;
    ff1.encrypt(&mut numerals, &sealed.offsets).ok_or(Refusal::InvalidParameter)?;
    sealed.data = numerals.into_iter().map(|numeral| alphabet.symbol(numeral)).collect();
    Ok(sealed)
}

/// The symbols, and the place of each.
pub(in crate::keys) struct Alphabet {
    symbols: Vec<u8>,
    places: [Option<u16>; 128],
}

impl Alphabet {
    /// `None` if a character is no printable ASCII, or there twice, or alone.
    pub(in crate::keys) fn of(text: &str) -> Option<Self> {
        let mut alphabet = Self { symbols: Vec::new(), places: [None; 128] };
        for (symbol, numeral) in text.bytes().zip(0..) {
            let place = alphabet.places.get_mut(usize::from(symbol)).filter(|_| symbol.is_ascii_graphic())?;
            if place.replace(numeral).is_some() {
                return None;
            }
            alphabet.symbols.push(symbol);
        }
        (alphabet.symbols.len() >= 2).then_some(alphabet)
    }

    pub(in crate::keys) fn radix(&self) -> u32 {
        u32::try_from(self.symbols.len()).unwrap_or(u32::MAX)
    }

    /// Appends the numerals of a value's symbols, but for those that are left out.
    pub(in crate::keys) fn take(&self, value: &[u8], symbols: &Symbols<'_>, numerals: &mut Vec<u16>) {
        let start = numerals.len();
        let all = value.iter().filter_map(|byte| self.places.get(usize::from(*byte)).copied().flatten());
        numerals.extend(all.skip(symbols.skip_first as usize));
        numerals.truncate(numerals.len().saturating_sub(symbols.skip_last as usize).max(start));
    }

    /// The symbol of a numeral below the radix.
    pub(in crate::keys) fn symbol(&self, numeral: u16) -> u8 {
        self.symbols.get(usize::from(numeral)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::keys::material::Material;
    use crate::keys::{Keyring, Purpose};

    const DIGITS: Symbols<'_> = Symbols { alphabet: "0123456789", skip_first: 0, skip_last: 0, tweak: "" };

    fn grant() -> FormatPreservingGrant {
        Keyring::ephemeral(&[("fpe", Purpose::FormatPreserving)]).unwrap().format_preserving_key("fpe", "d").unwrap()
    }

    fn encrypted(grant: &FormatPreservingGrant, symbols: &Symbols<'_>, values: &[Option<&str>]) -> Vec<String> {
        let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let sealed = grant.lend(vec![column]).encrypt(0, symbols).unwrap();
        let bounds = sealed.offsets.windows(2);
        bounds.map(|at| String::from_utf8(sealed.data[at[0] as usize..at[1] as usize].to_vec()).unwrap()).collect()
    }

    #[test]
    fn equal_symbols_have_equal_ciphertexts_of_their_length_whatever_stands_between() {
        let grant = grant();
        let all = encrypted(&grant, &DIGITS, &[Some("123-45-6789"), Some("123456789"), None, Some("123456780")]);
        assert_eq!((all[0].len(), &all[0]), (9, &all[1]));
        assert!(all[0] != "123456789" && all[0].bytes().all(|byte| byte.is_ascii_digit()));
        assert!(all[2].is_empty() && all[3] != all[0]);
        let other = Symbols { tweak: "mrn", ..DIGITS };
        assert_ne!(encrypted(&grant, &other, &[Some("123456789")]), [all[0].clone()]);
    }

    #[test]
    fn leaves_out_what_is_to_stay() {
        let symbols = Symbols { skip_first: 3, skip_last: 1, ..DIGITS };
        let (grant, part) = (grant(), &encrypted(&grant(), &symbols, &[Some("(555) 123-45678")])[0]);
        assert_eq!(part.len(), 7);
        let same = encrypted(&grant, &symbols, &[Some("(555) 123-45678"), Some("(777) 123-45679")]);
        assert_eq!(same[0], same[1]);
    }

    #[test]
    fn encrypts_nothing_that_could_be_tried_out() {
        let values = [Some("02139"), Some("021390"), Some(""), Some("abc")];
        assert_eq!(encrypted(&grant(), &DIGITS, &values).iter().map(String::len).collect::<Vec<_>>(), [0, 6, 0, 0]);
        let letters = Symbols { alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", ..DIGITS };
        let lengths = encrypted(&grant(), &letters, &[Some("ABCD"), Some("ABCDE")]);
        assert_eq!(lengths.iter().map(String::len).collect::<Vec<_>>(), [0, 5]);
    }

    #[test]
    fn refuses_what_is_out_of_range() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1_234_567]));
        let refusal = |symbols: &Symbols<'_>| grant().lend(vec![column.clone()]).encrypt(0, symbols).unwrap_err();
        for alphabet in ["", "0", "00", "01é", "0 1", "0\n"] {
            assert_eq!(refusal(&Symbols { alphabet, ..DIGITS }), Refusal::InvalidParameter);
        }
        assert_eq!(refusal(&Symbols { tweak: &"t".repeat(257), ..DIGITS }), Refusal::InvalidParameter);
        let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"1234567"]));
        assert_eq!(grant().lend(vec![bytes]).encrypt(0, &DIGITS), Err(Refusal::UnsupportedType));
        assert!(grant().lend(vec![column]).encrypt(0, &DIGITS).is_ok());
    }

    /// Samples 7 to 9 of NIST's "Examples with Intermediate Values" for FF1: AES-256.
    #[test]
    fn gives_the_answers_of_nist() {
        let key = [
            0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c, 0xef, 0x43,
            0x59, 0xd8, 0xd5, 0x80, 0xaa, 0x4f, 0x7f, 0x03, 0x6d, 0x6f, 0x04, 0xfc, 0x6a, 0x94,
        ];
        let answer = |symbols: &Symbols<'_>, value: &str| {
            let alphabet = Alphabet::of(symbols.alphabet).unwrap();
            let key = Material::stored(&key).unwrap();
            let mut ff1 = Ff1::new(&key, alphabet.radix(), symbols.tweak.as_bytes()).unwrap();
            let array: ArrayRef = Arc::new(StringArray::from(vec![value]));
            String::from_utf8(encrypt(&mut ff1, &alphabet, symbols, &array.into()).unwrap().data).unwrap()
        };
        assert_eq!(answer(&DIGITS, "0123456789"), "6657667009");
        assert_eq!(answer(&Symbols { tweak: "9876543210", ..DIGITS }, "0123456789"), "1001623463");
        let letters = "0123456789abcdefghijklmnopqrstuvwxyz";
        let symbols = Symbols { alphabet: letters, tweak: "7777pqrs777", ..DIGITS };
        assert_eq!(answer(&symbols, "0123456789abcdefghi"), "xs8a0azh2avyalyzuwd");
    }

    proptest! {
        #[test]
        fn different_values_stay_different(values in proptest::collection::hash_set("[0-9]{6}", 2..40)) {
            let values: Vec<_> = values.iter().map(|value| Some(value.as_str())).collect();
            let encrypted: std::collections::HashSet<_> = encrypted(&grant(), &DIGITS, &values).into_iter().collect();
            prop_assert_eq!(encrypted.len(), values.len());
        }
    }
}
