//! A file that is not under its name yet: whole and on disk when it gets there, gone if it never does.

mod private;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub(crate) use private::PrivateFile;

/// How the names of files begin and end until they have their own.
const PREFIX: &str = ".moretta-";
const SUFFIX: &str = ".tmp";

/// A file beside its target, so that a rename suffices. Dropped without being committed, it is removed.
#[derive(Debug)]
pub(crate) struct StagedFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl StagedFile {
    /// An empty file beside the target, readable by its owner alone (0600).
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        let directory = directory(target);
        let file = temporary().tempfile_in(directory).map_err(|failed| without_path(&failed, directory))?;
        Ok(Self { file, target: target.to_owned() })
    }

    /// The files in a directory that were staged and neither committed nor removed: by a process that was killed, or by
    /// one that still writes them.
    pub(crate) fn leftovers_in(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
        let staged = |name: &str| name.starts_with(PREFIX) && name.ends_with(SUFFIX);
        entries.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(staged)).collect()
    }

    /// Where the file is now, for what writes by name. What is written so must be on disk before it is committed.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Puts the file under its name, in place of one that may be there, and makes both last. It stays its owner's.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.target).map_err(|failed| failed.error)?;
        sync_directory(directory(&self.target))
    }

    /// Like [`StagedFile::commit`], in place of a file that is there. After the machine dies it may be the old one still,
    /// and whole.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.target).map(drop).map_err(|failed| failed.error)
    }

    /// Like [`StagedFile::commit`], with the rights of the file that is there, or those that any new file gets.
    pub(crate) fn commit_for_others(self) -> io::Result<()> {
        let there = fs::metadata(&self.target).ok().map(|there| there.permissions());
        let permissions = there.map_or_else(|| default_permissions(directory(&self.target)), |there| Ok(Some(there)));
        if let Some(permissions) = permissions? {
            self.file.as_file().set_permissions(permissions)?;
        }
        self.commit()
    }

    /// Like [`StagedFile::commit`], and fails with `AlreadyExists` if the name is taken, even in the last moment.
    pub(crate) fn commit_new(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(&self.target).map_err(|failed| failed.error)?;
        sync_directory(directory(&self.target))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The directory that a file lies in.
pub(crate) fn directory(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What is wrong, without the name of the temporary file, which nobody knows. Of a directory that is not there the system
/// says so itself.
fn without_path(failed: &io::Error, directory: &Path) -> io::Error {
    fs::metadata(directory).err().unwrap_or_else(|| failed.kind().into())
}

fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// The permissions that the umask gives to a new file. Only a new file tells them.
#[cfg(unix)]
fn default_permissions(directory: &Path) -> io::Result<Option<fs::Permissions>> {
    use std::os::unix::fs::PermissionsExt;
    let probe = temporary().permissions(fs::Permissions::from_mode(0o666)).tempfile_in(directory)?;
    Ok(Some(probe.as_file().metadata()?.permissions()))
}

#[cfg(not(unix))]
fn default_permissions(_directory: &Path) -> io::Result<Option<fs::Permissions>> {
    Ok(None)
}

/// Makes the rename last (`man 2 fsync`). In a directory that may be written but not read that is left to the system.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory) {
        Err(denied) if denied.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        opened => opened?.sync_all(),
    }
}

#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
