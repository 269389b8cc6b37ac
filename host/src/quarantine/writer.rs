//! Writes a quarantine file.

use std::fmt;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::line::{End, FORMAT, Header, Record, bound, text};
use crate::error::{Error, Place};
use crate::keys::{FileCipher, KeyError, QuarantineGrant};
use crate::outcome::RejectionCode;
use crate::staged::PrivateFile;

/// A quarantine file that is being written, beside its target. Dropped without being committed, it leaves nothing.
pub struct QuarantineWriter {
    file: BufWriter<PrivateFile>,
    path: PathBuf,
    cipher: FileCipher,
    header: Vec<u8>,
    rows: u64,
}

impl QuarantineWriter {
    /// Begins a file, readable by its owner alone.
    ///
    /// # Errors
    /// There is a file already, nothing can be written there, or the system gives no random bytes.
    pub fn create(path: &Path, grant: &QuarantineGrant) -> Result<Self, Error> {
        if path.symlink_metadata().is_ok() {
            let path = path.display();
            return Err(Error::Usage(format!(
                "{path} is there already and may hold rows of an earlier run; name another file"
            )));
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::NoRandomness)?;
        let (key, version) = (grant.key_id().to_owned(), grant.version());
        let header = text(&Header { format: FORMAT, key, version, file: STANDARD.encode(id) })?;
        let staged = PrivateFile::beside(path).map_err(Error::named("write", path))?;
        let (file, path) = (BufWriter::new(staged), path.to_owned());
        let mut writer = Self { file, path, cipher: grant.file_cipher(&id), header, rows: 0 };
        writer.write(&writer.header.clone())?;
        Ok(writer)
    }

    /// Adds one row, as [`super::row_as_json`] renders it, with its place and the reason. The place's own column is
    /// not looked at: `column` says whose rule rejected the row.
    ///
    /// # Errors
    /// The file cannot be written, or is full: [`KeyError::Full`].
    pub fn add(
        &mut self,
        place: &Place,
        column: &str,
        code: RejectionCode,
        row: &Map<String, Value>,
    ) -> Result<(), Error> {
        let number = self.rows.saturating_add(1);
        // One number is left for the last line.
        if number >= FileCipher::MOST {
            return Err(KeyError::Full.into());
        }
        let (input, column) = (place.input.to_string(), column.to_owned());
        let mut record = Record { input, row: place.row, line: place.line, column, code, sealed: String::new() };
        record.sealed = self.cipher.seal(number, &bound(&self.header, &record)?, text(row)?)?;
        self.write(&text(&record)?)?;
        self.rows = number;
        Ok(())
    }

    /// Seals the number of rows, makes the file last and puts it under its name. A file that is there already is not
    /// replaced: it may be all that is left of the rows of an earlier run.
    ///
    /// # Errors
    /// The file cannot be written, or the name is taken by now.
    pub fn commit(mut self) -> Result<(), Error> {
        let mut end = End { rows: self.rows, seal: String::new() };
        let number = self.rows.saturating_add(1);
        end.seal = self.cipher.seal(number, &bound(&self.header, &end)?, Vec::new())?;
        self.write(&text(&end)?)?;
        let staged = self.file.into_inner().map_err(|failed| Error::io("write", &self.path)(failed.into_error()))?;
        staged.commit().map_err(Error::io("write", &self.path))
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(Error::io("write", &self.path))
    }
}

impl fmt::Debug for QuarantineWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuarantineWriter").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{DEFAULT_KEYS, Keyring};
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    fn row() -> Map<String, Value> {
        Map::from_iter([("name".to_owned(), Value::from("Meyer"))])
    }

    fn writer(path: &Path) -> QuarantineWriter {
        let keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
        QuarantineWriter::create(path, &keyring.quarantine_key("quarantine").unwrap()).unwrap()
    }

    #[test]
    fn leaves_nothing_when_it_is_not_committed() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = writer(&directory.path().join("q.jsonl"));
        writer.add(&Place::default(), "name", RejectionCode::Missing, &row()).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn never_replaces_the_rows_of_an_earlier_run() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.jsonl");
        let late = writer(&path);
        fs::write(&path, "of another run").unwrap();
        assert!(matches!(late.commit(), Err(Error::Io { .. })));
        let keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
        let again = QuarantineWriter::create(&path, &keyring.quarantine_key("quarantine").unwrap());
        assert!(matches!(again, Err(Error::Usage(_))));
        assert_eq!(fs::read(&path).unwrap(), b"of another run");
    }

    #[test]
    fn is_readable_by_its_owner_alone_and_shows_places_and_no_values() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.jsonl");
        let mut writer = writer(&path);
        let place = Place { input: "patients.csv".into(), row: Some(17), line: Some(18), column: None };
        writer.add(&place, "birth_date", RejectionCode::Unparsable, &row()).unwrap();
        assert!(!format!("{writer:?}").contains("Meyer"));
        writer.commit().unwrap();

        let written = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert!(lines[0].starts_with(r#"{"moretta-quarantine":1,"key":"quarantine","version":1,"file":""#));
        let clear =
            r#"{"input":"patients.csv","row":17,"line":18,"column":"birth_date","code":"unparsable","sealed":""#;
        assert!(lines[1].starts_with(clear));
        assert!(lines[2].starts_with(r#"{"rows":1,"seal":""#));
        assert!(!written.contains("Meyer") && !written.contains("name"));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn refuses_the_row_that_would_leave_no_number_for_the_last_line() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = writer(&directory.path().join("q.jsonl"));
        writer.rows = FileCipher::MOST - 2;
        let mut add = || writer.add(&Place::default(), "name", RejectionCode::Missing, &row());
        assert!(add().is_ok());
        assert!(matches!(add(), Err(Error::Key(KeyError::Full))));
        assert!(writer.commit().is_ok());
    }
}
