//! The vault in a PostgreSQL database, for the processes of several machines.
//!
//! To another machine everything is encrypted, and the server is verified. The client is the blocking one: the threads that mask wait for their tokens in any case, and are no tasks of a runtime.
//! It must not be called from inside of one. Each thread has a connection of its own while it needs it.
//!
//! Each statement handles a whole batch. Rows are inserted in the order of their digests, since two writers that insert the
//! same ones in different orders block each other; and what an insert leaves out is looked up by a statement of its own,
//! since the same statement would not see what another writer has just committed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postgres::config::Host;
use postgres::error::SqlState;
use postgres::{Client, Config, Error, Statement};

use super::format::Body;
use super::store::{FIRST_FORM, FORM, Header, Held, Index, Mark, Put, Row, Stale, TokenStore};
use super::tls::{Channel, untrusted};
use super::{SealedUnder, SetStats, VaultError};
use crate::keys::SealedSecret;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a batch is tried that another writer, or a connection that broke, was in the way of.
const TRIES: usize = 4;
/// How many tokens are purged in one transaction.
const PURGED_AT_ONCE: i64 = 10_000;
/// How many values are sealed anew in one transaction.
const RESEALED_AT_ONCE: i64 = 4_000;

/// Statements look up by index, however small the tables were when they were prepared.
const SESSION: &str = "SET enable_seqscan = off; SET jit = off; SET lock_timeout = '30s'; SET synchronous_commit = on";
const TABLES: &str = "
    CREATE TABLE moretta_vault (
        one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one), form INTEGER NOT NULL,
        id BYTEA NOT NULL, key TEXT NOT NULL, key_version BIGINT NOT NULL, secret BYTEA NOT NULL
    );
    CREATE TABLE moretta_token_set (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, domain TEXT NOT NULL, format TEXT NOT NULL,
        UNIQUE (domain, format)
    );
    CREATE TABLE moretta_token (
        digest BYTEA PRIMARY KEY, set_id BIGINT NOT NULL, token BYTEA NOT NULL, expires INTEGER,
        key_version BIGINT NOT NULL, sealed BYTEA NOT NULL, UNIQUE (token, set_id)
    );
    CREATE INDEX moretta_token_expires ON moretta_token (expires) WHERE expires IS NOT NULL;";
const INSERT: &str = "\
    INSERT INTO moretta_token (set_id, digest, token, expires, key_version, sealed) \
    SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::int[], $5::bigint[], $6::bytea[]) AS made (digest) \
    ORDER BY digest ON CONFLICT DO NOTHING";
const HELD: &str = "SELECT digest, token, expires FROM moretta_token WHERE digest = ANY ($1)";
const DELETE: &str = "\
    DELETE FROM moretta_token WHERE digest IN \
    (SELECT digest FROM moretta_token WHERE digest = ANY ($1) AND expires <= $2 ORDER BY digest FOR UPDATE)";
const ROWS: &str = "\
    SELECT token, digest, expires, key_version, sealed FROM moretta_token WHERE token = ANY ($1) AND set_id = $2";
const STALE: &str = "\
    SELECT set_id, digest, token, expires, key_version, sealed FROM moretta_token \
    WHERE digest > $1 AND key_version <> $2 ORDER BY digest LIMIT $3";
const RESEAL: &str = "\
    UPDATE moretta_token AS token SET key_version = $1, sealed = anew.sealed \
    FROM unnest($2::bytea[], $3::bytea[], $4::bytea[]) AS anew (digest, was, sealed) \
    WHERE token.digest = anew.digest AND token.sealed = anew.was";
const PURGE: &str = "\
    DELETE FROM moretta_token WHERE digest IN \
    (SELECT digest FROM moretta_token WHERE expires <= $1 ORDER BY digest LIMIT $2 FOR UPDATE)";
const STATS: &str = "\
    SELECT domain, format, key_version, count(*), count(*) FILTER (WHERE expires <= $1) \
    FROM moretta_token JOIN moretta_token_set ON moretta_token_set.id = set_id \
    GROUP BY domain, format, key_version ORDER BY domain, format, key_version";

/// A vault in a database.
pub(in crate::vault) struct PostgresStore {
    config: Config,
    channel: Channel,
    place: String,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Session>>,
}

/// A connection with the statements that were prepared on it.
struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl PostgresStore {
    pub(in crate::vault) fn create(url: &str, header: &Header) -> Result<Self, VaultError> {
        let store = Self::at(url)?;
        let insert = "INSERT INTO moretta_vault (form, id, key, key_version, secret) VALUES ($1, $2, $3, $4, $5)";
        let version = i64::from(header.secret.version);
        let created = store.with("write", |session| {
            let mut transaction = session.client.transaction()?;
            transaction.batch_execute(TABLES)?;
            let id = header.id.as_slice();
            transaction.execute(insert, &[&FORM, &id, &header.key, &version, &header.secret.bytes])?;
            transaction.commit()
        });
        created.map(|()| store)
    }

    pub(in crate::vault) fn open(url: &str) -> Result<Self, VaultError> {
        let store = Self::at(url)?;
        let form = |session: &mut Session| {
            session.client.query_one("SELECT form FROM moretta_vault", &[]).and_then(|row| row.try_get::<_, i32>(0))
        };
        match store.with("read", form)? {
            FORM => Ok(store),
            FIRST_FORM => {
                // Programs that know the first form alone are kept out before there is another row.
                let update = "UPDATE moretta_vault SET form = $1";
                match store.with("write", |session| session.client.execute(update, &[&FORM])) {
                    Err(error) if !matches!(error, VaultError::ReadOnly(_)) => Err(error),
                    _ => Ok(store),
                }
            }
            _ => Err(VaultError::NotAVault(store.place)),
        }
    }

    fn at(url: &str) -> Result<Self, VaultError> {
        // What others call verify-full is what there is: a server is always verified.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let mut config: Config = url.parse().map_err(|_| VaultError::InvalidUrl)?;
        config.application_name("moretta").connect_timeout(PATIENCE);
        let place = place(&config);
        Ok(Self { channel: Channel::to(&mut config, &place)?, place, config, idle: Mutex::default() })
    }

    /// Does what is to be read or written on a connection of its own. What failed because of other writers, or because the
    /// connection broke, is done again.
    fn with<T>(&self, doing: &'static str, work: impl Fn(&mut Session) -> Result<T, Error>) -> Result<T, VaultError> {
        for tried in 1..=TRIES {
            let idle = self.idle().pop();
            let mut session = idle
                .map_or_else(|| Session::new(&self.channel, &self.config), Ok)
                .map_err(|e| self.problem(doing, &e))?;
            match work(&mut session) {
                Ok(done) => {
                    self.idle().push(session);
                    return Ok(done);
                }
                // Connections that waited since before a server was started again are all broken.
                Err(_) if session.client.is_closed() && tried < TRIES => self.idle().clear(),
                Err(error) if is_in_the_way(&error) && tried < TRIES => {}
                Err(error) => return Err(self.problem(doing, &error)),
            }
        }
        Err(VaultError::Busy(self.place.clone()))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server said, by its code: its words could quote a row.
    fn problem(&self, doing: &'static str, error: &Error) -> VaultError {
        let place = self.place.clone();
        if let Some(untrusted) = untrusted(&place, error) {
            return untrusted;
        }
        let Some(code) = error.code() else {
            let reason =
                if error.is_closed() { "the connection broke" } else { "the server cannot be reached or understood" };
            return VaultError::Failed { doing, place, reason: reason.to_owned() };
        };
        match *code {
            SqlState::UNDEFINED_TABLE => VaultError::NotThere(place),
            SqlState::DUPLICATE_TABLE | SqlState::UNIQUE_VIOLATION => VaultError::Exists(place),
            SqlState::DISK_FULL => VaultError::Full(place),
            SqlState::READ_ONLY_SQL_TRANSACTION => VaultError::ReadOnly(place),
            SqlState::LOCK_NOT_AVAILABLE => VaultError::Busy(place),
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => VaultError::Damaged(place),
            _ if is_in_the_way(error) => VaultError::Busy(place),
            _ => VaultError::Failed { doing, place, reason: format!("the server answers SQLSTATE {}", code.code()) },
        }
    }
}

impl TokenStore for PostgresStore {
    fn place(&self) -> &str {
        &self.place
    }

    fn header(&self) -> Result<Header, VaultError> {
        let select = "SELECT id, key, key_version, secret FROM moretta_vault";
        let (id, key, version, bytes): (Vec<u8>, _, i64, _) = self.with("read", |session| {
            let row = session.client.query_one(select, &[])?;
            Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
        })?;
        let damaged = || VaultError::Damaged(self.place.clone());
        let (id, version) = (id.try_into().map_err(|_| damaged())?, u32::try_from(version).map_err(|_| damaged())?);
        Ok(Header { id, key, secret: SealedSecret { version, bytes } })
    }

    fn sets(&self) -> Result<Vec<(i64, String, String)>, VaultError> {
        self.with("read", |session| {
            let rows = session.client.query("SELECT id, domain, format FROM moretta_token_set", &[])?;
            rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
        })
    }

    fn stale(&self, version: u32, after: Option<Mark>) -> Result<Vec<Stale>, VaultError> {
        let (after, version) = (after.as_ref().map(Mark::as_slice).unwrap_or_default(), i64::from(version));
        let rows = self.with("read", |session| {
            let statement = session.prepare(STALE)?;
            session.client.query(&statement, &[&after, &version, &RESEALED_AT_ONCE])
        })?;
        let stale = rows.iter().map(|row| {
            let index = row.try_get::<_, &[u8]>(1).ok()?.try_into().ok()?;
            let (token, expires) = (Body::of(row.try_get(2).ok()?), row.try_get(3).ok()?);
            let version = u32::try_from(row.try_get::<_, i64>(4).ok()?).ok()?;
            let of_token = Row { index, token, expires, version, sealed: row.try_get(5).ok()? };
            Some(Stale { set: row.try_get(0).ok()?, at: index, row: of_token })
        });
        stale.collect::<Option<_>>().ok_or_else(|| VaultError::Damaged(self.place.clone()))
    }

    fn reseal(&self, version: u32, rows: &[(Stale, Vec<u8>)]) -> Result<u64, VaultError> {
        let digests: Vec<_> = rows.iter().map(|(stale, _)| stale.row.index.as_slice()).collect();
        let before: Vec<_> = rows.iter().map(|(stale, _)| stale.row.sealed.as_slice()).collect();
        let anew: Vec<_> = rows.iter().map(|(_, sealed)| sealed.as_slice()).collect();
        self.with("write", |session| {
            let statement = session.prepare(RESEAL)?;
            session.client.execute(&statement, &[&i64::from(version), &digests, &before, &anew])
        })
    }

    fn reseal_header(&self, secret: &SealedSecret) -> Result<(), VaultError> {
        let (update, version) = ("UPDATE moretta_vault SET key_version = $1, secret = $2", i64::from(secret.version));
        self.with("write", |session| session.client.execute(update, &[&version, &secret.bytes])).map(drop)
    }

    fn set(&self, domain: &str, format: &str, make: bool) -> Result<Option<i64>, VaultError> {
        let select = "SELECT id FROM moretta_token_set WHERE domain = $1 AND format = $2";
        let insert = "INSERT INTO moretta_token_set (domain, format) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.with("write", |session| {
            let mut found = session.client.query_opt(select, &[&domain, &format])?;
            if found.is_none() && make {
                session.client.execute(insert, &[&domain, &format])?;
                found = session.client.query_opt(select, &[&domain, &format])?;
            }
            found.map(|row| row.try_get(0)).transpose()
        })
    }

    fn find(&self, indexes: &[Index]) -> Result<Vec<Option<Held>>, VaultError> {
        let asked: Vec<_> = indexes.iter().map(Index::as_slice).collect();
        self.with("read", |session| {
            let statement = session.prepare(HELD)?;
            let mut found = vec![None; indexes.len()];
            for row in session.client.query(&statement, &[&asked])? {
                let at = asked.binary_search(&row.try_get(0)?).ok();
                if let Some(place) = at.and_then(|at| found.get_mut(at)) {
                    *place = Some(Held { token: Body::of(row.try_get(1)?), expires: row.try_get(2)? });
                }
            }
            Ok(found)
        })
    }

    fn put(&self, set: i64, rows: &[Row], today: i32) -> Result<Vec<Put>, VaultError> {
        self.with("write", |session| {
            let [insert, held, delete] = [INSERT, HELD, DELETE].map(|statement| session.prepare(statement));
            let (insert, held, delete) = (insert?, held?, delete?);
            let mut transaction = session.client.transaction()?;
            if add(&mut transaction, &insert, set, rows)? {
                transaction.commit()?;
                return Ok(vec![Put::Made; rows.len()]);
            }
            let (mut outcomes, expired) = look(&mut transaction, &held, rows, today)?;
            if expired {
                let left: Vec<_> = left_out(rows, &outcomes).cloned().collect();
                let digests: Vec<_> = left.iter().map(|row| row.index.as_slice()).collect();
                transaction.execute(&delete, &[&digests, &today])?;
                add(&mut transaction, &insert, set, &left)?;
                outcomes = look(&mut transaction, &held, rows, today)?.0;
            }
            transaction.commit()?;
            Ok(outcomes)
        })
    }

    fn rows(&self, set: i64, tokens: &[Body]) -> Result<Vec<Option<Row>>, VaultError> {
        let asked: Vec<_> = tokens.iter().map(Body::as_slice).collect();
        let damaged = || VaultError::Damaged(self.place.clone());
        let mut found = HashMap::new();
        let rows = self.with("read", |session| {
            let statement = session.prepare(ROWS)?;
            session.client.query(&statement, &[&asked, &set])
        })?;
        for row in &rows {
            let (token, index) = (row.try_get::<_, &[u8]>(0), row.try_get::<_, &[u8]>(1));
            let (expires, version, sealed) = (row.try_get(2), row.try_get::<_, i64>(3), row.try_get(4));
            let (Ok(token), Ok(index), Ok(expires), Ok(version), Ok(sealed)) = (token, index, expires, version, sealed)
            else {
                return Err(damaged());
            };
            let index = index.try_into().map_err(|_| damaged())?;
            let version = u32::try_from(version).map_err(|_| damaged())?;
            found.insert(token, Row { index, token: Body::of(token), expires, version, sealed });
        }
        Ok(asked.iter().map(|token| found.get(token).cloned()).collect())
    }

    fn stats(&self, today: i32) -> Result<Vec<SetStats>, VaultError> {
        self.with("read", |session| {
            let mut stats = Vec::new();
            for row in session.client.query(STATS, &[&today])? {
                let version = u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX);
                let count = |at: usize| row.try_get(at).map(i64::unsigned_abs);
                let sealed = SealedUnder { version, tokens: count(3)? };
                SetStats::add(&mut stats, row.try_get(0)?, row.try_get(1)?, sealed, count(4)?);
            }
            Ok(stats)
        })
    }

    fn purge(&self, today: i32) -> Result<u64, VaultError> {
        self.with("write", |session| session.client.execute(PURGE, &[&today, &PURGED_AT_ONCE]))
    }
}

impl Session {
    fn new(channel: &Channel, config: &Config) -> Result<Self, Error> {
        let mut client = channel.connect(config)?;
        client.batch_execute(SESSION)?;
        Ok(Self { client, statements: HashMap::new() })
    }

    fn prepare(&mut self, statement: &'static str) -> Result<Statement, Error> {
        if let Some(prepared) = self.statements.get(statement) {
            return Ok(prepared.clone());
        }
        let prepared = self.client.prepare(statement)?;
        self.statements.insert(statement, prepared.clone());
        Ok(prepared)
    }
}

/// Where the database is, without user and password.
fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(socket)) => socket.display().to_string(),
        None => "localhost".to_owned(),
    };
    let name = config.get_dbname().or_else(|| config.get_user()).unwrap_or_default();
    Path::new("postgres://").join(host).join(name).display().to_string()
}

/// Inserts rows, as far as neither their value nor their token is there. Gives whether none was.
fn add(transaction: &mut postgres::Transaction<'_>, insert: &Statement, set: i64, rows: &[Row]) -> Result<bool, Error> {
    let digests: Vec<_> = rows.iter().map(|row| row.index.as_slice()).collect();
    let tokens: Vec<_> = rows.iter().map(|row| row.token.as_slice()).collect();
    let expires: Vec<_> = rows.iter().map(|row| row.expires).collect();
    let versions: Vec<_> = rows.iter().map(|row| i64::from(row.version)).collect();
    let sealed: Vec<_> = rows.iter().map(|row| row.sealed.as_slice()).collect();
    let added = transaction.execute(insert, &[&set, &digests, &tokens, &expires, &versions, &sealed])?;
    Ok(added == rows.len() as u64)
}

/// What became of rows that were put, and whether one of their values has a token that has expired. A value whose token is
/// the one that was drawn for it has just got it.
fn look(
    transaction: &mut postgres::Transaction<'_>,
    held: &Statement,
    rows: &[Row],
    today: i32,
) -> Result<(Vec<Put>, bool), Error> {
    let digests: Vec<_> = rows.iter().map(|row| row.index.as_slice()).collect();
    let (mut outcomes, mut expired) = (vec![Put::Taken; rows.len()], false);
    for found in transaction.query(held, &[&digests])? {
        let held = Held { token: Body::of(found.try_get(1)?), expires: found.try_get(2)? };
        let at = digests.binary_search(&found.try_get(0)?).ok();
        let row = at.and_then(|at| rows.get(at).zip(outcomes.get_mut(at)));
        match row {
            Some((row, outcome)) if row.token == held.token => *outcome = Put::Made,
            Some((_, outcome)) if held.is_in_force(today) => *outcome = Put::Held(held),
            _ => expired = true,
        }
    }
    Ok((outcomes, expired))
}

fn left_out<'r>(rows: &'r [Row], outcomes: &[Put]) -> impl Iterator<Item = &'r Row> {
    rows.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Put::Taken)).map(|(row, _)| row)
}

/// Whether another writer was quicker, and the same thing would work now.
fn is_in_the_way(error: &Error) -> bool {
    let code = error.code();
    code.is_some_and(|code| [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::tests::{Fixture, TODAY, behaves, reveal, tokens, value};
    use crate::vault::{Format, Vault};
    use postgres::NoTls;
    use std::path::PathBuf;

    behaves!(fixture());

    /// A vault in a database of its own, on the server that `tests/with-postgres` started.
    fn fixture() -> Option<Fixture> {
        let Ok(server) = std::env::var("MORETTA_TEST_POSTGRES") else {
            assert!(std::env::var_os("CI").is_none(), "no PostgreSQL server: run the tests by tests/with-postgres");
            eprintln!("skipped: no PostgreSQL server; run the tests by tests/with-postgres");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let name: String = directory.path().file_name().unwrap().to_str().unwrap().chars().skip(1).collect();
        let name = name.to_lowercase();
        let mut client = Client::connect(&format!("{server}/postgres"), NoTls).unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Some(Fixture::at(PathBuf::from(format!("{server}/{name}")), directory))
    }

    fn client(fixture: &Fixture) -> Client {
        Client::connect(fixture.place.to_str().unwrap(), NoTls).unwrap()
    }

    #[test]
    fn names_the_database_and_neither_user_nor_password() {
        let shown = |url: &str| PostgresStore::at(url).unwrap().place;
        assert_eq!(shown("postgres://ann:secret@db.example:5433/tokens"), "postgres://db.example/tokens");
        assert_eq!(shown("postgres://ann@%2Frun%2Fpg/tokens"), "/run/pg/tokens");
        assert!(matches!(PostgresStore::at("postgres://ann:secret@h:x/tokens"), Err(VaultError::InvalidUrl)));
    }

    #[test]
    fn says_what_is_no_vault_and_what_does_not_answer() {
        let Some(fixture) = fixture() else { return };
        client(&fixture).batch_execute("DROP TABLE moretta_vault").unwrap();
        let error = Vault::open(&fixture.place, &fixture.key).unwrap_err();
        assert!(matches!(error, VaultError::NotThere(_)), "{error}");
        let error = Vault::open(Path::new("postgres://ann:secret@127.0.0.1:1/tokens"), &fixture.key).unwrap_err();
        assert!(matches!(error, VaultError::Failed { .. }) && !error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_vault_of_the_first_form_keeps_its_tokens_and_gets_others() {
        let Some(fixture) = fixture() else { return };
        fixture.set(Format::Opaque).put_of_first_form(b"old", Body::of(&[0; 16]));
        client(&fixture).execute("UPDATE moretta_vault SET form = 1", &[]).unwrap();
        let set = fixture.set(Format::Opaque);
        let both = tokens(&set, &["old", "new"]);
        assert_eq!(both[0], "AAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(reveal(&set, &both[0], TODAY).unwrap(), value("old"));
        assert_eq!(reveal(&set, &both[1], TODAY).unwrap(), value("new"));
    }

    #[test]
    fn a_changed_row_is_refused() {
        let Some(fixture) = fixture() else { return };
        let set = fixture.open().set("patients", Format::Opaque);
        let made = tokens(&set, &["one", "two"]);
        let swap = "UPDATE moretta_token AS a SET sealed = b.sealed FROM moretta_token AS b WHERE a.digest <> b.digest";
        assert_eq!(client(&fixture).execute(swap, &[]).unwrap(), 2);
        for token in made {
            assert!(matches!(reveal(&set, &token, TODAY), Err(VaultError::Tampered { row: 0, .. })));
        }
    }

    #[test]
    fn an_encrypted_connection_is_made_to_a_server_that_is_trusted_and_no_other() {
        let Some(fixture) = fixture() else { return };
        let Some(authority) = std::env::var_os("MORETTA_TEST_POSTGRES_CA") else {
            assert!(std::env::var_os("CI").is_none(), "no server with TLS: run the tests by tests/with-postgres");
            return;
        };
        let url = format!("{}?sslmode=require", fixture.place.display());
        let connect = |url: &str, authority: &Path| {
            let mut config: Config = url.parse().unwrap();
            let channel = Channel::trusting(&mut config, "it", Some(authority)).unwrap();
            Session::new(&channel, &config).map_err(|error| untrusted("it", &error).unwrap().to_string())
        };
        let mut session = connect(&url, Path::new(&authority)).unwrap();
        let of_tls = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = session.client.query_one(of_tls, &[]).unwrap();
        assert_eq!((row.get::<_, bool>(0), row.get::<_, &str>(1)), (true, "TLSv1.3"));

        let stranger = fixture.directory.path().join("stranger.pem");
        std::fs::write(&stranger, crate::vault::tls::tests::AN_AUTHORITY).unwrap();
        let error = connect(&url, &stranger).err().unwrap();
        assert!(error.contains("invalid peer certificate") && error.contains("MORETTA_VAULT_CA"), "{error}");
        // The certificate is for the address, and not for this name of it.
        let error = connect(&url.replace("127.0.0.1", "localhost"), Path::new(&authority)).err().unwrap();
        assert!(error.contains("invalid peer certificate"), "{error}");
    }

    #[test]
    fn connections_that_broke_are_made_anew() {
        let Some(fixture) = fixture() else { return };
        let set = fixture.open().set("patients", Format::Opaque);
        let before = tokens(&set, &["value"]);
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        client(&fixture).execute(kill, &[]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(tokens(&set, &["value"]), before);
    }

    #[test]
    fn writers_of_the_same_values_in_other_orders_do_not_block_each_other() {
        let Some(fixture) = fixture() else { return };
        let values: Vec<_> = (0..4000).map(|number| format!("{number:09}")).collect();
        let all = std::thread::scope(|scope| {
            let work = |backwards: bool| {
                let set = fixture.open().set("patients", Format::Digits);
                let mut values: Vec<_> = values.iter().map(String::as_str).collect();
                if backwards {
                    values.reverse();
                }
                let mut all: Vec<_> = values.chunks(500).flat_map(|batch| tokens(&set, batch)).collect();
                if backwards {
                    all.reverse();
                }
                all
            };
            let both = [false, true].map(|backwards| scope.spawn(move || work(backwards)));
            both.map(|one| one.join().unwrap())
        });
        assert_eq!(all[0], all[1]);
    }

    #[test]
    fn a_server_that_only_reads_says_so() {
        let Some(fixture) = fixture() else { return };
        let set = fixture.open().set("patients", Format::Opaque);
        let before = tokens(&set, &["value"]);
        let name = fixture.place.file_name().unwrap().to_str().unwrap();
        let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        client(&fixture).batch_execute(&read_only).unwrap();
        let set = fixture.open().set("patients", Format::Opaque);
        assert_eq!(tokens(&set, &["value"]), before);
        let error = set.tokens(&[Some(b"another")], crate::vault::tests::FOR_EVER).unwrap_err();
        assert!(matches!(error, VaultError::ReadOnly(_)), "{error}");
    }
}
