//! The vault in a file: SQLite in WAL mode, for the threads and processes of one machine.
//!
//! Three trees: rows in the order in which they were made, and two narrow indexes: by token, in which a batch lies
//! together, and by digest, in random order. A commit is on disk when it returns (`synchronous=FULL`). Memory is bounded
//! by the page cache of each connection; when the index by digest outgrows the caches of all, new tokens wait for the
//! disk, and lookups too.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Statement, TransactionBehavior, params};

use super::format::Body;
use super::store::{FIRST_FORM, FORM, Header, Held, Index, Mark, Put, Row, Stale, TokenStore};
use super::{SealedUnder, SetStats, VaultError};
use crate::keys::SealedSecret;
use crate::staged::StagedFile;

/// "MRTV" in the file's header, so that `file` and an operator can tell it.
const APPLICATION: i32 = 0x4d52_5456;
/// How long a connection waits for another process's commit, and how often it tries again.
const PATIENCE: Duration = Duration::from_secs(10);
const TRIES: usize = 3;
/// How many tokens are purged in one transaction: others write in between.
const PURGED_AT_ONCE: i64 = 10_000;
/// How many values are sealed anew in one transaction.
const RESEALED_AT_ONCE: i64 = 4_000;

const TABLES: &str = "
    BEGIN;
    CREATE TABLE vault (id BLOB NOT NULL, key TEXT NOT NULL, key_version INTEGER NOT NULL, secret BLOB NOT NULL) STRICT;
    CREATE TABLE token_set (
        id INTEGER PRIMARY KEY, domain TEXT NOT NULL, format TEXT NOT NULL, UNIQUE (domain, format)
    ) STRICT;
    CREATE TABLE token (
        id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, set_id INTEGER NOT NULL, token BLOB NOT NULL,
        expires INTEGER, key_version INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (token, set_id)
    ) STRICT;
    CREATE INDEX token_expires ON token (expires) WHERE expires IS NOT NULL;
    COMMIT;";
const INSERT: &str = "INSERT OR IGNORE INTO token (digest, set_id, token, expires, key_version, sealed) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const HELD: &str = "SELECT token, expires FROM token WHERE digest = ?1";
const DELETE: &str = "DELETE FROM token WHERE digest = ?1";
const ROW: &str = "SELECT digest, expires, key_version, sealed FROM token WHERE token = ?1 AND set_id = ?2";
const STALE: &str = "SELECT id, set_id, digest, token, expires, key_version, sealed FROM token \
                     WHERE id > ?1 AND key_version <> ?2 ORDER BY id LIMIT ?3";
const RESEAL: &str = "UPDATE token SET key_version = ?1, sealed = ?2 WHERE id = ?3 AND digest = ?4 AND sealed = ?5";
const PURGE: &str = "DELETE FROM token WHERE id IN (SELECT id FROM token WHERE expires <= ?1 LIMIT ?2)";
const STATS: &str = "SELECT domain, format, key_version, count(*), count(*) FILTER (WHERE expires <= ?1) \
                     FROM token JOIN token_set ON token_set.id = set_id \
                     GROUP BY set_id, key_version ORDER BY domain, format, key_version";

/// A vault in a file.
pub(in crate::vault) struct SqliteStore {
    path: PathBuf,
    place: String,
    /// Connections to read on that nobody uses now: each thread takes one, and gives it back.
    idle: Mutex<Vec<Connection>>,
    /// The connection to write on. SQLite has one writer at a time: the threads of a process wait here and do not poll, and
    /// what one has read the next finds in the cache, which a commit on another connection would have made void.
    writer: Mutex<Option<Connection>>,
}

impl SqliteStore {
    /// Makes the file under its name when all that belongs in it is on disk, and not before.
    pub(in crate::vault) fn create(path: &Path, header: &Header) -> Result<Self, VaultError> {
        let store = Self::at(path);
        let staged = StagedFile::beside(path).map_err(|error| store.failed("write", &error))?;
        Connection::open_with_flags(staged.path(), flags())
            .and_then(|connection| establish(&connection, header))
            .map_err(|error| store.problem("write", &error))?;
        match staged.commit_new() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(VaultError::Exists(store.place)),
            Err(error) => Err(store.failed("write", &error)),
            Ok(()) => Ok(store),
        }
    }

    pub(in crate::vault) fn open(path: &Path) -> Result<Self, VaultError> {
        let store = Self::at(path);
        let file = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(VaultError::NotThere(store.place)),
            Err(error) => return Err(store.failed("read", &error)),
            Ok(file) => file,
        };
        if !file.is_file() {
            return Err(VaultError::NotAVault(store.place));
        }
        if file.mode() & 0o077 != 0 {
            return Err(VaultError::Readable(path.to_owned()));
        }
        let form = |connection: &mut Connection| {
            let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
            Ok((application, connection.pragma_query_value(None, "user_version", |row| row.get(0))?))
        };
        match store.read(form)? {
            (APPLICATION, FORM) => Ok(store),
            (APPLICATION, FIRST_FORM) => {
                // Programs that know the first form alone are kept out before there is another row.
                match store.write(|connection| connection.pragma_update(None, "user_version", FORM)) {
                    Err(error) if !matches!(error, VaultError::ReadOnly(_)) => Err(error),
                    _ => Ok(store),
                }
            }
            _ => Err(VaultError::NotAVault(store.place)),
        }
    }

    fn at(path: &Path) -> Self {
        let place = path.display().to_string();
        Self { path: path.to_owned(), place, idle: Mutex::default(), writer: Mutex::default() }
    }

    fn read<T>(&self, work: impl Fn(&mut Connection) -> rusqlite::Result<T>) -> Result<T, VaultError> {
        let mut connection = self.idle().pop();
        let done = self.work("read", &mut connection, work)?;
        self.idle().extend(connection);
        Ok(done)
    }

    fn write<T>(&self, work: impl Fn(&mut Connection) -> rusqlite::Result<T>) -> Result<T, VaultError> {
        self.work("write", &mut self.writer.lock().unwrap_or_else(PoisonError::into_inner), work)
    }

    /// Does the work on the connection, which is made if it is not there. What another process was in the way of is tried
    /// again; after a failure the connection may be in a state of its own, and is left.
    fn work<T>(
        &self,
        doing: &'static str,
        connection: &mut Option<Connection>,
        work: impl Fn(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, VaultError> {
        let open = connection.take().map_or_else(|| connect(&self.path), Ok);
        let mut open = open.map_err(|error| self.problem(doing, &error))?;
        let mut done = work(&mut open);
        for _ in 1..TRIES {
            if !done.as_ref().is_err_and(is_busy) {
                break;
            }
            done = work(&mut open);
        }
        let done = done.map_err(|error| self.problem(doing, &error))?;
        *connection = Some(open);
        Ok(done)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, doing: &'static str, error: &io::Error) -> VaultError {
        VaultError::Failed { doing, place: self.place.clone(), reason: error.to_string() }
    }

    /// What SQLite said, in our words: its own could quote a value.
    fn problem(&self, doing: &'static str, error: &rusqlite::Error) -> VaultError {
        let place = self.place.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => VaultError::Full(place),
            Some(ErrorCode::NotADatabase) => VaultError::NotAVault(place),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => VaultError::ReadOnly(place),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => VaultError::Busy(place),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => VaultError::Damaged(place),
            Some(code) => VaultError::Failed { doing, place, reason: format!("{code:?}") },
        }
    }
}

impl TokenStore for SqliteStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn header(&self) -> Result<Header, VaultError> {
        self.read(|connection| {
            connection.query_row("SELECT id, key, key_version, secret FROM vault", [], |row| {
                let secret = SealedSecret { version: row.get(2)?, bytes: row.get(3)? };
                Ok(Header { id: row.get(0)?, key: row.get(1)?, secret })
            })
        })
    }

    fn reseal_header(&self, secret: &SealedSecret) -> Result<(), VaultError> {
        let update = "UPDATE vault SET key_version = ?1, secret = ?2";
        self.write(|connection| connection.execute(update, params![secret.version, secret.bytes])).map(drop)
    }

    fn sets(&self) -> Result<Vec<(i64, String, String)>, VaultError> {
        self.read(|connection| {
            let mut select = connection.prepare("SELECT id, domain, format FROM token_set")?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })
    }

    fn stale(&self, version: u32, after: Option<Mark>) -> Result<Vec<Stale>, VaultError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(STALE)?;
            let asked = params![after.map_or(0, id), version, RESEALED_AT_ONCE];
            select.query_map(asked, read_stale)?.collect()
        })
    }

    fn reseal(&self, version: u32, rows: &[(Stale, Vec<u8>)]) -> Result<u64, VaultError> {
        self.write(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut update = transaction.prepare_cached(RESEAL)?;
            let mut resealed = 0;
            for (Stale { at, row, .. }, sealed) in rows {
                let changed = update.execute(params![version, sealed, id(*at), row.index, row.sealed])?;
                resealed = u64::saturating_add(resealed, changed as u64);
            }
            drop(update);
            transaction.commit()?;
            Ok(resealed)
        })
    }

    fn set(&self, domain: &str, format: &str, make: bool) -> Result<Option<i64>, VaultError> {
        let select = "SELECT id FROM token_set WHERE domain = ?1 AND format = ?2";
        let find =
            |connection: &mut Connection| connection.query_row(select, [domain, format], |row| row.get(0)).optional();
        let found = self.read(find)?;
        if found.is_some() || !make {
            return Ok(found);
        }
        self.write(|connection| {
            connection.execute("INSERT OR IGNORE INTO token_set (domain, format) VALUES (?1, ?2)", [domain, format])?;
            find(connection)
        })
    }

    fn find(&self, indexes: &[Index]) -> Result<Vec<Option<Held>>, VaultError> {
        self.read(|connection| {
            let moment = connection.transaction()?;
            let mut held = moment.prepare_cached(HELD)?;
            let find = |index: &Index| held.query_row([index.as_slice()], read_held).optional();
            indexes.iter().map(find).collect()
        })
    }

    fn put(&self, set: i64, rows: &[Row], today: i32) -> Result<Vec<Put>, VaultError> {
        self.write(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut insert = transaction.prepare_cached(INSERT)?;
            let put = |row: &Row| put(&transaction, &mut insert, (set, today), row);
            let outcomes = rows.iter().map(put).collect::<Result<_, _>>()?;
            drop(insert);
            transaction.commit()?;
            Ok(outcomes)
        })
    }

    fn rows(&self, set: i64, tokens: &[Body]) -> Result<Vec<Option<Row>>, VaultError> {
        self.read(|connection| {
            let moment = connection.transaction()?;
            let mut select = moment.prepare_cached(ROW)?;
            let find = |token: &Body| {
                let read = |row: &rusqlite::Row<'_>| {
                    let (index, expires) = (row.get(0)?, row.get(1)?);
                    Ok(Row { index, token: *token, expires, version: row.get(2)?, sealed: row.get(3)? })
                };
                select.query_row(params![token.as_slice(), set], read).optional()
            };
            tokens.iter().map(find).collect()
        })
    }

    fn stats(&self, today: i32) -> Result<Vec<SetStats>, VaultError> {
        self.read(|connection| {
            let mut stats: Vec<SetStats> = Vec::new();
            let mut select = connection.prepare(STATS)?;
            let mut rows = select.query([today])?;
            while let Some(row) = rows.next()? {
                let count = |at| row.get(at).map(i64::unsigned_abs);
                let sealed = SealedUnder { version: row.get(2)?, tokens: count(3)? };
                SetStats::add(&mut stats, row.get(0)?, row.get(1)?, sealed, count(4)?);
            }
            Ok(stats)
        })
    }

    fn purge(&self, today: i32) -> Result<u64, VaultError> {
        let purged = self.write(|connection| connection.execute(PURGE, params![today, PURGED_AT_ONCE]))?;
        Ok(purged as u64)
    }
}

/// No links in names, no names that are URLs, and no lock of SQLite's own: a connection has one thread at a time.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn establish(connection: &Connection, header: &Header) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    let insert = "INSERT INTO vault (id, key, key_version, secret) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(insert, params![header.id, header.key, header.secret.version, header.secret.bytes])?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", FORM)?;
    connection.pragma_update(None, "journal_mode", "WAL")
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.busy_timeout(PATIENCE)?;
    // Whoever can write the file must not make it run anything.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is purged is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    // In KiB.
    connection.pragma_update(None, "cache_size", -65_536)?;
    // In pages, 256 MiB: a batch of new tokens dirties thousands, most of them again and again, and a checkpoint writes
    // each of them once more.
    connection.pragma_update(None, "wal_autocheckpoint", 65_536)?;
    Ok(connection)
}

fn put(
    transaction: &Connection,
    insert: &mut Statement<'_>,
    (set, today): (i64, i32),
    row: &Row,
) -> rusqlite::Result<Put> {
    let mut insert = || {
        let (index, token) = (row.index.as_slice(), row.token.as_slice());
        insert.execute(params![index, set, token, row.expires, row.version, row.sealed]).map(|count| count == 1)
    };
    if insert()? {
        return Ok(Put::Made);
    }
    let held = transaction.prepare_cached(HELD)?.query_row([row.index.as_slice()], read_held).optional()?;
    Ok(match held {
        Some(held) if held.is_in_force(today) => Put::Held(held),
        None => Put::Taken,
        Some(_) => {
            transaction.prepare_cached(DELETE)?.execute([row.index.as_slice()])?;
            if insert()? { Put::Made } else { Put::Taken }
        }
    })
}

fn read_stale(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stale> {
    let token = Body::of(row.get_ref(3)?.as_blob()?);
    let (index, expires, version, sealed) = (row.get(2)?, row.get(4)?, row.get(5)?, row.get(6)?);
    let row_of_token = Row { index, token, expires, version, sealed };
    Ok(Stale { set: row.get(1)?, at: mark(row.get(0)?), row: row_of_token })
}

/// The place of a row: its number.
fn mark(id: i64) -> Mark {
    i128::from(id).to_be_bytes()
}

fn id(mark: Mark) -> i64 {
    i64::try_from(i128::from_be_bytes(mark)).unwrap_or(i64::MAX)
}

fn read_held(row: &rusqlite::Row<'_>) -> rusqlite::Result<Held> {
    Ok(Held { token: Body::of(row.get_ref(0)?.as_blob()?), expires: row.get(1)? })
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::tests::{Fixture, TODAY, behaves, key, reveal, tokens, value};
    use crate::vault::{Format, TokenSet, Vault};
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::os::unix::fs::PermissionsExt;

    behaves!(Some(Fixture::in_a_file()));

    fn sql(fixture: &Fixture, statement: &str) -> usize {
        Connection::open(&fixture.place).unwrap().execute(statement, []).unwrap()
    }

    fn tokenize(set: &TokenSet, count: usize) -> Vec<String> {
        let values: Vec<_> = (0..count).map(|number| format!("value {number}")).collect();
        tokens(set, &values.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn a_vault_of_the_first_form_keeps_its_tokens_and_gets_others() {
        let fixture = Fixture::in_a_file();
        fixture.set(Format::Opaque).put_of_first_form(b"old", Body::of(&[0; 16]));
        Connection::open(&fixture.place).unwrap().pragma_update(None, "user_version", 1).unwrap();
        let set = fixture.set(Format::Opaque);
        let both = tokens(&set, &["old", "new"]);
        assert_eq!(both[0], "AAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(reveal(&set, &both[0], TODAY).unwrap(), value("old"));
        assert_eq!(reveal(&set, &both[1], TODAY).unwrap(), value("new"));
        let form = |row: &rusqlite::Row<'_>| row.get::<_, i32>(0);
        let form = Connection::open(&fixture.place).unwrap().query_row("PRAGMA user_version", [], form);
        assert_eq!(form.unwrap(), 2, "a program of the first form does not open it any more");
    }

    #[test]
    fn is_its_owners_alone() {
        let fixture = Fixture::in_a_file();
        let _open = tokenize(&fixture.set(Format::Opaque), 10);
        for file in fs::read_dir(fixture.directory.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", file.file_name());
        }
        fs::set_permissions(&fixture.place, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Vault::open(&fixture.place, &fixture.key), Err(VaultError::Readable(_))));
    }

    #[test]
    fn no_value_lies_open_in_the_files() {
        let fixture = Fixture::in_a_file();
        let set = fixture.set(Format::Opaque);
        tokens(&set, &["a value that is told from all others"]);
        for file in fs::read_dir(fixture.directory.path()).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(10).any(|window| window == b"value that"));
        }
    }

    #[test]
    fn says_what_is_no_vault() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("tokens.vault");
        let open = || Vault::open(&place, &key()).unwrap_err();
        assert!(matches!(open(), VaultError::NotThere(_)));
        let private = |bytes: &[u8]| {
            fs::write(&place, bytes).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
        };
        for bytes in [b"".as_slice(), b"patient,name\n17,Meyer\n", &[0; 8192]] {
            private(bytes);
            assert!(matches!(open(), VaultError::NotAVault(_)), "{}", open());
        }
        fs::remove_file(&place).unwrap();
        Connection::open(&place).unwrap().execute_batch("CREATE TABLE other (id INTEGER)").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(open(), VaultError::NotAVault(_)), "{}", open());
        assert!(matches!(Vault::open(directory.path(), &key()), Err(VaultError::NotAVault(_))));
        let nowhere = directory.path().join("nowhere/tokens.vault");
        assert!(matches!(Vault::create(&nowhere, &key()), Err(VaultError::Failed { .. })));
    }

    #[test]
    fn making_one_leaves_nothing_but_the_vault() {
        let fixture = Fixture::in_a_file();
        assert!(matches!(Vault::create(&fixture.place, &key()), Err(VaultError::Exists(_))));
        let files: Vec<_> = fs::read_dir(fixture.directory.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files, [fixture.place]);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_answers_wrong() {
        let fixture = Fixture::in_a_file();
        let right = tokenize(&fixture.set(Format::Opaque), 5000);
        let whole = fs::read(&fixture.place).unwrap();
        let (mut damaged, mut refused) = (0, 0);
        for page in 1..whole.len() / 4096 {
            let mut file = fs::OpenOptions::new().write(true).open(&fixture.place).unwrap();
            file.seek(SeekFrom::Start(page as u64 * 4096)).unwrap();
            file.write_all(&[0xff; 512]).unwrap();
            drop(file);
            let set = Vault::open(&fixture.place, &fixture.key).map(|vault| vault.set("patients", Format::Opaque));
            let asked: Vec<_> = right.iter().map(|token| Some(&**token)).collect();
            match set.and_then(|set| set.values_of(&asked, TODAY)) {
                Err(VaultError::Damaged(_) | VaultError::NotAVault(_)) => damaged += 1,
                Err(VaultError::Tampered { .. }) => refused += 1,
                Err(other) => panic!("page {page}: {other}"),
                Ok(values) => {
                    let right = (0..5000).map(|number| value(&format!("value {number}")));
                    assert!(values.into_iter().eq(right), "page {page} is not read for this, or is free");
                }
            }
            fs::write(&fixture.place, &whole).unwrap();
        }
        assert!(damaged > 50, "{damaged} damaged, {refused} refused");
    }

    #[test]
    fn a_cut_file_is_refused() {
        let fixture = Fixture::in_a_file();
        tokenize(&fixture.set(Format::Opaque), 5000);
        let file = fs::OpenOptions::new().write(true).open(&fixture.place).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2 / 4096 * 4096).unwrap();
        let error = Vault::open(&fixture.place, &fixture.key).unwrap_err();
        assert!(matches!(error, VaultError::Damaged(_)), "{error}");
    }

    /// Runs a batch on a vault whose connections are all as `pragma` makes them.
    fn with_pragma(fixture: &Fixture, pragma: &str, setting: i64, count: usize) -> Result<usize, VaultError> {
        let store = SqliteStore::open(&fixture.place)?;
        let connection = connect(&fixture.place).unwrap();
        connection.pragma_update_and_check(None, pragma, setting, |_| Ok(())).or_else(no_answer).unwrap();
        *store.writer.lock().unwrap() = Some(connection);
        let vault = Vault::unlock(std::sync::Arc::new(store), &fixture.key)?;
        let values: Vec<_> = (0..count).map(|number| format!("value {number}")).collect();
        let values: Vec<_> = values.iter().map(|value| Some(value.as_bytes())).collect();
        let set = vault.set("patients", Format::Opaque);
        set.tokens(&values, crate::vault::tests::FOR_EVER).map(|tokens| tokens.tokens.len())
    }

    fn no_answer(error: rusqlite::Error) -> rusqlite::Result<()> {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) { Ok(()) } else { Err(error) }
    }

    #[test]
    fn a_full_disk_keeps_nothing_of_the_batch() {
        let fixture = Fixture::in_a_file();
        let before = tokenize(&fixture.set(Format::Opaque), 100);
        let pages = fs::metadata(&fixture.place).unwrap().len() as i64 / 4096 + 20;
        let error = with_pragma(&fixture, "max_page_count", pages, 20_000).unwrap_err();
        assert!(matches!(error, VaultError::Full(_)), "{error}");
        let vault = fixture.open();
        assert_eq!(vault.stats(TODAY).unwrap()[0].tokens, 100);
        assert_eq!(tokenize(&vault.set("patients", Format::Opaque), 100), before);
        assert_eq!(with_pragma(&fixture, "max_page_count", 1 << 30, 20_000).unwrap(), 20_000);
    }

    #[test]
    fn a_file_that_cannot_be_written_still_answers_what_it_knows() {
        let fixture = Fixture::in_a_file();
        tokenize(&fixture.set(Format::Opaque), 100);
        assert_eq!(with_pragma(&fixture, "query_only", 1, 100).unwrap(), 100);
        let error = with_pragma(&fixture, "query_only", 1, 101).unwrap_err();
        assert!(matches!(error, VaultError::ReadOnly(_)), "{error}");
    }

    #[test]
    fn a_changed_row_is_refused_with_its_place() {
        for change in [
            "UPDATE token SET sealed = zeroblob(length(sealed)) WHERE id = 2",
            "UPDATE token SET sealed = x'00' WHERE id = 2",
            "UPDATE token SET expires = 30000 WHERE id = 2",
            "UPDATE token SET digest = zeroblob(16) WHERE id = 2",
            // The value of one token under another.
            "UPDATE token SET sealed = (SELECT sealed FROM token WHERE id = 1) WHERE id = 2",
            "UPDATE token SET set_id = 1 WHERE id = 2",
        ] {
            let fixture = Fixture::in_a_file();
            let vault = fixture.open();
            let (visits, patients) = (vault.set("visits", Format::Digits), vault.set("patients", Format::Digits));
            tokens(&visits, &["100001"]);
            let token = tokens(&patients, &["100002"]).remove(0);
            assert_eq!(sql(&fixture, change), 1);
            let set = if change.contains("set_id") { &visits } else { &patients };
            let asked = [None, Some(&*token)];
            match set.values_of(&asked, TODAY) {
                Err(error @ VaultError::Tampered { row: 1, .. }) => assert!(!error.to_string().contains(&token)),
                other => panic!("{change}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_changed_header_does_not_open() {
        for change in [
            "UPDATE vault SET secret = zeroblob(60)",
            "UPDATE vault SET secret = x'00'",
            "UPDATE vault SET id = zeroblob(16)",
            "UPDATE vault SET key_version = 2",
        ] {
            let fixture = Fixture::in_a_file();
            assert_eq!(sql(&fixture, change), 1);
            let error = Vault::open(&fixture.place, &fixture.key).unwrap_err();
            assert!(matches!(error, VaultError::OtherKey { .. } | VaultError::Key(_)), "{change}: {error}");
        }
    }

    #[test]
    fn a_row_of_another_vault_does_not_open() {
        let fixture = Fixture::in_a_file();
        let other = fixture.directory.path().join("other.vault");
        let other_set = Vault::create(&other, &fixture.key).unwrap().set("patients", Format::Digits);
        let token = tokens(&other_set, &["100001"]).remove(0);
        let set = fixture.set(Format::Digits);
        tokens(&set, &["100002"]);
        let connection = Connection::open(&fixture.place).unwrap();
        connection.execute("ATTACH ?1 AS other", [other.display().to_string()]).unwrap();
        let copy =
            "INSERT INTO main.token SELECT 2, digest, set_id, token, expires, key_version, sealed FROM other.token";
        assert_eq!(connection.execute(copy, []).unwrap(), 1);
        assert!(matches!(reveal(&set, &token, TODAY), Err(VaultError::Tampered { .. })));
    }

    #[test]
    fn what_is_purged_is_overwritten() {
        let fixture = Fixture::in_a_file();
        let vault = fixture.open();
        let term = crate::vault::Term { today: TODAY, days: std::num::NonZeroU16::new(1) };
        vault.set("patients", Format::Opaque).tokens(&[Some(b"value")], term).unwrap();
        let sealed: Vec<u8> = Connection::open(&fixture.place)
            .unwrap()
            .query_row("SELECT sealed FROM token", [], |row| row.get(0))
            .unwrap();
        assert_eq!(vault.purge(TODAY + 1).unwrap(), 1);
        drop(vault);
        let mut bytes = Vec::new();
        fs::File::open(&fixture.place).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(!bytes.windows(sealed.len()).any(|window| window == sealed));
    }

    #[test]
    fn a_writer_waits_for_another_process() {
        let fixture = Fixture::in_a_file();
        let set = fixture.set(Format::Opaque);
        let mut other = Connection::open(&fixture.place).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| tokens(&set, &["value"]));
            std::thread::sleep(Duration::from_millis(300));
            assert!(!waiting.is_finished());
            lock.commit().unwrap();
            assert_eq!(waiting.join().unwrap().len(), 1);
        });
    }

    #[test]
    fn a_million_values_take_no_more_memory_than_some_do() {
        let fixture = Fixture::in_a_file();
        let set = fixture.set(Format::Opaque);
        let mut peak_before = 0;
        for batch in 0..125 {
            let values: Vec<_> = (0..8000).map(|number| format!("{}", batch * 8000 + number)).collect();
            tokens(&set, &values.iter().map(String::as_str).collect::<Vec<_>>());
            if batch == 40 {
                peak_before = resident();
            }
        }
        assert_eq!(fixture.open().stats(TODAY).unwrap()[0].tokens, 1_000_000);
        // The page cache of the connection, and some for the tests beside.
        let grown = resident().saturating_sub(peak_before);
        assert!(grown < 160 << 20, "{} MiB more", grown >> 20);
    }

    /// The memory of this process in bytes.
    fn resident() -> usize {
        let status = fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }
}
