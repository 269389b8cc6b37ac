//! Entries by number.

/// The lines of a text.
pub(crate) struct Dictionary(Vec<&'static str>);

impl Dictionary {
    pub(crate) fn of(text: &'static str) -> Self {
        Self(text.lines().collect())
    }

    /// The entry with this number; they begin again after the last.
    pub(crate) fn get(&self, number: u32) -> &'static str {
        self.0[number as usize % self.0.len()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_is_there_once_and_can_be_told_from_the_next() {
        for (text, entries) in [
            (include_str!("../dictionaries/given-names.txt"), 2048),
            (include_str!("../dictionaries/surnames.txt"), 4096),
            (include_str!("../dictionaries/cities.txt"), 2048),
        ] {
            let Dictionary(lines) = Dictionary::of(text);
            let different: BTreeSet<_> = lines.iter().map(|line| line.to_ascii_lowercase()).collect();
            assert_eq!((lines.len(), different.len()), (entries, entries));
            assert!(lines.iter().all(|line| line.len() > 2 && line.trim() == *line));
        }
    }
}
