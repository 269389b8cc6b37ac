//! Words of which there are few: states, what people are asked on forms, yes and no.

use crate::kind::{Kind, Kinds};

/// Longer than every word here.
const LONGEST: usize = 34;

/// What a value of letters can be.
pub(crate) fn kinds(value: &[u8]) -> Kinds {
    static CODES_OF_STATES: [u64; CODES.len()] = digests(CODES);
    static NAMES_OF_STATES: [u64; STATES.len()] = digests(STATES);
    static TRUE_OR_FALSE: [u64; TRUTHS.len()] = digests(TRUTHS);
    static OF_FORMS: [u64; ANSWERS.len()] = digests(ANSWERS);
    if value.len() > LONGEST {
        return Kinds::NONE;
    }
    let digest = digest(value);
    let has = |digests: &[u64]| digests.binary_search(&digest).is_ok();
    let state =
        if value.len() == 2 { value[0].is_ascii_uppercase() && has(&CODES_OF_STATES) } else { has(&NAMES_OF_STATES) };
    Kinds::when(state, Kind::State)
        .and(Kinds::when(value.len() <= 5 && has(&TRUE_OR_FALSE), Kind::Truth))
        .and(Kinds::when(has(&OF_FORMS), Kind::Quasi))
}

/// FNV-1a over a word, whatever its case.
const fn digest(word: &[u8]) -> u64 {
    let (mut digest, mut place) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while place < word.len() {
        digest = (digest ^ word[place].to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3);
        place += 1;
    }
    digest
}

/// The digests of words, in order: to look one up is to compare numbers.
const fn digests<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut digests = [0; N];
    let mut place = 0;
    while place < N {
        let mut next = digest(words[place].as_bytes());
        // Those before it are in order already.
        let mut before = 0;
        while before < place {
            if digests[before] > next {
                (digests[before], next) = (next, digests[before]);
            }
            before += 1;
        }
        digests[place] = next;
        place += 1;
    }
    digests
}

/// States, the District of Columbia and territories as the post office writes them.
const CODES: [&str; 59] = [
    "aa", "ae", "ak", "al", "ap", "ar", "as", "az", "ca", "co", "ct", "dc", "de", "fl", "fm", "ga", "gu", "hi", "ia",
    "id", "il", "in", "ks", "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "mp", "ms", "mt", "nc", "nd", "ne", "nh",
    "nj", "nm", "nv", "ny", "oh", "ok", "or", "pa", "pr", "pw", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vi", "vt",
    "wa", "wv",
];

/// The same in words.
const STATES: [&str; 56] = [
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
    fn every_word_is_found_whatever_its_case() {
        let has = |words: &[&str], kind| words.iter().all(|word| kinds(word.to_uppercase().as_bytes()).has(kind));
        assert!(has(&CODES, Kind::State) && has(&STATES, Kind::State));
        assert!(has(&TRUTHS, Kind::Truth) && has(&ANSWERS, Kind::Quasi));
        assert!([&CODES[..], &STATES, &TRUTHS, &ANSWERS].into_iter().flatten().all(|word| word.len() <= LONGEST));
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
