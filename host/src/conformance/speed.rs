//! How fast a transform is, and how much memory it takes.

use std::fmt;
use std::time::Duration;

use arrow_array::{Array, ArrayRef};
use serde::Serialize;

use super::trial::Trial;
use crate::batch::ColumnType;
use crate::error::Error;
use crate::plugin::GuestFault;

/// The values of one call.
pub(super) const BATCH: usize = 8_192;

/// What a transform or classifier was measured at, in fresh instances for batches of 8,192 values, or of 1,024 notes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    /// Values masked or looked at for each second of calls, instantiation included.
    pub values_per_second: f64,
    /// Of a text classifier: bytes of text looked at for each second of calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<f64>,
    /// The most that a memory of an instance was, in bytes.
    pub peak_memory: usize,
    /// How many values.
    pub values: usize,
    /// Of which type.
    pub column_type: ColumnType,
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (million, mebibytes) = (self.millions_per_second(), self.peak_memory.div_ceil(1 << 20));
        let unit = if self.bytes_per_second.is_some() { "MB/s" } else { "million values/s" };
        write!(f, "{million:.2} {unit} of {}, {mebibytes} MiB at most", self.column_type)
    }
}

impl Speed {
    /// Millions of what counts, bytes of text or values, for each second.
    pub fn millions_per_second(&self) -> f64 {
        self.bytes_per_second.unwrap_or(self.values_per_second) / 1e6
    }

    /// Both together, of as many values each.
    pub(super) fn and(self, other: Self) -> Self {
        let both = |one: f64, other: f64| 2.0 / (1.0 / one + 1.0 / other);
        Self {
            values_per_second: both(self.values_per_second, other.values_per_second),
            bytes_per_second: self.bytes_per_second.zip(other.bytes_per_second).map(|(one, other)| both(one, other)),
            peak_memory: self.peak_memory.max(other.peak_memory),
            values: self.values.saturating_add(other.values),
            column_type: self.column_type,
        }
    }

    /// The same, where so many values have so many bytes.
    pub(super) fn of_bytes(self, bytes: usize, values: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "what one call is lent is far below 2^52")]
        let bytes_of_each = bytes as f64 / (values.max(1) as f64);
        Self { bytes_per_second: Some(self.values_per_second * bytes_of_each), ..self }
    }
}

/// Masks so many values of a column, over and over.
///
/// # Errors
/// The machine cannot run it. The inner error is the plugin's fault.
pub(crate) fn measure(trial: &Trial, column: &ArrayRef, values: usize) -> Result<Result<Speed, GuestFault>, Error> {
    let rows: arrow_array::UInt32Array = (0_u32..)
        .map(|row| row.checked_rem(u32::try_from(column.len()).unwrap_or(u32::MAX)).unwrap_or(0))
        .take(BATCH.min(values))
        .map(Some)
        .collect();
    let batch =
        arrow_select::take::take(column, &rows, None).map_err(|_| Error::Internal("a column has not its rows"))?;
    repeat(values, batch.len(), trial.column_type(), || trial.measure(&batch))
}

/// Measures calls of so many rows until all values were in one.
///
/// # Errors
/// What a call ends with. The inner error is the plugin's fault.
pub(crate) fn repeat(
    values: usize,
    rows: usize,
    column_type: ColumnType,
    mut call: impl FnMut() -> Result<Result<(Duration, usize), GuestFault>, Error>,
) -> Result<Result<Speed, GuestFault>, Error> {
    let (mut done, mut seconds, mut peak_memory) = (0_usize, 0.0, 0);
    while done < values && rows > 0 {
        match call()? {
            Err(fault) => return Ok(Err(fault)),
            Ok((took, peak)) => {
                done = done.saturating_add(rows);
                seconds += took.as_secs_f64();
                peak_memory = peak_memory.max(peak);
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of values is far below 2^52")]
    let values_per_second = done as f64 / f64::max(seconds, 1e-9);
    Ok(Ok(Speed { values_per_second, bytes_per_second: None, peak_memory, values: done, column_type }))
}
