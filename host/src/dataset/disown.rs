//! A trust root that vouches no more for what it vouched for: a key was revoked.
//!
//! That a new trust root refuses a candidate says nothing of what is in force, so everything that is alive is held against
//! it too, with the bytes and the signatures that were verified, or those that the same file has now. What it does not
//! vouch for goes at once, and what is under way under it ends without output: the last good revision comes in force again
//! if its plugins are trusted still, else nothing is. A trust root that cannot be read says nothing, and neither does the
//! time: a key that expires keeps new revisions out.

use std::sync::atomic::Ordering;

use super::change::Inner;
use super::plugins::Unverified;
use super::revision::Made;
use super::sources::Material;
use super::status::State;
use super::tell::{changed, tell, word};
use super::turn::{Fall, Revision};
use crate::audit::{Event, RevisionChanged, Who};
use crate::error::Error;

impl Inner {
    /// Takes away what the trust root vouches for no more: a candidate, what a rollback would go to, what is in force.
    pub(super) fn disown(&self, material: &Material, who: &Who) {
        for (revision, _) in self.alive() {
            let Some(why) = disowned(&revision.what, material) else { continue };
            revision.what.host.snapshot().pulse().close();
            self.dismiss(revision.number, why.to_string(), who);
            if self.turn.spurn(revision.number).is_some() {
                let current = self.turn.force().current.as_ref().map(|current| current.number);
                self.tell_disowned(Event::RevisionRefused, &revision, current, who);
            }
        }
        // Whatever it gave way to was in force before it, and is looked at in its turn.
        while let Some(current) = self.turn.force().current.clone() {
            if disowned(&current.what, material).is_none() {
                return;
            }
            current.what.host.snapshot().pulse().close();
            let Some(fall) = self.turn.oust(current.number, self.now()) else { continue };
            self.returned();
            self.rollbacks.fetch_add(1, Ordering::Relaxed);
            match fall {
                Fall::RolledBack { to, .. } => self.tell_disowned(Event::RevisionRolledBack, &current, Some(to), who),
                Fall::Closed { .. } => self.tell_disowned(Event::DatasetClosed, &current, None, who),
            }
        }
    }

    /// That it cannot be recorded does not keep it in force.
    fn tell_disowned(
        &self,
        event: fn(RevisionChanged) -> Event,
        revision: &Revision<Made>,
        other: Option<u64>,
        who: &Who,
    ) {
        let changed = changed(&self.name, revision, other);
        let event = event(RevisionChanged { step: Some(word(State::Verified)), ..changed });
        drop(tell(revision.what.host.audit(), who, &[event]));
    }
}

/// Why the trust root does not vouch for a plugin that a revision calls, if it is another one than it was.
fn disowned(made: &Made, material: &Material) -> Option<Error> {
    let root = material.trust.root()?;
    if made.parts.trust_root.as_deref() == Some(root.digest()) {
        return None;
    }
    made.released.plugins.iter().filter(|plugin| is_called(made, plugin)).find_map(|plugin| {
        let again = material.plugins.iter().filter(|other| other.parts().first() == plugin.parts().first());
        again.chain([plugin]).map(|plugin| plugin.verify(&material.trust, usize::MAX)).reduce(Result::or)?.err()
    })
}

/// What no rule names is never run.
fn is_called(made: &Made, plugin: &Unverified) -> bool {
    let Unverified::Kept(kept) = plugin else { return false };
    made.host.snapshot().called().contains(kept.release().name())
}
