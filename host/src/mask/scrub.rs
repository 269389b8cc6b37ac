//! Scrub: finds the pieces of free text, lends them to the calls that mask them, and puts the text together again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::OffsetBuffer;

use super::known;
use super::parts::{Lists, Parts};
use super::{MaskedCall, Rejections, ToMask};
use crate::batch::{Batch, ColumnType};
use crate::cast::cast_exactly;
use crate::error::Error;
use crate::leash::Leash;
use crate::manifest::Detection;
use crate::outcome::{RejectedRow, RejectionCode};
use crate::phi::Label;
use crate::plan::{self, Substitute};
use crate::plugin::{CallError, GuestError, PackageError, PackageProblem, Plugin, Span};
use crate::scrub::{Known, Piece, around_known, resolve, splice, tag};

/// What takes the place of a piece where the name of its label is something that is known of the row.
const BLANK: &str = "[***]";

/// A column of free text of the plan, with the plugins that find its pieces.
#[derive(Debug)]
pub(crate) struct ReadyScrub {
    pub(crate) scrub: Arc<plan::Scrub>,
    pub(crate) finders: Vec<Finder>,
}

/// A text classifier whose labels are the host's.
#[derive(Debug)]
pub(crate) struct Finder {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) labels: Vec<Label>,
}

/// A column of free text, what was found in it, and what became of it. Cells, not rows: of lists of text, their elements.
pub(crate) struct Scrubbed {
    pub(crate) scrub: Arc<plan::Scrub>,
    /// The text as it came.
    pub(crate) texts: StringArray,
    /// The text with what takes the place of its pieces.
    pub(crate) spliced: StringArray,
    /// All that was found: cell, and bytes of it.
    pub(crate) found: Vec<(usize, Range<usize>)>,
    /// What is masked, rising by cell and place.
    pub(crate) pieces: Vec<Placed>,
    lists: Option<Lists>,
    /// What is known of each row.
    known: Vec<Known>,
}

/// A piece of a cell, and what takes its place.
pub(crate) struct Placed {
    pub(crate) cell: usize,
    pub(crate) piece: Piece,
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    /// The name of its label.
    Tag,
    Blank,
    /// What a call makes of it.
    Call(Answered),
}

/// A cell of a call.
#[derive(Clone, Copy)]
struct Answered {
    call: usize,
    cell: usize,
}

/// Finds the pieces of a column.
///
/// # Errors
/// A text classifier broke the contract or its limits.
pub(super) fn find(batch: &Batch, ready: &ReadyScrub, leash: &Leash) -> Result<Scrubbed, Error> {
    let scrub = ready.scrub.clone();
    let lists = Lists::of(batch, scrub.column);
    let texts = texts(batch, &scrub, lists.as_ref())?;
    let known = known::of_rows(batch, &scrub.known)?;
    let mut found: Vec<Vec<Piece>> = vec![Vec::new(); texts.len()];
    for finder in &ready.finders {
        for span in finder.find(batch, &scrub, &texts, leash)? {
            let piece = |label: &Label| Piece {
                range: span.start..span.end,
                label: Some(*label),
                confidence: span.confidence,
                spelling: None,
            };
            let is_sure = span.confidence >= scrub.threshold;
            if let (Some(found), true) = (found.get_mut(span.row), is_sure) {
                found.extend(finder.labels.get(span.label).map(piece));
            }
        }
    }
    let texts = texts.as_string::<i32>().clone();
    let nothing = StringArray::new_null(0);
    let mut scrubbed = Scrubbed { scrub, texts, spliced: nothing, found: Vec::new(), pieces: Vec::new(), lists, known };
    for (cell, mut found) in found.into_iter().enumerate() {
        if let Some(text) = scrubbed.text(cell) {
            found.extend(scrubbed.known(cell).find(text));
            found = around_known(text, found);
        }
        scrubbed.found.extend(found.iter().map(|piece| (cell, piece.range.clone())));
        scrubbed.place(cell, resolve(found));
    }
    Ok(scrubbed)
}

/// The cells of a column as text.
fn texts(batch: &Batch, scrub: &plan::Scrub, lists: Option<&Lists>) -> Result<ArrayRef, Error> {
    let column = match lists {
        Some(lists) => Some(lists.elements()),
        None => batch.columns().columns().get(scrub.column).cloned(),
    };
    let column = column.ok_or(Error::Internal("a planned column is not there"))?;
    cast_exactly(&column, &ColumnType::Text.arrow())
        .map_err(|_| Error::Internal("a column of text cannot be cast to it"))
}

impl Finder {
    /// # Errors
    /// It knows a label that is none.
    pub(crate) fn new(plugin: Arc<Plugin>) -> Result<Self, PackageError> {
        let label = |detection: &Detection| detection.label.parse().map_err(|_| detection.label.clone());
        let labels: Result<_, String> = plugin.manifest().labels.iter().map(label).collect();
        let unknown =
            |label| PackageError { plugin: plugin.manifest().name.clone(), problem: PackageProblem::Label(label) };
        Ok(Self { labels: labels.map_err(unknown)?, plugin })
    }

    fn find(&self, batch: &Batch, scrub: &plan::Scrub, texts: &ArrayRef, leash: &Leash) -> Result<Vec<Span>, Error> {
        let schema = batch.columns().schema();
        let name = schema.fields().get(scrub.column).map(|field| field.name().as_str()).unwrap_or_default();
        let answer = self.plugin.find(name, texts, leash).map_err(|failed| match failed {
            CallError::Guest(fault) => {
                let mut place = batch.place().row(0);
                place.column = Some(name.to_owned());
                let plugin = self.plugin.manifest().name.clone();
                Box::new(GuestError { plugin, transform: "find".to_owned(), place, fault }).into()
            }
            CallError::Machine(why) => Error::Instance(why),
            CallError::Capability(why) => Error::Capability(why),
            CallError::Ended => Error::Ended,
        })?;
        Ok(answer.spans)
    }
}

impl Scrubbed {
    /// The column that the batch gets in the place of the lent one.
    pub(crate) fn column(&self) -> Option<ArrayRef> {
        let cells: ArrayRef = Arc::new(self.spliced.clone());
        match &self.lists {
            None => Some(cells),
            Some(lists) => lists.with(&cells),
        }
    }

    /// How many pieces there are of each label.
    pub(crate) fn pieces_by_label(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for label in self.pieces.iter().filter_map(|placed| placed.piece.kind()) {
            let count: &mut u64 = counts.entry(label.name()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// Whether the text is that of the batch.
    pub(crate) fn is_of(&self, batch: &Batch) -> bool {
        texts(batch, &self.scrub, self.lists.as_ref()).is_ok_and(|texts| *texts.as_string::<i32>() == self.texts)
    }

    /// The row of the batch that a cell belongs to.
    pub(crate) fn row(&self, cell: usize) -> usize {
        self.lists.as_ref().map_or(cell, |lists| lists.row(cell))
    }

    /// What is known of a cell's row.
    pub(crate) fn known(&self, cell: usize) -> &Known {
        static NOTHING: Known = Known::nothing();
        self.known.get(self.row(cell)).unwrap_or(&NOTHING)
    }

    /// What takes the place of a piece. `None`: there is no answer for it.
    pub(crate) fn replacement<'a>(&self, placed: &Placed, calls: &'a [MaskedCall]) -> Option<Cow<'a, str>> {
        Some(match placed.by {
            By::Tag => tag(placed.piece.kind()?).into(),
            By::Blank => BLANK.into(),
            By::Call(Answered { call, cell }) => calls.get(call)?.text(cell)?.into(),
        })
    }

    /// The call that masks a piece, if one does.
    pub(crate) fn call_of(&self, placed: &Placed) -> Option<usize> {
        match placed.by {
            By::Call(answered) => Some(answered.call),
            By::Tag | By::Blank => None,
        }
    }

    /// The pieces that a call masks, in their order. A value that is known of the row is lent as it stands in its column, so
    /// that it becomes what it becomes there.
    pub(super) fn lend(&mut self, number: usize) -> ToMask {
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        let mut pieces = std::mem::take(&mut self.pieces);
        for placed in &mut pieces {
            if let By::Call(answered) = &mut placed.by
                && answered.call == number
            {
                answered.cell = cells.len();
                let piece = || self.text(placed.cell).and_then(|text| text.get(placed.piece.range.clone()));
                cells.push(placed.piece.spelling.clone().or_else(|| piece().map(str::to_owned)));
                rows.push(u32::try_from(self.row(placed.cell)).unwrap_or(u32::MAX));
            }
        }
        self.pieces = pieces;
        let cells: ArrayRef = Arc::new(StringArray::from(cells));
        ToMask { columns: vec![(cells, ColumnType::Text)], parts: Parts::Pieces { rows, left_out: BTreeSet::new() } }
    }

    /// Takes a call's answer. What it rejects, or makes something of that is known of the row, is for `otherwise`; what that
    /// cannot mask either costs the row.
    pub(super) fn settle(
        &mut self,
        number: usize,
        answer: &mut MaskedCall,
        rejections: &Rejections,
        rejected: &mut Vec<RejectedRow>,
    ) {
        let mut pieces = std::mem::take(&mut self.pieces);
        for placed in &mut pieces {
            let By::Call(Answered { call, cell }) = placed.by else { continue };
            if call != number {
                continue;
            }
            let known = |text: &str| self.known(placed.cell).stands_in(text);
            let code = match rejections.binary_search_by_key(&cell, |(cell, _)| *cell) {
                Ok(at) => rejections.get(at).map(|(_, code)| *code),
                Err(_) => answer.text(cell).is_some_and(known).then_some(RejectionCode::Unchanged),
            };
            let Some(code) = code else { continue };
            answer.leave_out(cell);
            match self.scrub.otherwise {
                Substitute::Call(last) if last == number => rejected.push(self.rejected(placed.cell, code)),
                otherwise => placed.by = by(otherwise),
            }
        }
        self.pieces = pieces;
    }

    /// Puts the text together. A row in which something known stands across the border of a piece is rejected.
    ///
    /// # Errors
    /// The text has become too long for one batch.
    pub(super) fn finish(&mut self, calls: &[MaskedCall], rejected: &mut Vec<RejectedRow>) -> Result<(), Error> {
        let mut pieces = std::mem::take(&mut self.pieces);
        for placed in &mut pieces {
            let is_known = |label| self.known(placed.cell).stands_in(&tag(label));
            if matches!(placed.by, By::Tag) && placed.piece.kind().is_some_and(is_known) {
                placed.by = By::Blank;
            }
        }
        let mut data = Vec::with_capacity(self.texts.value_data().len());
        let mut lengths = Vec::with_capacity(self.texts.len());
        for (cell, pieces) in by_cell(&pieces, self.texts.len()) {
            let from = data.len();
            if let Some(text) = self.text(cell) {
                self.splice(text, pieces, calls, &mut data)?;
                let spliced = data.get(from..).and_then(|spliced| std::str::from_utf8(spliced).ok());
                if !pieces.is_empty() && spliced.is_some_and(|spliced| self.known(cell).stands_in(spliced)) {
                    rejected.push(self.rejected(cell, RejectionCode::Unchanged));
                }
            }
            lengths.push(data.len().saturating_sub(from));
        }
        if i32::try_from(data.len()).is_err() {
            return Err(Error::Internal("scrubbed text is longer than a batch can hold"));
        }
        let offsets = OffsetBuffer::from_lengths(lengths);
        let spliced = StringArray::try_new(offsets, data.into(), self.texts.nulls().cloned());
        self.spliced = spliced.map_err(|_| Error::Internal("scrubbed text is no text"))?;
        self.pieces = pieces;
        Ok(())
    }

    fn splice(&self, text: &str, pieces: &[Placed], calls: &[MaskedCall], data: &mut Vec<u8>) -> Result<(), Error> {
        let replaced = |placed: &Placed| Some((placed.piece.range.clone(), self.replacement(placed, calls)?));
        let replaced: Option<Vec<_>> = pieces.iter().map(replaced).collect();
        let replaced = replaced.ok_or(Error::Internal("nothing takes the place of a piece"))?;
        let replaced = replaced.iter().map(|(range, text)| (range.clone(), text.as_ref()));
        splice(text, replaced, data).ok_or(Error::Internal("pieces of a text overlap"))
    }

    fn place(&mut self, cell: usize, pieces: Vec<Piece>) {
        let substitute =
            |piece: &Piece| piece.kind().map_or(self.scrub.otherwise, |label| self.scrub.substitute(label));
        self.pieces.extend(pieces.into_iter().map(|piece| Placed { cell, by: by(substitute(&piece)), piece }));
    }

    fn text(&self, cell: usize) -> Option<&str> {
        (cell < self.texts.len() && self.texts.is_valid(cell)).then(|| self.texts.value(cell))
    }

    fn rejected(&self, cell: usize, code: RejectionCode) -> RejectedRow {
        RejectedRow { row: self.row(cell), column: self.scrub.column, code, fate: self.scrub.fate }
    }
}

fn by(substitute: Substitute) -> By {
    match substitute {
        Substitute::Tag => By::Tag,
        Substitute::Call(call) => By::Call(Answered { call, cell: 0 }),
    }
}

/// The pieces of each cell: they rise by cell.
pub(crate) fn by_cell(pieces: &[Placed], cells: usize) -> impl Iterator<Item = (usize, &[Placed])> {
    let mut rest = pieces;
    (0..cells).map(move |cell| {
        let (of_cell, others) = rest.split_at(rest.iter().take_while(|placed| placed.cell == cell).count());
        rest = others;
        (cell, of_cell)
    })
}
