//! A text with others in the place of some of its pieces.

use std::ops::Range;

/// Appends a text in which each of these ranges is replaced. They rise and do not overlap; `None` if they do not, or do
/// not lie in the text at borders of characters.
pub(crate) fn splice<'a>(
    text: &str,
    pieces: impl Iterator<Item = (Range<usize>, &'a str)>,
    spliced: &mut Vec<u8>,
) -> Option<()> {
    let mut from = 0;
    for (range, replacement) in pieces {
        text.get(range.clone())?;
        spliced.extend_from_slice(text.get(from..range.start)?.as_bytes());
        spliced.extend_from_slice(replacement.as_bytes());
        from = range.end;
    }
    spliced.extend_from_slice(text.get(from..)?.as_bytes());
    Some(())
}

/// Whether `spliced` is the text with each of these ranges replaced, and with every byte outside of them as it was.
pub(crate) fn is_spliced<'a>(
    text: &str,
    mut pieces: impl Iterator<Item = (Range<usize>, &'a str)>,
    spliced: &str,
) -> bool {
    let mut from = 0;
    let rest = pieces.try_fold(spliced, |rest, (range, replacement)| {
        let before = text.get(from..range.start)?;
        from = range.end;
        rest.strip_prefix(before)?.strip_prefix(replacement)
    });
    rest.is_some() && rest == text.get(from..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spliced(text: &str, pieces: &[(Range<usize>, &str)]) -> Option<String> {
        let mut spliced = Vec::new();
        splice(text, pieces.iter().cloned(), &mut spliced)?;
        Some(String::from_utf8(spliced).unwrap())
    }

    #[test]
    fn pieces_at_both_ends_and_side_by_side_are_replaced() {
        assert_eq!(spliced("née Ada", &[(0..4, "X"), (5..8, "")]).as_deref(), Some("X "));
        assert_eq!(spliced("abcd", &[(0..2, "[A]"), (2..4, "[B]")]).as_deref(), Some("[A][B]"));
        assert_eq!(spliced("née", &[]).as_deref(), Some("née"));
        assert_eq!(spliced("", &[]).as_deref(), Some(""));
    }

    #[test]
    fn pieces_that_are_none_splice_nothing() {
        for wrong in [&[(2..3, "x")][..], &[(0..9, "x")], &[(0..3, "x"), (1..4, "y")], &[(3..4, "x"), (0..1, "y")]] {
            assert_eq!(spliced("née", wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_stands_outside_of_pieces_is_compared_byte_for_byte() {
        let pieces = || [(0..3, "X"), (5..6, "")].into_iter();
        assert!(is_spliced("abc d-", pieces(), "X d"));
        for wrong in ["X e", "Y d", "X d-", "X ", "", "abc d-"] {
            assert!(!is_spliced("abc d-", pieces(), wrong), "{wrong}");
        }
        assert!(!is_spliced("abc", [(0..2, "x"), (1..3, "y")].into_iter(), "xy"));
    }

    proptest! {
        #[test]
        fn what_is_spliced_is_found_to_be(text in "[aé]{0,12}", cuts in proptest::collection::btree_set(0_usize..25, 0..6)) {
            let cuts: Vec<_> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            let pieces: Vec<_> = cuts.chunks_exact(2).map(|pair| (pair[0]..pair[1], "é-")).collect();
            let spliced = spliced(&text, &pieces).unwrap();
            prop_assert!(is_spliced(&text, pieces.iter().cloned(), &spliced));
            let changed = format!("{spliced}x");
            prop_assert!(!is_spliced(&text, pieces.iter().cloned(), &changed));
        }
    }
}
