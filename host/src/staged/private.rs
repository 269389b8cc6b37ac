//! A file that is its owner's alone, and has no name at all before it is whole: who kills the process leaves nothing.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;

use super::{StagedFile, directory, sync_directory, without_path};

/// An output that never takes the place of another, mode 0600.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    place: Place,
    target: PathBuf,
}

#[derive(Debug)]
enum Place {
    /// `O_TMPFILE` (`man 2 open`): the kernel frees it with the process.
    Unnamed(File),
    /// Where the file system has no such files: beside the target, gone when dropped.
    Named(StagedFile),
}

impl PrivateFile {
    /// An empty file in the directory of its target.
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        let target = target.to_owned();
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let place = match open(directory(&target), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Place::Unnamed(file.into()),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Place::Named(StagedFile::beside(&target)?),
            Err(error) => return Err(without_path(&error.into(), directory(&target))),
        };
        Ok(Self { place, target })
    }

    /// Puts the file under its name and makes both last. Fails with `AlreadyExists` if the name is taken, even in the
    /// last moment.
    pub(crate) fn commit(self) -> io::Result<()> {
        let file = match self.place {
            Place::Named(file) => return file.commit_new(),
            Place::Unnamed(file) => file,
        };
        file.sync_all()?;
        let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, unnamed, CWD, &self.target, AtFlags::SYMLINK_FOLLOW).map_err(|error| match error {
            Errno::EXIST => ErrorKind::AlreadyExists.into(),
            other => io::Error::from(other),
        })?;
        sync_directory(directory(&self.target))
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            Place::Unnamed(file) => file.write(bytes),
            Place::Named(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Unnamed(file) => file.flush(),
            Place::Named(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_the_owners_alone_and_takes_no_other_files_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        let write = |bytes: &[u8]| {
            let mut file = PrivateFile::beside(&path).unwrap();
            file.write_all(bytes).unwrap();
            file
        };
        let (first, second) = (write(b"one"), write(b"two"));
        first.commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(second.commit().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_not_there_is_named_by_the_system() {
        let directory = tempfile::tempdir().unwrap();
        let refused = PrivateFile::beside(&directory.path().join("missing/out.csv")).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
}
