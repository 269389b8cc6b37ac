//! Which files are there, and since when they were left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Blame, Error};
use crate::source::{Format, Identity};

/// How long after a failure that may pass a file is tried again, the first time and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The files in an inbox, as they were when it was last looked at.
pub(super) struct Arrivals {
    settle: Duration,
    files: BTreeMap<String, Arrived>,
}

struct Arrived {
    identity: Identity,
    since: Instant,
    failed: Option<Failed>,
}

struct Failed {
    revision: Option<u64>,
    /// When it is tried again under the same revision; never, if it is the file's own fault.
    again: Option<Instant>,
    times: u32,
}

impl Arrivals {
    /// Nothing yet.
    pub(super) fn new(settle: Duration) -> Self {
        Self { settle, files: BTreeMap::new() }
    }

    /// The files to take now, in the order of their names: regular ones of a format that can be read, under a name that is
    /// not hidden, left alone for long enough, and not failed before under this revision.
    pub(super) fn ready(&mut self, inbox: &Path, revision: Option<u64>) -> Result<Vec<(String, Identity)>, Error> {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.files);
        for entry in fs::read_dir(inbox).map_err(Error::io("look into", inbox))? {
            let entry = entry.map_err(Error::io("look into", inbox))?;
            let Some((name, identity)) = file(&entry) else { continue };
            let seen = before.remove(&name).filter(|seen| seen.identity == identity);
            self.files.insert(name, seen.unwrap_or(Arrived { identity, since: now, failed: None }));
        }
        let ready = |arrived: &Arrived| match &arrived.failed {
            None => now.duration_since(arrived.since) >= self.settle,
            Some(failed) => failed.revision != revision || failed.again.is_some_and(|again| again <= now),
        };
        let ready = self.files.iter().filter(|(_, arrived)| ready(arrived));
        Ok(ready.map(|(name, arrived)| (name.clone(), arrived.identity)).collect())
    }

    /// A file could not be masked.
    pub(super) fn failed(&mut self, name: &str, revision: Option<u64>, blame: Blame, now: Instant) {
        let Some(arrived) = self.files.get_mut(name) else { return };
        let times = arrived.failed.as_ref().map_or(0, |failed| failed.times).saturating_add(1);
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(LONGEST_PAUSE);
        let again = if blame == Blame::Data { None } else { now.checked_add(pause) };
        arrived.failed = Some(Failed { revision, again, times });
    }

    /// How many files have not been left alone for long enough, or are tried again by themselves.
    pub(super) fn waiting(&self) -> usize {
        let now = Instant::now();
        let waits = |arrived: &&Arrived| match &arrived.failed {
            None => now.duration_since(arrived.since) < self.settle,
            Some(failed) => failed.again.is_some(),
        };
        self.files.values().filter(waits).count()
    }
}

fn file(entry: &fs::DirEntry) -> Option<(String, Identity)> {
    // A link is not followed: what it leads to may be no file of the inbox.
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
    Format::of_path(Path::new(&name))?;
    Some((name, Identity::from(&metadata)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_when_it_was_left_alone_and_again_when_it_or_the_revision_is_another() {
        let directory = tempfile::tempdir().unwrap();
        let inbox = directory.path();
        let mut arrivals = Arrivals::new(Duration::from_millis(20));
        let ready = |arrivals: &mut Arrivals, revision| {
            let ready = arrivals.ready(inbox, Some(revision)).unwrap();
            ready.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        for name in ["b.csv", "a.ndjson.gz", ".hidden.csv", "c.txt", "d.csv.part"] {
            fs::write(inbox.join(name), "id\n1\n").unwrap();
        }
        std::os::unix::fs::symlink("b.csv", inbox.join("link.csv")).unwrap();
        assert_eq!((ready(&mut arrivals, 1), arrivals.waiting()), (vec![], 2));
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(ready(&mut arrivals, 1), ["a.ndjson.gz", "b.csv"]);
        let now = Instant::now();
        arrivals.failed("b.csv", Some(1), Blame::Data, now);
        arrivals.failed("a.ndjson.gz", Some(1), Blame::Host, now - FIRST_PAUSE);
        assert_eq!((ready(&mut arrivals, 1), arrivals.waiting()), (vec!["a.ndjson.gz".to_owned()], 1));
        assert_eq!(ready(&mut arrivals, 2), ["a.ndjson.gz", "b.csv"]);
        fs::write(inbox.join("b.csv"), "id\n2\n").unwrap();
        assert_eq!(ready(&mut arrivals, 1), ["a.ndjson.gz"]);
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(ready(&mut arrivals, 1), ["a.ndjson.gz", "b.csv"]);
    }
}
