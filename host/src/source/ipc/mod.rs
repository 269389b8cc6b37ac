//! Apache Arrow IPC: the file format, and the stream format.

mod file;
mod message;
mod stream;
#[cfg(test)]
mod tests;

use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use arrow_ipc::reader::StreamReader;

use crate::error::Error;
use crate::source::bytes::{file, is_read_once, is_stdin, name};
use crate::source::typed::{TypedSource, guarded};
use crate::source::{Format, ReadOptions, Source};

use file::FileBatches;
use stream::CheckedStream;

/// What a file, but no stream, begins with.
const MAGIC: &[u8] = b"ARROW1";

/// Opens a file or a stream: reads its schema.
///
/// # Errors
/// The file is missing or damaged, or it is not a stream but comes from standard input or a pipe.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn Source>, Error> {
    if is_stdin(path) {
        return open_pipe(io::stdin(), path, options);
    }
    let mut file = file(path, options)?;
    if is_read_once(path) {
        return open_pipe(file, path, options);
    }
    let is_file = start(&mut file, path)? == MAGIC;
    file.rewind().map_err(Error::io("read", path))?;
    if !is_file {
        return stream(file, path, options);
    }
    let (input, format) = (name(path), Format::Arrow);
    let reader = guarded(&input, format, || FileBatches::open(BufReader::new(file)))?;
    let schema = reader.schema().clone();
    Ok(Box::new(TypedSource::new(reader, &schema, input, format, options)?))
}

/// Opens a stream that can be read once.
///
/// # Errors
/// It is damaged, or a file.
pub(super) fn open_pipe(
    mut pipe: impl Read + Send + 'static,
    path: &Path,
    options: &ReadOptions,
) -> Result<Box<dyn Source>, Error> {
    let start = start(&mut pipe, path)?;
    if start == MAGIC {
        let shown = path.display();
        let mend = "this Arrow file cannot be read from standard input or a pipe, as its index is at its end";
        return Err(Error::Usage(format!("{shown}: {mend}; write it to a file first, or write an Arrow stream")));
    }
    stream(Cursor::new(start).chain(pipe), path, options)
}

fn start(reader: &mut impl Read, path: &Path) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    reader.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(Error::io("read", path))?;
    Ok(start)
}

fn stream(bytes: impl Read + Send + 'static, path: &Path, options: &ReadOptions) -> Result<Box<dyn Source>, Error> {
    let (input, format) = (name(path), Format::Arrow);
    let reader = guarded(&input, format, || StreamReader::try_new(CheckedStream::new(BufReader::new(bytes)), None))?;
    let schema = reader.schema();
    Ok(Box::new(TypedSource::new(reader, &schema, input, format, options)?))
}
