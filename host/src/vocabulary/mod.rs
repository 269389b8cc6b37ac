//! What other catalogues call the labels, so that labels can be given to them and taken from them.
//!
//! A name that another catalogue has for several labels is imported as the one that it means exactly; the nearest, where
//! it means none. A label without a name there cannot be exported, and whoever exports is told which columns stay behind.

mod export;
mod fhir;
mod import;
mod sql;
mod table;

use std::str::FromStr;

pub use export::{Exported, NotExported, export};
pub use import::{Imported, Named, import};
pub use sql::Table;

use crate::phi::Label;
use table::{NEAREST, ROWS};

/// A catalogue that has names of its own for what columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// The infoTypes of Google Sensitive Data Protection.
    GoogleSdp,
    /// The semantic categories of Snowflake.
    Snowflake,
    /// The tags `class.…` of the Unity Catalog of Databricks.
    Databricks,
    /// The codes for sensitive information of HL7 (v3-ActCode), as FHIR has them in `meta.security`.
    Fhir,
}

impl Vocabulary {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::GoogleSdp, Self::Snowflake, Self::Databricks, Self::Fhir];

    /// Its name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoogleSdp => "google-sdp",
            Self::Snowflake => "snowflake",
            Self::Databricks => "databricks",
            Self::Fhir => "fhir",
        }
    }

    /// Its name for a label, or for something broader. `None`: it has none.
    pub fn name_of(self, label: Label) -> Option<&'static str> {
        let row = ROWS.iter().find(|row| row.label == label.name())?;
        let name = row.names.get(self.column())?;
        Some(name.trim_start_matches('=')).filter(|name| !name.is_empty())
    }

    /// The label that is nearest to one of its names, in whatever case. `None`: it is not known.
    pub fn nearest(self, name: &str) -> Option<Label> {
        let exactly = |row: &&table::Row| {
            let own = row.names.get(self.column()).and_then(|own| own.strip_prefix('='));
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        let exact = ROWS.iter().find(exactly).map(|row| row.label);
        let near = || NEAREST.get(self.column())?.iter().find(|(near, _)| near.eq_ignore_ascii_case(name));
        exact.or_else(|| near().map(|(_, label)| *label))?.parse().ok()
    }

    fn column(self) -> usize {
        match self {
            Self::GoogleSdp => 0,
            Self::Snowflake => 1,
            Self::Databricks => 2,
            Self::Fhir => 3,
        }
    }
}

impl FromStr for Vocabulary {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| format!("there are {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_label_has_one_row_and_no_row_is_of_anything_else() {
        let rows: Vec<_> = ROWS.iter().map(|row| row.label).collect();
        let labels: BTreeSet<_> = Label::all().map(Label::name).collect();
        assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), labels);
        assert_eq!(rows.len(), labels.len(), "a label has two rows");
    }

    #[test]
    fn every_name_that_is_exported_is_imported_as_the_label_or_as_one_that_is_near() {
        for vocabulary in Vocabulary::ALL {
            for label in Label::all() {
                let Some(name) = vocabulary.name_of(label) else { continue };
                let back = vocabulary.nearest(name).unwrap_or_else(|| panic!("{name} cannot be imported"));
                let exact =
                    ROWS.iter().any(|row| row.label == label.name() && row.names[vocabulary.column()].starts_with('='));
                assert_eq!(exact, back == label, "{name} is {back}, and was {label}");
            }
        }
    }

    #[test]
    fn no_name_means_two_labels_exactly() {
        for vocabulary in Vocabulary::ALL {
            let exact = ROWS.iter().filter_map(|row| row.names[vocabulary.column()].strip_prefix('='));
            let near = NEAREST[vocabulary.column()].iter().map(|(name, _)| *name);
            let mut seen = BTreeSet::new();
            for name in exact.chain(near) {
                assert!(seen.insert(name.to_ascii_lowercase()), "{name} stands twice in {}", vocabulary.name());
            }
            for (name, label) in NEAREST[vocabulary.column()] {
                assert!(label.parse::<Label>().is_ok(), "{name} is near to {label}, which is no label");
            }
        }
    }

    #[test]
    fn what_safe_harbor_removes_is_never_imported_as_something_that_may_stay() {
        for vocabulary in Vocabulary::ALL {
            for label in Label::all().filter(|label| label.safe_harbor().is_some()) {
                let Some(back) = vocabulary.name_of(label).and_then(|name| vocabulary.nearest(name)) else { continue };
                assert!(back.safe_harbor().is_some(), "{label} comes back as {back}");
            }
        }
    }

    #[test]
    fn names_are_found_in_whatever_case_and_unknown_ones_are_not() {
        let found = |name| Vocabulary::Snowflake.nearest(name).map(Label::name);
        assert_eq!((found("email"), found("US_SSN"), found("SHOE_SIZE")), (Some("email"), Some("us-ssn"), None));
        assert_eq!(Vocabulary::Fhir.nearest(""), None);
    }
}
