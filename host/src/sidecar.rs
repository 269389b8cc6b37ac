//! The labels of an output beside it, as `OUT.labels.yaml`: what formats without metadata cannot hold.
//!
//! It is a file of labels like those of `moretta classify`, so that `--labels` takes it in the next run.

use std::path::{Path, PathBuf};

use crate::phi::{Densities, Suggestion};
use crate::plan::Carried;
use crate::policy::{LabelledColumn, Labels, Status, digest};
use crate::tally::Tally;

/// Where the labels of an output lie.
pub fn path_beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".labels.yaml");
    PathBuf::from(name)
}

/// What every written column of a run is, as a file of labels.
///
/// `typed`: the output keeps the types of its columns; else they are read as text.
pub(crate) fn labels(tally: &Tally, typed: bool) -> Labels {
    let written = tally.columns().filter(|(_, column)| column.action != "drop");
    let column = |(name, carried): (&str, &Carried)| {
        let column_type = if typed { carried.column_type.clone() } else { "text".to_owned() };
        (name.to_owned(), labelled(carried, column_type))
    };
    let columns: std::collections::BTreeMap<_, _> =
        written.map(|(name, column)| (name, &*column.carried)).map(column).collect();
    let types = columns.iter().map(|(name, column)| (name.as_str(), column.column_type.as_deref().unwrap_or("text")));
    Labels { schema: Some(digest(types)), looked: None, columns }
}

/// It follows from what somebody declared or approved, so there is nothing to review; where nobody said anything there is.
fn labelled(carried: &Carried, column_type: String) -> LabelledColumn {
    let why = match carried.was {
        Some(was) if Some(was) == carried.label => format!("it was {was}, and {} is left", carried.left.words()),
        Some(was) => format!("it was {was}, of which {} is left", carried.left.words()),
        None => format!("nobody said what it was, and {} is left", carried.left.words()),
    };
    let suggestion = carried.label.map(|label| Suggestion { label, confidence: 1.0, why });
    let mut column = LabelledColumn::suggested(column_type, suggestion, Densities::default());
    if carried.label.is_some() {
        column.status = Status::Approved;
        column.by = Some("moretta mask".to_owned());
    }
    column.tags.clone_from(&carried.tags);
    column
}
