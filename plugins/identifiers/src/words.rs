//! Words of which there are few: states, what people are asked on forms, yes and no.

use crate::kind::{Kind, Kinds};

/// Longer than every word here.
const LONGEST: usize = 34;

/// What a value of letters can be.
pub(crate) fn kinds(value: &[u8]) -> Kinds {
    if value.len() > LONGEST {
        return Kinds::NONE;
    }
    let mut lower = [0; LONGEST];
    let lower = &mut lower[..value.len()];
    lower.copy_from_slice(value);
    lower.make_ascii_lowercase();
    let has = |words: &[&str]| words.binary_search_by(|word| word.as_bytes().cmp(lower)).is_ok();
    let state = if value.len() == 2 { value[0].is_ascii_uppercase() && has(&CODES) } else { has(&STATES) };
    Kinds::when(state, Kind::State)
        .and(Kinds::when(has(&TRUTHS), Kind::Truth))
        .and(Kinds::when(has(&ANSWERS), Kind::Quasi))
}

/// States, the District of Columbia and territories as the post office writes them.
const CODES: [&str; 59] = [
    "aa", "ae", "ak", "al", "ap", "ar", "as", "az", "ca", "co", "ct", "dc", "de", "fl", "fm", "ga", "gu", "hi", "ia",
    "id", "il", "in", "ks", "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "mp", "ms", "mt", "nc", "nd", "ne", "nh",
    "nj", "nm", "nv", "ny", "oh", "ok", "or", "pa", "pr", "pw", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vi", "vt",
    "wa", "wv",
];

/// The same in words.
const STATES: [&str; 57] = [
    "alabama",
    "alaska",
    "american samoa",
    "arizona",
    "arkansas",
    "california",
    "colorado",
    "connecticut",
    "delaware",
    "district of columbia",
    "florida",
    "georgia",
    "guam",
    "hawaii",
    "idaho",
    "illinois",
    "indiana",
    "iowa",
    "kansas",
    "kentucky",
    "louisiana",
    "maine",
    "maryland",
    "massachusetts",
    "michigan",
    "minnesota",
    "mississippi",
    "missouri",
    "montana",
    "nebraska",
    "nevada",
    "new hampshire",
    "new jersey",
    "new mexico",
    "new york",
    "north carolina",
    "north dakota",
    "ohio",
    "oklahoma",
    "oregon",
    "pennsylvania",
    "puerto rico",
    "rhode island",
    "south carolina",
    "south dakota",
    "tennessee",
    "texas",
    "u.s. virgin islands",
    "us",
    "usa",
    "utah",
    "vermont",
    "virgin islands",
    "virginia",
    "washington",
    "west virginia",
    "wisconsin",
];

const TRUTHS: [&str; 12] = ["0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes"];

/// Gender, race, ethnicity, marital status, religion, language.
const ANSWERS: [&str; 88] = [
    "african american",
    "american indian",
    "american indian or alaska native",
    "asian",
    "atheist",
    "baptist",
    "black",
    "black or african american",
    "buddhist",
    "catholic",
    "caucasian",
    "chinese",
    "christian",
    "cisgender",
    "civil union",
    "common law",
    "d",
    "declined",
    "divorced",
    "domestic partner",
    "english",
    "f",
    "female",
    "female-to-male",
    "french",
    "genderqueer",
    "german",
    "hawaiian",
    "hindu",
    "hispanic",
    "hispanic or latino",
    "homosexual",
    "intersex",
    "jewish",
    "korean",
    "latino",
    "legally separated",
    "lutheran",
    "m",
    "male",
    "male-to-female",
    "man",
    "married",
    "methodist",
    "mormon",
    "multiracial",
    "muslim",
    "native",
    "native american",
    "native hawaiian",
    "never married",
    "non-binary",
    "non-hispanic",
    "nonbinary",
    "nonhispanic",
    "not hispanic",
    "not hispanic or latino",
    "o",
    "other",
    "other race",
    "pacific islander",
    "partnered",
    "polish",
    "portuguese",
    "protestant",
    "refused",
    "russian",
    "s",
    "separated",
    "single",
    "spanish",
    "spouse",
    "straight",
    "tagalog",
    "transgender",
    "two or more races",
    "u",
    "undifferentiated",
    "unk",
    "unknown",
    "unmarried",
    "vietnamese",
    "w",
    "white",
    "white non-hispanic",
    "widow",
    "widowed",
    "woman",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order_and_short_enough() {
        for words in [&CODES[..], &STATES[..], &TRUTHS[..], &ANSWERS[..]] {
            assert!(words.is_sorted_by(|one, other| one < other), "{words:?}");
            assert!(words.iter().all(|word| word.len() <= LONGEST && *word == word.to_lowercase()));
        }
    }

    #[test]
    fn a_state_is_one_by_its_code_or_its_name() {
        for state in ["MA", "Massachusetts", "new york"] {
            assert!(kinds(state.as_bytes()).has(Kind::State), "{state}");
        }
        assert!(!kinds(b"ma").has(Kind::State) && !kinds(b"XX").has(Kind::State));
        assert_eq!(kinds(&[b'a'; 100]), Kinds::NONE);
    }
}
