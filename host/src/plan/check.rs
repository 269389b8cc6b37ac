//! What a rule says, against what its transform takes. Nothing here depends on the input.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::KeyUse;
use super::find::{Finder, Found, NotFound, Transforms};
use crate::batch::ColumnType;
use crate::keys::Purpose;
use crate::manifest::{Ask, Left, Need};
use crate::phi::Label;
use crate::policy::{Line, Mask, Policy, PolicyProblem, Rule, RuleAction, Scrub, did_you_mean};

/// A rule that masks columns or pieces of them.
pub(super) enum CheckedRule<'p> {
    Mask(Box<Checked<'p>>),
    Scrub(Box<CheckedScrub<'p>>),
}

/// A rule that scrubs free text, with what finds pieces and what masks them.
pub(super) struct CheckedScrub<'p> {
    /// Where the rule is in the policy.
    pub(super) index: usize,
    pub(super) scrub: &'p Scrub,
    pub(super) find: Vec<Finder>,
    /// What masks the pieces of each label. Nothing: they become its name.
    pub(super) kinds: Vec<(Label, Option<Checked<'p>>)>,
    pub(super) otherwise: Option<Checked<'p>>,
}

/// A rule that masks, with its transform.
pub(super) struct Checked<'p> {
    /// Where the rule is in the policy.
    pub(super) index: usize,
    pub(super) rule: &'p Rule,
    pub(super) mask: &'p Mask,
    pub(super) found: Found<'p>,
    /// Complete, as JSON.
    pub(super) config: String,
    pub(super) distinct_outputs: Option<f64>,
    pub(super) left: Left,
    pub(super) key: Option<KeyUse>,
}

/// Checks every rule that masks. One is left out only together with a problem.
pub(super) fn rules<'p>(
    policy: &'p Policy,
    transforms: &'p dyn Transforms,
    problems: &mut Vec<PolicyProblem>,
) -> Vec<CheckedRule<'p>> {
    let mut check = Check { policy, problems, purposes: BTreeMap::new() };
    let mut checked = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        match &rule.action {
            RuleAction::Mask(mask) => {
                let mask = check.rule(index, rule, mask, transforms);
                checked.extend(mask.map(|mask| CheckedRule::Mask(Box::new(mask))));
            }
            RuleAction::Scrub(scrub) => {
                let scrub = check.scrub(index, rule, scrub, transforms);
                checked.extend(scrub.map(|scrub| CheckedRule::Scrub(Box::new(scrub))));
            }
            RuleAction::Keep | RuleAction::Drop => {}
        }
    }
    checked
}

struct Check<'c, 'm> {
    policy: &'c Policy,
    problems: &'m mut Vec<PolicyProblem>,
    /// What each key is used for by the rules so far, and the line.
    purposes: BTreeMap<&'c str, (Purpose, usize)>,
}

impl<'c> Check<'c, '_> {
    fn problem(&mut self, span: &Range<usize>, message: String) {
        self.problems.push(PolicyProblem { message, span: Some(span.clone()) });
    }

    fn rule(
        &mut self,
        index: usize,
        rule: &'c Rule,
        mask: &'c Mask,
        transforms: &'c dyn Transforms,
    ) -> Option<Checked<'c>> {
        let found = self.find(mask, transforms)?;
        if !rule.whole {
            // What could not be read would be missed again.
            mask.with.span.as_ref().and_then(|_| self.config(mask, &found));
            return None;
        }
        let config = self.config(mask, &found);
        let key = self.key(rule, mask, &found);
        self.reference_date(mask, &found);
        self.may_keep(mask, &found);
        self.numbers(mask, &found);
        let config = config?;
        let distinct_outputs = found.transform.distinct_outputs(&config);
        // Where a rule lets values stay, all of them may be left; a transform whose own way that is says what it leaves.
        let stays = !found.transform.may_keep && mask.may_keep.as_ref().is_some_and(|allowed| allowed.value);
        let left = if stays { Left::Everything } else { found.transform.left(&config) };
        let config = Value::Object(config).to_string();
        Some(Checked { index, rule, mask, found, config, distinct_outputs, left, key })
    }

    fn scrub(
        &mut self,
        index: usize,
        rule: &'c Rule,
        scrub: &'c Scrub,
        transforms: &'c dyn Transforms,
    ) -> Option<CheckedScrub<'c>> {
        let find = self.finders(scrub, &transforms.finders());
        let kinds: Vec<_> = scrub
            .kinds
            .iter()
            .map(|(label, line)| Some((label.value, self.line(index, rule, line, transforms)?)))
            .collect();
        let otherwise = self.line(index, rule, &scrub.otherwise, transforms);
        let kinds = kinds.into_iter().collect::<Option<_>>()?;
        Some(CheckedScrub { index, scrub, find, kinds, otherwise: otherwise? })
    }

    /// What a line does with pieces: nothing where it is their name that takes their place. `None` only with a problem.
    fn line(
        &mut self,
        index: usize,
        rule: &'c Rule,
        line: &'c Line,
        transforms: &'c dyn Transforms,
    ) -> Option<Option<Checked<'c>>> {
        let Line::Mask(mask) = line else { return Some(None) };
        let checked = self.rule(index, rule, mask, transforms)?;
        if checked.found.transform.types.get(&ColumnType::Text) == Some(&ColumnType::Text) {
            return Some(Some(checked));
        }
        let message = format!("`{}` makes no text of text; name another transform", mask.transform.value);
        self.problem(&mask.transform.span, message);
        None
    }

    /// The plugins that a rule names, or all that there are.
    fn finders(&mut self, scrub: &Scrub, known: &[Finder]) -> Vec<Finder> {
        let mut find = if scrub.find.is_empty() { known.to_vec() } else { Vec::new() };
        for name in &scrub.find {
            match known.iter().find(|finder| finder.plugin == name.value) {
                Some(finder) => find.push(finder.clone()),
                None => {
                    let hint = did_you_mean(&name.value, known.iter().map(|finder| finder.plugin.as_str()));
                    self.problem(&name.span, format!("no plugin `{}` finds pieces of free text{hint}", name.value));
                }
            }
        }
        if find.is_empty() && scrub.find.is_empty() {
            let message = "no plugin finds pieces of free text; add one of the world `text-classifier`";
            self.problem(&scrub.span, message.to_owned());
        }
        find
    }

    fn find(&mut self, mask: &Mask, transforms: &'c dyn Transforms) -> Option<Found<'c>> {
        let name = &mask.transform.value;
        let message = match transforms.find(name) {
            Ok(found) => return Some(found),
            Err(NotFound::Unknown { near: Some(near) }) => {
                format!("no plugin offers `{name}`; did you mean `{near}`?")
            }
            Err(NotFound::Unknown { near: None }) => {
                format!("no plugin offers `{name}`; add the plugin that does, or name another transform")
            }
            Err(NotFound::Ambiguous { choices }) => {
                format!("several plugins offer `{name}`; say which: {}", choices.join(" or "))
            }
        };
        self.problem(&mask.transform.span, message);
        None
    }

    fn config(&mut self, mask: &Mask, found: &Found<'_>) -> Option<serde_json::Map<String, Value>> {
        match found.transform.complete_config(&mask.with.values) {
            Ok(config) => Some(config),
            Err(wrong) => {
                for problem in wrong {
                    let span = mask.with.place(&problem.pointer).unwrap_or_else(|| mask.transform.span.clone());
                    self.problem(&span, format!("`{}`: {}", mask.transform.value, problem.message));
                }
                None
            }
        }
    }

    fn key(&mut self, rule: &Rule, mask: &'c Mask, found: &Found<'_>) -> Option<KeyUse> {
        let name = &mask.transform.value;
        let ask = found.manifest.world.ask();
        let (purpose, key) = match (ask.and_then(Ask::purpose), &mask.key) {
            (None, None) => return None,
            (None, Some(key)) => {
                self.problem(&key.span, format!("`{name}` asks for no key; take `key` away"));
                return None;
            }
            (Some(purpose), None) => {
                let message = format!("`{name}` asks for a {purpose} key; add `key: name`");
                self.problem(&mask.transform.span, message);
                return None;
            }
            (Some(purpose), Some(key)) => (purpose, key),
        };
        let (first, line) = *self.purposes.entry(&key.value).or_insert((purpose, rule.line));
        if first != purpose {
            let message = format!(
                "key `{}` is for {first} in line {line}, and `{name}` asks for a {purpose} key; a key has one purpose",
                key.value
            );
            self.problem(&key.span, message);
        }
        if purpose == Purpose::DateShift && self.policy.subject.is_none() && self.policy.is_whole() {
            let message =
                format!("`{name}` shifts by individual and the policy names none; add `subject: column` at the top");
            self.problem(&mask.transform.span, message);
        }
        Some(KeyUse { name: key.value.clone(), purpose, span: key.span.clone() })
    }

    fn reference_date(&mut self, mask: &Mask, found: &Found<'_>) {
        let needed = found.transform.needs.contains(&Need::ReferenceDate) && self.policy.is_whole();
        if needed && self.policy.reference_date.is_none() {
            let name = &mask.transform.value;
            let message =
                format!("`{name}` needs to know what day it is; add `reference_date: year-month-day` at the top");
            self.problem(&mask.transform.span, message);
        }
    }

    /// Manifest or rule allows that a value stays. A rule cannot take back what the manifest declares.
    fn may_keep(&mut self, mask: &Mask, found: &Found<'_>) {
        let name = &mask.transform.value;
        match &mask.may_keep {
            Some(allowed) if !allowed.value && found.transform.may_keep => {
                let message = format!("`{name}` can leave a value as it was; name another transform, or allow it");
                self.problem(&allowed.span, message);
            }
            _ => {}
        }
    }

    /// How many columns are masked together and seen, as far as the rule alone decides.
    fn numbers(&mut self, mask: &Mask, found: &Found<'_>) {
        let (name, transform) = (&mask.transform.value, found.transform);
        let together = mask.together.as_ref().is_some_and(|together| together.value);
        if !together && !transform.columns.allow(1) {
            let message =
                format!("`{name}` masks at least {} columns together; add `together: true`", transform.columns.min);
            self.problem(&mask.transform.span, message);
        }
        if !transform.context.allow(mask.context.len()) {
            let span = mask.context.first().map_or(&mask.transform.span, |column| &column.span);
            let message = format!(
                "`{name}` takes {} columns of `context`, and the rule names {}",
                range(transform.context),
                mask.context.len()
            );
            self.problem(span, message);
        }
    }
}

/// Bounds as a sentence has them.
pub(super) fn range(bounds: crate::manifest::Bounds) -> String {
    if bounds.min == bounds.max { bounds.min.to_string() } else { format!("{} to {}", bounds.min, bounds.max) }
}
