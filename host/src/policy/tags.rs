//! What else is said of a column: which law it is under, what it may be used for, how long it may be kept, and where.

use serde::Serialize;

use super::At;
use super::read::{Fields, Read};
use super::yaml::Node;

/// The keys of tags, in the order in which they are written.
const KEYS: [&str; 4] = ["regulation", "purpose", "retention", "residency"];

/// What is said of a column beside its label. None of it changes what is masked: it travels with the label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tags {
    /// The laws that it is under, such as `hipaa` or `42-cfr-2`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regulation: Vec<String>,
    /// What it may be used for, such as `treatment` or `research`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub purpose: Vec<String>,
    /// How long it may be kept: a duration in years, months, weeks or days (ISO 8601), such as `P6Y`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// Where it may be kept: countries (ISO 3166-1) and their parts (3166-2), such as `US` or `US-CA`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub residency: Vec<String>,
}

impl Tags {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each tag with its value; of several values with these, parted by commas, which none of them contains.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, String)> {
        let several = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        let values =
            [several(&self.regulation), several(&self.purpose), self.retention.clone(), several(&self.residency)];
        KEYS.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?)))
    }

    /// Takes over what is said here, in place of what was said before of the same.
    ///
    /// # Errors
    /// What is wrong with the first tag that is not one.
    pub fn set(&mut self, new: Self) -> Result<(), String> {
        new.check()?;
        let Self { regulation, purpose, retention, residency } = new;
        for (ours, theirs) in
            [(&mut self.regulation, regulation), (&mut self.purpose, purpose), (&mut self.residency, residency)]
        {
            if !theirs.is_empty() {
                *ours = theirs;
            }
        }
        self.retention = retention.or_else(|| self.retention.take());
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        for name in self.regulation.iter().chain(&self.purpose) {
            if !is_word(name) {
                return Err("a regulation or a purpose is a word of letters, digits, `-`, `_` and `.`".to_owned());
            }
        }
        if self.retention.as_deref().is_some_and(|retention| !is_duration(retention)) {
            return Err("`retention` takes a duration as ISO 8601 has it, such as `P6Y` or `P90D`".to_owned());
        }
        if !self.residency.iter().all(|place| is_place(place)) {
            return Err("`residency` takes countries as ISO 3166 has them, such as `US` or `US-CA`".to_owned());
        }
        Ok(())
    }
}

/// Letters, digits, and what joins them. What travels into SQL and JSON has nothing in it that could end a string.
fn is_word(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

/// `P`, then one number with its unit or several: `P1Y6M`.
fn is_duration(text: &str) -> bool {
    let Some(parts) = text.strip_prefix('P').filter(|parts| parts.len() <= 16) else { return false };
    let mut digits = 0_u32;
    let mut units = "YMWD".chars();
    for c in parts.chars() {
        match (c.is_ascii_digit(), digits) {
            (true, _) => digits = digits.saturating_add(1),
            (false, 1..) if units.any(|unit| unit == c) => digits = 0,
            (false, _) => return false,
        }
    }
    digits == 0 && !parts.is_empty()
}

fn is_place(text: &str) -> bool {
    let (country, part) = text.split_once('-').map_or((text, None), |(country, part)| (country, Some(part)));
    let is_part = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric());
    country.len() == 2 && country.bytes().all(|c| c.is_ascii_uppercase()) && part.is_none_or(is_part)
}

/// Reads the tags of a column.
pub(super) fn tags(read: &mut Read<'_>, key: &str, node: Node) -> Option<Tags> {
    let span = node.span.clone();
    let mut fields = Fields::open(node, key, &KEYS, read)?;
    let several = |list: Option<At<Vec<At<String>>>>| -> Vec<String> {
        list.map(|list| list.value.into_iter().map(|item| item.value).collect()).unwrap_or_default()
    };
    let tags = Tags {
        regulation: several(fields.optional("regulation", Read::texts)),
        purpose: several(fields.optional("purpose", Read::texts)),
        retention: fields.optional("retention", Read::text).map(|retention| retention.value),
        residency: several(fields.optional("residency", Read::texts)),
    };
    match tags.check() {
        Ok(()) => Some(tags),
        Err(message) => read.problem(span, message),
    }
}

impl std::fmt::Display for Tags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| std::fmt::Error)?;
        f.write_str(&json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_places_are_as_the_standards_have_them() {
        assert!(["P6Y", "P90D", "P1Y6M", "P2W"].into_iter().all(is_duration));
        assert!(["", "P", "6Y", "P6", "PY", "P6H", "P6M1Y", "PT1H"].into_iter().all(|text| !is_duration(text)));
        assert!(["US", "US-CA", "DE-BW"].into_iter().all(is_place));
        assert!(["us", "USA", "US-", "US-CALI", "U'"].into_iter().all(|text| !is_place(text)));
    }

    #[test]
    fn what_is_set_takes_the_place_of_what_was_and_nothing_else() {
        let word = |text: &str| vec![text.to_owned()];
        let mut tags = Tags { regulation: word("hipaa"), retention: Some("P6Y".to_owned()), ..Tags::default() };
        tags.set(Tags { retention: Some("P1Y".to_owned()), residency: word("US"), ..Tags::default() }).unwrap();
        let entries: Vec<_> = tags.entries().collect();
        let expected = [("regulation", "hipaa"), ("retention", "P1Y"), ("residency", "US")];
        assert_eq!(entries, expected.map(|(key, value)| (key, value.to_owned())));
        let refused = tags.set(Tags { purpose: word("it's; drop"), ..Tags::default() }).unwrap_err();
        assert!(refused.contains("a word of letters") && !refused.contains("drop"), "{refused}");
        assert_eq!(tags.purpose, Vec::<String>::new());
    }
}
