//! `moretta labels export` and `moretta labels import`.

use std::collections::BTreeMap;

use super::show::printable;
use super::{classify, labels, print, read_labels, read_text, show};
use crate::batch::is_name;
use crate::cli::{ExportArguments, ImportArguments};
use crate::error::Error;
use crate::phi::{Label, Suggestion};
use crate::policy::{LabelledColumn, Status};
use crate::vocabulary::{self, Named, Vocabulary};

/// How sure another catalogue is taken to be. It is told to whoever reviews, and decides nothing.
const CONFIDENCE: f64 = 0.5;

/// How many columns a note names.
const NAMED: usize = 5;

/// Prints the labels of a file as another catalogue takes them in.
pub(super) fn export(arguments: &ExportArguments) -> Result<(), Error> {
    let (labels, to) = (read_labels(&arguments.file)?, arguments.to);
    let exported = vocabulary::export(&labels, to, arguments.table.as_ref());
    let exported = exported.map_err(|error| Error::Usage(format!("{}: {error}", arguments.file.display())))?;
    print(&exported.text)?;
    if !exported.nameless.is_empty() {
        let columns = listed(exported.nameless.iter().map(String::as_str));
        show::note(&printable(&format!("note: {} has no name for the labels of {columns}\n", to.name())));
    }
    if exported.unreviewed > 0 {
        show::note(&format!("note: {} columns stay here, since nobody has reviewed them\n", exported.unreviewed));
    }
    Ok(())
}

/// Takes what another catalogue says over into a file of labels.
pub(super) fn import(arguments: &ImportArguments) -> Result<(), Error> {
    let (mut labels, from) = (labels::read(&arguments.file)?, arguments.from);
    let file = arguments.said.display().to_string();
    let imported = vocabulary::import(from, &file, &read_text(&arguments.said)?)?;
    for problem in &imported.unknown.problems {
        show::note(&printable(&format!("note: {}\n", imported.unknown.one(problem))));
    }
    let (mut taken, mut elsewhere) = (0_usize, Vec::new());
    // Snowflake folds names to upper case.
    let folded: BTreeMap<_, _> = labels.columns.keys().map(|known| (known.to_lowercase(), known.clone())).collect();
    for (column, named) in &imported.columns {
        let known = if labels.columns.contains_key(column) { Some(column) } else { folded.get(&column.to_lowercase()) };
        match known.and_then(|known| Some((known, labels.columns.get_mut(known)?))) {
            None => elsewhere.push(column.as_str()),
            Some((known, labelled)) => taken = taken.saturating_add(usize::from(take(from, known, labelled, named))),
        }
    }
    if !elsewhere.is_empty() {
        let columns = listed(elsewhere.into_iter());
        show::note(&printable(&format!("note: not in {}: {columns}\n", arguments.file.display())));
    }
    classify::write(&labels, &arguments.file)?;
    print(&format!("{taken} suggestions taken over, {} wait for a review\n", labels.open().count()))
}

/// Whether a column has a new suggestion now: of what nobody has reviewed, and where it says more than is known.
fn take(from: Vocabulary, column: &str, labelled: &mut LabelledColumn, named: &Named) -> bool {
    let (known, new) = (labelled.label, named.label);
    // What agrees with a suggestion or a review adds nothing to it; what was rejected agrees with nothing.
    let agrees = known.is_some_and(|known| known.is_a(new)) && labelled.status != Status::Rejected;
    // Nobody is to lose sight of an identifier because another catalogue sees none.
    let hides = known.is_some_and(Label::is_identifying) && !new.is_identifying();
    if agrees || hides || labelled.status != Status::Suggested {
        if !agrees {
            let (shown, was) = (shown(column), known.map_or("nothing", Label::name));
            let there = format!("column {shown} is {new} to {}, and {was} here ({})", from.name(), labelled.status);
            show::note(&printable(&format!("note: {there}, which stands\n")));
        }
        return false;
    }
    let mut why = format!("{} calls it {}", from.name(), named.name);
    if let Some(earlier) = labelled.suggestion.as_ref() {
        why = format!("{why}; before that it was {}, since {}", earlier.label, earlier.why);
    }
    labelled.label = Some(new);
    labelled.suggestion = Some(Suggestion { label: new, confidence: CONFIDENCE, why });
    true
}

fn listed<'c>(columns: impl ExactSizeIterator<Item = &'c str>) -> String {
    let more = columns.len().saturating_sub(NAMED);
    let named = columns.take(NAMED).map(shown).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// A header that is missing makes names of values, and those are not shown.
fn shown(column: &str) -> String {
    if is_name(column) { format!("`{column}`") } else { "a column with an odd name".to_owned() }
}
