//! A run over files: puts source, pipeline and sink together. The only file that knows every concrete type.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};

use crate::account::{self, Account};
use crate::audit::RunId;
use crate::batch::{Batch, BatchPlace};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::host::Host;
use crate::lineage::{Job, Lineage};
use crate::output::{Finished as Ready, Output};
use crate::pipeline::{self, Finished, Process};
use crate::report::Report;
use crate::sidecar;
use crate::sink::{self, Encoder, Target};
use crate::source::{self, BATCH_BYTES, Format, Identity, ReadOptions, Source};
use crate::two_passes::{FirstPass, NoEncoder, SecondPass};
use crate::workers::Workers;

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
    /// Whether the labels of the output are written beside it, as [`sidecar::path_beside`] has it.
    pub sidecar: bool,
    /// Where to tell what becomes of which column, as events of OpenLineage: they are appended.
    pub lineage: Option<PathBuf>,
    /// Files and directories that the run depends on beside its inputs: nothing is written over them or into them.
    pub untouchable: Vec<PathBuf>,
    /// What the inputs, in order, must still be when everything is masked. Empty if that is not asked.
    pub unchanged: Vec<Identity>,
    /// Set from outside to stop the run, which then fails and leaves nothing.
    pub interrupted: Arc<AtomicBool>,
}

impl FileRun {
    /// A run of these inputs to this output, with every processor, and everything else as the command has it.
    pub fn new(inputs: Vec<PathBuf>, out: PathBuf) -> Self {
        Self {
            inputs,
            input_format: None,
            out,
            format: None,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            batch_bytes: BATCH_BYTES,
            quarantine: None,
            max_quarantined: 0,
            report: None,
            sidecar: false,
            lineage: None,
            untouchable: Vec::new(),
            unchanged: Vec::new(),
            interrupted: Arc::default(),
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Rows finished.
    pub rows: u64,
    /// Bytes of input finished, after decompression.
    pub bytes: u64,
}

impl Progress {
    fn add(&mut self, finished: &Finished) {
        self.rows = self.rows.saturating_add(finished.outcomes.read);
        self.bytes = self.bytes.saturating_add(finished.bytes);
    }
}

/// Masks files. The output is under its name when this returns `Ok`, and not before.
///
/// # Errors
/// Anything that is wrong with the inputs, the policy, a plugin or the disk, or too many rows in quarantine. Nothing is
/// left under the names of the output, the quarantine and the report then.
pub fn mask_files(host: &Host, run: &FileRun, mut progress: impl FnMut(Progress)) -> Result<Report, Error> {
    let started = Instant::now();
    check_paths(run)?;
    let mut account = Account::new(host, &run.out)?.started(&run.inputs, run.quarantine.as_deref());
    let mut lineage = start_lineage(host, run, &account)?;
    let second = count_classes(host, run, &mut account).map_err(|error| account.failed(error));
    let masking = match &second {
        Ok(Some(second)) => second.host().clone(),
        _ => host.clone(),
    };
    let masked = second.and_then(|second| {
        let output = mask_to_stage(&masking, run, &mut account, &mut progress).and_then(|output| {
            let risk = second.map(SecondPass::finish).transpose()?;
            output.with_risk(risk).finish(started)
        });
        let output = output.and_then(|finished| check_unchanged(run).map(|()| finished));
        output.map_err(|error| account.failed(error))
    });
    let report = masked.and_then(|finished| commit(finished, &mut account, lineage.as_mut()));
    if let (Err(error), Some(lineage)) = (&report, &mut lineage) {
        lineage.fail(account::problem(error));
    }
    report
}

/// Puts everything under its name, once it is recorded and told.
fn commit(finished: Ready<'_>, account: &mut Account<'_>, lineage: Option<&mut Lineage<'_>>) -> Result<Report, Error> {
    let recorded = account.done(finished.report().bytes_written)?;
    let told = lineage.map_or(Ok(()), |lineage| lineage.complete(finished.report()));
    told.and_then(|()| finished.commit(recorded)).map_err(|error| account.withdrawn(error))
}

fn start_lineage<'r>(host: &'r Host, run: &'r FileRun, account: &Account<'_>) -> Result<Option<Lineage<'r>>, Error> {
    let Some(path) = &run.lineage else { return Ok(None) };
    let id = account.run().cloned().map_or_else(RunId::random, Ok)?;
    let policy = host.snapshot().policy();
    let name = policy.name.as_deref().or(policy.domain.as_deref()).unwrap_or("mask");
    Lineage::start(path, Job { name, inputs: &run.inputs, out: &run.out }, id).map(Some)
}

/// The first of two passes, where the policy takes two.
fn count_classes(host: &Host, run: &FileRun, account: &mut Account<'_>) -> Result<Option<SecondPass>, Error> {
    let Some(first) = FirstPass::new(host, &run.inputs)? else { return Ok(None) };
    let source = source::open(&run.inputs, &read_options(host, run))?;
    if let Some(schema) = source.schema_hint() {
        host.snapshot().plan(&schema)?;
    }
    account.keys()?;
    let process: Process = Arc::new({
        let host = first.host().clone();
        move |batch| host.process(batch)
    });
    let encoder: Arc<dyn Encoder> = Arc::new(NoEncoder);
    pipeline::run(source, process, &encoder, &Workers::new(run.workers), |_| {
        if run.interrupted.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        account.keys()
    })?;
    first.second().map(Some)
}

/// Masks and verifies everything. Nothing is under its name after this.
fn mask_to_stage<'a>(
    host: &'a Host,
    run: &'a FileRun,
    account: &mut Account<'_>,
    progress: &mut impl FnMut(Progress),
) -> Result<Output<'a>, Error> {
    let source = source::open(&run.inputs, &read_options(host, run))?;
    if let Some(schema) = source.schema_hint() {
        host.snapshot().plan(&schema)?;
    }
    account.keys()?;
    let (encoder, stage) = sink::open(&Target::of_path(&run.out), format(run)?)?;
    let (quarantine, report) = (run.quarantine.as_deref(), run.report.as_deref());
    let mut output = Output::new(host, stage, quarantine, report, run.max_quarantined)?;
    if run.sidecar {
        output = output.with_sidecar(&run.out, format(run)?)?;
    }
    let mut done = Progress::default();
    write_all(source, &encoder, &Workers::new(run.workers), &mut output, |output, ready| {
        if run.interrupted.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        for finished in ready {
            account.add(&finished.outcomes, finished.candidate.as_ref(), &finished.tally);
            done.add(&finished);
            output.write(finished)?;
        }
        account.keys()?;
        progress(done);
        Ok(())
    })?;
    Ok(output)
}

/// Masks and verifies everything that the source has; `write` is given what is ready, in order.
pub(crate) fn write_all(
    source: Box<dyn Source>,
    encoder: &Arc<dyn Encoder>,
    workers: &Workers,
    output: &mut Output<'_>,
    mut write: impl FnMut(&mut Output<'_>, Vec<Finished>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (host, schema) = (output.host(), source.schema_hint());
    let process: Process = Arc::new({
        let host = host.clone();
        move |batch| host.process(batch)
    });
    pipeline::run(source, process, encoder, workers, |ready| write(output, ready))?;
    match schema {
        Some(schema) if output.outcomes().read == 0 => {
            write(output, vec![no_rows(host, encoder.as_ref(), RecordBatch::new_empty(schema))?])
        }
        _ => Ok(()),
    }
}

/// The columns of an input: of its header or schema, or of its first rows where it has neither.
///
/// # Errors
/// It cannot be read.
pub fn columns_of(host: &Host, input: &Path, format: Option<Format>) -> Result<SchemaRef, Error> {
    let policy = host.snapshot().policy();
    let options = ReadOptions {
        types: policy.types.clone(),
        always: policy.together().collect(),
        format,
        ..ReadOptions::default()
    };
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
    let policy = host.snapshot().policy();
    ReadOptions {
        types: policy.types.clone(),
        always: policy.together().collect(),
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
    let sidecar = run.sidecar.then(|| sidecar::path_beside(&run.out));
    let written =
        [Some(&run.out), run.quarantine.as_ref(), run.report.as_ref(), run.lineage.as_ref(), sidecar.as_ref()];
    let written: Vec<&PathBuf> = written.into_iter().flatten().collect();
    for (index, path) in written.iter().enumerate() {
        let shown = path.display();
        if path.is_dir() {
            return Err(Error::Usage(format!("{shown} is a directory; name a file in it")));
        }
        if run.inputs.iter().chain(&run.untouchable).any(|read| sink::is_same_file(read, path)) {
            return Err(Error::Usage(format!("{shown} is read by this run; write somewhere else")));
        }
        if run.untouchable.iter().any(|directory| sink::is_inside(directory, path)) {
            return Err(Error::Usage(format!("{shown} lies among keys or plugins; write somewhere else")));
        }
        if written.iter().skip(index.saturating_add(1)).any(|other| sink::is_same_file(other, path)) {
            return Err(Error::Usage(format!("{shown} is to be written twice; choose another name")));
        }
        if index > 0 && path.as_path() == Path::new("-") {
            return Err(Error::Usage("quarantine, report and lineage need a file; only the output can be `-`".into()));
        }
    }
    if run.sidecar && run.out == Path::new("-") {
        return Err(Error::Usage("--sidecar lies beside a file; name one with --out".into()));
    }
    if run.quarantine.is_none() && run.max_quarantined > 0 {
        return Err(Error::Usage(
            "--max-quarantined allows rows in quarantine, and there is no place for them; add --quarantine FILE".into(),
        ));
    }
    Ok(())
}

/// Who wrote to an input while it was read may have been seen half.
fn check_unchanged(run: &FileRun) -> Result<(), Error> {
    for (input, identity) in run.inputs.iter().zip(&run.unchanged) {
        if Identity::of(input).map_err(Error::io("read", input))? != *identity {
            let place = Place { input: input.to_string_lossy().into(), ..Place::default() };
            return Err(DataError { place, problem: DataProblem::Changed }.into());
        }
    }
    Ok(())
}

/// A table without rows has columns all the same: the output gets its header from an empty batch.
fn no_rows(host: &Host, encoder: &dyn Encoder, columns: RecordBatch) -> Result<Finished, Error> {
    let processed = host.process(Batch::new(columns, BatchPlace::default()))?;
    Ok(Finished {
        batch: None,
        rejected: processed.rejected,
        outcomes: processed.outcomes,
        candidate: processed.candidate,
        tally: processed.tally,
        steps: processed.steps,
        encoded: encoder.encode(processed.verified)?,
        bytes: 0,
    })
}
