//! Files that are their owner's alone, read with suspicion.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::KeyError;
use crate::staged::{StagedFile, directory};

/// The rights of the group and of all others.
const OTHERS: u32 = 0o077;
/// The right to write, of the group and of all others.
const OTHERS_WRITE: u32 = 0o022;

/// Makes a directory, and those above it, for its owner alone (0700). One that is there is left as it is.
///
/// # Errors
/// It cannot be made, or others can write in it.
pub(in crate::keys) fn make_directory(path: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(KeyError::io("make", path))?;
    check_directory(path)
}

/// Writes a new file of secrets for its owner alone (0600).
///
/// # Errors
/// There is one already, or it cannot be written.
pub(crate) fn write_new(path: &Path, text: &[u8]) -> Result<(), KeyError> {
    let mut file = StagedFile::beside(path).map_err(KeyError::io("write", path))?;
    file.write_all(text).map_err(KeyError::io("write", path))?;
    file.commit_new().map_err(KeyError::io("write", path))
}

/// Reads a small file of secrets into memory that is wiped when dropped.
///
/// # Errors
/// It is no regular file, others can read it or put another in its place, or it is larger than `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    check_directory(directory(path))?;
    // A link is not followed, and a pipe not waited for; what is opened then must be what was looked at.
    let seen = fs::symlink_metadata(path).map_err(KeyError::io("read", path))?;
    if !seen.is_file() {
        return Err(KeyError::Damaged(path.to_owned(), "it is not a regular file"));
    }
    let mut file = File::open(path).map_err(KeyError::io("read", path))?;
    let opened = file.metadata().map_err(KeyError::io("read", path))?;
    if (seen.dev(), seen.ino()) != (opened.dev(), opened.ino()) {
        return Err(KeyError::Damaged(path.to_owned(), "it was replaced while it was opened"));
    }
    if opened.mode() & OTHERS != 0 {
        return Err(KeyError::Readable(path.to_owned()));
    }
    if opened.len() > most {
        return Err(KeyError::Damaged(path.to_owned(), "it is too large"));
    }
    read_all(&mut file, opened.len()).map_err(KeyError::io("read", path))
}

/// Reads into a buffer of the whole size at once: one that grows would leave copies behind.
fn read_all(file: &mut File, length: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut bytes = Zeroizing::new(vec![0; length]);
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn check_directory(path: &Path) -> Result<(), KeyError> {
    let mode = fs::metadata(path).map_err(KeyError::io("read", path))?.mode();
    if mode & OTHERS_WRITE != 0 { Err(KeyError::Writable(path.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn private(directory: &Path) -> PathBuf {
        let path = directory.join("secret");
        let mut staged = StagedFile::beside(&path).unwrap();
        staged.write_all(b"secret").unwrap();
        staged.commit().unwrap();
        path
    }

    #[test]
    fn is_readable_by_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = private(directory.path());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path, 6).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn leaves_nothing_when_it_is_not_committed() {
        let directory = tempfile::tempdir().unwrap();
        StagedFile::beside(&directory.path().join("secret")).unwrap().write_all(b"secret").unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn does_not_replace_where_it_is_to_be_new() {
        let directory = tempfile::tempdir().unwrap();
        let path = private(directory.path());
        let refused = StagedFile::beside(&path).unwrap().commit_new().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"secret");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn refuses_a_file_that_others_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = private(directory.path());
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read(&path, 6), Err(KeyError::Readable(_))), "{mode:o}");
        }
    }

    #[test]
    fn refuses_a_directory_that_others_can_write_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = private(directory.path());
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert!(matches!(read(&path, 6), Err(KeyError::Writable(_))));
        assert!(matches!(make_directory(directory.path()), Err(KeyError::Writable(_))));
    }

    #[test]
    fn refuses_what_is_no_regular_file() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        symlink(private(directory.path()), &link).unwrap();
        assert!(matches!(read(&link, 6), Err(KeyError::Damaged(..))));
        fs::create_dir(directory.path().join("directory")).unwrap();
        assert!(matches!(read(&directory.path().join("directory"), 6), Err(KeyError::Damaged(..))));
    }

    #[test]
    fn refuses_a_file_that_is_too_large() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(read(&private(directory.path()), 5), Err(KeyError::Damaged(..))));
    }
}
