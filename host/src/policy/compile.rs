//! From the policy as it is written to the policy that is meant. All that can be said without the input is said here.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow_cast::parse::Parser;

use super::problem::line;
use super::profile::{Claim, Profile};
use super::raw::{DetailedProfile, Normalization, ProfileName, RawPolicy, RawProfile, RawRule, RawSubject, Unmatched};
use super::rule::{Mask, Rule, RuleAction, With};
use super::{At, Pattern, Policy, PolicyProblem};
use crate::phi::{Findings, Origin};

/// Checks a policy and gives it its meaning, as far as it has one where there is a problem.
pub(super) fn compile(raw: RawPolicy, file: &str, text: &str, mut problems: Vec<PolicyProblem>) -> Policy {
    let mut compiler = Compiler { text, problems: &mut problems };
    if let Some(version) = &raw.version {
        compiler.version(version);
    }
    compiler.headings(&raw);
    let (subject, subject_form) = match raw.subject {
        None => (None, Normalization::default()),
        Some(RawSubject::Named(column)) => (Some(column), Normalization::default()),
        Some(RawSubject::Normalized(subject)) => (Some(subject.column), subject.normalize),
    };
    let reference_date = raw.reference_date.as_ref().and_then(|date| compiler.date("reference_date", date));
    let profile = raw.profile.and_then(|profile| compiler.profile(profile));
    let mut findings = Findings::default();
    for (column, label) in &raw.labels {
        // No column stands twice in a map, so none has a label already.
        drop(findings.declare(&column.value, label.value, Origin::Policy));
    }
    let names = raw.labels.iter().map(|(name, _)| name).chain(raw.types.iter().map(|(name, _)| name));
    let named = names.cloned().collect();
    let types: BTreeMap<_, _> = raw.types.into_iter().map(|(name, of)| (name.value, of.value)).collect();
    let written = raw.rules.len();
    let rules: Vec<_> = raw.rules.into_iter().filter_map(|rule| compiler.rule(rule)).collect();
    let whole = raw.whole && rules.len() == written;
    let notes = unreachable(&rules);
    Policy {
        file: file.to_owned(),
        text: text.to_owned(),
        labels_digest: None,
        name: raw.name.map(|name| name.value),
        domain: raw.domain.map(|domain| domain.value),
        reference_date,
        subject,
        subject_form,
        profile,
        findings,
        types,
        rules,
        unmatched: raw.unmatched.map_or(Unmatched::default(), |unmatched| unmatched.value),
        notes,
        named,
        flaws: problems,
        whole,
    }
}

/// Gives parts of a policy their meaning, and tells what is wrong with them.
pub(super) struct Compiler<'c> {
    text: &'c str,
    problems: &'c mut Vec<PolicyProblem>,
}

impl Compiler<'_> {
    pub(super) fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problems.push(PolicyProblem { message: message.into(), span: Some(span) });
    }

    fn version(&mut self, version: &At<u64>) {
        if version.value != 1 {
            let message = format!("there is no version {} of this format; say `version: 1`", version.value);
            self.problem(version.span.clone(), message);
        }
    }

    fn headings(&mut self, raw: &RawPolicy) {
        let subject = match &raw.subject {
            Some(RawSubject::Named(column)) => Some(column),
            Some(RawSubject::Normalized(subject)) => Some(&subject.column),
            None => None,
        };
        for (key, text) in [("name", raw.name.as_ref()), ("domain", raw.domain.as_ref()), ("subject", subject)] {
            if let Some(text) = text.filter(|text| text.value.is_empty() || text.value.len() > 256) {
                self.problem(text.span.clone(), format!("`{key}` takes 1 to 256 bytes of text"));
            }
        }
        let keyed = raw.rules.iter().find_map(|rule| rule.value.keys().next());
        if let (None, true, Some(key)) = (&raw.domain, raw.whole, keyed) {
            let message = "a rule has a key and the policy no `domain`; name the domain inside which pseudonyms are to \
                           agree, for instance `domain: research-2026`";
            self.problem(key.span.clone(), message);
        }
    }

    /// Days since 1970-01-01 of `year-month-day`.
    fn date(&mut self, key: &str, date: &At<String>) -> Option<i32> {
        let shape = date.value.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
        let days = shape.eq(*b"0000-00-00").then(|| arrow_array::types::Date32Type::parse(&date.value)).flatten();
        if days.is_none() {
            self.problem(date.span.clone(), format!("`{key}` takes a date, year-month-day: 2026-01-31"));
        }
        days
    }

    fn profile(&mut self, raw: RawProfile) -> Option<Profile> {
        let mut detailed = match raw {
            RawProfile::Named(name) => {
                DetailedProfile { name, absent: None, agreement: None, method: None, expires: None }
            }
            RawProfile::Detailed(detailed) => detailed,
        };
        let span = detailed.name.span.clone();
        let claim = match detailed.name.value {
            ProfileName::None => None,
            ProfileName::SafeHarbor => Some(Claim::SafeHarbor { absent: self.letters(detailed.absent.take()) }),
            ProfileName::LimitedDataSet => {
                let what = "`agreement: …`, the data use agreement (45 CFR 164.514(e)(4))";
                let agreement = self.needed(&span, detailed.agreement.take(), what);
                agreement.map(|agreement| Claim::LimitedDataSet { agreement })
            }
            ProfileName::ExpertDetermination => {
                let expires = detailed.expires.take();
                let what = "`method: …`, the expert's document (45 CFR 164.514(b)(1)(ii))";
                let method = self.needed(&span, detailed.method.take(), what);
                let last = expires.as_ref().and_then(|date| self.date("expires", date));
                if expires.is_none() {
                    self.problem(
                        span.clone(),
                        "the profile needs `expires: …`, the last day on which the determination holds",
                    );
                }
                method.zip(last).map(|(method, expires)| Claim::ExpertDetermination { method, expires })
            }
        };
        self.refuse_details(&detailed);
        claim.map(|claim| Profile { claim, span })
    }

    /// Nothing is said that the profile does not take.
    fn refuse_details(&mut self, left: &DetailedProfile) {
        let details = [
            ("absent", "safe-harbor", left.absent.as_ref().map(|absent| &absent.span)),
            ("agreement", "limited-data-set", left.agreement.as_ref().map(|agreement| &agreement.span)),
            ("method", "expert-determination", left.method.as_ref().map(|method| &method.span)),
            ("expires", "expert-determination", left.expires.as_ref().map(|expires| &expires.span)),
        ];
        for (key, profile, span) in details {
            if let Some(span) = span {
                self.problem(span.clone(), format!("`{key}` goes with `{profile}` only; take it away"));
            }
        }
    }

    fn needed(&mut self, span: &Range<usize>, text: Option<At<String>>, what: &str) -> Option<String> {
        let text = text.map(|text| text.value).filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.problem(span.clone(), format!("the profile needs {what}"));
        }
        text
    }

    fn letters(&mut self, absent: Option<At<Vec<At<String>>>>) -> Vec<char> {
        let mut letters = Vec::new();
        for At { value, span } in absent.map(|absent| absent.value).unwrap_or_default() {
            match *value.as_bytes() {
                [letter @ b'A'..=b'R'] => letters.push(char::from(letter)),
                _ => self.problem(span, "`absent` takes letters of 45 CFR 164.514(b)(2)(i): A to R"),
            }
        }
        letters
    }

    fn rule(&mut self, raw: At<RawRule>) -> Option<Rule> {
        let span = raw.span;
        let mut raw = raw.value;
        let whole = raw.whole;
        if raw.columns.is_none() && raw.labels.is_none() && whole {
            self.problem(span.clone(), "the rule names no column; add `columns: [...]` or `labels: [...]`");
        }
        let columns = raw.columns.take().map(|columns| columns.value).unwrap_or_default();
        let labels = raw.labels.take().map(|labels| labels.value).unwrap_or_default();
        for name in columns.iter().filter(|name| name.value.is_empty()) {
            self.problem(name.span.clone(), "the name of a column is empty");
        }
        let pattern = |name: At<String>| At { value: Pattern::new(&name.value), span: name.span };
        let columns = columns.into_iter().map(pattern).collect();
        let line = line(self.text, span.start);
        let action = self.action(raw, &span)?;
        Some(Rule { line, span, columns, labels, action, whole })
    }

    fn action(&mut self, raw: RawRule, rule: &Range<usize>) -> Option<RuleAction> {
        for (key, truth) in [("keep", &raw.keep), ("drop", &raw.drop)] {
            if let Some(truth) = truth.as_ref().filter(|truth| !truth.value) {
                self.problem(truth.span.clone(), format!("say `{key}: true`, or take the key away"));
            }
        }
        let span = |truth: &Option<At<bool>>| truth.as_ref().map(|truth| truth.span.clone());
        let mask = raw.mask.as_ref().map(|mask| mask.span.clone());
        let scrub = raw.scrub.as_ref().map(|scrub| scrub.span.clone());
        let mut said = [mask, scrub, span(&raw.keep), span(&raw.drop)].into_iter().flatten();
        let exactly = "exactly one of `mask: transform`, `scrub: {…}`, `keep: true` and `drop: true`";
        match (said.next(), said.next()) {
            (None, _) if !raw.whole => return None,
            (None, _) => {
                self.problem(rule.clone(), format!("the rule does not say what to do; add {exactly}"));
                return None;
            }
            (_, Some(second)) => {
                self.problem(second, format!("the rule says two things; keep {exactly}"));
                return None;
            }
            _ => {}
        }
        if raw.mask.is_some() {
            return self.mask(raw).map(|mask| RuleAction::Mask(Box::new(mask)));
        }
        self.refuse_options(&raw);
        match raw.scrub {
            Some(scrub) => {
                let rejected = raw.rejected.map(|fate| fate.value).unwrap_or_default();
                Some(RuleAction::Scrub(Box::new(self.scrub(scrub, rejected))))
            }
            None => Some(if raw.keep.is_some() { RuleAction::Keep } else { RuleAction::Drop }),
        }
    }

    /// Nothing that belongs to `mask` stands beside `scrub`, `keep` or `drop`.
    fn refuse_options(&mut self, raw: &RawRule) {
        let options = [
            ("with", raw.with.as_ref().map(|with| &with.span)),
            ("key", raw.key.as_ref().map(|key| &key.span)),
            ("context", raw.context.as_ref().map(|context| &context.span)),
            ("together", raw.together.as_ref().map(|together| &together.span)),
            ("may_keep", raw.may_keep.as_ref().map(|may_keep| &may_keep.span)),
            ("rejected", raw.rejected.as_ref().filter(|_| raw.scrub.is_none()).map(|rejected| &rejected.span)),
        ];
        for (key, span) in options {
            if let Some(span) = span {
                self.problem(span.clone(), format!("`{key}` goes with `mask` only; take it away"));
            }
        }
    }

    pub(super) fn key(&mut self, key: Option<&At<String>>) {
        if let Some(key) = key.filter(|key| !is_key_name(&key.value)) {
            let message = "the name of a key has lower-case letters, digits and hyphens, begins with a letter, and has \
                           at most 64 characters";
            self.problem(key.span.clone(), message);
        }
    }

    fn mask(&mut self, raw: RawRule) -> Option<Mask> {
        self.key(raw.key.as_ref());
        Some(Mask {
            transform: raw.mask?,
            with: raw.with.map(with).unwrap_or_default(),
            key: raw.key,
            context: raw.context.map(|context| context.value).unwrap_or_default(),
            together: raw.together,
            may_keep: raw.may_keep,
            rejected: raw.rejected.map(|fate| fate.value).unwrap_or_default(),
        })
    }
}

pub(super) fn with(raw: At<super::raw::Entries<serde_json::Value>>) -> With {
    let spans = raw.value.iter().map(|(name, value)| (name.value.clone(), value.span.clone())).collect();
    let values = raw.value.into_iter().map(|(name, value)| (name.value, value.value)).collect();
    With { values, span: Some(raw.span), spans }
}

fn is_key_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A note for each rule that can never match, because earlier ones take every column that it could.
fn unreachable(rules: &[Rule]) -> Vec<PolicyProblem> {
    let mut notes = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let earlier = rules.get(..index).unwrap_or_default();
        let names = rule.columns.iter().map(|pattern| taken(earlier, pattern));
        let labels = rule.labels.iter().map(|label| {
            let has = |earlier: &&Rule| earlier.labels.iter().any(|known| known.value == label.value);
            earlier.iter().find(has).map(|earlier| earlier.line)
        });
        let Some(lines) = names.chain(labels).collect::<Option<std::collections::BTreeSet<_>>>() else { continue };
        let lines: Vec<_> = lines.iter().map(|line| format!("line {line}")).collect();
        let message = format!("the rule never applies: its columns are taken before, by {}", lines.join(" and "));
        notes.push(PolicyProblem { message, span: Some(rule.span.clone()) });
    }
    notes
}

/// The line of the first earlier rule that takes every column that the pattern matches.
fn taken(earlier: &[Rule], pattern: &At<Pattern>) -> Option<usize> {
    let name = pattern.value.literal();
    let takes = |rule: &Rule, before: &Pattern| {
        before.covers(&pattern.value) || name.as_ref().is_some_and(|name| rule.takes(before, name))
    };
    let covers = |rule: &&Rule| rule.columns.iter().any(|before| takes(rule, &before.value));
    earlier.iter().find(covers).map(|rule| rule.line)
}
