//! Patients who do not exist, as CSV, of any number and at the speed of a disk.
//!
//! A row depends on the seed and its own number alone: fewer rows are the beginning of more, and the same seed gives the
//! same bytes on every machine. Rows are 200 to 260 bytes long on average. About one row in seven has a quoted field, and
//! one in a hundred a quote or a line feed inside of one. Social security numbers are of a range that is never issued, and
//! addresses of mail end in domains that are reserved (RFC 2606).

mod calendar;
mod dictionary;
mod random;
mod row;

use std::io::{self, Write};

use calendar::Calendar;
use row::Rows;

/// The names of the columns, in order.
pub const COLUMNS: [&str; 22] = [
    "patient_id",
    "mrn",
    "ssn",
    "first_name",
    "last_name",
    "birth_date",
    "death_date",
    "gender",
    "race",
    "ethnicity",
    "marital_status",
    "language",
    "street",
    "city",
    "state",
    "zip",
    "phone",
    "email",
    "insurance_id",
    "primary_diagnosis",
    "last_visit",
    "notes_count",
];

/// Rows of up to this many bytes are collected before they are written.
const BUFFER: usize = 1 << 20;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// After so many rows, the header not counted.
    Rows(u64),
    /// After the first row with which the file, header included, has at least so many bytes.
    Bytes(u64),
}

impl Amount {
    fn is_reached(self, rows: u64, bytes: u64) -> bool {
        match self {
            Self::Rows(enough) => rows >= enough,
            Self::Bytes(enough) => bytes >= enough,
        }
    }
}

/// Writes patients as CSV, with a header and line feeds at the ends of rows. Returns the number of rows.
///
/// `patient_id` is never the same twice; `mrn` is not within 90 million rows.
///
/// # Errors
/// `output` cannot be written.
pub fn write_patients(seed: u64, amount: Amount, output: &mut impl Write) -> io::Result<u64> {
    let calendar = Calendar::new();
    let patients = Rows::new(seed, &calendar);
    let mut buffer = Vec::with_capacity(BUFFER + 4096);
    buffer.extend_from_slice(COLUMNS.join(",").as_bytes());
    buffer.push(b'\n');
    let (mut rows, mut written) = (0, 0);
    while !amount.is_reached(rows, written + buffer.len() as u64) {
        patients.write(rows, &mut buffer);
        rows += 1;
        if buffer.len() >= BUFFER {
            output.write_all(&buffer)?;
            written += buffer.len() as u64;
            buffer.clear();
        }
    }
    output.write_all(&buffer)?;
    output.flush()?;
    Ok(rows)
}
