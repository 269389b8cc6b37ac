//! The bytes of an input as they were when their digest was taken.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::RevealError;
use crate::error::Error;
use crate::staged::directory;

/// A copy without a name: whoever can write to the input cannot write to it.
pub(super) struct Copy {
    file: File,
    digest: String,
}

impl Copy {
    /// Copies a file to the disk that another one will be on.
    pub(super) fn of(input: &Path, beside: &Path) -> Result<Self, Error> {
        let place = directory(beside);
        let mut file = tempfile::tempfile_in(place).map_err(Error::named("make a file in", place))?;
        let digest = digest_while(input, |bytes| file.write_all(bytes).map_err(Error::io("write to", place)))?;
        Ok(Self { file, digest })
    }

    /// SHA-256, as 64 hexadecimal digits.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Where this process can open it, as long as it lives.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.file.as_raw_fd()).into()
    }
}

/// The digest of a file that is not copied.
pub(super) fn digest(input: &Path) -> Result<String, Error> {
    digest_while(input, |_| Ok(()))
}

fn digest_while(input: &Path, mut each: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<String, Error> {
    if fs::metadata(input).is_ok_and(|there| !there.is_file()) || input == Path::new("-") {
        return Err(RevealError::NoFile.into());
    }
    let mut file = File::open(input).map_err(Error::io("read", input))?;
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(Error::io("read", input))?,
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(bytes);
        each(bytes)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_as_it_was_when_its_digest_was_taken() {
        let directory = tempfile::tempdir().unwrap();
        let (input, out) = (directory.path().join("in.csv"), directory.path().join("out.csv"));
        fs::write(&input, "abc").unwrap();
        let copy = Copy::of(&input, &out).unwrap();
        fs::write(&input, "abd").unwrap();
        // FIPS 180-4, example of SHA-256.
        assert_eq!(copy.digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(fs::read(copy.path()).unwrap(), b"abc");
        assert_ne!(digest(&input).unwrap(), copy.digest());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(digest(directory.path()).is_err() && digest(Path::new("-")).is_err());
    }
}
