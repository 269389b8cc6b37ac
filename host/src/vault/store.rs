//! What a store of tokens does. The two that there are hold rows, and know neither keys nor values.

use std::fmt;

use super::format::Body;
use super::{SetStats, VaultError};
use crate::keys::SealedSecret;

/// The form of the rows. In the first one, tokens were stored as they are shown.
pub(in crate::vault) const FORM: i32 = 2;
/// The first form, which is taken for this one: what is in it stays as it is.
pub(in crate::vault) const FIRST_FORM: i32 = 1;

/// Where a value is found: a keyed digest of it.
pub(in crate::vault) type Index = [u8; 16];

/// What a vault says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::vault) struct Header {
    /// A random id. What is sealed in one vault opens in no other.
    pub(in crate::vault) id: [u8; 16],
    /// The name of its key.
    pub(in crate::vault) key: String,
    /// The secret of its index.
    pub(in crate::vault) secret: SealedSecret,
}

/// A token and the value behind it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::vault) struct Row {
    pub(in crate::vault) index: Index,
    pub(in crate::vault) token: Body,
    /// The first day on which the token stands for nothing any more, in days since 1970.
    pub(in crate::vault) expires: Option<i32>,
    /// The version of the key.
    pub(in crate::vault) version: u32,
    pub(in crate::vault) sealed: Vec<u8>,
}

/// A row that is sealed under another version of the key than new ones are.
#[derive(Debug)]
pub(in crate::vault) struct Stale {
    pub(in crate::vault) set: i64,
    pub(in crate::vault) at: Mark,
    pub(in crate::vault) row: Row,
}

/// A place in the order in which a store walks its rows.
pub(in crate::vault) type Mark = [u8; 16];

/// A token that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) struct Held {
    pub(in crate::vault) token: Body,
    pub(in crate::vault) expires: Option<i32>,
}

/// What became of a row that was put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) enum Put {
    /// It is there.
    Made,
    /// Its value has this token already: another writer was quicker.
    Held(Held),
    /// Another value of the set has its token.
    Taken,
}

/// Rows that last, shared by threads and by processes.
pub(in crate::vault) trait TokenStore: Send + Sync {
    /// What messages call it: a path, or a database.
    fn place(&self) -> &str;

    /// What the vault says of itself.
    fn header(&self) -> Result<Header, VaultError>;

    /// Seals the secret of the index anew.
    fn reseal_header(&self, secret: &SealedSecret) -> Result<(), VaultError>;

    /// The sets of tokens: number, domain and format.
    fn sets(&self) -> Result<Vec<(i64, String, String)>, VaultError>;

    /// Rows after this place that are sealed under another version than this one, some at a time, in the order of their
    /// places. None when there are no more.
    fn stale(&self, version: u32, after: Option<Mark>) -> Result<Vec<Stale>, VaultError>;

    /// Replaces what is sealed in each row, as far as it is still as it was read: all or none. Gives how many.
    fn reseal(&self, version: u32, rows: &[(Stale, Vec<u8>)]) -> Result<u64, VaultError>;

    /// The number of a set of tokens, which is made if it is to be and is not there.
    fn set(&self, domain: &str, format: &str, make: bool) -> Result<Option<i64>, VaultError>;

    /// The tokens at these indexes, which are sorted and differ, as of one moment.
    fn find(&self, indexes: &[Index]) -> Result<Vec<Option<Held>>, VaultError>;

    /// Puts rows, sorted by their indexes, which differ: all or none, and they last. A row whose value has a token
    /// already is left out; a token that has expired today is not one.
    fn put(&self, set: i64, rows: &[Row], today: i32) -> Result<Vec<Put>, VaultError>;

    /// The rows of these tokens of a set.
    fn rows(&self, set: i64, tokens: &[Body]) -> Result<Vec<Option<Row>>, VaultError>;

    /// What is in the vault, set by set.
    fn stats(&self, today: i32) -> Result<Vec<SetStats>, VaultError>;

    /// Removes the tokens that have expired, some at a time. Gives how many, 0 when there are no more.
    fn purge(&self, today: i32) -> Result<u64, VaultError>;
}

impl Held {
    /// Whether the token stands for its value on this day.
    pub(in crate::vault) fn is_in_force(&self, today: i32) -> bool {
        self.expires.is_none_or(|day| today < day)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("version", &self.version).finish_non_exhaustive()
    }
}
