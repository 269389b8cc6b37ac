//! Folders: every file that arrives in one is masked into another, exactly once.
//!
//! ```text
//! inbox/p.csv ─▶ known by the digest of its bytes ─▶ begun in the journal ─▶ masked ─▶ outbox/p.csv ─▶ done in the
//! journal ─▶ the original moves to done/p.csv
//! ```
//!
//! Each step is on disk before the next one, and the output's name is reserved before there is an output. So whatever ends
//! the process, the next start finds for every original whether its output is there (then it is only put away) or not
//! (then it is masked). Bytes that were masked once are not masked again, under whichever name they arrive.

mod arrival;
mod journal;
mod name;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::Serialize;

use crate::dataset::Dataset;
use crate::error::{Blame, Error};
use crate::outcome::Outcomes;
use crate::run::{FileRun, mask_files};
use crate::sink::is_inside;
use crate::source::{Format, Identity};
use crate::staged::{StagedFile, sync_directory};

use arrival::Arrivals;
use journal::{Digest, Journal, Known};
use name::Name;

/// What is written beside the outputs: which files were masked.
const JOURNAL: &str = ".moretta-inbox";

/// Which folders, and how.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Where files arrive.
    pub inbox: PathBuf,
    /// Where they are written, masked, under the same name. Nothing else writes there.
    pub outbox: PathBuf,
    /// Where an original goes when its output is there. On the file system of the inbox.
    pub done: PathBuf,
    /// Where the rows go that cannot be masked: a file for each output that has such rows.
    pub quarantine: Option<PathBuf>,
    /// How many rows of one file may go there.
    pub max_quarantined: u64,
    /// The format of the outputs; that of the original, if not said.
    pub format: Option<Format>,
    /// Whether the labels of each output are written beside it.
    pub sidecar: bool,
    /// Where events are appended of what becomes of which column of each file.
    pub lineage: Option<PathBuf>,
    /// How long a file must have been left alone before it is taken: who writes it may not be done.
    pub settle: Duration,
    /// How many threads mask.
    pub workers: usize,
    /// What nothing is written over, beside these folders.
    pub untouchable: Vec<PathBuf>,
}

/// What became of a file. Never a value of it.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its name in the inbox.
    pub file: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<String>,
    /// The revision that masked it, or could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// How many rows had which outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Outcomes>,
    /// Whose fault it is that it is not masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is masked.
    Masked,
    /// The same bytes were masked before: it was only put away.
    Known,
    /// It is not masked, and stays in the inbox.
    Failed,
}

/// Masks what arrives in a folder.
pub struct Inbox {
    dataset: Dataset,
    folders: Folders,
    journal: Journal,
    arrivals: Arrivals,
    interrupted: Arc<AtomicBool>,
}

impl Inbox {
    /// Begins where the last process ended, however it did.
    ///
    /// # Errors
    /// A folder is missing or lies in another one of them, the originals cannot be moved to where they shall go, or
    /// another process does the same.
    pub fn open(dataset: Dataset, folders: Folders, interrupted: Arc<AtomicBool>) -> Result<Self, Error> {
        check(&folders)?;
        let journal = Journal::open(&folders.outbox.join(JOURNAL))?;
        // Nobody else writes there, so whoever staged these is dead.
        for folder in [Some(&folders.outbox), folders.quarantine.as_ref()].into_iter().flatten() {
            for leftover in StagedFile::leftovers_in(folder) {
                fs::remove_file(&leftover).map_err(Error::io("remove", leftover))?;
            }
        }
        Ok(Self { dataset, arrivals: Arrivals::new(folders.settle), folders, journal, interrupted })
    }

    /// Masks every file that has arrived and was left alone for long enough, one after the other. Returns how many files
    /// are still to be left alone or tried again.
    ///
    /// # Errors
    /// The inbox cannot be read, or the journal not be written. What is wrong with a file is told and no error.
    pub fn look(&mut self, tell: &mut dyn FnMut(&Told)) -> Result<usize, Error> {
        let ready = self.arrivals.ready(&self.folders.inbox, self.dataset.status().current)?;
        for (name, identity) in ready {
            if self.interrupted.load(Ordering::Relaxed) {
                break;
            }
            let told = self.take(&name, identity)?;
            if let Some(blame) = told.blame {
                self.arrivals.failed(&name, told.revision, blame, Instant::now());
            }
            tell(&told);
        }
        Ok(self.arrivals.waiting())
    }

    /// The outer error is of the journal, which everything else rests on.
    fn take(&self, name: &str, identity: Identity) -> Result<Told, Error> {
        let told = |outcome, out| Told {
            file: name.to_owned(),
            outcome,
            out,
            revision: None,
            rows: None,
            blame: None,
            error: None,
        };
        let failed = |error: &Error, revision| Told {
            blame: Some(error.blame()),
            error: Some(error.to_string()),
            revision,
            ..told(Outcome::Failed, None)
        };
        let digest = match self.journal.digest(&self.folders.inbox.join(name)) {
            Ok(digest) => digest,
            Err(error) => return Ok(failed(&error, None)),
        };
        let out = match self.out(name, &digest)? {
            Out::Is(out) => {
                return Ok(match self.put_away(name) {
                    Ok(()) => told(Outcome::Known, Some(out)),
                    Err(error) => failed(&error, None),
                });
            }
            Out::Shall(out) => out,
        };
        let lease = match self.dataset.pin() {
            Ok(lease) => lease,
            Err(unavailable) => return Ok(failed(&Error::Usage(unavailable.to_string()), None)),
        };
        let revision = Some(lease.revision());
        let report = match mask_files(&lease, &self.run(name, &out, identity), |_| {}) {
            Ok(report) => report,
            Err(error) => return Ok(failed(&error, revision)),
        };
        self.journal.done(&digest)?;
        self.drop_empty_quarantine(&out, &report.rows);
        let masked = Told { revision, rows: Some(report.rows), ..told(Outcome::Masked, Some(out)) };
        Ok(match self.put_away(name) {
            Ok(()) => masked,
            Err(error) => Told { blame: Some(error.blame()), error: Some(error.to_string()), ..masked },
        })
    }

    fn out(&self, name: &str, digest: &Digest) -> Result<Out, Error> {
        match self.journal.find(digest)? {
            Some(Known::Done { out }) => Ok(Out::Is(out)),
            Some(Known::Begun { out }) if self.folders.outbox.join(&out).exists() => {
                self.journal.done(digest)?;
                Ok(Out::Is(out))
            }
            Some(Known::Begun { out }) => {
                // The quarantine gets its name before the output: it is of a run that was killed in between.
                if let Some(quarantine) = self.quarantine(&out)
                    && let Err(error) = fs::remove_file(&quarantine)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    return Err(Error::io("remove", quarantine)(error));
                }
                Ok(Out::Shall(out))
            }
            None => {
                let out = self.free_name(name)?;
                self.journal.begin(digest, &out)?;
                Ok(Out::Shall(out))
            }
        }
    }

    fn free_name(&self, name: &str) -> Result<String, Error> {
        let names = Name::of(name, self.folders.format);
        for number in 1_u64.. {
            let out = names.numbered(number);
            let taken = self.folders.outbox.join(&out).exists() || self.quarantine(&out).is_some_and(|it| it.exists());
            if !taken && !self.journal.is_reserved(&out)? {
                return Ok(out);
            }
        }
        Err(Error::Internal("there are numbers without end"))
    }

    fn run(&self, name: &str, out: &str, identity: Identity) -> FileRun {
        let Folders { inbox, outbox, done, .. } = &self.folders;
        let run = FileRun::new(vec![inbox.join(name)], outbox.join(out));
        FileRun {
            workers: self.folders.workers,
            quarantine: self.quarantine(out),
            max_quarantined: self.folders.max_quarantined,
            sidecar: self.folders.sidecar,
            lineage: self.folders.lineage.clone(),
            untouchable: self.folders.untouchable.iter().chain([inbox, done]).cloned().collect(),
            interrupted: self.interrupted.clone(),
            unchanged: vec![identity],
            ..run
        }
    }

    fn quarantine(&self, out: &str) -> Option<PathBuf> {
        self.folders.quarantine.as_ref().map(|directory| directory.join(format!("{out}.quarantine.jsonl")))
    }

    fn drop_empty_quarantine(&self, out: &str, rows: &Outcomes) {
        if let (0, Some(quarantine)) = (rows.quarantined, self.quarantine(out)) {
            // That it stays is no harm: it has no rows.
            let _ = fs::remove_file(quarantine);
        }
    }

    /// Moves an original out of the way, and over no other one.
    fn put_away(&self, name: &str) -> Result<(), Error> {
        let (from, names) = (self.folders.inbox.join(name), Name::of(name, None));
        for number in 1_u64.. {
            let to = self.folders.done.join(names.numbered(number));
            match renameat_with(CWD, &from, CWD, &to, RenameFlags::NOREPLACE) {
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(Error::io("move away", from)(error.into())),
                Ok(()) => return sync_directory(&self.folders.done).map_err(Error::io("write", to)),
            }
        }
        Err(Error::Internal("there are numbers without end"))
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("folders", &self.folders).finish_non_exhaustive()
    }
}

/// The output of a file.
enum Out {
    /// It is there, or was.
    Is(String),
    /// It is not there yet.
    Shall(String),
}

fn check(folders: &Folders) -> Result<(), Error> {
    let Folders { inbox, outbox, done, quarantine, .. } = folders;
    let all: Vec<&PathBuf> = [inbox, outbox, done].into_iter().chain(quarantine).collect();
    for folder in &all {
        let metadata = fs::metadata(folder).map_err(Error::named("look into", folder.as_path()))?;
        if !metadata.is_dir() {
            return Err(Error::Usage(format!("{} is no directory", folder.display())));
        }
    }
    for (index, one) in all.iter().enumerate() {
        for (_, other) in all.iter().enumerate().filter(|(other, _)| *other != index) {
            if is_inside(one, &other.join("file")) {
                let (one, other) = (one.display(), other.display());
                return Err(Error::Usage(format!("{other} is {one}, or lies in it; what is masked has folders apart")));
            }
        }
    }
    let device = |folder: &Path| fs::metadata(folder).map(|there| std::os::unix::fs::MetadataExt::dev(&there)).ok();
    if device(inbox) != device(done) {
        let (inbox, done) = (inbox.display(), done.display());
        return Err(Error::Usage(format!(
            "{done} is not on the file system of {inbox}; originals are moved, not copied"
        )));
    }
    Ok(())
}
