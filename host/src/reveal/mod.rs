//! Reveal: one column of ciphertexts or tokens, opened for a request that the keyring's operators approved.
//!
//! ```text
//! copy ─▶ consent ─▶ recorded ─▶ cells ─▶ verify ─▶ staged ─▶ spent ─▶ recorded ─▶ committed
//! ```
//!
//! The host decrypts, and no plugin ever does. Nothing on the path of masking knows this module. What is read is a private
//! copy with the digest that was approved, so nobody can put other cells in its place meanwhile; and until the output has
//! its name, what was decrypted is in a file without one.

mod account;
mod cells;
mod copy;
mod opener;
mod refusal;
mod review;
mod rule;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::RecordBatch;

use crate::approval::{Approval, ApprovalError, Request, Reveal, Rows, Timestamp};
use crate::audit::{Recorded, Trail};
use crate::batch::{Batch, BatchPlace};
use crate::error::Error;
use crate::keys::{Approved, KeyError, Keyring};
use crate::policy::Policy;
use crate::sink::{self, Stage};
use crate::source::{self, Format, ReadOptions, Source};

use account::Account;
use cells::Cells;
use copy::Copy;
use opener::Opener;
use rule::Sealed;

pub use cells::Counts;
pub use refusal::RevealError;
pub use review::{REVIEWERS, Review, open_reviews, sign_off};

/// What to reveal, and where to.
#[derive(Clone, Debug)]
pub struct RevealRun {
    /// The masked file.
    pub input: PathBuf,
    /// Its format, where its extension does not say.
    pub input_format: Option<Format>,
    /// The column.
    pub column: String,
    /// In which rows.
    pub rows: Rows,
    /// In how many rows at most.
    pub most_rows: u64,
    /// On one approval.
    pub break_glass: bool,
    /// Leave cells that do not open as they are, and count them.
    pub skip_unopened: bool,
    /// The vault, for a column of tokens.
    pub vault: Option<PathBuf>,
    /// Where to write. The file must not be there yet.
    pub out: PathBuf,
    /// Its format, where its extension does not say. Else that of the input.
    pub format: Option<Format>,
    /// Files and directories that the run depends on beside its input: nothing is written into them.
    pub untouchable: Vec<PathBuf>,
    /// Set from outside to stop the run, which then fails and leaves nothing.
    pub interrupted: Arc<AtomicBool>,
}

/// A request and what operators said to it.
#[derive(Clone, Copy, Debug)]
pub struct Consent<'a> {
    /// The request.
    pub request: Option<&'a Request>,
    /// The approvals.
    pub approvals: &'a [Approval],
    /// What time it is. `None` if the clock of the machine is wrong.
    pub clock: fn() -> Option<Timestamp>,
}

/// What is to be asked of the operators, for this run to be carried out.
///
/// # Errors
/// The keyring has no operators, the input cannot be read or has no such column, or the policy does not encrypt it.
pub fn ask(keyring: &Keyring, policy: &Policy, run: &RevealRun) -> Result<Reveal, Error> {
    if keyring.operators().is_empty() {
        return Err(KeyError::from(ApprovalError::NoOperators).into());
    }
    let sealed = rule::sealed(policy, &run.column)?;
    let reveal = run.reveal(&sealed, copy::digest(&run.input)?)?;
    match run.source(None)?.schema_hint() {
        Some(columns) if columns.index_of(&run.column).is_err() => Err(RevealError::NoColumn(reveal.column).into()),
        _ => Ok(reveal),
    }
}

/// An attempt to reveal. The trail is told of it, however it ends.
#[derive(Debug)]
pub struct Attempt<'a> {
    run: &'a RevealRun,
    account: Account<'a>,
}

impl<'a> Attempt<'a> {
    /// An attempt that has not read anything yet.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new(trail: &'a Trail, run: &'a RevealRun) -> Result<Self, Error> {
        Ok(Self { run, account: Account::new(trail, run)? })
    }

    /// It came to nothing before it was looked at: what is to be shown is no request or no approval.
    pub fn denied(&self, error: Error) -> Error {
        self.account.denied(error)
    }

    /// Reveals, if the operators approved exactly this and it is the first time. The output is under its name when this
    /// returns `Ok`, and not before.
    ///
    /// # Errors
    /// It is not approved, a cell does not open, more rows are there than were asked for, or the disk failed. There is no
    /// output then.
    pub fn carry_out(mut self, keyring: &mut Keyring, policy: &Policy, consent: &Consent<'_>) -> Result<Counts, Error> {
        let allowed = self.allow(keyring, policy, consent);
        let allowed = allowed.map_err(|error| self.account.denied(error))?;
        self.account.opened()?;
        let finished = self.run.to_stage(&allowed).and_then(|finished| {
            let approved = consent.approved()?.ok_or(Error::Internal("consent that is gone"))?;
            keyring.spend(&allowed.reveal, &approved)?;
            Ok(finished)
        });
        let finished = finished.map_err(|error| self.account.failed(error))?;
        let recorded = self.account.done(&finished.counts)?;
        finished.commit(recorded).map_err(|error| self.account.withdrawn(error))
    }

    fn allow(&mut self, keyring: &Keyring, policy: &Policy, consent: &Consent<'_>) -> Result<Allowed, Error> {
        self.account.asked(consent, keyring)?;
        self.run.check_paths()?;
        let sealed = rule::sealed(policy, &self.run.column)?;
        let copy = Copy::of(&self.run.input, &self.run.out)?;
        let reveal = self.run.reveal(&sealed, copy.digest().to_owned())?;
        self.account.asks(&reveal, consent.request, keyring.id());
        let opener = Opener::allowed(self.run, (&reveal, &sealed), keyring, consent.approved()?.as_ref())?;
        self.account.check_first_time()?;
        Ok(Allowed { reveal, opener, sealed, copy })
    }
}

/// Everything that decrypting takes.
struct Allowed {
    reveal: Reveal,
    opener: Opener,
    sealed: Sealed,
    copy: Copy,
}

/// Everything decrypted, whole, and not yet under a name.
struct Finished {
    stage: Box<dyn Stage>,
    counts: Counts,
}

impl Finished {
    /// Puts it under its name, which nothing gets unrecorded.
    fn commit(self, _: Recorded) -> Result<Counts, Error> {
        self.stage.commit().map(|()| self.counts)
    }
}

impl Consent<'_> {
    fn approved(&self) -> Result<Option<Approved<'_>>, Error> {
        let Some(request) = self.request else { return Ok(None) };
        let now = (self.clock)().ok_or(RevealError::Clock)?;
        Ok(Some(Approved { request, approvals: self.approvals, now }))
    }
}

impl RevealRun {
    fn reveal(&self, sealed: &Sealed, input: String) -> Result<Reveal, Error> {
        if self.rows.count().is_some_and(|rows| rows > self.most_rows) {
            return Err(RevealError::TooManyRows(self.most_rows).into());
        }
        Ok(Reveal {
            input,
            column: self.column.clone(),
            rows: self.rows.clone(),
            most_rows: self.most_rows,
            key: sealed.key.clone(),
            purpose: sealed.purpose.to_string(),
            domain: sealed.domain.clone(),
            break_glass: self.break_glass,
        })
    }

    fn check_paths(&self) -> Result<(), Error> {
        let shown = self.out.display();
        if self.untouchable.iter().any(|directory| sink::is_inside(directory, &self.out)) {
            return Err(Error::Usage(format!("{shown} lies among keys or records; write somewhere else")));
        }
        Ok(())
    }

    /// Decrypts and verifies everything. Nothing is under its name after this.
    fn to_stage(&self, allowed: &Allowed) -> Result<Finished, Error> {
        let mut source = self.source(Some(allowed.copy.path()))?;
        let format = self.format.or_else(|| Format::of_path(&self.out)).or(self.format_of_input());
        let format = format.ok_or(Error::Internal("an input of no format was opened"))?;
        let (encoder, mut stage) = sink::open_private(&self.out, format)?;
        let mut cells = Cells::new(&allowed.opener, &allowed.reveal, allowed.sealed.values, self.skip_unopened);
        let no_rows = source.schema_hint().map(|schema| Batch::new(RecordBatch::new_empty(schema), place(&self.input)));
        while let Some(chunk) = source.next()? {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            stage.write(encoder.encode(cells.open(&chunk.decode()?)?)?)?;
        }
        if let (0, Some(no_rows)) = (cells.rows_read(), no_rows) {
            stage.write(encoder.encode(cells.open(&no_rows)?)?)?;
        }
        Ok(Finished { stage, counts: cells.finish()? })
    }

    /// The columns as the file has them: the types that the policy gives are those of what was masked.
    fn source(&self, content: Option<PathBuf>) -> Result<Box<dyn Source>, Error> {
        let options = ReadOptions { format: self.format_of_input(), content, ..ReadOptions::default() };
        source::open(std::slice::from_ref(&self.input), &options)
    }

    fn format_of_input(&self) -> Option<Format> {
        self.input_format.or_else(|| Format::of_path(&self.input))
    }
}

fn place(input: &Path) -> BatchPlace {
    BatchPlace { input: input.to_string_lossy().into(), first_row: 1, ..BatchPlace::default() }
}
