//! The quarantine files in a directory: how many rows they hold, and none of them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use super::line::{END, End};
use crate::error::Error;

/// More than any last line has, in bytes.
const MOST_END: u64 = 4096;

/// A quarantine file, as it is seen without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineFile {
    /// Its name in the directory.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// How many rows it says that it has: `None` if it does not end as it has to. Whether that is true is known to who
    /// reads it with the key.
    pub rows: Option<u64>,
    /// When it was written.
    pub written: SystemTime,
}

/// The quarantine files of a directory, in the order of their names. There are none where there is no directory.
///
/// # Errors
/// The directory or a file in it cannot be read.
pub fn list(directory: &Path) -> Result<Vec<QuarantineFile>, Error> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", directory)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io("read", directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".jsonl"));
        if let Some(name) = name {
            files.extend(describe(&path, name).map_err(Error::io("read", &path))?);
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// `None` for what is no file, or is gone meanwhile.
fn describe(path: &Path, name: &str) -> std::io::Result<Option<QuarantineFile>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let (name, bytes, written) = (name.to_owned(), metadata.len(), metadata.modified()?);
    Ok(Some(QuarantineFile { name, bytes, rows: rows(&mut file, bytes)?, written }))
}

/// What the last line says.
fn rows(file: &mut File, bytes: u64) -> std::io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(bytes.saturating_sub(MOST_END)))?;
    let (mut last, mut line) = (Vec::new(), Vec::new());
    let mut reader = BufReader::new(file.take(MOST_END));
    while reader.read_until(b'\n', &mut line)? > 0 {
        last = std::mem::take(&mut line);
    }
    let end = last.strip_suffix(b"\n").filter(|last| last.starts_with(END));
    Ok(end.and_then(|end| serde_json::from_slice::<End>(end).ok()).map(|end| end.rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;
    use crate::keys::{DEFAULT_KEYS, Keyring};
    use crate::outcome::RejectionCode;
    use crate::quarantine::QuarantineWriter;

    #[test]
    fn says_how_many_rows_a_file_has_and_not_which() {
        let directory = tempfile::tempdir().unwrap();
        let grant = Keyring::ephemeral(&DEFAULT_KEYS).unwrap().quarantine_key("quarantine").unwrap();
        for (name, rows) in [("a.jsonl", 0), ("b.jsonl", 3), ("c.txt", 1)] {
            let mut writer = QuarantineWriter::create(&directory.path().join(name), &grant).unwrap();
            for _ in 0..rows {
                writer.add(&Place::default(), "a", RejectionCode::Missing, &serde_json::Map::new()).unwrap();
            }
            writer.commit().unwrap();
        }
        fs::write(directory.path().join("d.jsonl"), "{\"rows\":9").unwrap();
        fs::create_dir(directory.path().join("e.jsonl")).unwrap();
        let listed = list(directory.path()).unwrap();
        let listed: Vec<_> = listed.iter().map(|file| (file.name.as_str(), file.rows)).collect();
        assert_eq!(listed, [("a.jsonl", Some(0)), ("b.jsonl", Some(3)), ("d.jsonl", None)]);
        assert_eq!(list(&directory.path().join("nowhere")).unwrap(), []);
    }
}
