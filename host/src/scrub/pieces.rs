//! One piece for each stretch of a text of which something was found.

use std::cmp::Reverse;
use std::fmt;
use std::iter;
use std::ops::Range;

use super::known::is_name;
use crate::phi::Label;

/// A piece of a text that is to be masked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its bytes in the text, at borders of characters.
    pub(crate) range: Range<usize>,
    /// What it is, if that is known.
    pub(crate) label: Option<Label>,
    /// How sure that is, 0 to 100.
    pub(crate) confidence: u8,
    /// The value as it stands in its own column, where it is one that is known of the row.
    pub(crate) spelling: Option<String>,
}

impl Piece {
    /// What it is; of what is only known to be of somebody, another number of theirs.
    pub(crate) fn kind(&self) -> Option<Label> {
        self.label.or_else(|| "other-id".parse().ok())
    }
}

/// Makes one piece of all that overlap. It is what the longest of them is, then the surest, then the narrowest. Nothing of
/// any of them lies outside of the pieces, which rise and do not touch one another's bytes.
pub(crate) fn resolve(mut found: Vec<Piece>) -> Vec<Piece> {
    found.sort_by_key(|piece| (piece.range.start, Reverse(piece.range.end)));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut group: Vec<Piece> = Vec::new();
    let mut end = 0;
    for piece in found {
        if piece.range.start >= end {
            pieces.extend(one_of(&group, end));
            group.clear();
        }
        end = end.max(piece.range.end);
        group.push(piece);
    }
    pieces.extend(one_of(&group, end));
    pieces
}

/// Takes the known names out of the longer ones that were found around them, so that each becomes what it becomes in its
/// column. What is left of a name is a piece by itself, without the separators at its ends.
pub(crate) fn around_known(text: &str, found: Vec<Piece>) -> Vec<Piece> {
    let is_known = |piece: &Piece| piece.spelling.is_some() && piece.label.is_some_and(is_name);
    let mut known: Vec<Range<usize>> =
        found.iter().filter(|piece| is_known(piece)).map(|it| it.range.clone()).collect();
    if known.is_empty() {
        return found;
    }
    known.sort_unstable_by_key(|range| range.start);
    let mut pieces = Vec::with_capacity(found.len());
    for piece in found {
        if is_known(&piece) || !piece.label.is_some_and(is_name) {
            pieces.push(piece);
            continue;
        }
        let rest = without(&piece.range, &known).into_iter().filter_map(|range| trimmed(text, range));
        pieces.extend(rest.map(|range| Piece { range, spelling: None, ..piece.clone() }));
    }
    pieces
}

/// What is left of a range without others, which rise.
fn without(range: &Range<usize>, others: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = Vec::new();
    let mut from = range.start;
    for other in others.iter().filter(|other| other.start < range.end && other.end > range.start) {
        left.push(from..other.start.max(from));
        from = from.max(other.end);
    }
    left.push(from..range.end.max(from));
    left
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = text.get(range.clone())?;
    let is_separator = |character: char| !character.is_alphanumeric();
    let start = range.start.saturating_add(piece.len().saturating_sub(piece.trim_start_matches(is_separator).len()));
    let end = start.saturating_add(piece.trim_matches(is_separator).len());
    (start < end).then_some(start..end)
}

/// The name of a label, in brackets.
pub(crate) fn tag(label: Label) -> String {
    format!("[{}]", label.name().to_ascii_uppercase())
}

/// The piece that takes the place of several that overlap.
fn one_of(group: &[Piece], end: usize) -> Option<Piece> {
    let start = group.first()?.range.start;
    let rank = |piece: &&Piece| {
        let is_known = piece.spelling.is_some();
        (piece.range.len(), piece.confidence, depth(piece.label), is_known, Reverse(piece.range.start))
    };
    let winner = group.iter().max_by_key(rank)?;
    // Only a value that stands there whole is masked as its column is.
    let whole = iter::once(winner).chain(group).filter(|piece| piece.range == (start..end));
    let spelling = whole.filter_map(|piece| piece.spelling.clone()).next();
    Some(Piece { range: start..end, label: winner.label, confidence: winner.confidence, spelling })
}

/// How narrow a label is: how many broader ones it has.
fn depth(label: Option<Label>) -> usize {
    iter::successors(label, |label| label.broader()).count()
}

/// The spelling is not shown.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Piece({:?}, {:?}, {})", self.range, self.label, self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(range: Range<usize>, label: &str, confidence: u8) -> Piece {
        Piece { range, label: label.parse().ok(), confidence, spelling: None }
    }

    fn resolved(found: Vec<Piece>) -> Vec<(Range<usize>, &'static str)> {
        resolve(found).into_iter().map(|piece| (piece.range, piece.label.map_or("", Label::name))).collect()
    }

    #[test]
    fn the_longest_wins_then_the_surest_then_the_narrowest() {
        assert_eq!(resolved(vec![piece(0..3, "city", 100), piece(0..9, "person-name", 60)]), [(0..9, "person-name")]);
        assert_eq!(resolved(vec![piece(0..9, "city", 90), piece(0..9, "person-name", 60)]), [(0..9, "city")]);
        assert_eq!(resolved(vec![piece(0..9, "date", 90), piece(0..9, "birth-date", 90)]), [(0..9, "birth-date")]);
    }

    #[test]
    fn what_overlaps_is_one_piece_and_what_touches_is_two() {
        let chain = vec![piece(0..4, "city", 90), piece(3..8, "phone", 50), piece(7..9, "date", 99)];
        assert_eq!(resolved(chain), [(0..9, "phone")]);
        assert_eq!(
            resolved(vec![piece(4..8, "phone", 50), piece(0..4, "city", 90)]),
            [(0..4, "city"), (4..8, "phone")]
        );
        assert_eq!(resolved(Vec::new()), []);
    }

    #[test]
    fn a_known_value_that_is_whole_is_masked_in_its_own_spelling() {
        let known = |range, label: &str| Piece { spelling: Some("Ada".into()), ..piece(range, label, 100) };
        let spelling = |found| resolve(found)[0].spelling.clone();
        assert_eq!(spelling(vec![known(0..3, "given-name"), piece(0..3, "city", 90)]).as_deref(), Some("Ada"));
        let unlabelled = Piece { confidence: 0, ..known(0..3, "") };
        let both = vec![piece(0..3, "city", 90), unlabelled];
        assert_eq!((spelling(both.clone()).as_deref(), resolved(both)), (Some("Ada"), vec![(0..3, "city")]));
        assert_eq!(spelling(vec![known(0..3, "given-name"), piece(0..4, "city", 90)]), None);
        assert_eq!(spelling(vec![known(0..3, "given-name"), piece(2..4, "city", 90)]), None);
    }

    #[test]
    fn a_known_name_is_taken_out_of_the_longer_one_that_was_found() {
        let text = "Dr. Ada M. Lovelace-King, Ada";
        let known = |range, label: &str| Piece { spelling: Some("x".into()), ..piece(range, label, 100) };
        let shown = |found| {
            let pieces = resolve(around_known(text, found)).into_iter();
            pieces.map(|it| (&text[it.range], it.label.unwrap().name(), it.spelling.is_some())).collect::<Vec<_>>()
        };
        let found = || vec![piece(0..24, "person-name", 80), known(4..7, "given-name"), known(26..29, "given-name")];
        let rest = [
            ("Dr", "person-name", false),
            ("Ada", "given-name", true),
            ("M. Lovelace-King", "person-name", false),
            ("Ada", "given-name", true),
        ];
        assert_eq!(shown(found()), rest);
        let both = [found(), vec![known(11..24, "family-name")]].concat();
        assert_eq!(shown(both)[2..4], [("M", "person-name", false), ("Lovelace-King", "family-name", true)]);
        assert_eq!(
            shown(vec![piece(4..7, "person-name", 9), known(4..7, "given-name")]),
            [("Ada", "given-name", true)]
        );
        let email = vec![piece(0..24, "email", 80), known(4..7, "given-name")];
        assert_eq!(shown(email), [(&text[0..24], "email", false)]);
    }

    #[test]
    fn a_tag_is_the_name_of_the_label() {
        assert_eq!(tag("phone".parse().unwrap()), "[PHONE]");
    }

    proptest! {
        #[test]
        fn every_byte_that_was_found_is_in_one_piece_and_no_other(
            found in proptest::collection::vec((0_usize..40, 1_usize..9, 0_u8..=100), 0..20),
        ) {
            let found: Vec<_> = found.into_iter().map(|(start, length, sure)| piece(start..start + length, "city", sure)).collect();
            let pieces = resolve(found.clone());
            for byte in 0..60 {
                let was = found.iter().any(|piece| piece.range.contains(&byte));
                let is = pieces.iter().filter(|piece| piece.range.contains(&byte)).count();
                prop_assert_eq!(usize::from(was), is);
            }
        }
    }
}
