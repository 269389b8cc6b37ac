//! A file that gets its name only when it is complete.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::source::Compression;
use crate::staged::{PrivateFile, StagedFile, directory};

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a file. One that is there is replaced.
    Path(PathBuf),
    /// To standard output.
    Stdout,
    /// To whoever asked for it, as it is made.
    Caller,
}

impl Target {
    /// The target that a path means: `-` is standard output.
    pub fn of_path(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdout } else { Self::Path(path.to_owned()) }
    }

    /// The compression that the extension names.
    pub(super) fn compression(&self) -> Compression {
        Compression::of_path(self.path())
    }

    /// Whether Arrow is written in its stream format: what reads a pipe cannot go back to an index.
    pub(super) fn is_stream(&self) -> bool {
        match self {
            Self::Path(path) => path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("arrows")),
            Self::Stdout | Self::Caller => true,
        }
    }

    /// The path, `-` for standard output.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Stdout => Path::new("-"),
            Self::Caller => Path::new("the answer"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path().display())
    }
}

/// Whether two paths are names of one file, there already or not. Writing to an input would replace it.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    if one == Path::new("-") || other == Path::new("-") {
        return false;
    }
    match (resolved(one), resolved(other)) {
        (Some(one), Some(other)) => one == other || is_same_inode(&one, &other),
        _ => one == other,
    }
}

/// Whether a file, there already or not, lies in a directory or below it.
pub fn is_inside(directory: &Path, file: &Path) -> bool {
    match (fs::canonicalize(directory), resolved(file)) {
        (Ok(directory), Some(file)) => directory.is_dir() && file.starts_with(directory),
        _ => false,
    }
}

/// The path without links and dots. Of a file that is not there its directory is resolved.
fn resolved(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().or_else(|| Some(fs::canonicalize(directory(path)).ok()?.join(path.file_name()?)))
}

#[cfg(unix)]
fn is_same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = |path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()));
    matches!((inode(one), inode(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(not(unix))]
fn is_same_inode(_one: &Path, _other: &Path) -> bool {
    false
}

/// An output under construction.
pub(super) struct Staged {
    target: Target,
    place: Place,
    written: u64,
}

enum Place {
    /// A temporary file in the target's directory, so that a rename suffices.
    Beside(StagedFile),
    /// A file without a name.
    Unnamed(File),
    /// A file that stays its owner's.
    Private(PrivateFile),
    /// No file: what is released is gone.
    Caller { held: Vec<u8>, caller: Box<dyn Write + Send> },
}

impl Staged {
    /// Makes the temporary file.
    ///
    /// # Errors
    /// The target cannot be a file, or its directory is missing or cannot be written.
    pub(super) fn open(target: &Target) -> Result<Self, Error> {
        let place = match target {
            Target::Stdout => Place::Unnamed(tempfile::tempfile().map_err(Error::io("stage", target.path()))?),
            Target::Path(path) => Place::Beside(beside(path)?),
            Target::Caller => return Err(Error::Internal("an answer is written to who asked")),
        };
        Ok(Self { target: target.clone(), place, written: 0 })
    }

    /// An output that is given away, part by part.
    pub(super) fn to_caller(caller: Box<dyn Write + Send>) -> Self {
        Self { target: Target::Caller, place: Place::Caller { held: Vec::new(), caller }, written: 0 }
    }

    /// An output that takes no other file's place, and that nobody but its owner can read (0600).
    ///
    /// # Errors
    /// The target is there already, or its directory is missing or cannot be written.
    pub(super) fn open_private(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        if path == Path::new("-") || path.file_name().is_none() {
            return Err(Error::Usage("this goes to a file that only you can read; name one with --out".to_owned()));
        }
        if fs::symlink_metadata(path).is_ok() {
            return Err(Error::Usage(format!("{shown} is there already, and is left as it is; choose another name")));
        }
        let file = PrivateFile::beside(path).map_err(Error::named("make a file in", directory(path)))?;
        Ok(Self { target: Target::Path(path.to_owned()), place: Place::Private(file), written: 0 })
    }

    /// The output as the operator named it.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// How many bytes were appended.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Appends bytes. Returns how many.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<u64, Error> {
        let written = match &mut self.place {
            Place::Beside(file) => file.write_all(bytes),
            Place::Unnamed(file) => file.write_all(bytes),
            Place::Private(file) => file.write_all(bytes),
            Place::Caller { held, .. } => held.write_all(bytes),
        };
        written.map_err(Error::io("write", self.target.path()))?;
        let length = bytes.len() as u64;
        self.written = self.written.saturating_add(length);
        Ok(length)
    }

    /// Gives away what is held back for a caller; a file is not given away before its commit.
    pub(super) fn release(&mut self) -> Result<(), Error> {
        let Place::Caller { held, caller } = &mut self.place else { return Ok(()) };
        let released = caller.write_all(&std::mem::take(held)).and_then(|()| caller.flush());
        released.map_err(Error::io("write", self.target.path()))
    }

    /// Puts the file on disk and under its name.
    pub(super) fn commit(self) -> Result<(), Error> {
        let done = match self.place {
            Place::Beside(file) => file.commit_for_others(),
            Place::Unnamed(file) => copy_to_stdout(file),
            Place::Private(file) => file.commit(),
            Place::Caller { held, mut caller } => caller.write_all(&held).and_then(|()| caller.flush()),
        };
        done.map_err(Error::io("write", self.target.path()))
    }
}

fn beside(path: &Path) -> Result<StagedFile, Error> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => {
            return Err(Error::Usage(format!("{shown} is a directory; name a file in it")));
        }
        Ok(there) if !there.is_file() => {
            return Err(Error::Usage(format!("{shown} is no regular file; write to - and redirect standard output")));
        }
        _ if path.file_name().is_none() => {
            return Err(Error::Usage(format!("`{shown}` names no file; name one to write to")));
        }
        _ => {}
    }
    StagedFile::beside(path).map_err(Error::named("make a file in", directory(path)))
}

fn copy_to_stdout(mut file: File) -> io::Result<()> {
    file.rewind()?;
    let mut stdout = io::stdout().lock();
    io::copy(&mut file, &mut stdout)?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn nothing_is_under_the_name_before_the_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        let mut staged = Staged::open(&Target::Path(path.clone())).unwrap();
        assert_eq!(staged.write(b"ab").unwrap(), 2);
        assert!(!path.exists());
        let [temporary] = names(directory.path()).try_into().unwrap();
        assert!(temporary.starts_with(".moretta-") && temporary.ends_with(".tmp"), "{temporary}");
        staged.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"ab");
        assert_eq!(names(directory.path()), ["out.csv"]);
    }

    #[test]
    fn dropped_it_leaves_nothing_and_the_old_file_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut staged = Staged::open(&Target::Path(path.clone())).unwrap();
        staged.write(b"new").unwrap();
        drop(staged);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["out.csv"]);
    }

    #[test]
    #[cfg(unix)]
    fn it_is_the_owners_alone_until_it_has_the_mode_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = directory.path().join("out.csv");
        let staged = Staged::open(&Target::Path(path.clone())).unwrap();
        let [temporary] = names(directory.path()).try_into().unwrap();
        assert_eq!(mode(&directory.path().join(temporary)), 0o600);
        staged.commit().unwrap();
        fs::write(directory.path().join("new"), "").unwrap();
        assert_eq!(mode(&path), mode(&directory.path().join("new")));
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_is_replaced_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        for mode in [0o600, 0o640, 0o444] {
            drop(fs::remove_file(&path));
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let mut staged = Staged::open(&Target::Path(path.clone())).unwrap();
            staged.write(b"new").unwrap();
            staged.commit().unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
    }

    #[test]
    fn a_target_that_cannot_be_a_file_is_refused_before_any_work() {
        let directory = tempfile::tempdir().unwrap();
        let refusal = |path: PathBuf| Staged::open(&Target::Path(path)).err().unwrap().to_string();
        assert!(refusal(directory.path().to_owned()).contains("is a directory; name a file in it"));
        let missing = refusal(directory.path().join("missing/out.csv"));
        assert!(missing.contains("make a file in") && missing.contains("missing"), "{missing}");
        assert!(missing.contains("(os error 2)") && !missing.contains(".moretta-"), "{missing}");
        assert!(refusal(PathBuf::new()).contains("names no file"));
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_never_replaced() {
        let refusal = Staged::open(&Target::Path(PathBuf::from("/dev/null"))).err().unwrap();
        assert!(refusal.to_string().contains("no regular file"), "{refusal}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let target = Target::Path(PathBuf::from("out.csv"));
        let mut staged = Staged { target, place: Place::Unnamed(full), written: 0 };
        let failed = staged.write(b"a").unwrap_err().to_string();
        assert!(failed.starts_with("cannot write out.csv: "), "{failed}");
        assert_eq!(staged.written(), 0);
    }

    #[test]
    fn one_file_is_known_under_two_names() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (directory.path().join("one"), directory.path().join("other"));
        fs::write(&one, "").unwrap();
        assert!(!is_same_file(&one, &other), "one is missing");
        fs::hard_link(&one, &other).unwrap();
        assert!(is_same_file(&one, &other));
        assert!(is_same_file(&one, &directory.path().join("./one")));
        fs::write(directory.path().join("third"), "").unwrap();
        assert!(!is_same_file(&one, &directory.path().join("third")));
    }
}
