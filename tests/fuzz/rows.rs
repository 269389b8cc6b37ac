//! Reads an input in batches of several sizes.

use std::io::Write;

use moretta::source::{self, Format, ReadOptions};

/// Fails where the size of the batches decides how many rows there are. It may decide whether NDJSON is refused: how
/// many paths there may be goes by the rows of a batch.
pub(crate) fn assert_same_in_any_batches(bytes: &[u8], format: Format) {
    let one = rows(bytes, format, 1 << 20);
    for batch_bytes in [1, 7, 64] {
        let some = rows(bytes, format, batch_bytes);
        let refused = format == Format::Ndjson && (one.is_none() || some.is_none());
        assert!(refused || one == some, "{one:?} rows, and {some:?} in batches of {batch_bytes} bytes");
    }
}

/// How many rows there are; `None` where the input is refused.
fn rows(bytes: &[u8], format: Format, batch_bytes: usize) -> Option<usize> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(bytes).expect("a temporary file can be written");
    let options = ReadOptions { batch_bytes, max_row_bytes: 1 << 16, format: Some(format), ..ReadOptions::default() };
    let mut source = source::open(&[file.path().to_owned()], &options).ok()?;
    let mut rows = 0;
    while let Some(chunk) = source.next().ok()? {
        let batch = chunk.decode().ok()?;
        batch.columns().columns().iter().for_each(|column| column.to_data().validate_full().expect("valid columns"));
        rows += batch.rows();
    }
    Some(rows)
}
