//! What an attempt tells the audit trail: who asks for what, who approved it, how it ended, and never a value.

use std::fmt;

use super::cells::Counts;
use super::refusal::{difference, reason};
use super::{Consent, RevealRun};
use crate::approval::{ApprovalError, Request, Reveal};
use crate::audit::{self, Event, Outcome, Recorded, RunId, Trail};
use crate::batch::is_name;
use crate::error::Error;
use crate::keys::{KeyError, Keyring};

/// A longer name is cut: a record that is too long is none.
const MOST_NAME: usize = 64;

/// Tells the trail of one attempt.
pub(super) struct Account<'a> {
    trail: &'a Trail,
    run: RunId,
    told: audit::Reveal,
    /// What the request is for, should it be for something else.
    other: &'static str,
}

impl<'a> Account<'a> {
    pub(super) fn new(trail: &'a Trail, run: &RevealRun) -> Result<Self, Error> {
        let told = audit::Reveal {
            input: run.input.display().to_string(),
            out: run.out.display().to_string(),
            column: is_name(&run.column).then(|| run.column.clone()),
            rows: run.rows.to_string(),
            most_rows: run.most_rows,
            break_glass: run.break_glass,
            ..audit::Reveal::default()
        };
        Ok(Self { trail, run: RunId::random()?, told, other: "other-action" })
    }

    /// Who is behind it. Of names in files only those are told that the keyring knows: others may be anything.
    pub(super) fn asked(&mut self, consent: &Consent<'_>, keyring: &Keyring) -> Result<(), Error> {
        if let Some(request) = consent.request {
            self.told.request = Some(request.digest().map_err(KeyError::from)?.to_string());
            self.told.requester = Some(request.requester.chars().take(MOST_NAME).collect());
        }
        let known = |name: &&str| keyring.operators().iter().any(|operator| operator.name == **name);
        let approvers = consent.approvals.iter().map(crate::approval::Approval::approver).filter(known);
        self.told.approvers = approvers.map(str::to_owned).collect();
        Ok(())
    }

    /// What exactly is asked for.
    pub(super) fn asks(&mut self, reveal: &Reveal, request: Option<&Request>, keyring: &str) {
        self.told.input_digest = Some(reveal.input.clone());
        self.told.key = Some(reveal.key.clone());
        self.told.domain = Some(reveal.domain.clone());
        self.other = request.map_or("other-action", |request| difference(request, reveal, keyring));
    }

    /// That no record says that the request was carried out. The keyring remembers it too, until the request expires; an
    /// older file of the keyring does not.
    pub(super) fn check_first_time(&self) -> Result<(), Error> {
        let mut spent = false;
        self.trail.read(&mut |record| {
            let request = record.details.get("request").and_then(serde_json::Value::as_str);
            let done = record.action == "revealed" && record.outcome == Outcome::Done;
            spent |= done && request == self.told.request.as_deref();
        })?;
        if spent { Err(KeyError::from(ApprovalError::Spent).into()) } else { Ok(()) }
    }

    /// Nothing is decrypted. That it cannot be recorded either changes nothing.
    pub(super) fn denied(&self, error: Error) -> Error {
        let word = reason(&error);
        let word = if word == "other-action" { self.other } else { word };
        drop(self.tell(&[Event::RevealOpened(audit::Reveal { refused: Some(word), ..self.told.clone() })]));
        error
    }

    /// It is allowed, and nothing is decrypted yet.
    pub(super) fn opened(&self) -> Result<(), Error> {
        let mut events = vec![Event::RevealOpened(self.told.clone())];
        if self.told.break_glass {
            events.push(Event::GlassBroken(self.told.clone()));
        }
        self.tell(&events).map(drop)
    }

    /// Everything is decrypted and staged. What gets its name after this takes what is returned.
    pub(super) fn done(&mut self, counts: &Counts) -> Result<Recorded, Error> {
        self.told.rows_revealed = Some(counts.rows);
        self.told.values_revealed = Some(counts.values);
        self.told.unopened = Some(counts.unopened);
        self.told.versions = counts.versions.iter().copied().collect();
        self.tell(&[Event::Revealed(self.told.clone())])
    }

    /// It failed, and nobody gets anything.
    pub(super) fn failed(&self, error: Error) -> Error {
        drop(self.tell(&[Event::Revealed(audit::Reveal { refused: Some(reason(&error)), ..self.told.clone() })]));
        error
    }

    /// It was recorded as done, and the output could not get its name.
    pub(super) fn withdrawn(&self, error: Error) -> Error {
        let told = audit::Reveal { refused: Some(reason(&error)), ..self.told.clone() };
        drop(self.tell(&[Event::RevealWithdrawn(told)]));
        error
    }

    fn tell(&self, events: &[Event]) -> Result<Recorded, Error> {
        Ok(self.trail.record(Some(&self.run), events)?)
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("run", &self.run).finish_non_exhaustive()
    }
}
