//! An answer that is kept while it is given.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::Ticket;
use super::record::{Footer, LENGTH};
use crate::staged::PrivateFile;

/// An answer that is kept while it is given. Clones share it; the last one that is dropped gives the turn back.
#[derive(Clone)]
pub(crate) struct Keeping(Arc<Mutex<Kept>>);

struct Kept {
    ticket: Ticket,
    /// None once the answer is too large to be kept.
    file: Option<PrivateFile>,
    bytes: u64,
    done: bool,
}

impl Keeping {
    /// Keeps nothing yet.
    ///
    /// # Errors
    /// No file can be made.
    pub(crate) fn begin(ticket: Ticket) -> io::Result<Self> {
        let file = Some(PrivateFile::beside(&ticket.path())?);
        Ok(Self(Arc::new(Mutex::new(Kept { ticket, file, bytes: 0, done: false }))))
    }

    /// What is written is given, and kept.
    pub(crate) fn before(&self, answer: impl Write + Send + 'static) -> impl Write + Send + 'static {
        Tee { kept: self.clone(), answer }
    }

    /// The answer is whole: puts its record on disk under its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn commit(&self, run: &str, body: &[u8], trailers: Vec<(String, String)>) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = kept.ticket.until();
        let file = kept.file.take();
        let body = super::hexadecimal(body);
        let footer = Footer { run: run.to_owned(), body, kept: file.is_some(), until, trailers };
        let footer = serde_json::to_vec(&footer).map_err(io::Error::other)?;
        let mut file = file.map_or_else(|| PrivateFile::beside(&kept.ticket.path()), Ok)?;
        file.write_all(&footer)?;
        file.write_all(&(footer.len() as u64).to_le_bytes())?;
        file.commit()?;
        let more = (footer.len() as u64).saturating_add(LENGTH);
        kept.ticket.add(more);
        kept.bytes = kept.bytes.saturating_add(more);
        kept.ticket.kept(kept.bytes, until);
        kept.done = true;
        Ok(())
    }
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let more = bytes.len() as u64;
        let grown = self.bytes.saturating_add(more);
        if grown > self.ticket.spool.answer_bytes || !self.ticket.grow(more) {
            self.ticket.shrink(std::mem::take(&mut self.bytes));
            self.file = None;
            return Ok(());
        }
        self.bytes = grown;
        file.write_all(bytes)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.done {
            self.ticket.shrink(self.bytes);
        }
    }
}

struct Tee<W> {
    kept: Keeping,
    answer: W,
}

impl<W: Write> Write for Tee<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let given = self.answer.write(bytes)?;
        let mut kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.add(bytes.get(..given).unwrap_or_default())?;
        Ok(given)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.answer.flush()
    }
}
