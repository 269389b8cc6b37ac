//! A text classifier: its golden cases, and what it finds in every text held against what the contract says of pieces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};

use super::asked::{Asked, backwards, between_nulls, found_nothing, golden_cases, of_cases, of_input, survived};
use super::report::{Checks, Property, TransformReport};
use super::{Options, speed};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::leash::Leash;
use crate::made_up::{self, MadeUp};
use crate::plugin::{CallError, FindAnswer, GuestFault, Plugin, Span};

/// How many rows a column of many rows has.
const MANY: usize = 10_000;
/// As long as no note is, in bytes.
const LONG: usize = 64 << 10;
/// What stands before a text to move it: ASCII; and characters of two, three and four bytes, and some that take no room.
const PLAIN: &str = "Seen on the ward.\n";
const STRANGE: &str = "Zoë 王\u{200b} e\u{301} 👩\u{200d}👩 עברית.\n";

/// How many notes one call has whose speed is measured, and all such calls together at most.
const NOTES: usize = 1_024;
const MOST_NOTES: usize = 16 * NOTES;

/// The pieces of each row that has some.
type Pieces = BTreeMap<usize, Vec<(usize, usize, usize, u8)>>;

/// Collects what is found out about a text classifier.
pub(crate) struct Checker<'a> {
    plugin: &'a Plugin,
    checks: Checks,
    finds: bool,
}

impl<'a> Checker<'a> {
    /// A checker of what is not tried yet.
    pub(crate) fn new(plugin: &'a Plugin) -> Self {
        let has_cases = !plugin.manifest().cases.is_empty();
        let is_tried = |property: &Property| has_cases || !matches!(property, Property::Cases | Property::Places);
        let checks = Checks::new(Property::OF_TEXT_CLASSIFIERS.into_iter().filter(is_tried), |_| true);
        Self { plugin, checks, finds: false }
    }

    /// Tries everything.
    pub(crate) fn run(mut self, options: &Options) -> Result<TransformReport, Error> {
        golden_cases(self.plugin, &mut self.checks)?;
        let cases = of_cases(self.plugin);
        for asked in cases.iter().chain(&columns(&cases, options)) {
            let tried = self.column(asked);
            // A fault ends it: what a plugin does after that tells nothing.
            if survived(&mut self.checks, asked, tried)?.is_none() {
                break;
            }
        }
        if self.checks.passed() {
            for asked in &cases {
                let tried = self.places(asked);
                survived(&mut self.checks, asked, tried)?;
            }
        }
        self.checks.note(Property::Finds, (!self.finds).then(found_nothing));
        let speed = if options.rows > 0 && self.checks.passed() { self.measure(options.rows)? } else { None };
        Ok(TransformReport { transform: "find".to_owned(), checks: self.checks.into_list(), speed })
    }

    /// Everything that is held against one column. That pieces are where the contract has them, each call checks.
    fn column(&mut self, asked: &Asked) -> Result<(), CallError> {
        let array = &asked.column.array;
        let rows = array.len();
        let whole = self.find(asked, array, Some)?;
        self.finds |= !whole.is_empty();
        self.found(Property::Limits, asked, None, "");
        self.found(Property::Contract, asked, None, "");
        let again = differs(&whole, &self.find(asked, array, Some)?);
        self.found(Property::Deterministic, asked, again, "it found other pieces when it was asked again");
        let with_nulls = self.find(asked, &between_nulls(array)?, |row| (row % 2 == 1).then_some(row / 2))?;
        let problem = "it found other pieces when there were nulls between the texts";
        self.found(Property::Nulls, asked, differs(&whole, &with_nulls), problem);
        let half = rows / 2;
        let mut halves = self.find(asked, &array.slice(0, half), Some)?;
        let second = array.slice(half, rows.saturating_sub(half));
        halves.extend(self.find(asked, &second, |row| row.checked_add(half))?);
        let backwards = self.find(asked, &backwards(array)?, |row| rows.checked_sub(row.saturating_add(1)))?;
        let (row, problem) = match differs(&whole, &halves) {
            None => (differs(&whole, &backwards), "it found other pieces when the texts came in another order"),
            half => (half, "what it found in the halves is not what it found in the whole"),
        };
        self.found(Property::AddsUp, asked, row, problem);
        Ok(())
    }

    /// Of what it finds in the texts of a case behind ASCII, it finds some behind characters of several bytes too.
    fn places(&mut self, asked: &Asked) -> Result<(), CallError> {
        let [plain, strange] = [self.behind(PLAIN, asked)?, self.behind(STRANGE, asked)?];
        if let Some((row, ..)) = plain.first() {
            let problem = "behind characters of several bytes it found nothing of what it found behind ASCII; places are \
                           counted in bytes of UTF-8";
            self.found(Property::Places, asked, plain.is_disjoint(&strange).then_some(*row), problem);
        }
        Ok(())
    }

    /// The pieces in texts that stand behind another: their rows, their places without that, and their labels.
    fn behind(&self, other: &str, asked: &Asked) -> Result<BTreeSet<(usize, usize, usize, usize)>, CallError> {
        let moved = texts(&asked.column.array).map(|text| text.map(|text| format!("{other}{text}")));
        let moved: ArrayRef = Arc::new(moved.collect::<StringArray>());
        let place = |place: usize| place.checked_sub(other.len());
        let spans = self.ask(asked, &moved)?.spans.into_iter();
        Ok(spans.filter_map(|span| Some((span.row, place(span.start)?, place(span.end)?, span.label))).collect())
    }

    /// The pieces of a column, by the rows that `row_of` has for its rows.
    fn find(
        &self,
        asked: &Asked,
        array: &ArrayRef,
        row_of: impl Fn(usize) -> Option<usize>,
    ) -> Result<Pieces, CallError> {
        let mut pieces = Pieces::new();
        for Span { row, start, end, label, confidence } in self.ask(asked, array)?.spans {
            // A null has no pieces: the call checked it.
            if let Some(row) = row_of(row) {
                pieces.entry(row).or_default().push((start, end, label, confidence));
            }
        }
        Ok(pieces)
    }

    fn ask(&self, asked: &Asked, array: &ArrayRef) -> Result<FindAnswer, CallError> {
        self.plugin.find(&asked.name, array, &Leash::default())
    }

    /// A property that was tried on a column, and the row that breaks it.
    fn found(&mut self, property: Property, asked: &Asked, row: Option<usize>, problem: &str) {
        self.checks.note(property, row.map(|row| asked.failure(Some(row), problem)));
    }

    fn measure(&mut self, rows: usize) -> Result<Option<speed::Speed>, Error> {
        let measured = measure(self.plugin, rows)?;
        let asked = Asked::of(ColumnType::Text, MadeUp::new("notes", made_up::notes(0)));
        survived(&mut self.checks, &asked, measured.map_err(CallError::Guest))
    }
}

/// Measures calls about notes, so many of them and not more than is of use.
///
/// # Errors
/// The machine cannot run it. The inner error is the plugin's fault.
pub(super) fn measure(plugin: &Plugin, rows: usize) -> Result<Result<speed::Speed, GuestFault>, Error> {
    let (rows, notes) = (rows.min(MOST_NOTES), made_up::notes(NOTES.min(rows)));
    let bytes: usize = texts(&notes).flatten().map(str::len).sum();
    let speed = speed::repeat(rows, notes.len(), ColumnType::Text, || {
        let started = Instant::now();
        Ok(match plugin.find("note", &notes, &Leash::default()) {
            Ok(answer) => Ok((started.elapsed(), answer.peak_memory)),
            Err(error) => Err(error.fault()?),
        })
    })?;
    Ok(speed.map(|speed| speed.of_bytes(bytes, notes.len())))
}

/// The texts that the author has examples of in other ways, what a text classifier has to live with, and what the author
/// has at hand.
fn columns(cases: &[Asked], options: &Options) -> Vec<Asked> {
    let examples = cases.iter().flat_map(|asked| texts(&asked.column.array)).flatten().filter(|text| !text.is_empty());
    let examples: Vec<&str> = examples.collect();
    let asked = |name: &str, texts: StringArray| Asked::of(ColumnType::Text, MadeUp::new(name, Arc::new(texts)));
    let mut columns = Vec::new();
    if !examples.is_empty() {
        let (mut long, mut more) = (String::with_capacity(LONG), examples.iter().cycle());
        while long.len() < LONG {
            long.extend(more.next().into_iter().flat_map(|text| [text, " "]));
        }
        columns.push(asked("the inputs of all cases as one long text", StringArray::from(vec![Some(long), None])));
        let many = examples.iter().copied().cycle().take(MANY).enumerate();
        let many = many.map(|(row, text)| (row % 11 != 10).then_some(text)).collect();
        columns.push(asked(&format!("the inputs of all cases in {MANY} rows"), many));
    }
    columns.extend(made_up::columns(ColumnType::Text).into_iter().map(|column| Asked::of(ColumnType::Text, column)));
    columns.push(Asked::of(ColumnType::Text, MadeUp::new("notes", made_up::notes(NOTES))));
    columns.extend(options.input.iter().flat_map(of_input));
    columns
}

fn texts(array: &ArrayRef) -> impl Iterator<Item = Option<&str>> {
    array.as_string_opt::<i32>().into_iter().flatten()
}

/// The first row that has other pieces.
fn differs(whole: &Pieces, other: &Pieces) -> Option<usize> {
    whole.keys().chain(other.keys()).filter(|row| whole.get(*row) != other.get(*row)).min().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_with_other_pieces_is_told() {
        let pieces = |rows: &[(usize, u8)]| rows.iter().map(|(row, sure)| (*row, vec![(0, 1, 0, *sure)])).collect();
        let whole: Pieces = pieces(&[(1, 90), (4, 90)]);
        assert_eq!(differs(&whole, &pieces(&[(1, 90), (4, 90)])), None);
        for (other, row) in [
            (pieces(&[(1, 90)]), 4),
            (pieces(&[(4, 90)]), 1),
            (pieces(&[(0, 90), (1, 90), (4, 90)]), 0),
            (pieces(&[(1, 90), (4, 80)]), 4),
        ] {
            assert_eq!(differs(&whole, &other), Some(row), "{other:?}");
        }
    }

    #[test]
    fn what_stands_before_a_text_counts_in_no_other_unit_as_in_bytes() {
        let (bytes, characters) = (STRANGE.len(), STRANGE.chars().count());
        let units: usize = STRANGE.chars().map(char::len_utf16).sum();
        assert!(bytes > units && units > characters);
        assert!([1, 2, 3, 4].iter().all(|length| STRANGE.chars().any(|it| it.len_utf8() == *length)));
    }
}
