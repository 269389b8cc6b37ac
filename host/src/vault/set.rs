//! The tokens of one domain in one format: from values to tokens, and back.

use std::fmt;
use std::num::NonZeroU16;
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::format::{Body, OF_BATCH};
use super::store::{Held, Index, Put, Row, TokenStore};
use super::{Format, Unfit, VaultError};
use crate::keys::{Binding, RandomBytes, SetKeys};

/// How many values of a batch are looked up to learn whether the batch is one of new values.
const SAMPLE: usize = 64;

/// The tokens of one domain in one format. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct TokenSet(Arc<Inner>);

struct Inner {
    store: Arc<dyn TokenStore>,
    keys: SetKeys,
    domain: String,
    format: Format,
    /// Its number in the store, once it is known.
    id: OnceLock<i64>,
}

/// When tokens are asked for, and for how long new ones stand. A token's last day is fixed when it is made: asking for it
/// again, with whatever lifetime, does not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Today, in days since 1970-01-01.
    pub today: i32,
    /// How many days a new token stands for its value, today included. `None`: for ever.
    pub days: Option<NonZeroU16>,
}

/// The tokens of a column.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// A token for each value; `None` for a null, and for a value that was rejected.
    pub tokens: Vec<Option<String>>,
    /// The values that cannot have a token, in the order of their rows.
    pub rejected: Vec<Rejected>,
}

/// A value that cannot have a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its row in the column, counted from 0.
    pub row: usize,
    /// Why.
    pub why: Unfit,
}

/// What a token stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum Revealed {
    /// This value.
    Value {
        /// The value.
        value: Zeroizing<Vec<u8>>,
        /// The version of the key that it was sealed under.
        version: u32,
    },
    /// Nothing, as it is null.
    Null,
    /// Nothing that this set knows: it is no token, of another domain or format, or was purged.
    Unknown,
    /// Nothing any more.
    Expired,
}

impl TokenSet {
    pub(in crate::vault) fn new(store: Arc<dyn TokenStore>, keys: SetKeys, domain: &str, format: Format) -> Self {
        Self(Arc::new(Inner { store, keys, domain: domain.to_owned(), format, id: OnceLock::new() }))
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The format.
    pub fn format(&self) -> &Format {
        &self.0.format
    }

    /// The token of each value of a column; those that have none yet are made. A null stays a null, an empty value is one
    /// like others.
    ///
    /// The same value has the same token in every call, thread and process, until it expires. New tokens last before this
    /// returns, all of them; asked again after a failure, it makes no second token for a value.
    ///
    /// # Errors
    /// The store fails, or the system gives no random bytes.
    pub fn tokens(&self, values: &[Option<&[u8]>], term: Term) -> Result<Tokens, VaultError> {
        let mut rejected = Vec::new();
        let mut asked = Vec::with_capacity(values.len());
        for (row, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            match self.0.format.admit(value) {
                Ok(()) => asked.push((self.0.keys.index(value), row)),
                Err(why) => rejected.push(Rejected { row, why }),
            }
        }
        asked.sort_unstable();
        let mut wanted = self.find(&asked, values, term.today)?;
        self.make_missing(&mut wanted, term)?;

        let mut tokens = vec![None; values.len()];
        let mut wanted = wanted.iter().peekable();
        for (index, row) in &asked {
            while wanted.next_if(|wanted| wanted.index < *index).is_some() {}
            let token = wanted.peek().and_then(|wanted| wanted.token);
            match (tokens.get_mut(*row), token) {
                (Some(place), Some(token)) => *place = Some(self.0.format.text(&token, &self.0.keys)),
                _ => rejected.push(Rejected { row: *row, why: Unfit::Exhausted }),
            }
        }
        rejected.sort_unstable_by_key(|rejected| rejected.row);
        Ok(Tokens { tokens, rejected })
    }

    /// What each token of a column stands for today.
    ///
    /// # Errors
    /// [`VaultError::Tampered`]: what is stored is not what was. A value was sealed under a version of the key that may
    /// not be used. The store fails.
    pub fn values_of(&self, tokens: &[Option<&str>], today: i32) -> Result<Vec<Revealed>, VaultError> {
        let bodies = |token: &Option<&str>| token.map(|token| self.0.format.bodies(token, &self.0.keys));
        let bodies: Vec<_> = tokens.iter().map(|token| bodies(token).unwrap_or_default()).collect();
        let known: Vec<_> = bodies.iter().flatten().copied().collect();
        let mut rows = match self.id(false)? {
            Some(set) => self.0.store.rows(set, &known)?,
            None => vec![None; known.len()],
        }
        .into_iter();
        let mut values = Vec::with_capacity(tokens.len());
        for (row, (token, bodies)) in tokens.iter().zip(&bodies).enumerate() {
            let found: Vec<_> = rows.by_ref().take(bodies.len()).flatten().collect();
            values.push(match (token, found.first()) {
                (None, _) => Revealed::Null,
                (Some(_), None) => Revealed::Unknown,
                (Some(_), Some(found)) => self.open(row, found, today)?,
            });
        }
        Ok(values)
    }

    /// Looks every value up, each once.
    fn find<'v>(
        &self,
        asked: &[(Index, usize)],
        values: &[Option<&'v [u8]>],
        today: i32,
    ) -> Result<Vec<Wanted<'v>>, VaultError> {
        let mut wanted: Vec<Wanted<'v>> = Vec::with_capacity(asked.len());
        for (index, row) in asked {
            let value = values.get(*row).copied().flatten().unwrap_or_default();
            if wanted.last().is_none_or(|last| last.index != *index) {
                wanted.push(Wanted { index: *index, value, token: None });
            }
        }
        let indexes: Vec<_> = wanted.iter().map(|wanted| wanted.index).collect();
        if self.are_new(&indexes)? {
            return Ok(wanted);
        }
        for (wanted, held) in wanted.iter_mut().zip(self.0.store.find(&indexes)?) {
            wanted.token = held.filter(|held| held.is_in_force(today)).map(|held| held.token);
        }
        Ok(wanted)
    }

    /// Whether a batch looks as if none of its values had a token. Then they are not looked up before they are put: to put
    /// one that has a token finds it too, and costs more. Which values these are nobody can choose: digests are keyed.
    fn are_new(&self, indexes: &[Index]) -> Result<bool, VaultError> {
        let sample: Vec<_> = indexes.iter().step_by(indexes.len().div_ceil(SAMPLE).max(1)).copied().collect();
        if sample.len() == indexes.len() {
            return Ok(indexes.is_empty());
        }
        Ok(self.0.store.find(&sample)?.iter().all(Option::is_none))
    }

    /// Makes the tokens that are missing. Those that are drawn and taken are drawn again, a number of times.
    fn make_missing(&self, wanted: &mut [Wanted<'_>], term: Term) -> Result<(), VaultError> {
        let expires = term.days.map(|days| term.today.saturating_add(i32::from(days.get())));
        let mut missing: Vec<_> = wanted.iter_mut().filter(|wanted| wanted.token.is_none()).collect();
        let mut random = RandomBytes::new();
        let batch = random.take().map_err(VaultError::Key)?;
        for _ in 0..Format::DRAWS {
            if missing.is_empty() {
                break;
            }
            let set = self.id(true)?.ok_or_else(|| self.lost())?;
            let rows = missing.iter().map(|wanted| self.row(wanted, (expires, batch), &mut random));
            let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
            let outcomes = self.0.store.put(set, &rows, term.today)?;
            for ((wanted, row), outcome) in missing.iter_mut().zip(&rows).zip(outcomes) {
                wanted.token = match outcome {
                    Put::Made => Some(row.token),
                    Put::Held(Held { token, .. }) => Some(token),
                    Put::Taken => None,
                };
            }
            missing.retain(|wanted| wanted.token.is_none());
        }
        Ok(())
    }

    fn row(
        &self,
        wanted: &Wanted<'_>,
        (expires, batch): (Option<i32>, [u8; OF_BATCH]),
        random: &mut RandomBytes,
    ) -> Result<Row, VaultError> {
        let token = self.0.format.draw(wanted.value, batch, random)?;
        let binding = Binding { index: &wanted.index, token: token.as_slice(), expires };
        let (version, sealed) = self.0.keys.seal(binding, wanted.value, random)?;
        Ok(Row { index: wanted.index, token, expires, version, sealed })
    }

    fn open(&self, at: usize, row: &Row, today: i32) -> Result<Revealed, VaultError> {
        let binding = Binding { index: &row.index, token: row.token.as_slice(), expires: row.expires };
        let value = self.0.keys.open(row.version, binding, &row.sealed)?;
        let tampered = || VaultError::Tampered { place: self.0.store.place().to_owned(), row: at };
        let value = value.ok_or_else(tampered)?;
        let held = Held { token: row.token, expires: row.expires };
        Ok(match held.is_in_force(today) {
            true => Revealed::Value { value, version: row.version },
            false => Revealed::Expired,
        })
    }

    fn id(&self, make: bool) -> Result<Option<i64>, VaultError> {
        if let Some(id) = self.0.id.get() {
            return Ok(Some(*id));
        }
        let id = self.0.store.set(&self.0.domain, &self.0.format.to_string(), make)?;
        Ok(id.map(|id| *self.0.id.get_or_init(|| id)))
    }

    /// Puts a token as the first form of vaults kept it.
    #[cfg(test)]
    pub(in crate::vault) fn put_of_first_form(&self, value: &[u8], token: Body) {
        let index = self.0.keys.index(value);
        let binding = Binding { index: &index, token: token.as_slice(), expires: None };
        let (version, sealed) = self.0.keys.seal(binding, value, &mut RandomBytes::new()).unwrap();
        self.put_for_tests(&[Row { index, token, expires: None, version, sealed }]);
    }

    /// Puts rows as they are.
    #[cfg(test)]
    pub(in crate::vault) fn put_for_tests(&self, rows: &[Row]) -> Vec<Put> {
        self.0.store.put(self.id(true).unwrap().unwrap(), rows, i32::MIN).unwrap()
    }

    fn lost(&self) -> VaultError {
        VaultError::Damaged(self.0.store.place().to_owned())
    }
}

/// A value of a batch, once, however many rows have it.
struct Wanted<'v> {
    index: Index,
    value: &'v [u8],
    token: Option<Body>,
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = self.0.format.to_string();
        f.debug_struct("TokenSet").field("domain", &self.0.domain).field("format", &format).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("rows", &self.tokens.len()).field("rejected", &self.rejected).finish()
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value { .. } => "Value(..)",
            Self::Null => "Null",
            Self::Unknown => "Unknown",
            Self::Expired => "Expired",
        })
    }
}
