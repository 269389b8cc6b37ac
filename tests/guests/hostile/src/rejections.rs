//! Rejections. All but those named wrong here are the contract's.

use moretta_guest::{BatchError, Column, Masked, Rejection, RejectionCode};

use crate::{honest, values};

/// A row that is not there.
pub(crate) fn out_of_range(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(honest::mask(columns)?, [columns[0].rows])
}

/// One row twice.
pub(crate) fn twice(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(honest::mask(columns)?, [0, 0])
}

/// Two rows in falling order. Needs two rows.
pub(crate) fn unsorted(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(honest::mask(columns)?, [1, 0])
}

/// Every row: a plugin may do so, and nothing is left to write.
pub(crate) fn everything(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(honest::mask(columns)?, 0..columns[0].rows)
}

/// The first row: a plugin may do so.
pub(crate) fn first(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(honest::mask(columns)?, [0])
}

/// The first row, with all values as they came: the row's own are ignored, those of the others are not.
pub(crate) fn first_and_echo(columns: &[Column]) -> Result<Masked, BatchError> {
    reject(values::echo(columns)?, [0])
}

fn reject(masked: Masked, rows: impl IntoIterator<Item = u32>) -> Result<Masked, BatchError> {
    let rejection = |row| Rejection { row, code: RejectionCode::Unsupported };
    Ok(Masked { rejections: rows.into_iter().map(rejection).collect(), ..masked })
}
