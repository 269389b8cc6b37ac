//! A run over a stream: rows come from somebody, and go back to them masked, as they come.

use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::account::Account;
use crate::audit::{RunId, Who};
use crate::error::Error;
use crate::host::Host;
use crate::output::Output;
use crate::report::Report;
use crate::run::write_all;
use crate::sink;
use crate::source::{self, BATCH_BYTES, Compression, Format, ReadOptions};
use crate::steps::Stopwatch;
use crate::workers::Workers;

/// What is sent, and where the answer goes.
pub struct StreamRun {
    /// What the sender is called in errors and in the audit trail.
    pub name: String,
    /// The rows.
    pub sent: Box<dyn Read + Send>,
    /// Their format: any but Parquet, which needs a file. Arrow is a stream.
    pub format: Format,
    /// How a text format is compressed.
    pub compression: Compression,
    /// Takes the masked rows. What it was given is out.
    pub answer: Box<dyn Write + Send>,
    /// The format of the answer, as of what is sent.
    pub answer_format: Format,
    /// About how many bytes of input make a batch.
    pub batch_bytes: usize,
    /// Where rows that cannot be masked are kept.
    pub quarantine: Option<PathBuf>,
    /// How many rows may go there.
    pub max_quarantined: u64,
    /// The run's name in the audit trail, and who is answered. Without it the run gets a name, and is that of who keeps
    /// the trail.
    pub asked_by: Option<(RunId, Who)>,
}

impl StreamRun {
    /// A run that answers in the format in which the rows are sent, and keeps no quarantine.
    pub fn new(name: String, sent: Box<dyn Read + Send>, format: Format, answer: Box<dyn Write + Send>) -> Self {
        Self {
            name,
            sent,
            format,
            compression: Compression::None,
            answer,
            answer_format: format,
            batch_bytes: BATCH_BYTES,
            quarantine: None,
            max_quarantined: 0,
            asked_by: None,
        }
    }
}

impl fmt::Debug for StreamRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRun").field("name", &self.name).field("format", &self.format).finish_non_exhaustive()
    }
}

/// Masks a stream. A batch is given to the answer when it is verified and the audit trail has it on disk; those that are
/// ready together share one record. The answer is complete only when this returns `Ok`: what was given away before an
/// error is masked, and is not all.
///
/// # Errors
/// Anything that is wrong with what is sent, the policy, a plugin or the disk, too many rows in quarantine, or that the
/// answer is not taken. Nothing is left under the name of the quarantine then.
pub fn mask_stream(host: &Host, workers: &Workers, mut run: StreamRun) -> Result<Report, Error> {
    let started = Instant::now();
    host.check_batchwise()?;
    let inputs = [PathBuf::from(&run.name)];
    let mut account = Account::new(host, Path::new("the answer"))?;
    if let Some((name, who)) = run.asked_by.take() {
        account = account.of(name, who);
    }
    account = account.started(&inputs, run.quarantine.as_deref());
    let quarantine = run.quarantine.clone();
    let output = answer(host, workers, run, quarantine.as_deref(), &mut account);
    let finished = output
        .and_then(|output| output.without_empty_quarantine().finish(started))
        .map_err(|error| account.failed(error))?;
    let recorded = account.done(finished.report().bytes_written)?;
    finished.commit(recorded).map_err(|error| account.withdrawn(error))
}

fn answer<'a>(
    host: &'a Host,
    workers: &Workers,
    run: StreamRun,
    quarantine: Option<&'a Path>,
    account: &mut Account<'_>,
) -> Result<Output<'a>, Error> {
    let policy = host.snapshot().policy();
    let options = ReadOptions {
        types: policy.types.clone(),
        always: policy.together().collect(),
        batch_bytes: run.batch_bytes,
        format: Some(run.format),
        ..ReadOptions::default()
    };
    let source = source::open_sent(&run.name, run.sent, run.compression, &options)?;
    if let Some(schema) = source.schema_hint() {
        host.snapshot().plan(&schema)?;
    }
    account.keys()?;
    let (encoder, stage) = sink::answer(run.answer, run.answer_format)?;
    let mut output = Output::new(host, stage, quarantine, None, run.max_quarantined)?;
    write_all(source, &encoder, workers, &mut output, |output, ready| {
        for finished in ready {
            account.add(&finished.outcomes, finished.candidate.as_ref(), &finished.tally);
            output.write(finished)?;
        }
        let mut stopwatch = Stopwatch::start();
        let recorded = account.returned()?;
        output.release(recorded, stopwatch.lap())
    })?;
    Ok(output)
}
