//! Everything that a run writes, staged together: output, quarantine and report, and none of it under its name before
//! all of it is on disk.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::audit::Recorded;
use crate::error::{Error, Place};
use crate::host::Host;
use crate::keys::KeyError;
use crate::outcome::{Fate, Outcomes, RejectionCode, TooManyQuarantined};
use crate::pipeline;
use crate::quarantine::{QuarantineWriter, row_as_json};
use crate::report::{BoundRisk, Report, Revision};
use crate::sidecar;
use crate::sink::Stage;
use crate::source::Format;
use crate::staged::StagedFile;
use crate::steps::Steps;
use crate::tally::Tally;

/// The name of the key that rows in quarantine are sealed under.
pub(crate) const QUARANTINE_KEY: &str = "quarantine";

/// How many rejected rows an error names.
const NAMED_ROWS: usize = 3;

/// What a run writes.
pub(crate) struct Output<'a> {
    host: &'a Host,
    stage: Box<dyn Stage>,
    quarantine: Option<(QuarantineWriter, &'a Path)>,
    report: Option<(StagedFile, &'a Path)>,
    sidecar: Option<Sidecar>,
    /// How many rows may be quarantined.
    allowed: u64,
    first_rejected: Vec<(Place, RejectionCode)>,
    outcomes: Outcomes,
    tally: Tally,
    steps: Steps,
    risk: Option<BoundRisk>,
    bytes_read: u64,
    bytes_written: u64,
}

impl<'a> Output<'a> {
    /// Stages all of it, so that a place that cannot be written to is known before the first row.
    pub(crate) fn new(
        host: &'a Host,
        stage: Box<dyn Stage>,
        quarantine: Option<&'a Path>,
        report: Option<&'a Path>,
        allowed: u64,
    ) -> Result<Self, Error> {
        let staged = |path: &'a Path| match StagedFile::beside(path) {
            Ok(file) => Ok((file, path)),
            Err(error) => Err(Error::named("write", path)(error)),
        };
        Ok(Self {
            host,
            stage,
            quarantine: quarantine.map(|path| open_quarantine(host, path)).transpose()?,
            report: report.map(staged).transpose()?,
            sidecar: None,
            allowed,
            first_rejected: Vec::new(),
            outcomes: Outcomes::default(),
            tally: Tally::default(),
            steps: Steps::default(),
            risk: None,
            bytes_read: 0,
            bytes_written: 0,
        })
    }

    /// Writes the labels of the output beside it as well.
    ///
    /// # Errors
    /// No file can be made there.
    pub(crate) fn with_sidecar(self, out: &Path, format: Format) -> Result<Self, Error> {
        let path = sidecar::path_beside(out);
        let staged = StagedFile::beside(&path).map_err(Error::named("write", &path))?;
        Ok(Self { sidecar: Some(Sidecar { staged, path, out: out.to_owned(), typed: !format.is_text() }), ..self })
    }

    /// How many rows had which outcome so far.
    pub(crate) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// What masks the rows.
    pub(crate) fn host(&self) -> &'a Host {
        self.host
    }

    /// Takes the next batch in order.
    pub(crate) fn write(&mut self, finished: pipeline::Finished) -> Result<(), Error> {
        self.outcomes.add(&finished.outcomes);
        self.bytes_read = self.bytes_read.saturating_add(finished.bytes);
        self.steps.add(&finished.steps);
        self.keep_rejected(&finished)?;
        self.tally.add(finished.tally);
        self.tally.check_collisions(self.host.snapshot())?;
        self.bytes_written = self.bytes_written.saturating_add(self.stage.write(finished.encoded)?);
        Ok(())
    }

    /// Leaves no quarantine if no row is in it: each answer has one, and most of them would be empty.
    pub(crate) fn without_empty_quarantine(self) -> Self {
        let has_rows = self.outcomes.quarantined > 0;
        Self { quarantine: self.quarantine.filter(|_| has_rows), ..self }
    }

    /// Says how well individuals hide among each other in what was written.
    pub(crate) fn with_risk(self, risk: Option<BoundRisk>) -> Self {
        Self { risk, ..self }
    }

    /// Gives away what was written to an answer, which nothing leaves unrecorded. `audit`: how long that took.
    pub(crate) fn release(&mut self, _: Recorded, audit: Duration) -> Result<(), Error> {
        self.steps.add(&Steps { audit, ..Steps::default() });
        self.stage.release()
    }

    fn keep_rejected(&mut self, finished: &pipeline::Finished) -> Result<(), Error> {
        let Some(batch) = &finished.batch else { return Ok(()) };
        for rejected in finished.rejected.iter().filter(|rejected| rejected.fate == Fate::Quarantine) {
            let mut place = batch.place().row(rejected.row);
            let schema = batch.columns().schema();
            let column = schema.fields().get(rejected.column).map_or("", |field| field.name());
            place.column = Some(column.to_owned());
            if self.first_rejected.len() < NAMED_ROWS {
                self.first_rejected.push((place.clone(), rejected.code));
            }
            if let Some((quarantine, _)) = &mut self.quarantine {
                let row = row_as_json(batch.columns(), rejected.row)?;
                quarantine.add(&place, column, rejected.code, &row)?;
            }
        }
        if self.outcomes.quarantined <= self.allowed {
            return Ok(());
        }
        let (rows, first) = (self.outcomes.quarantined, std::mem::take(&mut self.first_rejected));
        Err(TooManyQuarantined { allowed: self.allowed, rows, first }.into())
    }

    /// Stages what is said of the run too. Nothing more is to be written.
    pub(crate) fn finish(self, started: Instant) -> Result<Finished<'a>, Error> {
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
            risk: self.risk,
            steps: self.steps,
        };
        let staged = self.report.map(|(mut file, path)| -> Result<_, Error> {
            let json = report.to_json()?;
            file.write_all(json.as_bytes()).map_err(Error::io("write", path))?;
            Ok((file, path))
        });
        let sidecar = self.sidecar.map(|mut sidecar| -> Result<_, Error> {
            let labels = sidecar::labels(&report.columns, sidecar.typed).to_string();
            sidecar.staged.write_all(labels.as_bytes()).map_err(Error::io("write", &sidecar.path))?;
            Ok(sidecar)
        });
        let (stage, quarantine, sidecar) = (self.stage, self.quarantine, sidecar.transpose()?);
        Ok(Finished { stage, quarantine, sidecar, staged: staged.transpose()?, report })
    }
}

/// Everything that a run writes, whole, and not yet under its name.
pub(crate) struct Finished<'a> {
    stage: Box<dyn Stage>,
    quarantine: Option<(QuarantineWriter, &'a Path)>,
    sidecar: Option<Sidecar>,
    staged: Option<(StagedFile, &'a Path)>,
    report: Report,
}

/// The labels of the output, on their way beside it.
struct Sidecar {
    staged: StagedFile,
    path: PathBuf,
    /// The output.
    out: PathBuf,
    /// Whether the output keeps types.
    typed: bool,
}

impl Sidecar {
    /// Puts output and labels under their names, or neither. A new output comes behind its labels, so that none is ever
    /// without. Those of an earlier one are none of this one: they go before it comes.
    fn commit_with(self, output: Box<dyn Stage>) -> Result<(), Error> {
        let Self { staged, path, out, .. } = self;
        let labels = || staged.commit_for_others().map_err(Error::io("write", &path));
        if !out.exists() {
            labels()?;
            return output.commit().inspect_err(|_| drop(fs::remove_file(&path)));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io("replace", &path)(error)),
            _ => output.commit()?,
        }
        labels().inspect_err(|_| drop(fs::remove_file(&out)))
    }
}

impl Finished<'_> {
    /// What the run did.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// Puts everything under its name, which nothing gets unrecorded. The quarantine goes first: rows that are left out
    /// of the output are nowhere else. It is a new file, so taking it back when the output fails takes nothing from an
    /// earlier run.
    pub(crate) fn commit(self, _: Recorded) -> Result<Report, Error> {
        let quarantine = self.quarantine.map(|(writer, path)| writer.commit().map(|()| path)).transpose()?;
        let committed = match self.sidecar {
            None => self.stage.commit(),
            Some(sidecar) => sidecar.commit_with(self.stage),
        };
        if let (Err(_), Some(path)) = (&committed, quarantine) {
            // The run failed: its quarantine goes as its output does.
            let _ = fs::remove_file(path);
        }
        committed?;
        let staged = self.staged;
        staged.map_or(Ok(()), |(file, path)| file.commit_for_others().map_err(Error::io("write", path)))?;
        Ok(self.report)
    }
}

fn open_quarantine<'a>(host: &Host, path: &'a Path) -> Result<(QuarantineWriter, &'a Path), Error> {
    let keyring = host.snapshot().keyring();
    let keyring = keyring.ok_or_else(|| KeyError::NoneGiven(QUARANTINE_KEY.to_owned()))?;
    Ok((QuarantineWriter::create(path, &keyring.quarantine_key(QUARANTINE_KEY)?)?, path))
}
