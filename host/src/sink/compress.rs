//! Compression of each batch by itself.
//!
//! Members of gzip (RFC 1952, section 2.2) and frames of Zstandard (RFC 8878, section 3.1) may follow one another, so
//! batches are compressed on the workers and the file does not depend on how many there are.

use std::io::Write;

use crate::error::Error;
use crate::source::Compression;

/// A complete member or frame of these bytes.
pub(super) fn compress(bytes: Vec<u8>, compression: Compression) -> Result<Vec<u8>, Error> {
    let compressed = match compression {
        Compression::None => return Ok(bytes),
        Compression::Gzip => gzip(&bytes),
        Compression::Zstd => zstandard(&bytes),
    };
    compressed.map_err(|_| Error::Internal("compression into memory failed"))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    member.write_all(bytes)?;
    member.finish()
}

fn zstandard(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut frame = zstd::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
    frame.include_checksum(true)?;
    frame.write_all(bytes)?;
    frame.finish()
}
