//! Keys that need no keyring and hide nothing.

use std::cell::Cell;

use crate::bindings::types::{Column, KeyError, Rejection, RejectionCode, Values, Variable};
use crate::{
    DateShiftKey, EncryptionKey, FormatPreservingKey, Normalize, PseudonymKey, Randomness, Symbols, TokenFormat,
    TokenVault,
};

/// A key for tests: deterministic, without any secret, and as strict about its quota as the host.
#[derive(Debug, Default)]
pub struct TestKey {
    columns: Vec<Column>,
    subjects: Vec<Option<String>>,
    used: Cell<usize>,
}

impl TestKey {
    /// A pseudonym key lent with these columns.
    pub fn for_columns(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// A date-shift key lent for rows of these subjects.
    pub fn for_subjects(subjects: &[Option<&str>]) -> Self {
        Self { subjects: subjects.iter().map(|subject| subject.map(str::to_owned)).collect(), ..Self::default() }
    }
}

impl PseudonymKey for TestKey {
    fn digests(&self, column: u32, normalize: Normalize, length: u32) -> Result<Vec<u8>, KeyError> {
        if !(1..=32).contains(&length) {
            return Err(KeyError::InvalidParameter);
        }
        let column = self.spend(column)?;
        let mut digests = Vec::new();
        for row in 0..column.rows as usize {
            match canonical(column, row)? {
                None => digests.extend(std::iter::repeat_n(0, length as usize)),
                Some(bytes) => digests.extend(mix(&normalized(&bytes, normalize)).take(length as usize)),
            }
        }
        Ok(digests)
    }
}

impl TestKey {
    /// The column, if it was lent and not used before.
    fn spend(&self, column: u32) -> Result<&Column, KeyError> {
        let lent = self.columns.get(column as usize).ok_or(KeyError::NotGranted)?;
        if self.used.replace(self.used.get() + 1) >= self.columns.len() {
            return Err(KeyError::QuotaExhausted);
        }
        Ok(lent)
    }
}

/// Hides nothing: the bytes of each value reversed, behind one byte.
impl EncryptionKey for TestKey {
    fn encrypt(&self, column: u32) -> Result<Variable, KeyError> {
        let column = self.spend(column)?;
        let mut sealed = Variable { offsets: vec![0], data: Vec::new() };
        for row in 0..column.rows as usize {
            if let Some(value) = canonical(column, row)? {
                sealed.data.push(1);
                sealed.data.extend(value.iter().rev());
            }
            sealed.offsets.push(sealed.data.len() as u32);
        }
        Ok(sealed)
    }
}

/// Replaces each symbol by the next of the alphabet, where there are six or more.
impl FormatPreservingKey for TestKey {
    fn encrypt(&self, column: u32, symbols: &Symbols<'_>) -> Result<Variable, KeyError> {
        let column = self.spend(column)?;
        let alphabet = symbols.alphabet.as_bytes();
        let mut sealed = Variable { offsets: vec![0], data: Vec::new() };
        for row in 0..column.rows as usize {
            let value = canonical(column, row)?.unwrap_or_default();
            let places = value.iter().filter_map(|byte| alphabet.iter().position(|symbol| symbol == byte));
            let mut places: Vec<_> = places.skip(symbols.skip_first as usize).collect();
            places.truncate(places.len().saturating_sub(symbols.skip_last as usize));
            if places.len() >= 6 {
                sealed.data.extend(places.iter().map(|place| alphabet[(place + 1) % alphabet.len()]));
            }
            sealed.offsets.push(sealed.data.len() as u32);
        }
        Ok(sealed)
    }
}

/// Counts: a value's token is the row where it is first seen, behind the prefix or with the digits of its length.
impl TokenVault for TestKey {
    fn tokens(&self, column: u32, format: TokenFormat, _: Option<u16>) -> Result<(Variable, Vec<Rejection>), KeyError> {
        let column = self.spend(column)?;
        let values: Vec<_> = (0..column.rows as usize).map(|row| canonical(column, row)).collect::<Result<_, _>>()?;
        let (mut tokens, mut rejections) = (Variable { offsets: vec![0], data: Vec::new() }, Vec::new());
        for (row, value) in values.iter().enumerate() {
            if let Some(bytes) = value {
                let first = values.iter().position(|other| other == value).unwrap_or(row);
                match &format {
                    TokenFormat::Opaque => tokens.data.extend(format!("TOKEN{first:021}").bytes()),
                    TokenFormat::Prefixed(prefix) => tokens.data.extend(format!("{prefix}TOKEN{first:021}").bytes()),
                    TokenFormat::Digits if bytes.len() >= 6 && bytes.iter().all(u8::is_ascii_digit) => {
                        tokens.data.extend(format!("{first:0width$}", width = bytes.len()).bytes());
                    }
                    TokenFormat::Digits => {
                        rejections.push(Rejection { row: row as u32, code: RejectionCode::Unsupported });
                    }
                }
            }
            tokens.offsets.push(tokens.data.len() as u32);
        }
        Ok((tokens, rejections))
    }
}

/// Bytes that are the same in every test, and differ from row to row.
impl Randomness for TestKey {
    fn draw(&self, bytes: u32) -> Result<Vec<u8>, KeyError> {
        if !(1..=16).contains(&bytes) {
            return Err(KeyError::InvalidParameter);
        }
        let rows = self.spend(0)?.rows;
        Ok((0..rows).flat_map(|row| mix(&row.to_le_bytes()).take(bytes as usize).collect::<Vec<_>>()).collect())
    }
}

/// The bytes that stand for a value under a key.
fn canonical(column: &Column, row: usize) -> Result<Option<Vec<u8>>, KeyError> {
    Ok(match &column.values {
        Values::Text(_) => column.text().ok().and_then(|text| text.bytes(row)).map(<[u8]>::to_vec),
        Values::Binary(_) => column.binary().ok().and_then(|bytes| bytes.bytes(row)).map(<[u8]>::to_vec),
        Values::Int64(_) => column.int64().ok().and_then(|n| n.get(row)).map(|n| n.to_string().into_bytes()),
        _ => return Err(KeyError::UnsupportedType),
    })
}

impl DateShiftKey for TestKey {
    fn offsets(&self, max_days: u32) -> Result<Vec<i32>, KeyError> {
        if !(1..=36_500).contains(&max_days) {
            return Err(KeyError::InvalidParameter);
        }
        if self.used.replace(self.used.get() + 1) > 0 {
            return Err(KeyError::QuotaExhausted);
        }
        let offset = |subject: &Option<String>| match subject {
            None => 0,
            Some(subject) => {
                let digest: Vec<u8> = mix(subject.as_bytes()).take(5).collect();
                let days = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) % max_days + 1;
                if digest[4] & 1 == 0 { days as i32 } else { -(days as i32) }
            }
        };
        Ok(self.subjects.iter().map(offset).collect())
    }
}

fn normalized(bytes: &[u8], normalize: Normalize) -> Vec<u8> {
    let bytes = if normalize.trim { bytes.trim_ascii() } else { bytes };
    bytes
        .iter()
        .filter(|byte| !normalize.separators || byte.is_ascii_alphanumeric() || !byte.is_ascii())
        .map(|byte| if normalize.ascii_case { byte.to_ascii_lowercase() } else { *byte })
        .collect()
}

/// Bytes that differ when the input differs, and are no secret: FNV-1a, stirred once for each byte.
fn mix(input: &[u8]) -> impl Iterator<Item = u8> {
    let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = input.iter().fold(0xcbf2_9ce4_8422_2325, |state, byte| step(state, *byte));
    (0u8..).scan(seed, move |state, index| {
        *state = step(*state, index);
        Some((*state >> 32) as u8)
    })
}
