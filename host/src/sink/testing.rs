//! Outputs written and read back, for the tests of sinks.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};

use crate::sink::{self, Target};
use crate::source::{self, Format, ReadOptions};
use crate::verify::VerifiedBatch;

/// A batch of columns that are all masked.
pub(super) fn verified(columns: RecordBatch) -> VerifiedBatch {
    let masked = vec![true; columns.num_columns()];
    VerifiedBatch::unverified(columns, masked, None)
}

/// The committed bytes of a file of this name.
pub(super) fn written(name: &str, format: Format, batches: Vec<VerifiedBatch>) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    let (encoder, mut stage) = sink::open(&Target::Path(path.clone()), format).unwrap();
    for batch in batches {
        stage.write(encoder.encode(batch).unwrap()).unwrap();
    }
    stage.commit().unwrap();
    std::fs::read(path).unwrap()
}

/// The columns that a source finds in a file.
pub(super) fn read(path: &Path) -> Vec<RecordBatch> {
    let mut source = source::open(&[path.to_owned()], &ReadOptions::default()).unwrap();
    let chunks = std::iter::from_fn(|| source.next().unwrap());
    chunks.map(|chunk| chunk.decode().unwrap().columns().clone()).collect()
}

/// The rows that a source finds in a file of text columns.
pub(super) fn read_texts(path: &Path) -> Vec<Vec<Option<String>>> {
    let text = |column: &dyn Array, row| column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned());
    let rows = |batch: RecordBatch| -> Vec<_> {
        let count = batch.num_rows();
        let row = move |row| batch.columns().iter().map(|column| text(column, row)).collect();
        (0..count).map(row).collect()
    };
    read(path).into_iter().flat_map(rows).collect()
}
