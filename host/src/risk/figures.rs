//! From classes to figures.

use std::collections::BTreeMap;

use serde::Serialize;

/// How well the individuals of a table hide among each other. Counts and shares, and never a value.
///
/// The prosecutor's risk is that of somebody who looks for a person that he knows to be in the table: 1 in as many as
/// share that person's quasi-identifiers (El Emam, Guide to the De-Identification of Personal Health Information, 2013).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Risk {
    /// How many rows there are.
    pub rows: u64,
    /// How many classes: different combinations of quasi-identifiers.
    pub classes: u64,
    /// The size of the smallest class, the k of k-anonymity. 0 where there is no row. A size counts individuals where it
    /// was said what names them, rows otherwise.
    pub smallest_class: u64,
    /// How many rows are of a class of one.
    pub unique_rows: u64,
    /// The prosecutor's risk of who is in the smallest class: 0 to 1.
    pub highest_risk: f64,
    /// The prosecutor's risk of a row, on average.
    pub average_risk: f64,
    /// How many classes are of which size.
    pub sizes: Vec<Sizes>,
    /// How much somebody who found the class of a person learns of each sensitive column.
    pub sensitive: BTreeMap<String, Diversity>,
}

/// Classes of about one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// The smallest of these sizes.
    pub from: u64,
    /// The largest, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// How many classes.
    pub classes: u64,
    /// How many rows they have.
    pub rows: u64,
}

/// How different the values of a sensitive column are inside the classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Diversity {
    /// The fewest different values that a class has, the l of l-diversity. Nulls are one value.
    pub fewest_values: u64,
    /// The largest share of a class that has one value: what is known of who is in it.
    pub largest_share: f64,
    /// How many rows are of a class that has one value.
    pub disclosed_rows: u64,
}

/// One class.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    pub(super) digest: u128,
    pub(super) rows: u64,
    /// Individuals, or rows.
    pub(super) size: u64,
    /// Of each sensitive column, how many different values, and how many rows have the commonest.
    pub(super) values: Vec<(u64, u64)>,
}

/// Where the bands of sizes begin.
const BANDS: [u64; 8] = [1, 2, 3, 5, 11, 20, 50, 100];

impl Risk {
    pub(super) fn new(sensitive: &[String]) -> Self {
        let none = Diversity { fewest_values: u64::MAX, largest_share: 0.0, disclosed_rows: 0 };
        let ends = BANDS.iter().skip(1).map(|next| Some(next.saturating_sub(1))).chain([None]);
        let sizes = BANDS.iter().zip(ends).map(|(from, to)| Sizes { from: *from, to, ..Sizes::default() });
        Self {
            sizes: sizes.collect(),
            sensitive: sensitive.iter().map(|column| (column.clone(), none)).collect(),
            ..Self::default()
        }
    }

    /// `sensitive`: the names of the columns whose values the class has.
    pub(super) fn add(&mut self, class: &Class, sensitive: &[String]) {
        self.rows = self.rows.saturating_add(class.rows);
        self.classes = self.classes.saturating_add(1);
        self.smallest_class = if self.classes == 1 { class.size } else { self.smallest_class.min(class.size) };
        if class.size == 1 {
            self.unique_rows = self.unique_rows.saturating_add(class.rows);
        }
        // A sum until the end.
        self.average_risk += share(class.rows, class.size);
        if let Some(sizes) = self.sizes.iter_mut().rev().find(|sizes| sizes.from <= class.size) {
            sizes.classes = sizes.classes.saturating_add(1);
            sizes.rows = sizes.rows.saturating_add(class.rows);
        }
        for (column, (different, commonest)) in sensitive.iter().zip(&class.values) {
            let Some(diversity) = self.sensitive.get_mut(column) else { continue };
            diversity.fewest_values = diversity.fewest_values.min(*different);
            diversity.largest_share = diversity.largest_share.max(share(*commonest, class.rows));
            if *different == 1 {
                diversity.disclosed_rows = diversity.disclosed_rows.saturating_add(class.rows);
            }
        }
    }

    /// After the last class.
    pub(super) fn finish(mut self) -> Self {
        self.highest_risk = share(1, self.smallest_class);
        self.average_risk = if self.rows == 0 { 0.0 } else { self.average_risk / as_f64(self.rows) };
        self.sizes.retain(|sizes| sizes.classes > 0);
        for diversity in self.sensitive.values_mut().filter(|_| self.classes == 0) {
            diversity.fewest_values = 0;
        }
        self
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { as_f64(part) / as_f64(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53, and a share for people")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
