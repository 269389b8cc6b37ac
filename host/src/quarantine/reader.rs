//! Reads a quarantine file and verifies all of it.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::line::{END, End, FORMAT, Header, Record, bound, text};
use crate::error::{Error, Place};
use crate::keys::{FileCipher, KeyError, Keyring, is_name};
use crate::outcome::RejectionCode;

/// A row as it was before it was quarantined.
#[derive(Clone, PartialEq)]
pub struct QuarantinedRow {
    /// Where it stood.
    pub place: Place,
    /// Whose rule rejected it.
    pub column: String,
    /// Why.
    pub code: RejectionCode,
    /// Its values: an object from the name of a column to a text, null or array.
    pub row: Value,
}

/// Opens a quarantine file with the version of the key that its first line names.
///
/// # Errors
/// The file cannot be read, is no quarantine file, or the keyring lacks its key.
pub fn read(path: &Path, keyring: &Keyring) -> Result<QuarantinedRows, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    open(Lines { file: Box::new(BufReader::new(file)), path: path.to_owned() }, keyring)
}

fn open(mut lines: Lines, keyring: &Keyring) -> Result<QuarantinedRows, Error> {
    let no_header = "it does not begin as a quarantine file does";
    let first = lines.next()?.ok_or_else(|| lines.damaged(no_header))?;
    let header: Header = serde_json::from_slice(&first).map_err(|_| lines.damaged(no_header))?;
    if header.format != FORMAT {
        return Err(lines.damaged("its format is not known to this version of moretta"));
    }
    if !is_name(&header.key) {
        return Err(lines.damaged(no_header));
    }
    let file: Option<[u8; 16]> = STANDARD.decode(&header.file).ok().and_then(|id| id.try_into().ok());
    let file = file.ok_or_else(|| lines.damaged(no_header))?;
    let cipher = keyring.quarantine_key_version(&header.key, header.version)?.file_cipher(&file);
    Ok(QuarantinedRows { lines, header: text(&header)?, cipher, rows: 0, ended: false })
}

/// The rows of a quarantine file in order. Each is verified before it is given. That none is missing at the end is
/// known when the iterator ends without an error; after an error it gives nothing more.
pub struct QuarantinedRows {
    lines: Lines,
    header: Vec<u8>,
    cipher: FileCipher,
    rows: u64,
    ended: bool,
}

impl Iterator for QuarantinedRows {
    type Item = Result<QuarantinedRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.read_row().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}

impl QuarantinedRows {
    fn read_row(&mut self) -> Result<Option<QuarantinedRow>, Error> {
        let Some(line) = self.lines.next()? else {
            return Err(self.lines.damaged("its last line is missing, and rows may be missing before it"));
        };
        let number = self.rows.saturating_add(1);
        if line.starts_with(END) {
            return self.verify_end(number, &line).map(|()| None);
        }
        let row = self.open_record(number, &line)?;
        self.rows = number;
        Ok(Some(row))
    }

    fn open_record(&self, number: u64, line: &[u8]) -> Result<QuarantinedRow, Error> {
        let mut record: Record = serde_json::from_slice(line).map_err(|_| KeyError::Sealed(number))?;
        let sealed = std::mem::take(&mut record.sealed);
        let row = self.cipher.open(number, &bound(&self.header, &record)?, &sealed)?;
        let row = serde_json::from_slice(&row).map_err(|_| Error::Internal("a sealed row is not JSON"))?;
        let place = Place { input: record.input.into(), row: record.row, line: record.line, column: None };
        Ok(QuarantinedRow { place, column: record.column, code: record.code, row })
    }

    /// The last line opens under the number that follows the rows there are, so their count is right if it opens.
    fn verify_end(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        let damaged = "its last line does not fit: rows are missing or were added";
        let mut end: End = serde_json::from_slice(line).map_err(|_| self.lines.damaged(damaged))?;
        let seal = std::mem::take(&mut end.seal);
        let opened = self.cipher.open(number, &bound(&self.header, &end)?, &seal);
        if opened.is_err() || end.rows != self.rows {
            return Err(self.lines.damaged(damaged));
        }
        match self.lines.next()? {
            None => Ok(()),
            Some(_) => Err(self.lines.damaged("there is something after its last line")),
        }
    }
}

impl fmt::Debug for QuarantinedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuarantinedRows")
            .field("path", &self.lines.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for QuarantinedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("QuarantinedRow");
        shown.field("place", &self.place).field("column", &self.column).field("code", &self.code);
        shown.finish_non_exhaustive()
    }
}

/// The lines of a file, each with its end.
struct Lines {
    file: Box<dyn BufRead + Send>,
    path: PathBuf,
}

impl Lines {
    /// The next line without its end; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut line = Vec::new();
        self.file.read_until(b'\n', &mut line).map_err(Error::io("read", &self.path))?;
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) => Err(self.damaged("it is cut off within a line")),
        }
    }

    fn damaged(&self, problem: &'static str) -> Error {
        KeyError::Damaged(self.path.clone(), problem).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::DEFAULT_KEYS;
    use crate::quarantine::QuarantineWriter;
    use serde_json::json;
    use std::fs;
    use std::io::Cursor;
    use tempfile::TempDir;

    struct Quarantine {
        keyring: Keyring,
        directory: TempDir,
    }

    impl Quarantine {
        /// A file of three rows.
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let keyring = Keyring::create(&directory.path().join("keyring"), &DEFAULT_KEYS).unwrap();
            let quarantine = Self { keyring, directory };
            let grant = quarantine.keyring.quarantine_key("quarantine").unwrap();
            let mut writer = QuarantineWriter::create(&quarantine.path(), &grant).unwrap();
            for row in 1..=3 {
                let values = values(row);
                let values = values.as_object().unwrap();
                writer.add(&place(row), "birth_date", RejectionCode::Unparsable, values).unwrap();
            }
            writer.commit().unwrap();
            quarantine
        }

        fn path(&self) -> PathBuf {
            self.directory.path().join("q.jsonl")
        }

        fn lines(&self) -> Vec<String> {
            fs::read_to_string(self.path()).unwrap().lines().map(str::to_owned).collect()
        }

        /// Reads other bytes in place of the file: how many rows are given, and the error that ends them.
        fn read_changed(&self, bytes: impl Into<Vec<u8>>) -> (usize, Option<Error>) {
            let lines = Lines { file: Box::new(Cursor::new(bytes.into())), path: self.path() };
            let read: Vec<_> = match open(lines, &self.keyring) {
                Ok(rows) => rows.collect(),
                Err(error) => vec![Err(error)],
            };
            (read.iter().filter(|row| row.is_ok()).count(), read.into_iter().find_map(Result::err))
        }

        fn read_lines(&self, lines: &[String]) -> (usize, Option<Error>) {
            self.read_changed(lines.join("\n") + "\n")
        }
    }

    fn place(row: u64) -> Place {
        Place { input: "patients.csv".into(), row: Some(row), line: row.checked_add(1), column: None }
    }

    fn values(row: u64) -> Value {
        json!({ "mrn": row.to_string(), "birth_date": "31.02.1980", "note": null, "names": ["Anna", null] })
    }

    #[test]
    fn gives_the_rows_that_were_written() {
        let quarantine = Quarantine::new();
        let rows: Vec<_> = read(&quarantine.path(), &quarantine.keyring).unwrap().map(Result::unwrap).collect();
        for (row, number) in rows.iter().zip(1..) {
            assert_eq!(row.place, place(number));
            assert_eq!((row.column.as_str(), row.code), ("birth_date", RejectionCode::Unparsable));
            assert_eq!(row.row, values(number));
        }
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn a_file_of_no_rows_is_whole() {
        let quarantine = Quarantine::new();
        let grant = quarantine.keyring.quarantine_key("quarantine").unwrap();
        fs::remove_file(quarantine.path()).unwrap();
        QuarantineWriter::create(&quarantine.path(), &grant).unwrap().commit().unwrap();
        assert_eq!(read(&quarantine.path(), &quarantine.keyring).unwrap().count(), 0);
    }

    #[test]
    fn notices_every_flipped_bit() {
        let quarantine = Quarantine::new();
        let bytes = fs::read(quarantine.path()).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let (_, error) = quarantine.read_changed(changed);
                assert!(error.is_some(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn notices_wherever_it_is_cut_off() {
        let quarantine = Quarantine::new();
        let bytes = fs::read(quarantine.path()).unwrap();
        for length in 0..bytes.len() {
            let (_, error) = quarantine.read_changed(&bytes[..length]);
            assert!(matches!(error, Some(Error::Key(KeyError::Damaged(..)))), "cut to {length}: {error:?}");
        }
    }

    #[test]
    fn names_the_record_of_which_a_clear_field_was_edited() {
        let quarantine = Quarantine::new();
        let lines = quarantine.lines();
        let edits = [
            ("patients.csv", "others.csv"),
            (r#""row":2"#, r#""row":1"#),
            (r#""line":3,"#, ""),
            (r#""line":3"#, r#""line":4"#),
            ("birth_date", "death_date"),
            ("unparsable", "out-of-range"),
            (r#""code""#, r#""color":1,"code""#),
        ];
        for (from, to) in edits {
            let mut changed = lines.clone();
            changed[2] = changed[2].replace(from, to);
            assert_ne!(changed, lines);
            let (given, error) = quarantine.read_lines(&changed);
            assert!(matches!(error, Some(Error::Key(KeyError::Sealed(2)))), "{from}");
            assert_eq!(given, 1);
        }
    }

    #[test]
    fn notices_lines_that_are_swapped_removed_repeated_or_added() {
        let quarantine = Quarantine::new();
        let lines = quarantine.lines();
        let of = |order: &[usize]| order.iter().map(|line| lines[*line].clone()).collect::<Vec<_>>();
        let record = |order: &[usize]| match quarantine.read_lines(&of(order)) {
            (_, Some(Error::Key(KeyError::Sealed(record)))) => Some(record),
            _ => None,
        };
        assert_eq!(record(&[0, 2, 1, 3, 4]), Some(1));
        assert_eq!(record(&[0, 1, 3, 4]), Some(2));
        assert_eq!(record(&[0, 1, 1, 2, 3, 4]), Some(2));
        assert_eq!(record(&[0, 1, 2, 3, 3, 4]), Some(4));

        let damaged = |order: &[usize]| match quarantine.read_lines(&of(order)) {
            (_, Some(Error::Key(KeyError::Damaged(_, problem)))) => Some(problem),
            _ => None,
        };
        let missing = "its last line is missing, and rows may be missing before it";
        assert_eq!(damaged(&[0, 1, 2, 3]), Some(missing));
        assert_eq!(damaged(&[0]), Some(missing));
        assert_eq!(damaged(&[0, 1, 2, 4]), Some("its last line does not fit: rows are missing or were added"));
        assert_eq!(damaged(&[0, 1, 2, 3, 4, 4]), Some("there is something after its last line"));
        assert_eq!(damaged(&[1, 2, 3, 4]), Some("it does not begin as a quarantine file does"));
        assert_eq!(damaged(&[]), Some("it does not begin as a quarantine file does"));
    }

    #[test]
    fn notices_a_count_that_was_edited_to_fit() {
        let quarantine = Quarantine::new();
        let mut lines = quarantine.lines();
        lines.remove(3);
        lines[3] = lines[3].replace(r#""rows":3"#, r#""rows":2"#);
        let (given, error) = quarantine.read_lines(&lines);
        assert!(matches!(error, Some(Error::Key(KeyError::Damaged(..)))));
        assert_eq!(given, 2);
    }

    #[test]
    fn a_line_opens_in_no_other_file() {
        let quarantine = Quarantine::new();
        let lines = quarantine.lines();
        fs::remove_file(quarantine.path()).unwrap();
        let grant = quarantine.keyring.quarantine_key("quarantine").unwrap();
        let mut writer = QuarantineWriter::create(&quarantine.path(), &grant).unwrap();
        writer.add(&place(1), "birth_date", RejectionCode::Unparsable, values(1).as_object().unwrap()).unwrap();
        writer.commit().unwrap();
        let mut other = quarantine.lines();
        other[1] = lines[1].clone();
        assert!(matches!(quarantine.read_lines(&other), (0, Some(Error::Key(KeyError::Sealed(1))))));
    }

    #[test]
    fn opens_under_no_other_keyring() {
        let mut quarantine = Quarantine::new();
        let lines = quarantine.lines();
        quarantine.keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
        assert!(matches!(quarantine.read_lines(&lines), (0, Some(Error::Key(KeyError::Sealed(1))))));
        quarantine.keyring = Keyring::ephemeral(&[]).unwrap();
        assert!(matches!(quarantine.read_lines(&lines), (0, Some(Error::Key(KeyError::Unknown(_))))));
    }

    #[test]
    fn says_which_version_of_the_key_it_lacks() {
        let quarantine = Quarantine::new();
        let mut lines = quarantine.lines();
        lines[0] = lines[0].replace(r#""version":1"#, r#""version":2"#);
        let (_, error) = quarantine.read_lines(&lines);
        assert!(matches!(error, Some(Error::Key(KeyError::UnknownVersion { version: 2, .. }))));
    }

    #[test]
    fn prints_no_name_of_a_key_that_cannot_be_one() {
        let quarantine = Quarantine::new();
        let mut lines = quarantine.lines();
        lines[0] = lines[0].replace(r#""key":"quarantine""#, r#""key":"\u001b[2J""#);
        let (_, error) = quarantine.read_lines(&lines);
        assert!(!error.unwrap().to_string().contains('\u{1b}'));
    }

    #[test]
    fn holds_no_key_and_shows_no_value() {
        let quarantine = Quarantine::new();
        let file = fs::read_to_string(quarantine.path()).unwrap();
        let keyring = fs::read_to_string(quarantine.directory.path().join("keyring/keyring.json")).unwrap();
        let keys: Vec<&str> = keyring.split("\"key\":\"").skip(1).map(|rest| &rest[..43]).collect();
        assert_eq!(keys.len(), DEFAULT_KEYS.len());
        let mut rows = read(&quarantine.path(), &quarantine.keyring).unwrap();
        let shown = format!("{rows:?} {:?} {:?}", quarantine.keyring, rows.next().unwrap().unwrap());
        for text in [&file, &shown] {
            assert!(keys.iter().all(|key| !text.contains(key)));
            assert!(!text.contains("Anna") && !text.contains("31.02.1980"));
        }
    }
}
