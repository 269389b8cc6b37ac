//! From what a rule says of free text to what is meant.

use super::At;
use super::compile::{Compiler, with};
use super::raw::{RawLine, RawMask, RawScrub};
use super::rule::{Line, Mask, Scrub};
use super::suggest::did_you_mean;
use crate::outcome::Fate;
use crate::phi::Label;
use crate::scrub::THRESHOLD;

impl Compiler<'_> {
    /// What is meant, as far as it can be told.
    pub(super) fn scrub(&mut self, raw: At<RawScrub>, rejected: Fate) -> Scrub {
        let At { value: RawScrub { find, known, kinds, otherwise, threshold }, span } = raw;
        let kinds = kinds.into_iter().filter_map(|(name, line)| Some((self.kind(&name)?, self.line(line.value)?)));
        let kinds = kinds.collect();
        let otherwise = otherwise.and_then(|line| self.line(line.value)).unwrap_or(Line::Tag);
        let threshold = threshold.map_or(THRESHOLD, |threshold| {
            let share = u8::try_from(threshold.value).ok().filter(|share| *share <= 100);
            if share.is_none() {
                self.problem(threshold.span, "`threshold` takes a whole number from 0 to 100");
            }
            share.unwrap_or(THRESHOLD)
        });
        let list = |list: Option<At<Vec<At<String>>>>| list.map(|list| list.value).unwrap_or_default();
        Scrub { find: list(find), known: list(known), kinds, otherwise, threshold, rejected, span }
    }

    fn kind(&mut self, name: &At<String>) -> Option<At<Label>> {
        if let Ok(value) = name.value.parse() {
            return Some(At { value, span: name.span.clone() });
        }
        // What is near to no label may be a value of a table that was named by mistake.
        let message = match did_you_mean(&name.value, Label::all().map(Label::name)).as_str() {
            "" => "`kinds` takes labels, such as person-name, date, phone".to_owned(),
            hint => format!("there is no label `{}`{hint}", name.value),
        };
        self.problem(name.span.clone(), message);
        None
    }

    fn line(&mut self, raw: RawLine) -> Option<Line> {
        let RawLine::Mask(RawMask { mask, with: config, key, may_keep }) = raw else { return Some(Line::Tag) };
        self.key(key.as_ref());
        let mask = Mask {
            transform: mask?,
            with: config.map(with).unwrap_or_default(),
            key,
            context: Vec::new(),
            together: None,
            may_keep,
            rejected: Fate::default(),
        };
        Some(Line::Mask(Box::new(mask)))
    }
}
