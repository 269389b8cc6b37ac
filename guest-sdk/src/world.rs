//! One trait and one macro for each world.

use crate::bindings::types::{
    BatchError, Column, Finding, Masked, Rejection, RejectionCode, Request, Values, Variable,
};
use crate::builder::{TextBuilder, all_valid};
use crate::key::{DateShiftKey, PseudonymKey};

/// A plugin that masks with nothing but its arguments. Exported by [`masker!`](crate::masker).
pub trait Masker {
    /// Masks every row of `columns`; see `mask` in `wit/mask.wit` for what the host expects and checks.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(request: &Request, columns: &[Column], context: &[Column]) -> Result<Masked, BatchError>;
}

/// A plugin that masks with a key for pseudonyms. Exported by [`pseudonym_masker!`](crate::pseudonym_masker).
pub trait PseudonymMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: &[Column],
        context: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that shifts dates under a key. Exported by [`date_shift_masker!`](crate::date_shift_masker).
pub trait DateShiftMasker {
    /// Masks every row of `columns` under the key lent for this call.
    ///
    /// # Errors
    /// Refuses the whole batch, which stops the run.
    fn mask(
        request: &Request,
        columns: &[Column],
        context: &[Column],
        key: &impl DateShiftKey,
    ) -> Result<Masked, BatchError>;
}

/// A plugin that says what columns hold. Exported by [`classifier!`](crate::classifier).
pub trait Classifier {
    /// Counts the values that speak for each label of the manifest.
    ///
    /// # Errors
    /// Refuses the whole batch; no label is suggested from it.
    fn classify(request: &Request, names: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError>;
}

impl Request {
    /// The rule's `with:`, as the plugin's own type.
    ///
    /// # Errors
    /// [`BatchError::InvalidConfig`] if it is not of that type: the manifest's schema and the type disagree.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, BatchError> {
        serde_json::from_str(&self.config).map_err(|_| BatchError::InvalidConfig)
    }

    /// The only "today" there is, in days since 1970-01-01.
    ///
    /// # Errors
    /// [`BatchError::NoReferenceDate`] if the policy names none. A manifest that asks for it excludes this.
    pub fn today(&self) -> Result<i32, BatchError> {
        self.reference_date.ok_or(BatchError::NoReferenceDate)
    }
}

/// The one column of a call.
///
/// # Errors
/// [`BatchError::WrongColumns`] if there are more or none.
pub fn only(columns: &[Column]) -> Result<&Column, BatchError> {
    match columns {
        [column] => Ok(column),
        _ => Err(BatchError::WrongColumns),
    }
}

/// Masks a column value by value into text. Nulls stay nulls.
///
/// `write` appends what takes the place of a value to the end of the buffer, as UTF-8, or says why it cannot: then the
/// row is rejected, and what was appended for it is dropped. `bytes` is how much room to reserve.
#[inline]
pub fn mask_each<T>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    bytes: usize,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<(), RejectionCode>,
) -> Masked {
    let mut output = TextBuilder::with_capacity(values.len(), bytes);
    let mut rejections = Rejections::default();
    for (row, value) in values.enumerate() {
        let Some(value) = value else {
            output.push_null();
            continue;
        };
        if let Err(code) = output.try_push_with(|data| write(value, data)) {
            rejections.push(row, code);
            output.push_null();
        }
    }
    rejections.with(output.finish())
}

/// Whether a value has the length that all have, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As long as the template.
    Full,
    /// An empty value, which mostly stays empty.
    Empty,
}

/// Masks a column value by value into text of one length, that of `template`. Nulls stay nulls.
///
/// Quicker than [`mask_each`], since every value has its place before it is written. `write` is given that place, as
/// long as the template and with its bytes until they are overwritten, and leaves UTF-8 there; or it says that the value
/// is empty or rejected. Bytes that it overwrites in one row it must overwrite in all.
#[inline]
pub fn mask_each_to_length<T>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    template: &[u8],
    mut write: impl FnMut(T, &mut [u8]) -> Result<Length, RejectionCode>,
) -> Masked {
    let rows = values.len();
    let mut data = template.repeat(rows);
    let mut offsets = vec![0; rows + 1];
    let mut nulls = Nulls::new(rows);
    let mut rejections = Rejections::default();
    let mut end = 0;
    for (row, (value, offset)) in values.zip(&mut offsets[1..]).enumerate() {
        match value.map(|value| write(value, &mut data[end..end + template.len()])) {
            Some(Ok(Length::Full)) => end += template.len(),
            Some(Ok(Length::Empty)) => {}
            Some(Err(code)) => {
                rejections.push(row, code);
                nulls.set(row);
            }
            None => nulls.set(row),
        }
        *offset = end as u32;
    }
    data.truncate(end);
    let values = Values::Text(Variable { offsets, data });
    rejections.with(Column { rows: rows as u32, validity: nulls.into_validity(), values })
}

/// Marks rows of a known number as null, and costs nothing while none is.
struct Nulls {
    bits: Vec<u8>,
    rows: usize,
}

impl Nulls {
    fn new(rows: usize) -> Self {
        Self { bits: Vec::new(), rows }
    }

    #[inline]
    fn set(&mut self, row: usize) {
        if self.bits.is_empty() {
            self.bits = all_valid(self.rows);
        }
        self.bits[row / 8] &= !(1 << (row % 8));
    }

    fn into_validity(self) -> Option<Vec<u8>> {
        (!self.bits.is_empty()).then_some(self.bits)
    }
}

impl From<Column> for Masked {
    fn from(column: Column) -> Self {
        Self { columns: vec![column], rejections: Vec::new() }
    }
}

/// The rows that a plugin could not handle, collected in order.
#[derive(Debug, Default)]
pub struct Rejections(Vec<Rejection>);

impl Rejections {
    /// Names one row. Rows are named in rising order, each once.
    #[inline]
    pub fn push(&mut self, row: usize, code: RejectionCode) {
        self.0.push(Rejection { row: row as u32, code });
    }

    /// The answer with one masked column.
    pub fn with(self, column: Column) -> Masked {
        Masked { columns: vec![column], rejections: self.0 }
    }
}
