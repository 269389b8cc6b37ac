//! What free text is full of.

use std::fmt;

use super::Label;

/// How many pieces of each kind a column of text has in 1,000 words, in tenths, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Densities(Vec<(Label, f64)>);

impl Densities {
    /// These, without those that round to none.
    pub fn new(densities: impl IntoIterator<Item = (Label, f64)>) -> Self {
        let in_tenths = |(label, density): (Label, f64)| (label, (density * 10.0).round() / 10.0);
        let mut densities: Vec<_> =
            densities.into_iter().map(in_tenths).filter(|(_, density)| *density > 0.0).collect();
        densities.sort_by(|(one, x), (other, y)| y.total_cmp(x).then_with(|| one.name().cmp(other.name())));
        Self(densities)
    }

    /// Each kind with its density.
    pub fn iter(&self) -> impl Iterator<Item = (Label, f64)> {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `26.1 date, 13.0 given-name`.
impl fmt::Display for Densities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (label, density)) in self.iter().enumerate() {
            write!(f, "{}{density:.1} {label}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
