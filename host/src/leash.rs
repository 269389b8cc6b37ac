//! What ends a call before its own deadline: a time for all calls together, or somebody who stops what is in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What ends calls before their own deadline. The default ends none. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leash {
    until: Option<Instant>,
    held: Option<(Pull, u64)>,
}

/// Ends every call that is under way on a leash of it, and none that begins afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pull(Arc<AtomicU64>);

impl Pull {
    /// Ends all calls on leashes that were given so far.
    pub(crate) fn all(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// A leash for what begins now.
    pub(crate) fn leash(&self) -> Leash {
        Leash { until: None, held: Some((self.clone(), self.0.load(Ordering::SeqCst))) }
    }
}

impl Leash {
    /// Ends everything at a time.
    pub(crate) fn until(until: Option<Instant>) -> Self {
        Self { until, held: None }
    }

    /// Whether it is to end now.
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
            || self.held.as_ref().is_some_and(|(pull, at)| pull.0.load(Ordering::SeqCst) != *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_what_is_under_way_and_nothing_that_begins_later() {
        let pull = Pull::default();
        let (before, unheld) = (pull.leash(), Leash::default());
        assert!(!before.is_over());
        pull.all();
        assert!(before.is_over() && before.clone().is_over());
        assert!(!pull.leash().is_over() && !unheld.is_over());
        assert!(Leash::until(Some(Instant::now())).is_over());
    }
}
