//! Numbers that stand together: `123-45-6789`, `(617) 555-0123`, `4111 1111 1111 1111`.

use super::View;
use crate::token::{Gap, Kind};

/// The most groups that are looked at.
pub(super) const MOST: usize = 8;

/// Groups of digits with one mark, blank or line end between each two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Groups {
    /// How many there are.
    pub(super) count: usize,
    /// The place of each token.
    pub(super) places: [usize; MOST],
    /// How many digits each has.
    pub(super) lengths: [u8; MOST],
    /// What stands before each: a mark, a blank, a line end; of the first, nothing.
    pub(super) marks: [u8; MOST],
    digits: [u8; 20],
    total: usize,
}

impl Groups {
    /// The groups from a number on.
    pub(super) fn of(view: View<'_>, first: usize) -> Self {
        let mut groups =
            Self { count: 0, places: [0; MOST], lengths: [0; MOST], marks: [0; MOST], digits: [0; 20], total: 0 };
        let (mut place, mut mark) = (first, 0);
        loop {
            let token = view.tokens[place];
            groups.places[groups.count] = place;
            groups.lengths[groups.count] = token.length().min(99) as u8;
            groups.marks[groups.count] = mark;
            groups.count += 1;
            for digit in view.word(&token).iter().take(21) {
                if let Some(slot) = groups.digits.get_mut(groups.total) {
                    *slot = *digit;
                }
                groups.total += 1;
            }
            if groups.count == MOST {
                return groups;
            }
            match next(view, place) {
                Some((number, between)) => (place, mark) = (number, between),
                None => return groups,
            }
        }
    }

    /// Whether the first groups have these lengths.
    pub(super) fn begins(&self, lengths: &[u8]) -> bool {
        self.lengths[..self.count].starts_with(lengths)
    }

    /// Whether between the first so many groups stands the same, which is one of these.
    pub(super) fn same_mark(&self, count: usize, marks: &[u8]) -> bool {
        let first = self.marks[1];
        marks.contains(&first) && self.marks[1..count].iter().all(|mark| *mark == first)
    }

    /// Whether behind so many groups comes another one with the mark that stands before the last.
    pub(super) fn goes_on(&self, count: usize) -> bool {
        self.count > count && self.marks[count] != b'\n' && (count < 2 || self.marks[count] == self.marks[count - 1])
    }

    /// The digits of the first groups, twenty at most.
    pub(super) fn digits(&self, count: usize) -> &[u8] {
        &self.digits[..self.total(count).min(20)]
    }

    /// How many digits the first groups have.
    pub(super) fn total(&self, count: usize) -> usize {
        self.lengths[..count].iter().map(|length| usize::from(*length)).sum()
    }

    /// The first token behind so many groups.
    pub(super) fn end(&self, count: usize) -> usize {
        self.places[count - 1] + 1
    }
}

/// The number behind a number, and what stands between them.
fn next(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let behind = view.get(place + 1)?;
    if behind.gap == Gap::Paragraph {
        return None;
    }
    if behind.kind == Kind::Number {
        return Some((place + 1, if behind.gap == Gap::Line { b'\n' } else { b' ' }));
    }
    let mark = view.mark(place + 1)?;
    // `(617)-555-0123`
    let number = if mark == b')' && view.is(place + 2, b'-') { place + 3 } else { place + 2 };
    let at = number;
    let number = view.get(number).filter(|token| token.kind == Kind::Number)?;
    let fits = match mark {
        b'-' => number.gap != Gap::Paragraph,
        b'.' | b'/' | b':' => behind.is_glued() && number.is_glued(),
        b')' => behind.is_glued() && number.gap <= Gap::Line,
        b'(' => number.is_glued() && behind.gap <= Gap::Line,
        _ => false,
    };
    fits.then_some((at, mark))
}
