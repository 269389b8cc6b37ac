//! How values are written, without the values: digits as 9, letters as a and A.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;

/// How many values of a batch are looked at.
const VALUES: usize = 128;

/// Longer shapes are cut.
const LONGEST: usize = 24;

/// The commonest shape among the first values of a column of text.
pub(super) fn commonest(array: &ArrayRef) -> Option<String> {
    let text = array.as_string_opt::<i32>()?;
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    for value in text.iter().flatten().take(VALUES) {
        let times = shapes.entry(shape(value)).or_default();
        *times = times.saturating_add(1);
    }
    let commonest = shapes.into_iter().max_by_key(|(shape, times)| (*times, std::cmp::Reverse(shape.clone())));
    commonest.map(|(shape, _)| shape)
}

/// ASCII marks and blanks stay, for they are how a value is written; every other character is a letter or a digit.
fn shape(value: &str) -> String {
    let mut shape: String = value.chars().take(LONGEST).map(symbol).collect();
    if value.chars().nth(LONGEST).is_some() {
        shape.push('…');
    }
    shape
}

fn symbol(character: char) -> char {
    match character {
        ' ' => ' ',
        mark if mark.is_ascii_punctuation() => mark,
        digit if digit.is_numeric() => '9',
        upper if upper.is_uppercase() => 'A',
        _ => 'a',
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;

    use super::*;

    #[test]
    fn a_shape_has_no_letter_and_no_digit_of_its_value() {
        assert_eq!(shape("123-45-6789"), "999-99-9999");
        assert_eq!(shape("Ada Lovelace٣"), "Aaa Aaaaaaaa9");
        assert_eq!(shape(&"x".repeat(40)), format!("{}…", "a".repeat(24)));
    }

    #[test]
    fn the_commonest_way_of_writing_is_told() {
        let column: ArrayRef = Arc::new(StringArray::from(vec![Some("a1"), None, Some("b2"), Some("xyz")]));
        assert_eq!(commonest(&column).as_deref(), Some("a9"));
    }
}
