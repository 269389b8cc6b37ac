//! The checks of each masked cell: nulls where they were, values that changed, nothing copied, the declared pattern, and
//! what the host has given.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, GenericByteArray, StringArray, new_null_array, types::ByteArrayType,
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};

use super::Rejected;
use crate::mask::{MaskedCall, ReadyCall};
use crate::plan::Call;

/// A cell shorter than this equals another by chance: a sex, a state, a day.
const TELLING_BYTES: usize = 4;

/// The row of the batch that fails, and how.
type Failure = (usize, &'static str);

/// Checks every cell of a call's answer of which something is written.
pub(super) fn check(ready: &ReadyCall, answer: &MaskedCall, rejected: &Rejected) -> Result<(), Failure> {
    let call = &ready.call;
    for (position, (lent, returned)) in answer.lent.iter().zip(&answer.returned).enumerate() {
        let cells = Cells { answer, rejected };
        cells.check_nulls(call, lent, returned)?;
        if !call.may_keep {
            cells.check_changed(lent, returned)?;
        }
        for other in others(answer, position) {
            cells.check_not_copied(other, returned)?;
        }
        if let Some(pattern) = &ready.pattern {
            cells.check_pattern(pattern, returned)?;
        }
        cells.check_expected(position, returned)?;
    }
    Ok(())
}

/// Every other column that the plugin saw: their values have no place in this one.
fn others(answer: &MaskedCall, position: usize) -> impl Iterator<Item = &ArrayRef> {
    let lent = answer.lent.iter().enumerate().filter(move |(other, _)| *other != position).map(|(_, array)| array);
    lent.chain(&answer.context)
}

struct Cells<'a> {
    answer: &'a MaskedCall,
    rejected: &'a Rejected,
}

impl Cells<'_> {
    /// Whether nothing is written of a cell.
    fn is_skipped(&self, cell: usize) -> bool {
        (!self.rejected.is_empty() && self.rejected.contains(self.answer.row(cell))) || self.answer.is_left_out(cell)
    }

    /// Fails at the first cell of which something is written and for which `wrong` is true.
    #[inline]
    fn none(&self, cells: usize, problem: &'static str, wrong: impl Fn(usize) -> bool) -> Result<(), Failure> {
        for cell in 0..cells {
            if wrong(cell) && !self.is_skipped(cell) {
                return Err((self.answer.row(cell), problem));
            }
        }
        Ok(())
    }

    fn check_nulls(&self, call: &Call, lent: &ArrayRef, returned: &ArrayRef) -> Result<(), Failure> {
        if lent.null_count() == 0 && returned.null_count() == 0 {
            return Ok(());
        }
        self.none(lent.len(), "a null became a value", |cell| lent.is_null(cell) && returned.is_valid(cell))?;
        if call.adds_nulls {
            return Ok(());
        }
        self.none(lent.len(), "a value became a null, and the manifest does not declare it", |cell| {
            lent.is_valid(cell) && returned.is_null(cell)
        })
    }

    fn check_changed(&self, lent: &ArrayRef, returned: &ArrayRef) -> Result<(), Failure> {
        const PROBLEM: &str = "a value came back as it went in, and neither the manifest nor the rule allows it";
        self.check_differ(lent, returned, 1, PROBLEM)
    }

    fn check_not_copied(&self, other: &ArrayRef, returned: &ArrayRef) -> Result<(), Failure> {
        self.check_differ(other, returned, TELLING_BYTES, "a value of another column came back in this one")
    }

    /// No cell has the same value in both columns. Text and bytes shorter than `telling` do not count, nor does a type
    /// that has too few values to tell anything. A text is the number, date or bytes that it can be read as.
    fn check_differ(&self, a: &ArrayRef, b: &ArrayRef, telling: usize, problem: &'static str) -> Result<(), Failure> {
        if a.data_type() != b.data_type() {
            return match (a.as_string_opt::<i32>(), b.as_string_opt::<i32>()) {
                (Some(text), None) => self.check_differ(&read_as(text, b.data_type(), telling), b, telling, problem),
                (None, Some(text)) => self.check_differ(a, &read_as(text, a.data_type(), telling), telling, problem),
                _ => Ok(()),
            };
        }
        match a.data_type() {
            DataType::Utf8 => self.bytes_differ(a.as_string::<i32>(), b.as_string::<i32>(), telling, problem),
            DataType::Binary => self.bytes_differ(a.as_binary::<i32>(), b.as_binary::<i32>(), telling, problem),
            DataType::Int64 => self.numbers_differ::<Int64Type>(a, b, problem),
            DataType::Float64 => self.numbers_differ::<Float64Type>(a, b, problem),
            DataType::Date32 => self.numbers_differ::<Date32Type>(a, b, problem),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                self.numbers_differ::<TimestampMicrosecondType>(a, b, problem)
            }
            DataType::Boolean if telling == 1 => {
                let (x, y) = (a.as_boolean(), b.as_boolean());
                self.none(x.len(), problem, |cell| {
                    x.is_valid(cell) && y.is_valid(cell) && x.value(cell) == y.value(cell)
                })
            }
            _ => Ok(()),
        }
    }

    fn bytes_differ<T: ByteArrayType<Offset = i32>>(
        &self,
        a: &GenericByteArray<T>,
        b: &GenericByteArray<T>,
        telling: usize,
        problem: &'static str,
    ) -> Result<(), Failure> {
        // Side by side rather than by index: the rows of a batch are many, and most differ in their first bytes.
        let same = values(a).zip(values(b)).enumerate().filter(|(_, (x, y))| x.len() >= telling && same(x, y));
        for (cell, _) in same {
            if a.is_valid(cell) && b.is_valid(cell) && !self.is_skipped(cell) {
                return Err((self.answer.row(cell), problem));
            }
        }
        Ok(())
    }

    fn numbers_differ<T: ArrowPrimitiveType>(
        &self,
        a: &ArrayRef,
        b: &ArrayRef,
        problem: &'static str,
    ) -> Result<(), Failure> {
        let (x, y) = (a.as_primitive::<T>(), b.as_primitive::<T>());
        self.none(x.len(), problem, |cell| x.value(cell) == y.value(cell) && x.is_valid(cell) && y.is_valid(cell))
    }

    /// What the host gave for a cell, it has to find there: a ciphertext that is cut, or another row's, would open to
    /// nothing, or to the value of somebody else.
    fn check_expected(&self, position: usize, returned: &ArrayRef) -> Result<(), Failure> {
        const PROBLEM: &str = "not the ciphertext or token that the host gave for the row came back";
        let Some(expected) = &self.answer.expected else { return Ok(()) };
        let (text, mut given) = (returned.as_string_opt::<i32>(), String::new());
        let found = |cell: usize| text.map_or("", |text| text.value(cell));
        for cell in (0..returned.len()).filter(|cell| returned.is_valid(*cell)) {
            let is_given = expected.write(position, cell, &mut given).is_some_and(|()| given == found(cell));
            if !is_given && !self.is_skipped(cell) {
                return Err((self.answer.row(cell), PROBLEM));
            }
        }
        Ok(())
    }

    fn check_pattern(&self, pattern: &regex::bytes::Regex, returned: &ArrayRef) -> Result<(), Failure> {
        let Some(text) = returned.as_string_opt::<i32>() else { return Ok(()) };
        // A clone has a scratch space of its own: workers that share one wait for each other.
        let pattern = pattern.clone();
        self.none(text.len(), "a value is not of the declared output pattern", |cell| {
            text.is_valid(cell) && !pattern.is_match(text.value(cell).as_bytes())
        })
    }
}

/// Texts as values of another type, null where they are none or too short.
fn read_as(text: &StringArray, data_type: &DataType, telling: usize) -> ArrayRef {
    let telling: StringArray = text.iter().map(|text| text.map(str::trim).filter(|it| it.len() >= telling)).collect();
    cast(&telling, data_type).unwrap_or_else(|_| new_null_array(data_type, text.len()))
}

/// The bytes of each row, of nulls too.
fn values<T: ByteArrayType<Offset = i32>>(array: &GenericByteArray<T>) -> impl Iterator<Item = &[u8]> {
    let data = array.value_data();
    array.value_offsets().windows(2).map(move |bounds| match bounds {
        [start, end] => data.get(*start as usize..*end as usize).unwrap_or_default(),
        _ => &[],
    })
}

/// Whether both are the same bytes. Most are not, and most of those differ in the first eight: that is told without a
/// call.
#[inline]
fn same(x: &[u8], y: &[u8]) -> bool {
    match (x.first_chunk::<8>(), y.first_chunk::<8>()) {
        (Some(a), Some(b)) => a == b && x == y,
        _ => x == y,
    }
}
