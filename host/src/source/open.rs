//! Opens inputs and reads one after the other.

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow_schema::{Field, SchemaRef};

use crate::batch::{is_name, label_metadata};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::bytes::{Input, is_read_once, is_stdin, name};
use crate::source::csv::CsvSource;
use crate::source::ndjson::NdjsonSource;
use crate::source::records::Limits;
use crate::source::{Chunk, Compression, Format, ReadOptions, Source, ipc, parquet};

/// Opens the inputs, `-` for standard input. They are read in order, as if they were one.
///
/// # Errors
/// An input is missing or malformed at its start, its format is unknown, it has not the columns of the first one in
/// the same order, or the inputs are of several formats.
pub fn open(inputs: &[PathBuf], options: &ReadOptions) -> Result<Box<dyn Source>, Error> {
    let Some((first, others)) = inputs.split_first() else {
        return Err(Error::Usage("no input; name at least one file, or - for standard input".to_owned()));
    };
    let opener = Opener { format: common_format(inputs, options)?, options: clamped(options) };
    let current = opener.open(first)?;
    let schema = current.schema_hint();
    let others = others.iter().map(|path| opener.look_at(path, schema.as_ref())).collect::<Result<_, _>>()?;
    Ok(Box::new(Inputs { opener, schema, current, others }))
}

/// Reads what somebody sends, who is called `name` in messages. The format is that of the options.
///
/// # Errors
/// The format needs a file (Parquet) or is not said, or what is sent is malformed at its start.
pub fn open_sent(
    name: &str,
    sent: Box<dyn Read + Send>,
    compression: Compression,
    options: &ReadOptions,
) -> Result<Box<dyn Source>, Error> {
    let (name, options) = (Path::new(name), clamped(options));
    let opener = Opener { format: options.format.ok_or(Error::Internal("no format"))?, options };
    match opener.format {
        Format::Parquet => {
            let mend = "parquet cannot be sent, as its index is at its end; send an Arrow stream";
            Err(Error::Usage(mend.to_owned()))
        }
        Format::Arrow => ipc::open_pipe(sent, name, &opener.options),
        Format::Csv | Format::Tsv | Format::Ndjson => opener.text(Input::new(name, compression, sent)?),
    }
}

/// Offsets in a batch are `i32`, so a chunk stays below 2 GiB.
const MOST_BYTES: usize = 1 << 30;

fn clamped(options: &ReadOptions) -> ReadOptions {
    let batch_bytes = options.batch_bytes.clamp(1, MOST_BYTES);
    let max_row_bytes = options.max_row_bytes.clamp(1, MOST_BYTES / 4);
    ReadOptions { batch_bytes, max_row_bytes, ..options.clone() }
}

fn common_format(inputs: &[PathBuf], options: &ReadOptions) -> Result<Format, Error> {
    let mut common = None;
    for path in inputs {
        let format = format_of(path, options)?;
        if *common.get_or_insert(format) != format {
            let (shown, first) = (path.display(), common.map_or("", Format::name));
            return Err(Error::Usage(format!("{shown} is {format}, but the first input is {first}; read them apart")));
        }
    }
    if inputs.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Error::Usage("standard input can be read once; name - once".to_owned()));
    }
    common.ok_or(Error::Internal("no input"))
}

fn format_of(path: &Path, options: &ReadOptions) -> Result<Format, Error> {
    let choices = Format::ALL.map(Format::name).join(", ");
    let format = match (options.format.or_else(|| Format::of_path(path)), is_stdin(path)) {
        (Some(format), _) => format,
        (None, true) => return Err(Error::Usage(format!("standard input needs a format: one of {choices}"))),
        (None, false) => {
            let shown = path.display();
            return Err(Error::Usage(format!("the name {shown} does not tell its format; choose one of {choices}")));
        }
    };
    if format == Format::Parquet && is_read_once(path) {
        let mend = "parquet cannot be read from standard input or a pipe, as its index is at its end";
        return Err(Error::Usage(format!("{mend}; write it to a file first")));
    }
    if !format.is_text() && Compression::of_path(path) != Compression::None {
        let shown = path.display();
        return Err(Error::Usage(format!("{shown}: {format} is compressed inside; decompress the file first")));
    }
    Ok(format)
}

struct Opener {
    format: Format,
    options: ReadOptions,
}

impl Opener {
    fn open(&self, path: &Path) -> Result<Box<dyn Source>, Error> {
        match self.format {
            Format::Csv | Format::Tsv | Format::Ndjson => self.text(Input::open(path, &self.options)?),
            Format::Parquet => parquet::open(path, &self.options),
            Format::Arrow => ipc::open(path, &self.options),
        }
    }

    fn text(&self, input: Input) -> Result<Box<dyn Source>, Error> {
        let limits = Limits { block: self.options.batch_bytes, record: self.options.max_row_bytes };
        Ok(match self.format {
            Format::Ndjson => Box::new(NdjsonSource::open(input, limits, &self.options)?),
            _ => Box::new(CsvSource::open(input, limits, self.format.delimiter(), &self.options.types)?),
        })
    }

    /// Opens an input that has to have the columns of the first one.
    fn open_another(&self, path: &Path, schema: Option<&SchemaRef>) -> Result<Box<dyn Source>, Error> {
        let source = self.open(path)?;
        if let (Some(expected), Some(found)) = (schema, source.schema_hint()) {
            same_columns(expected, &found, path)?;
        }
        Ok(source)
    }

    /// Opens an input before its turn, to find what is wrong with it before any work is done. A file is closed again, as
    /// there may be more of them than can be open; a pipe would lose its start and stays open. Standard input is not
    /// looked at: who types it in may wait for its turn.
    fn look_at(&self, path: &Path, schema: Option<&SchemaRef>) -> Result<Turn, Error> {
        if is_stdin(path) {
            return Ok(Turn::Closed(path.to_owned()));
        }
        let opened = self.open_another(path, schema)?;
        Ok(if is_read_once(path) { Turn::Open(opened) } else { Turn::Closed(path.to_owned()) })
    }
}

/// An input that waits for its turn.
enum Turn {
    Closed(PathBuf),
    Open(Box<dyn Source>),
}

/// Names that an input has are not told, as its header may be missing; nor are those of the first one, if any of them
/// is not sure to be a name.
fn same_columns(expected: &SchemaRef, found: &SchemaRef, path: &Path) -> Result<(), DataError> {
    let has_names = expected.fields().iter().all(|field| is_name(field.name()));
    let shown = |field: &Field| has_names.then(|| field.name().clone());
    let at = |column, problem| {
        let place = Place { input: name(path), column, ..Place::default() };
        Err(DataError { place, problem })
    };
    for (index, here) in expected.fields().iter().enumerate() {
        let position = index.saturating_add(1);
        match found.fields().get(index) {
            None => return at(None, DataProblem::MissingColumn { position, expected: shown(here) }),
            Some(there) if here.name() != there.name() => {
                return at(None, DataProblem::OtherColumn { position, expected: shown(here) });
            }
            Some(there) if here.data_type() != there.data_type() => {
                let (expected, found) = (here.data_type().to_string().into(), there.data_type().to_string().into());
                return at(Some(there.name().clone()), DataProblem::OtherType { expected, found });
            }
            // The output has one label for each column.
            Some(there) if label_metadata(here) != label_metadata(there) => {
                return at(shown(there), DataProblem::OtherLabel { position });
            }
            Some(_) => {}
        }
    }
    let (expected, found) = (expected.fields().len(), found.fields().len());
    if found > expected { at(None, DataProblem::MoreColumns { expected, found }) } else { Ok(()) }
}

/// Several inputs, one after the other.
struct Inputs {
    opener: Opener,
    schema: Option<SchemaRef>,
    current: Box<dyn Source>,
    others: VecDeque<Turn>,
}

impl Source for Inputs {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error> {
        loop {
            if let Some(chunk) = self.current.next()? {
                return Ok(Some(chunk));
            }
            self.current = match self.others.pop_front() {
                Some(Turn::Closed(path)) => self.opener.open_another(&path, self.schema.as_ref())?,
                Some(Turn::Open(source)) => source,
                None => return Ok(None),
            };
        }
    }

    fn schema_hint(&self) -> Option<SchemaRef> {
        self.schema.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::batch::Batch;

    fn files(files: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
        let directory = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let paths = files.iter().map(write).collect();
        (directory, paths)
    }

    fn refusal(inputs: &[PathBuf]) -> Error {
        open(inputs, &ReadOptions::default()).err().unwrap()
    }

    fn refusal_of(inputs: &[(&str, &str)]) -> String {
        let (_directory, paths) = files(inputs);
        refusal(&paths).to_string()
    }

    #[test]
    fn inputs_are_read_one_after_the_other_and_rows_counted_in_each() {
        let (_directory, paths) = files(&[("1.csv", "a\n1\n2\n"), ("2.csv", "a\n"), ("3.csv", "a\n3")]);
        let mut source = open(&paths, &ReadOptions::default()).unwrap();
        let batches: Vec<Batch> =
            std::iter::from_fn(|| source.next().unwrap()).map(|chunk| chunk.decode().unwrap()).collect();
        let places: Vec<_> = batches
            .iter()
            .map(|batch| {
                (batch.place().input.rsplit('/').next().unwrap().to_owned(), batch.rows(), batch.place().first_row)
            })
            .collect();
        assert_eq!(places, [("1.csv".to_owned(), 2, 1), ("3.csv".to_owned(), 1, 1)]);
    }

    #[test]
    fn every_input_has_the_columns_of_the_first_one() {
        for (other, expected) in [
            ("a,c", "2.csv: column 2 is not that of the first input, `b`; all"),
            ("b,a", "2.csv: column 1 is not that of the first input, `a`; all"),
            ("a,b,c", "2.csv: the input has 3 columns and the first one 2"),
            ("a", "2.csv: column 2 of the first input, `b` is missing"),
        ] {
            let refusal = refusal_of(&[("1.csv", "a,b"), ("2.csv", other)]);
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn a_header_that_is_data_is_not_told() {
        for (first, other) in [("id,ssn", "Smith,999-95-5353"), ("Smith,999-95-5353", "Jones,999-95-5354")] {
            let refusal = refusal_of(&[("1.csv", first), ("2.csv", other)]);
            assert!(refusal.contains("column 1 is not that of the first input"), "{refusal}");
            assert!(["Smith", "999", "Jones"].iter().all(|data| !refusal.contains(data)), "{refusal}");
        }
        let twice = refusal_of(&[("1.csv", "Smith,Smith")]);
        assert!(twice.contains("columns 1 and 2 have the same name") && !twice.contains("Smith"), "{twice}");
    }

    #[test]
    fn a_missing_file_is_found_before_any_work() {
        let (directory, mut paths) = files(&[("1.csv", "a\n")]);
        paths.push(directory.path().join("2.csv"));
        assert!(matches!(refusal(&paths), Error::Io { doing: "read", path, .. } if path == paths[1]));
    }

    /// A pipe under a name, into which a thread writes.
    #[cfg(unix)]
    fn pipe(directory: &TempDir, name: &str, bytes: Vec<u8>) -> PathBuf {
        let path = directory.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let target = path.clone();
        // One that is opened twice is written to once.
        std::thread::spawn(move || fs::write(target, bytes));
        path
    }

    #[cfg(unix)]
    fn rows(paths: &[PathBuf]) -> usize {
        let mut source = open(paths, &ReadOptions::default()).unwrap();
        std::iter::from_fn(|| source.next().unwrap()).map(|chunk| chunk.decode().unwrap().rows()).sum()
    }

    #[test]
    #[cfg(unix)]
    fn a_further_input_that_is_a_pipe_is_read_from_its_start() {
        let (directory, mut paths) = files(&[("1.csv", "a\n1\n")]);
        paths.push(pipe(&directory, "2.csv", format!("a\n{}", "1\n".repeat(100_000)).into_bytes()));
        paths.push(pipe(&directory, "3.csv", b"a\n1\n".to_vec()));
        assert_eq!(rows(&paths), 100_002);
    }

    #[test]
    #[cfg(unix)]
    fn an_arrow_stream_is_read_from_a_pipe_and_a_file_with_an_index_is_not() {
        let column: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::Int64Array::from(vec![1, 2]));
        let batch = arrow_array::RecordBatch::try_from_iter([("a", column)]).unwrap();
        let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        stream.write(&batch).unwrap();
        let (directory, _) = files(&[]);
        let stream = pipe(&directory, "1.arrows", stream.into_inner().unwrap());
        assert_eq!(rows(&[stream]), 2);
        let file = pipe(&directory, "1.arrow", b"ARROW1\0\0".to_vec());
        assert!(refusal(&[file]).to_string().contains("write it to a file first"));
        let parquet = directory.path().join("1.parquet");
        assert!(std::process::Command::new("mkfifo").arg(&parquet).status().unwrap().success());
        assert!(refusal(&[parquet]).to_string().contains("write it to a file first"));
    }

    #[test]
    fn inputs_that_cannot_be_read_together_or_at_all_are_refused_with_a_mend() {
        let stdin = PathBuf::from("-");
        assert!(refusal(&[]).to_string().contains("name at least one file"));
        assert!(
            refusal(std::slice::from_ref(&stdin))
                .to_string()
                .contains("standard input needs a format: one of csv, tsv")
        );
        assert!(refusal_of(&[("1.xlsx", "")]).contains("does not tell its format; choose one of csv"));
        assert!(refusal_of(&[("1.csv", "a"), ("2.tsv", "a")]).contains("2.tsv is tsv, but the first input is csv"));
        for (format, inputs, mend) in [
            (Format::Parquet, vec![stdin.clone()], "write it to a file first"),
            (Format::Arrow, vec![PathBuf::from("a.gz")], "decompress the file first"),
            (Format::Csv, vec![stdin.clone(), stdin], "name - once"),
        ] {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            let refusal = open(&inputs, &options).err().unwrap();
            assert!(matches!(&refusal, Error::Usage(why) if why.contains(mend)), "{refusal}");
        }
    }

    #[test]
    fn a_chosen_format_goes_before_the_extension() {
        let (_directory, paths) = files(&[("1.txt", "a\tb\n")]);
        let options = ReadOptions { format: Some(Format::Tsv), ..ReadOptions::default() };
        assert_eq!(open(&paths, &options).unwrap().schema_hint().unwrap().fields().len(), 2);
    }

    #[test]
    fn what_is_not_of_its_format_is_refused_with_its_name() {
        for name in ["1.csv.gz", "1.ndjson.zst", "1.parquet", "1.arrow"] {
            let refusal = refusal_of(&[(name, "not what the name says")]);
            assert!(refusal.contains(name) && refusal.contains("not a readable"), "{refusal}");
        }
    }
}
