//! How much each principal may ask for, and how much of a dataset is masked at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::StatusCode;

use super::access::Principal;
use super::config::{Bounds, Quota};
use super::problem::{Fault, Problem};

/// Lets requests in, or says when to come again.
pub(crate) struct Gates {
    quota: Quota,
    /// Only who is known to the configuration gets here: there are not many.
    principals: Mutex<BTreeMap<Principal, Account>>,
}

/// What a principal has left.
struct Account {
    requests: Bucket,
    bytes: Bucket,
    at_once: Count,
}

impl Gates {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self { quota: bounds.each_principal, principals: Mutex::default() }
    }

    /// Counts a request of somebody.
    ///
    /// # Errors
    /// They asked too often, or sent too much: when to come again.
    pub(crate) fn admit(&self, principal: &Principal) -> Result<(), Problem> {
        self.with(principal, |account| {
            let now = Instant::now();
            account.bytes.wait(now, 0.0).map_or(Ok(()), |seconds| Err(refused("bytes", seconds)))?;
            account.requests.wait(now, 1.0).map_or(Ok(()), |seconds| Err(refused("requests", seconds)))?;
            account.requests.take(1.0);
            Ok(())
        })
    }

    /// Counts a request that is masked, until what is returned is dropped.
    ///
    /// # Errors
    /// So many of theirs are masked already.
    pub(crate) fn enter(&self, principal: &Principal) -> Result<Place, Problem> {
        let most = self.quota.requests_at_once;
        self.with(principal, |account| account.at_once.enter(most)).ok_or_else(|| refused("requests at once", 1))
    }

    /// Counts what somebody sent. It is taken from what they may send next.
    pub(crate) fn sent(&self, principal: &Principal, bytes: u64) {
        self.with(principal, |account| account.bytes.take(bytes as f64));
    }

    fn with<T>(&self, principal: &Principal, act: impl FnOnce(&mut Account) -> T) -> T {
        let mut principals = self.principals.lock().unwrap_or_else(PoisonError::into_inner);
        let account = principals.entry(principal.clone()).or_insert_with(|| Account {
            requests: Bucket::of(self.quota.requests_per_minute.into()),
            bytes: Bucket::of(self.quota.bytes_per_minute as f64),
            at_once: Count::default(),
        });
        act(account)
    }
}

fn refused(what: &str, seconds: u64) -> Problem {
    let title = "who asks has used up what they may ask for";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "quota", title, Fault::Client);
    problem.detail(format!("the quota of {what}; come again after the time of Retry-After")).retry_after(seconds)
}

/// A quota that comes back evenly: as much as a minute brings can be used at once.
struct Bucket {
    most: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn of(in_a_minute: f64) -> Self {
        Self { most: in_a_minute, left: in_a_minute, at: Instant::now() }
    }

    /// In how many seconds so much is there, nothing if it is now.
    fn wait(&mut self, now: Instant, amount: f64) -> Option<u64> {
        let a_second = self.most / 60.0;
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = self.most.min(self.left + passed * a_second);
        self.at = now;
        let missing = amount - self.left;
        let is_there = missing <= 0.0 && (amount > 0.0 || self.left > 0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, saturating")]
        (!is_there).then(|| (missing / a_second).ceil().max(1.0) as u64)
    }

    fn take(&mut self, amount: f64) {
        self.left -= amount;
    }
}

/// How many are in.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<Mutex<usize>>);

/// Being counted.
pub(crate) struct Place(Count);

impl Count {
    /// Counts one more, unless so many are in.
    pub(crate) fn enter(&self, most: usize) -> Option<Place> {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.checked_add(1).filter(|count| *count <= most)?;
        Some(Place(self.clone()))
    }

    /// How many are in.
    pub(crate) fn now(&self) -> usize {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_quota_comes_back_evenly() {
        let mut bucket = Bucket::of(60.0);
        let start = Instant::now();
        for _ in 0..60 {
            assert_eq!(bucket.wait(start, 1.0), None);
            bucket.take(1.0);
        }
        assert_eq!(bucket.wait(start, 1.0), Some(1));
        assert_eq!(bucket.wait(start + Duration::from_millis(1_100), 1.0), None);
        // What was taken too much has to come back first.
        bucket.take(61.0);
        assert_eq!(bucket.wait(start + Duration::from_millis(1_100), 0.0), Some(60));
    }

    #[test]
    fn no_more_are_in_than_may_be() {
        let count = Count::default();
        let places = [count.enter(2).unwrap(), count.enter(2).unwrap()];
        assert!(count.enter(2).is_none() && count.now() == 2);
        drop(places);
        assert!(count.enter(2).is_some() && count.now() == 0);
    }
}
