//! The bytes of an input: a file or standard input, decompressed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::ReadOptions;
use crate::source::format::Compression;

/// An open input.
pub(super) struct Input {
    name: Arc<str>,
    path: PathBuf,
    compression: Compression,
    reader: Box<dyn Read + Send>,
}

impl Input {
    /// Opens a file, or standard input where the path is `-`.
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let plain: Box<dyn Read + Send> = match is_stdin(path) {
            true => Box::new(io::stdin()),
            false => Box::new(file(path, options)?),
        };
        Self::new(path, Compression::of_path(path), plain)
    }

    /// An input of these bytes.
    pub(super) fn new(path: &Path, compression: Compression, plain: Box<dyn Read + Send>) -> Result<Self, Error> {
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None => plain,
            // Several members, one after the other, are one file (RFC 1952, section 2.2).
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(plain))),
            Compression::Zstd => Box::new(zstd::Decoder::new(plain).map_err(Error::io("read", path))?),
        };
        Ok(Self { name: name(path), path: path.to_owned(), compression, reader })
    }

    /// An input named `test` of these bytes.
    #[cfg(test)]
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        Self { name: "test".into(), path: PathBuf::from("test"), compression: Compression::None, reader }
    }

    /// The input as the operator named it.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Reads until the buffer has this length or the input ends. True at the end.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>, length: usize) -> Result<bool, Error> {
        let missing = length.saturating_sub(buffer.len());
        buffer.reserve_exact(missing);
        let limited = &mut (&mut self.reader).take(missing as u64);
        let read = limited.read_to_end(buffer).map_err(|problem| self.failed(problem))?;
        Ok(read < missing)
    }

    /// A problem that the system did not report comes from the decompressor: the bytes are at fault.
    fn failed(&self, problem: io::Error) -> Error {
        if self.compression == Compression::None || problem.raw_os_error().is_some() {
            return Error::io("read", &self.path)(problem);
        }
        let place = Place { input: self.name.clone(), ..Place::default() };
        DataError { place, problem: DataProblem::Unreadable(self.compression.name()) }.into()
    }
}

/// Opens a file for reading.
pub(super) fn file(path: &Path, options: &ReadOptions) -> Result<File, Error> {
    File::open(options.content.as_deref().unwrap_or(path)).map_err(Error::io("read", path))
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether an input can be read once only: standard input, a pipe or another device.
pub(super) fn is_read_once(path: &Path) -> bool {
    is_stdin(path) || std::fs::metadata(path).is_ok_and(|there| !there.is_file())
}

/// What an input is called in messages.
pub(super) fn name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}
