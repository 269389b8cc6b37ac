//! The dictionaries.

use crate::filter::Name;

/// Given names.
pub(crate) const GIVEN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/given-names.bin"));
/// The given names of nearly everybody: of the most frequent surnames half are among them, and of all of those above more.
pub(crate) const COMMON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-given-names.bin"));
/// Surnames.
pub(crate) const FAMILY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/surnames.bin"));
/// Cities, towns and villages.
pub(crate) const PLACES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.bin"));

/// Whether a name is in a set.
#[inline]
pub(crate) fn has(set: &[u8], name: Name) -> bool {
    let (place, bits) = name.place(set.len() / 8);
    set[place * 8..].first_chunk().is_some_and(|word| u64::from_le_bytes(*word) & bits == bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_dictionary_is_found_and_few_others_are() {
        for (set, names) in [
            (GIVEN, include_str!("../dictionaries/given-names.txt")),
            (FAMILY, include_str!("../dictionaries/surnames.txt")),
            (PLACES, include_str!("../dictionaries/places.txt")),
        ] {
            assert!(names.lines().all(|name| has(set, Name::of(name.as_bytes()))));
            let others = (0..10_000).filter(|number| has(set, Name::of(format!("qx{number}").as_bytes()))).count();
            assert!(others < 400, "{others} of 10,000");
        }
    }

    #[test]
    fn case_marks_and_blanks_do_not_count() {
        assert!(["O'Brien", "OBRIEN", "o brien"].iter().all(|name| has(FAMILY, Name::of(name.as_bytes()))));
    }
}
