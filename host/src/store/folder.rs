//! Files of a store, read with suspicion: small enough, regular, in this very directory.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::{Envelope, Release, StoreError, Untrusted};
use crate::plugin::{MOST_BYTES, Package};
use crate::staged::directory;

/// The most files with signatures of one plugin.
const MOST_ENVELOPES: usize = 16;
/// What the name of a file with signatures has after that of the plugin's file.
pub(super) const SIGNATURE: &str = ".sig";

/// An open directory. A name in it leads nowhere else, and it stays the same one if another takes its path.
pub(super) struct Folder {
    path: PathBuf,
    directory: OwnedFd,
}

impl Folder {
    /// # Errors
    /// It is no directory, or cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let opened =
            openat(CWD, path, flags, Mode::empty()).map_err(|error| StoreError::io("read", path)(error.into()));
        Ok(Self { path: path.to_owned(), directory: opened? })
    }

    /// Where a file of this name is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A whole file. `None` if it is not there.
    ///
    /// # Errors
    /// It is a link or no regular file, or larger than `most` bytes, or cannot be read.
    pub(super) fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name);
        let damaged = |problem| Err(StoreError::Damaged { path: path.clone(), problem });
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.directory, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                return damaged("it is a symbolic link, and none is followed; put the file in its place");
            }
            Err(error) => return Err(StoreError::io("read", path)(error.into())),
        };
        let status = fstat(&file).map_err(|error| StoreError::io("read", &path)(error.into()))?;
        let length = u64::try_from(status.st_size).unwrap_or(u64::MAX);
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return damaged("it is no regular file");
        }
        if length > most {
            return damaged("it is larger than any such file");
        }
        let mut bytes = Vec::new();
        // It may still grow.
        let read = File::from(file).take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(StoreError::io("read", &path))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
            return damaged("it is larger than any such file");
        }
        Ok(Some(bytes))
    }

    /// The names in it, sorted. Those that are no text are left out: nothing of a store has such a name.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        let unread = |error: Errno| StoreError::io("read", &self.path)(error.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.directory).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            names
                .extend(entry.file_name().to_str().ok().filter(|name| !matches!(*name, "." | "..")).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The names of the files with signatures of a file.
    ///
    /// # Errors
    /// The directory cannot be read, or there are too many.
    pub(super) fn signatures(&self, file: &str) -> Result<Vec<String>, StoreError> {
        let mut names = self.names()?;
        names.retain(|name| name.strip_prefix(file).is_some_and(|rest| rest.starts_with(SIGNATURE)));
        if names.len() > MOST_ENVELOPES {
            let problem = "it has more than 16 files of signatures; remove those that are not needed";
            return Err(StoreError::Damaged { path: self.path(file), problem });
        }
        Ok(names)
    }

    /// The files with signatures of a file: where they are, and what stands in them.
    ///
    /// # Errors
    /// One of them cannot be read, or is too large, or there are too many.
    pub(super) fn signature_files(&self, file: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut files = Vec::new();
        for name in self.signatures(file)? {
            let json = self.read(&name, Envelope::MOST_BYTES)?;
            files.extend(json.map(|json| (self.path(&name).display().to_string(), json)));
        }
        Ok(files)
    }

    /// The signatures of a file.
    ///
    /// # Errors
    /// A file of them cannot be read, or is no envelope.
    pub(super) fn envelopes(&self, file: &str) -> Result<Vec<Envelope>, StoreError> {
        parse_envelopes(&self.signature_files(file)?)
    }
}

/// Reads a plugin's file, wherever it is; a link to it is followed.
///
/// # Errors
/// It is no regular file of at most 256 MiB, or no plugin.
pub fn read_plugin(path: &Path) -> Result<Package, StoreError> {
    let (folder, name) = beside(&fs::canonicalize(path).map_err(StoreError::io("read", path))?)?;
    let bytes = folder.read(&name, MOST_BYTES)?.ok_or_else(|| missing(path))?;
    Ok(Package::read(&path.display().to_string(), bytes)?)
}

/// Reads the signatures beside a plugin's file, wherever it is: every file whose name begins with its whole name and
/// `.sig`.
///
/// # Errors
/// One of them is no envelope of at most 64 KiB, or there are more than 16.
pub fn read_envelopes_beside(path: &Path) -> Result<Vec<Envelope>, StoreError> {
    let (folder, name) = beside(path)?;
    folder.envelopes(&name)
}

/// The signatures of files that were read.
pub(super) fn parse_envelopes(files: &[(String, Vec<u8>)]) -> Result<Vec<Envelope>, StoreError> {
    let parse = |(name, json): &(String, Vec<u8>)| {
        Envelope::parse(json).map_err(|why| StoreError::Untrusted { plugin: name.clone(), why })
    };
    files.iter().map(parse).collect()
}

fn beside(path: &Path) -> Result<(Folder, String), StoreError> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| missing(path))?;
    Ok((Folder::open(directory(path))?, name.to_owned()))
}

fn missing(path: &Path) -> StoreError {
    StoreError::io("read", path)(std::io::ErrorKind::NotFound.into())
}

impl Release {
    /// The name of a file with signatures that has this content.
    pub(super) fn signature_name(&self, envelope: &str) -> String {
        let digest = super::history::sha256(envelope.as_bytes());
        format!("{}{SIGNATURE}-{}", self.file_name(), digest.get(..16).unwrap_or_default())
    }
}

/// Names the release in a refusal.
pub(super) fn untrusted(release: &Release) -> impl FnOnce(Untrusted) -> StoreError {
    let plugin = release.to_string();
    move |why| StoreError::Untrusted { plugin, why }
}
