use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int64Array, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

use super::*;

fn batch() -> RecordBatch {
    let texts: Vec<_> = (0..50).map(|row| format!("999-95-{row:04}")).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from_iter_values(0..50))),
        ("ssn", Arc::new(StringArray::from(texts))),
        ("k", Arc::new(DictionaryArray::<Int32Type>::from_iter(["a", "b"].repeat(25)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A file or a stream, its buffers compressed or not.
fn written(is_file: bool, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let (batch, mut bytes) = (batch(), Vec::new());
    if is_file {
        let mut writer = FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = StreamWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    }
    bytes
}

fn forms() -> impl Iterator<Item = Vec<u8>> {
    let compressions = [None, Some(CompressionType::ZSTD), Some(CompressionType::LZ4_FRAME)];
    compressions.into_iter().flat_map(|compression| [true, false].map(|is_file| written(is_file, compression)))
}

fn rows(bytes: &[u8]) -> Result<usize, Error> {
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("in.arrow");
    std::fs::write(&path, bytes).unwrap();
    let mut source = open(&path, &ReadOptions::default())?;
    let mut rows = 0;
    while let Some(chunk) = source.next()? {
        rows += chunk.decode()?.rows();
    }
    Ok(rows)
}

#[test]
fn files_and_streams_are_read_whether_their_buffers_are_compressed_or_not() {
    for bytes in forms() {
        assert_eq!(rows(&bytes).unwrap(), 50);
    }
}

/// An allocation that fails would end the process, and this test with it.
#[test]
fn a_bit_that_is_flipped_ends_no_process() {
    let mut random = 7_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    for bytes in forms() {
        for _ in 0..500 {
            let mut flipped = bytes.clone();
            flipped[next(bytes.len())] ^= 1 << next(8);
            let refused = rows(&flipped).err().map(|refusal| refusal.to_string());
            assert!(refused.is_none_or(|refusal| refusal.contains("not a readable arrow file")));
        }
    }
}

/// Replaces the one place where a message says so.
fn replace(bytes: &mut [u8], what: &[u8], by: &[u8]) -> usize {
    let places: Vec<_> = (0..bytes.len() - what.len()).filter(|at| bytes[*at..].starts_with(what)).collect();
    for at in &places {
        bytes[*at..*at + what.len()].copy_from_slice(by);
    }
    places.len()
}

#[test]
fn a_body_and_a_buffer_that_cannot_be_so_long_are_refused_before_they_are_allocated() {
    let compressed = |is_file| written(is_file, Some(CompressionType::ZSTD));
    for is_file in [true, false] {
        let mut bytes = compressed(is_file);
        // The column of 50 numbers says that it becomes 400 bytes; the reader would make room for this many.
        assert_eq!(replace(&mut bytes, &400_i64.to_le_bytes(), &(1_i64 << 60).to_le_bytes()), 1);
        assert!(rows(&bytes).unwrap_err().to_string().contains("not a readable arrow file"));
    }
    for is_file in [true, false] {
        let plain = written(is_file, None);
        let length = plain.len();
        let mut metadata = Vec::new();
        for at in (0..length - 8).step_by(8) {
            let number = i64::from_le_bytes(plain[at..at + 8].try_into().unwrap());
            // Every number that may be the length of a body or of a block.
            if (64..length as i64).contains(&number) {
                let mut longer = plain.clone();
                longer[at..at + 8].copy_from_slice(&(1_i64 << 60).to_le_bytes());
                metadata.push(rows(&longer).is_err());
            }
        }
        assert!(metadata.iter().any(|refused| *refused), "no length was found");
    }
}

#[test]
fn a_stream_that_is_cut_inside_a_message_is_refused() {
    let whole = written(false, None);
    let refusals = (8..whole.len() - 8).filter(|length| rows(&whole[..*length]).is_err()).count();
    // Where a message ends a stream may end, too: behind the schema and the dictionary.
    assert_eq!(refusals, whole.len() - 16 - 2);
}
