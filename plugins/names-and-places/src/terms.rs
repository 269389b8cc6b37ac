//! Words by which streets and clinical terms are told.

use crate::filter::Name;

/// What streets are called behind their names, in the post office's long and short forms.
const STREETS: [&str; 91] = [
    "alley",
    "ave",
    "avenue",
    "bend",
    "blvd",
    "boulevard",
    "branch",
    "bridge",
    "brook",
    "burg",
    "bypass",
    "camp",
    "canyon",
    "cir",
    "circle",
    "close",
    "club",
    "common",
    "corner",
    "course",
    "court",
    "cove",
    "creek",
    "crescent",
    "crest",
    "crossing",
    "ct",
    "dr",
    "drive",
    "estate",
    "expressway",
    "extension",
    "freeway",
    "garden",
    "gateway",
    "glen",
    "green",
    "grove",
    "harbor",
    "heights",
    "highway",
    "hill",
    "hollow",
    "hwy",
    "junction",
    "knoll",
    "lane",
    "ln",
    "loop",
    "manor",
    "meadow",
    "mews",
    "mill",
    "orchard",
    "parade",
    "parkway",
    "pass",
    "path",
    "pathway",
    "pike",
    "pkwy",
    "pl",
    "place",
    "plaza",
    "point",
    "promenade",
    "rd",
    "ridge",
    "road",
    "row",
    "run",
    "square",
    "st",
    "street",
    "terrace",
    "trail",
    "track",
    "turnpike",
    "underpass",
    "union",
    "vale",
    "valley",
    "view",
    "viaduct",
    "village",
    "ville",
    "vista",
    "walk",
    "way",
    "well",
    "wharf",
];

/// Words that stand in diagnoses, procedures and medications, and seldom elsewhere.
const CLINICAL: [&str; 96] = [
    "abdominal",
    "abnormal",
    "acid",
    "acute",
    "allergic",
    "anemia",
    "antibody",
    "aspirin",
    "assessment",
    "asthma",
    "atorvastatin",
    "bacterial",
    "biopsy",
    "bleeding",
    "blood",
    "cancer",
    "capsule",
    "carcinoma",
    "cardiac",
    "care",
    "cholesterol",
    "chronic",
    "clinical",
    "congestive",
    "coronary",
    "cream",
    "ct",
    "culture",
    "deficiency",
    "dental",
    "dependence",
    "depression",
    "diabetes",
    "diabetic",
    "diagnosis",
    "disease",
    "disorder",
    "dose",
    "encounter",
    "essential",
    "exam",
    "examination",
    "failure",
    "fever",
    "finding",
    "fracture",
    "glucose",
    "headache",
    "heart",
    "hemoglobin",
    "history",
    "hydrochloride",
    "hypertension",
    "immunization",
    "infection",
    "influenza",
    "inhaler",
    "injection",
    "injury",
    "insulin",
    "kidney",
    "laceration",
    "lisinopril",
    "lung",
    "mcg",
    "metformin",
    "mg",
    "migraine",
    "ml",
    "mri",
    "nausea",
    "obesity",
    "oral",
    "pain",
    "panel",
    "patch",
    "pneumonia",
    "pregnancy",
    "prenatal",
    "procedure",
    "pulmonary",
    "rash",
    "renal",
    "screening",
    "serum",
    "solution",
    "sprain",
    "stroke",
    "surgery",
    "suspension",
    "syndrome",
    "tablet",
    "therapy",
    "ultrasound",
    "vaccine",
    "viral",
];

/// How words of medicine end.
const ENDINGS: [&str; 14] = [
    "algia", "ectomy", "emia", "itis", "oplasty", "opathy", "oscopy", "osis", "otomy", "phasia", "plegia", "pnea",
    "rrhea", "uria",
];

/// The digests of words, in order: to look one up is to compare numbers.
const fn digests<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut digests = [0; N];
    let mut place = 0;
    while place < N {
        let mut digest = of(words[place].as_bytes());
        // Those before it are in order already.
        let mut before = 0;
        while before < place {
            if digests[before] > digest {
                (digests[before], digest) = (digest, digests[before]);
            }
            before += 1;
        }
        digests[place] = digest;
        place += 1;
    }
    digests
}

const fn of(word: &[u8]) -> u64 {
    let (mut name, mut place) = (Name::EMPTY, 0);
    while place < word.len() {
        name = name.with(word[place]);
        place += 1;
    }
    name.0
}

/// Whether a word is a term of medicine, by itself or by its end.
pub(crate) fn is_clinical(word: &[u8], name: Name) -> bool {
    static TERMS: [u64; CLINICAL.len()] = digests(CLINICAL);
    TERMS.binary_search(&name.0).is_ok() || word.len() > 6 && ends_clinically(word)
}

fn ends_clinically(word: &[u8]) -> bool {
    let last = [word[word.len() - 2], word[word.len() - 1]].map(|byte| byte.to_ascii_lowercase());
    let ends =
        |end: &&str| word.len() > end.len() + 1 && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes());
    matches!(&last, b"ia" | b"my" | b"is" | b"ty" | b"hy" | b"py" | b"ea") && ENDINGS.iter().any(ends)
}

/// Whether a street can be called so.
pub(crate) fn is_street(name: Name) -> bool {
    static WORDS: [u64; STREETS.len()] = digests(STREETS);
    WORDS.binary_search(&name.0).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_whatever_its_case() {
        assert!(STREETS.iter().all(|word| is_street(Name::of(word.to_uppercase().as_bytes()))));
        assert!(CLINICAL.iter().all(|word| is_clinical(word.as_bytes(), Name::of(word.as_bytes()))));
        assert!(!is_street(Name::of(b"x")) && !is_clinical(b"x", Name::of(b"x")));
        assert!(ENDINGS.iter().all(|end| is_clinical(format!("Abcdef{end}").as_bytes(), Name::of(b"x"))));
    }
}
