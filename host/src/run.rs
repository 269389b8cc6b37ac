//! A run over files: puts source, pipeline and sink together. The only file that knows every concrete type.

use std::path::{Path, PathBuf};
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};

use crate::batch::{Batch, BatchPlace};
use crate::error::{Error, Place};
use crate::host::Host;
use crate::keys::KeyError;
use crate::outcome::{Fate, Outcomes, RejectionCode, TooManyQuarantined};
use crate::pipeline::{self, Finished};
use crate::quarantine::{QuarantineWriter, row_as_json};
use crate::report::{Report, Revision};
use crate::sink::{self, Encoder, Stage, Target};
use crate::source::{self, Format, ReadOptions};
use crate::tally::Tally;

/// The name of the key that rows in quarantine are sealed under.
pub const QUARANTINE_KEY: &str = "quarantine";

/// How many rejected rows an error names.
const NAMED_ROWS: usize = 3;

/// Which files to mask, and how.
#[derive(Clone, Debug)]
pub struct FileRun {
    /// The inputs in order, `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// The format of the inputs, where their extension does not say.
    pub input_format: Option<Format>,
    /// Where to write, `-` for standard output.
    pub out: PathBuf,
    /// The format of the output, where its extension does not say.
    pub format: Option<Format>,
    /// How many threads mask. The output is the same for any number.
    pub workers: usize,
    /// About how many bytes of input make a batch.
    pub batch_bytes: usize,
    /// Where rows that cannot be masked are kept.
    pub quarantine: Option<PathBuf>,
    /// How many rows may go there.
    pub max_quarantined: u64,
    /// Where to write the report as JSON.
    pub report: Option<PathBuf>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Rows finished.
    pub rows: u64,
    /// Bytes of input finished, after decompression.
    pub bytes: u64,
}

/// Masks files. The output is under its name when this returns `Ok`, and not before.
///
/// # Errors
/// Anything that is wrong with the inputs, the policy, a plugin or the disk, or too many rows in quarantine. Nothing is
/// left under the names of the output, the quarantine and the report then.
pub fn mask_files(host: &Host, run: &FileRun, mut progress: impl FnMut(Progress)) -> Result<Report, Error> {
    let started = Instant::now();
    check_paths(run)?;
    let source = source::open(&run.inputs, &read_options(host, run))?;
    let schema = source.schema_hint();
    if let Some(schema) = &schema {
        host.snapshot().plan(schema)?;
    }
    let (encoder, stage) = sink::open(&Target::of_path(&run.out), format(run)?)?;
    let mut output = Output::new(host, run, stage)?;
    pipeline::run(source, host.snapshot(), encoder.as_ref(), run.workers, |finished| {
        output.write(finished)?;
        progress(Progress { rows: output.outcomes.read, bytes: output.bytes_read });
        Ok(())
    })?;
    if let (0, Some(schema)) = (output.outcomes.read, schema) {
        output.write(no_rows(host, encoder.as_ref(), RecordBatch::new_empty(schema))?)?;
    }
    output.commit(run, started)
}

/// The columns of an input: of its header or schema, or of its first rows where it has neither.
///
/// # Errors
/// It cannot be read.
pub fn columns_of(host: &Host, input: &Path, format: Option<Format>) -> Result<SchemaRef, Error> {
    let types = host.snapshot().policy().types.clone();
    let options = ReadOptions { types, format, ..ReadOptions::default() };
    let mut source = source::open(&[input.to_owned()], &options)?;
    if let Some(schema) = source.schema_hint() {
        return Ok(schema);
    }
    match source.next()? {
        Some(chunk) => Ok(chunk.decode()?.columns().schema()),
        None => Ok(SchemaRef::new(Schema::empty())),
    }
}

fn read_options(host: &Host, run: &FileRun) -> ReadOptions {
    ReadOptions {
        types: host.snapshot().policy().types.clone(),
        batch_bytes: run.batch_bytes,
        format: run.input_format,
        ..ReadOptions::default()
    }
}

/// The format to write: as asked, as the extension says, or as the first input.
fn format(run: &FileRun) -> Result<Format, Error> {
    let input = || run.input_format.or_else(|| run.inputs.first().and_then(|input| Format::of_path(input)));
    let format = run.format.or_else(|| Format::of_path(&run.out));
    let streamed = run.out == Path::new("-");
    format.or_else(|| input().filter(|_| streamed)).ok_or_else(|| {
        Error::Usage(format!("{} does not say its format; add --format or an extension", run.out.display()))
    })
}

fn check_paths(run: &FileRun) -> Result<(), Error> {
    let written = [Some(&run.out), run.quarantine.as_ref(), run.report.as_ref()];
    let written: Vec<&PathBuf> = written.into_iter().flatten().collect();
    for (index, path) in written.iter().enumerate() {
        if run.inputs.iter().any(|input| sink::is_same_file(input, path)) {
            let path = path.display();
            return Err(Error::Usage(format!("{path} is an input as well; write somewhere else")));
        }
        if written.iter().skip(index.saturating_add(1)).any(|other| sink::is_same_file(other, path)) {
            return Err(Error::Usage(format!("{} is to be written twice; choose another name", path.display())));
        }
    }
    if run.quarantine.is_none() && run.max_quarantined > 0 {
        return Err(Error::Usage(
            "--max-quarantined allows rows in quarantine, and there is no place for them; add --quarantine FILE".into(),
        ));
    }
    Ok(())
}

/// A table without rows has columns all the same: the output gets its header from an empty batch.
fn no_rows(host: &Host, encoder: &dyn Encoder, columns: RecordBatch) -> Result<Finished, Error> {
    let processed = pipeline::process(host.snapshot(), Batch::new(columns, BatchPlace::default()))?;
    Ok(Finished {
        batch: None,
        rejected: processed.rejected,
        outcomes: processed.outcomes,
        tally: processed.tally,
        encoded: encoder.encode(processed.verified)?,
        bytes: 0,
    })
}

/// Everything that a run writes, none of it under its name yet.
struct Output<'a> {
    host: &'a Host,
    stage: Box<dyn Stage>,
    quarantine: Option<QuarantineWriter>,
    allowed: u64,
    first_rejected: Vec<(Place, RejectionCode)>,
    outcomes: Outcomes,
    tally: Tally,
    bytes_read: u64,
    bytes_written: u64,
}

impl<'a> Output<'a> {
    fn new(host: &'a Host, run: &FileRun, stage: Box<dyn Stage>) -> Result<Self, Error> {
        let quarantine = match &run.quarantine {
            None => None,
            Some(path) => {
                let keyring = host.snapshot().keyring();
                let keyring = keyring.ok_or_else(|| KeyError::NoneGiven(QUARANTINE_KEY.to_owned()))?;
                Some(QuarantineWriter::create(path, &keyring.quarantine_key(QUARANTINE_KEY)?)?)
            }
        };
        Ok(Self {
            host,
            stage,
            quarantine,
            allowed: run.max_quarantined,
            first_rejected: Vec::new(),
            outcomes: Outcomes::default(),
            tally: Tally::default(),
            bytes_read: 0,
            bytes_written: 0,
        })
    }

    fn write(&mut self, finished: Finished) -> Result<(), Error> {
        self.outcomes.add(&finished.outcomes);
        self.bytes_read = self.bytes_read.saturating_add(finished.bytes);
        self.keep_rejected(&finished)?;
        self.tally.add(finished.tally);
        self.tally.check_collisions(self.host.snapshot())?;
        self.bytes_written = self.bytes_written.saturating_add(self.stage.write(finished.encoded)?);
        Ok(())
    }

    fn keep_rejected(&mut self, finished: &Finished) -> Result<(), Error> {
        let Some(batch) = &finished.batch else { return Ok(()) };
        for rejected in finished.rejected.iter().filter(|rejected| rejected.fate == Fate::Quarantine) {
            let mut place = batch.place().row(rejected.row);
            let schema = batch.columns().schema();
            let column = schema.fields().get(rejected.column).map_or("", |field| field.name());
            place.column = Some(column.to_owned());
            if self.first_rejected.len() < NAMED_ROWS {
                self.first_rejected.push((place.clone(), rejected.code));
            }
            if let Some(quarantine) = &mut self.quarantine {
                let row = row_as_json(batch.columns(), rejected.row)?;
                quarantine.add(&place, column, rejected.code, &row)?;
            }
        }
        if self.outcomes.quarantined <= self.allowed {
            return Ok(());
        }
        let (codes, first) = (self.outcomes.codes.clone(), std::mem::take(&mut self.first_rejected));
        Err(TooManyQuarantined { allowed: self.allowed, quarantined: self.outcomes.quarantined, codes, first }.into())
    }

    /// Report and quarantine first: no output without them.
    fn commit(self, run: &FileRun, started: Instant) -> Result<Report, Error> {
        if !self.outcomes.add_up() {
            return Err(Error::Internal("the outcomes of the rows do not add up"));
        }
        let report = Report {
            revision: Revision::of(self.host.snapshot()),
            rows: self.outcomes,
            bytes_read: self.bytes_read,
            bytes_written: self.bytes_written,
            seconds: started.elapsed().as_secs_f64(),
            columns: self.tally,
        };
        let mut named = Vec::new();
        let committed = commit_beside(&report, self.quarantine, run, &mut named).and_then(|()| self.stage.commit(None));
        // What stands beside an output that is not there would tell of a run that never was.
        committed.inspect_err(|_| named.iter().for_each(|path| drop(std::fs::remove_file(path))))?;
        Ok(report)
    }
}

/// Puts the report and the quarantine file under their names, and says which are.
fn commit_beside<'r>(
    report: &Report,
    quarantine: Option<QuarantineWriter>,
    run: &'r FileRun,
    named: &mut Vec<&'r Path>,
) -> Result<(), Error> {
    if let Some(path) = &run.report {
        report.write(path)?;
        named.push(path);
    }
    if let (Some(quarantine), Some(path)) = (quarantine, &run.quarantine) {
        quarantine.commit()?;
        named.push(path);
    }
    Ok(())
}
