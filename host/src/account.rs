//! What a run tells the audit trail, in the trail's words: names, digests, versions and counts.

use std::collections::BTreeMap;
use std::path::Path;

use crate::audit::{
    self, Column, Event, KeyUse, KeyUsed, Masked, Operations, PluginUsed, Range, Recorded, Rejected, Rows, RunEnded,
    RunId, RunStarted, Share, Trail, Who,
};
use crate::batch::is_name;
use crate::error::{Blame, Error};
use crate::host::Host;
use crate::keys::KeyError;
use crate::outcome::Outcomes;
use crate::report::Revision;
use crate::snapshot::{Asked, Snapshot};
use crate::tally::{ColumnTally, Tally};

/// Tells the trail of one run. Without a trail it tells nobody.
pub(crate) struct Account<'a> {
    host: &'a Host,
    told: Option<(&'a Trail, RunId)>,
    /// Whose run it is, if not that of who keeps the trail.
    who: Option<Who>,
    out: String,
    /// What the run sets out to do, until it is told.
    started: Option<RunStarted>,
    /// The grants and denials that the trail has been told of: each schema asks for the same keys again.
    uses: Vec<KeyUse>,
    bytes_written: u64,
    /// What was told before: how many batches and rows.
    told_batches: u64,
    told_rows: u64,
    /// What was masked since.
    batches: u64,
    outcomes: Outcomes,
    /// What of it a candidate masked, and what the revision in force.
    candidate: Part,
    in_force: Part,
    tally: Tally,
}

impl<'a> Account<'a> {
    /// Of a run that has read nothing yet, and touched no key.
    pub(crate) fn new(host: &'a Host, out: &Path) -> Result<Self, Error> {
        let told = host.audit().map(|trail| RunId::random().map(|run| (trail, run))).transpose()?;
        Ok(Self {
            host,
            told,
            who: None,
            out: out.display().to_string(),
            started: None,
            uses: Vec::new(),
            bytes_written: 0,
            told_batches: 0,
            told_rows: 0,
            batches: 0,
            outcomes: Outcomes::default(),
            candidate: Part::default(),
            in_force: Part::default(),
            tally: Tally::default(),
        })
    }

    /// The run has this name already, and is somebody's who was authenticated.
    pub(crate) fn of(mut self, run: RunId, who: Who) -> Self {
        self.told = self.told.map(|(trail, _)| (trail, run));
        self.who = Some(who);
        self
    }

    /// The run begins. It is told with the first keys, or with its end.
    pub(crate) fn started(mut self, inputs: &[impl AsRef<Path>], quarantine: Option<&Path>) -> Self {
        let shown = |path: &Path| path.display().to_string();
        self.started = Some(RunStarted {
            inputs: inputs.iter().map(|input| shown(input.as_ref())).collect(),
            out: self.out.clone(),
            quarantine: quarantine.map(shown),
            revision: self.revision(),
        });
        self
    }

    /// A batch was masked: `candidate` is the part of the outcomes that a candidate has, if it masked any of the rows.
    pub(crate) fn add(&mut self, outcomes: &Outcomes, candidate: Option<&Outcomes>, tally: &Tally) {
        if self.told.is_none() {
            return;
        }
        self.batches = self.batches.saturating_add(1);
        self.outcomes.add(outcomes);
        self.tally.add(tally.clone());
        let number = self.told_batches.saturating_add(self.batches);
        if let Some(part) = candidate {
            self.candidate.add(number, part);
        }
        let rest = candidate.map_or_else(|| outcomes.clone(), |part| outcomes.without(part));
        if candidate.is_none() || rest.read > 0 {
            self.in_force.add(number, &rest);
        }
    }

    /// Tells what the trail does not know yet: that the run begins, before its first row is read, and which keys are
    /// granted or denied, with the plan and with each new schema.
    pub(crate) fn keys(&mut self) -> Result<(), Error> {
        let events = self.news();
        if events.is_empty() { Ok(()) } else { self.tell(&events).map(drop) }
    }

    /// Batches were masked and verified since the last time. Whoever asked for them gets them after this.
    pub(crate) fn returned(&mut self) -> Result<Recorded, Error> {
        let mut events = self.news();
        events.push(Event::Masked(self.masked()));
        let recorded = self.tell(&events)?;
        self.told_batches = self.told_batches.saturating_add(std::mem::take(&mut self.batches));
        self.told_rows = self.told_rows.saturating_add(std::mem::take(&mut self.outcomes).read);
        (self.tally, self.candidate, self.in_force) = (Tally::default(), Part::default(), Part::default());
        Ok(recorded)
    }

    /// Everything is masked, verified and staged. What gets its name after this takes what is returned.
    pub(crate) fn done(&mut self, bytes_written: u64) -> Result<Recorded, Error> {
        self.bytes_written = bytes_written;
        self.ended(None)
    }

    /// The run failed, or was stopped: nothing gets its name. That it cannot be recorded either changes nothing.
    pub(crate) fn failed(&mut self, error: Error) -> Error {
        drop(self.ended(Some(problem(&error))));
        error
    }

    /// The run was recorded as done, and its output could not get its name.
    pub(crate) fn withdrawn(&self, error: Error) -> Error {
        drop(self.tell(&[Event::CommitFailed(self.run_ended(Some(problem(&error))))]));
        error
    }

    fn ended(&mut self, problem: Option<&'static str>) -> Result<Recorded, Error> {
        let mut events = self.news();
        if self.batches > 0 {
            events.push(Event::Masked(self.masked()));
        }
        events.push(Event::RunEnded(self.run_ended(problem)));
        self.tell(&events)
    }

    fn tell(&self, events: &[Event]) -> Result<Recorded, Error> {
        match &self.told {
            None => Ok(Recorded::without_trail()),
            Some((trail, run)) => match &self.who {
                None => Ok(trail.record(Some(run), events)?),
                Some(who) => Ok(trail.record_by(who, Some(run), events)?),
            },
        }
    }

    fn run_ended(&self, problem: Option<&'static str>) -> RunEnded {
        let rows = self.told_rows.saturating_add(self.outcomes.read);
        RunEnded { out: self.out.clone(), rows, bytes_written: self.bytes_written, problem }
    }

    fn masked(&self) -> Masked {
        Masked {
            revision: self.revision(),
            canary: self.host.snapshots().nth(1).map(|canary| revision(Revision::of(canary))),
            shares: self.shares(),
            batches: range(self.told_batches, self.batches),
            rows: range(self.told_rows, self.outcomes.read),
            outcomes: rows(&self.outcomes),
            operations: operations(&self.tally),
            columns: self.tally.columns().map(|(name, tally)| column(name, tally)).collect(),
        }
    }

    /// Where a candidate has a share: which revision masked what.
    fn shares(&self) -> Vec<Share> {
        let share = |(snapshot, part): (&Snapshot, &Part)| Share {
            revision: snapshot.revision(),
            batches: part.batches.clone(),
            rows: rows(&part.outcomes),
        };
        let shares: Vec<_> = self.host.snapshots().zip([&self.in_force, &self.candidate]).map(share).collect();
        if shares.len() > 1 { shares } else { Vec::new() }
    }

    fn revision(&self) -> audit::Revision {
        revision(Revision::of(self.host.snapshot()))
    }

    fn news(&mut self) -> Vec<Event> {
        if self.told.is_none() {
            return Vec::new();
        }
        let domain = self.host.snapshot().policy().domain.as_deref().unwrap_or_default();
        let started = self.started.take().map(|started| RunStarted { revision: self.revision(), ..started });
        let mut events: Vec<_> = started.map(Event::RunStarted).into_iter().collect();
        let asked: Vec<_> = self.host.snapshots().flat_map(Snapshot::take_asked).collect();
        for one in asked.iter().filter_map(|asked| key_use(asked, domain)) {
            if !self.uses.contains(&one) {
                self.uses.push(one.clone());
                events.push(if one.refused.is_some() { Event::KeyDenied(one) } else { Event::KeyGranted(one) });
            }
        }
        events
    }
}

/// What one revision masked.
#[derive(Default)]
struct Part {
    batches: Vec<Range>,
    outcomes: Outcomes,
}

/// How many ranges of batches are told of one revision.
const MOST_RANGES: usize = 64;

impl Part {
    /// All or part of the batch of this number.
    fn add(&mut self, batch: u64, outcomes: &Outcomes) {
        self.outcomes.add(outcomes);
        let is_full = self.batches.len() >= MOST_RANGES;
        match self.batches.last_mut().filter(|range| is_full || range.last.saturating_add(1) == batch) {
            Some(range) => range.last = batch,
            None => self.batches.push(Range { first: batch, last: batch }),
        }
    }
}

fn range(before: u64, here: u64) -> Range {
    Range { first: before.saturating_add(1), last: before.saturating_add(here) }
}

fn key_use(asked: &Asked, domain: &str) -> Option<KeyUse> {
    let key = asked.call.key.as_ref()?;
    Some(KeyUse {
        key: key.name.clone(),
        version: asked.granted.as_ref().ok().copied(),
        purpose: key.purpose.to_string(),
        domain: domain.to_owned(),
        transform: format!("{}/{}", asked.call.plugin, asked.call.transform),
        plugin_digest: asked.call.digest.clone(),
        refused: asked.granted.as_ref().err().map(|error| reason(error)),
    })
}

fn reason(error: &KeyError) -> &'static str {
    match error {
        KeyError::NoneGiven(_) => "no-keyring",
        KeyError::Unknown(_) | KeyError::UnknownVersion { .. } => "unknown-key",
        KeyError::WrongPurpose { .. } => "wrong-purpose",
        KeyError::Disabled { .. } | KeyError::NoPrimary(_) => "disabled",
        _ => "unavailable",
    }
}

/// The word for what ended a run. The error itself is not recorded.
pub(crate) fn problem(error: &Error) -> &'static str {
    match error {
        Error::Interrupted | Error::Ended => "interrupted",
        Error::Quarantined(_) => "quarantine",
        _ => match error.blame() {
            Blame::Data => "input",
            Blame::Guest => "plugin",
            Blame::Host => "machine",
            Blame::Operator => "usage",
        },
    }
}

fn revision(revision: Revision) -> audit::Revision {
    let plugin = |(name, used): (String, crate::report::PluginUsed)| PluginUsed {
        name,
        version: used.version,
        digest: used.digest,
    };
    audit::Revision {
        number: revision.number,
        host: revision.host.to_owned(),
        policy: revision.policy,
        policy_digest: revision.policy_digest,
        labels_digest: revision.labels_digest,
        plugins: revision.plugins.into_iter().map(plugin).collect(),
        keys: revision.keys.into_iter().map(|(key, version)| KeyUsed { key, version }).collect(),
    }
}

fn rows(outcomes: &Outcomes) -> Rows {
    let Outcomes { read, masked, quarantined, dropped, codes } = outcomes;
    let rejected = codes.iter().map(|(code, rows)| Rejected { code: code.to_string(), rows: *rows }).collect();
    Rows { read: *read, masked: *masked, quarantined: *quarantined, dropped: *dropped, rejected }
}

fn operations(tally: &Tally) -> Vec<Operations> {
    let mut values: BTreeMap<&str, u64> = BTreeMap::new();
    for call in tally.columns().flat_map(|(_, column)| &column.calls) {
        let sum = values.entry(&call.transform).or_default();
        *sum = sum.saturating_add(call.cells);
    }
    values.into_iter().map(|(transform, values)| Operations { transform: transform.to_owned(), values }).collect()
}

fn column(name: &str, tally: &ColumnTally) -> Column {
    Column {
        name: is_name(name).then(|| name.to_owned()),
        action: tally.action.to_owned(),
        transform: tally.transform.clone(),
        rule: tally.rule.map(|line| line as u64),
        values: tally.cells,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_in_a_row_are_one_range_and_too_many_ranges_end_in_one_that_reaches_to_the_end() {
        let mut part = Part::default();
        let outcomes = Outcomes { read: 2, masked: 2, ..Outcomes::default() };
        [1, 2, 3, 7].into_iter().for_each(|batch| part.add(batch, &outcomes));
        assert_eq!(part.batches, [Range { first: 1, last: 3 }, Range { first: 7, last: 7 }]);
        (5..200).for_each(|batch| part.add(batch * 2, &outcomes));
        assert_eq!((part.batches.len(), part.batches.last()), (MOST_RANGES, Some(&Range { first: 132, last: 398 })));
        assert_eq!(part.outcomes.masked, 2 * 199);
    }
}
