//! What the values of columns speak for, in numbers.

use std::collections::BTreeMap;

use crate::phi::Densities;

/// What was seen of columns: counts alone, and never a value. The evidence of two batches is added up in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub(super) columns: BTreeMap<String, Observed>,
    /// How many rows were looked at.
    pub rows: u64,
}

/// What was seen of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Values that are there.
    pub values: u64,
    /// Nulls.
    pub nulls: u64,
    /// By the places of the classifier and of its label.
    pub(super) counts: BTreeMap<(usize, usize), Counts>,
    /// How many words of text were looked at for pieces.
    pub(super) words: u64,
    /// How many pieces were found in them, by the names of their labels.
    pub(super) pieces: BTreeMap<&'static str, u64>,
    /// How values are written, `999-99-9999`, and how often that was the commonest way of a batch.
    pub(super) shapes: BTreeMap<String, u64>,
}

/// How many values speak for a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// So many do.
    pub matched: u64,
    /// So many were looked at.
    pub examined: u64,
}

impl Counts {
    /// The share of those that were looked at.
    pub fn share(self) -> f64 {
        if self.examined == 0 { 0.0 } else { as_f64(self.matched) / as_f64(self.examined) }
    }
}

impl Evidence {
    /// Columns of which nothing was seen yet.
    pub fn of_columns(names: impl IntoIterator<Item = String>) -> Self {
        Self { columns: names.into_iter().map(|name| (name, Observed::default())).collect(), rows: 0 }
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        for (column, observed) in other.columns {
            self.columns.entry(column).or_default().merge(observed);
        }
    }

    /// The columns that were seen, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Observed)> {
        self.columns.iter().map(|(name, observed)| (name.as_str(), observed))
    }

    /// What was seen of a column.
    pub fn of(&self, column: &str) -> Option<&Observed> {
        self.columns.get(column)
    }
}

impl Observed {
    /// How most values are written, where that was asked: digits as 9, letters as a and A.
    pub fn shape(&self) -> Option<&str> {
        let commonest = self.shapes.iter().max_by_key(|(shape, times)| (**times, std::cmp::Reverse(shape.as_str())));
        commonest.map(|(shape, _)| shape.as_str())
    }

    /// How many pieces of each kind there are in 1,000 words, where it is text.
    pub fn densities(&self) -> Densities {
        let thousands = as_f64(self.words) / 1_000.0;
        let density = |(name, times): (&&str, &u64)| Some((name.parse().ok()?, as_f64(*times) / thousands));
        Densities::new(self.pieces.iter().filter_map(density))
    }

    /// Adds pieces that were found in so many words.
    pub(super) fn add_pieces(&mut self, words: u64, labels: impl Iterator<Item = &'static str>) {
        self.words = self.words.saturating_add(words);
        for label in labels {
            let all = self.pieces.entry(label).or_default();
            *all = all.saturating_add(1);
        }
    }

    fn merge(&mut self, other: Self) {
        self.words = self.words.saturating_add(other.words);
        for (label, times) in other.pieces {
            let all = self.pieces.entry(label).or_default();
            *all = all.saturating_add(times);
        }
        self.values = self.values.saturating_add(other.values);
        self.nulls = self.nulls.saturating_add(other.nulls);
        for (place, counts) in other.counts {
            self.add(place, counts);
        }
        for (shape, times) in other.shapes {
            let all = self.shapes.entry(shape).or_default();
            *all = all.saturating_add(times);
        }
    }

    pub(super) fn add(&mut self, place: (usize, usize), counts: Counts) {
        let all = self.counts.entry(place).or_default();
        all.matched = all.matched.saturating_add(counts.matched);
        all.examined = all.examined.saturating_add(counts.examined);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53, and a share for people")]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn evidence(parts: &[(u8, u8, u8, u8)]) -> Evidence {
        let mut evidence = Evidence::default();
        for (column, label, matched, more) in parts {
            let observed = evidence.columns.entry(format!("c{}", column % 3)).or_default();
            let (matched, more) = (u64::from(*matched), u64::from(*more));
            observed.add((0, usize::from(label % 4)), Counts { matched, examined: matched + more });
            observed.values += matched + more;
            *observed.shapes.entry(format!("{}", matched % 3)).or_default() += 1;
            observed.add_pieces(more, (0..*label).map(|_| "date"));
            evidence.rows += 1;
        }
        evidence
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole_in_any_order(
            parts in proptest::collection::vec(any::<(u8, u8, u8, u8)>(), 0..24),
            cut in any::<proptest::sample::Index>(),
        ) {
            let (left, right) = parts.split_at(cut.index(parts.len() + 1));
            let merged = |first: &[_], second: &[_]| {
                let mut all = evidence(first);
                all.merge(evidence(second));
                all
            };
            prop_assert_eq!(merged(left, right), evidence(&parts));
            prop_assert_eq!(merged(right, left), evidence(&parts));
        }
    }
}
