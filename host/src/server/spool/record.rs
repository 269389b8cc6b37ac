//! One record, as it is read.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Take};
use std::path::Path;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// No footer is longer, in bytes.
const MOST_FOOTER: u64 = 64 << 10;
/// The length of the footer, behind it.
pub(super) const LENGTH: u64 = 8;

/// What stands behind the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Footer {
    /// The run that answered.
    pub(super) run: String,
    /// The HMAC of the body, in hexadecimal.
    pub(super) body: String,
    /// Whether the answer stands before.
    pub(super) kept: bool,
    /// Until when it is kept, in seconds since 1970.
    pub(super) until: u64,
    /// What stood behind the answer.
    pub(super) trailers: Vec<(String, String)>,
}

/// An answer that was given.
pub(crate) struct Record {
    file: File,
    length: u64,
    answer: u64,
    footer: Footer,
}

impl Record {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let damaged = || io::Error::from(ErrorKind::InvalidData);
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let before = length.checked_sub(LENGTH).ok_or_else(damaged)?;
        file.seek(SeekFrom::Start(before))?;
        let mut footer = [0; LENGTH as usize];
        file.read_exact(&mut footer)?;
        let footer = u64::from_le_bytes(footer);
        let answer = before.checked_sub(footer).filter(|_| footer <= MOST_FOOTER).ok_or_else(damaged)?;
        file.seek(SeekFrom::Start(answer))?;
        let mut text = Vec::new();
        Read::by_ref(&mut file).take(footer).read_to_end(&mut text)?;
        let footer = serde_json::from_slice(&text).map_err(|_| damaged())?;
        Ok(Self { file, length, answer, footer })
    }

    /// Whether the body of the request has this HMAC.
    pub(crate) fn is_of(&self, body: &[u8]) -> bool {
        let same = super::hexadecimal(body).as_bytes().ct_eq(self.footer.body.as_bytes());
        same.into()
    }

    /// The run that answered.
    pub(crate) fn run(&self) -> &str {
        &self.footer.run
    }

    /// What stood behind the answer.
    pub(crate) fn trailers(&self) -> &[(String, String)] {
        &self.footer.trailers
    }

    /// The answer, nothing if it was too large to be kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn answer(self) -> io::Result<Option<Take<File>>> {
        let mut file = self.file;
        file.seek(SeekFrom::Start(0))?;
        Ok(self.footer.kept.then(|| file.take(self.answer)))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.length
    }

    pub(super) fn until(&self) -> u64 {
        self.footer.until
    }
}
