//! Surrogates: a name, city or phone number becomes another that looks real, the same for the same value.
//!
//! Chosen by the keyed digest of the value, so equal values have equal surrogates in every table of the domain, and nobody
//! without the key can tell which value a surrogate stands for. Blanks at both ends and ASCII case do not count, and a
//! value all in capitals gets a surrogate in capitals. A surrogate is never the value itself.
//!
//! # Collisions
//! There are fewer surrogates than values, so different values share one, as real people share names: 2,048 given names,
//! 4,096 surnames, 8 million full names, 2,048 cities, 80,000 phone numbers. Two of `n` different full names share one
//! with odds of about `n² / 16 million`. Surrogates are to be read and not to be joined by: `pseudonym` is for that.
//!
//! Phone numbers are `NXX-555-0100` to `NXX-555-0199`, which are kept for fiction and belong to nobody.
//!
//! There is no surrogate of a date, on purpose: dates chosen one by one would put a discharge before its admission. A date
//! that looks real and keeps its distance from the others of its individual is what `shift-dates` makes.

mod dictionary;

use dictionary::Dictionary;
use moretta_guest::{
    BatchError, Column, Masked, Normalize, PseudonymKey, PseudonymMasker, RejectionCode, Request, mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Surrogate;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    kind: Kind,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    GivenName,
    Surname,
    FullName,
    City,
    Phone,
}

/// Bytes of each digest: enough for two choices.
const DIGEST: usize = 8;

impl PseudonymMasker for Surrogate {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let (column, dictionaries) = (only(columns)?, Dictionaries::default());
        let text = column.text()?;
        let normalize = Normalize { trim: true, ascii_case: true, separators: matches!(config.kind, Kind::Phone) };
        let digests = key.digests(0, normalize, DIGEST as u32)?;
        let (digests, rest) = digests.as_chunks::<DIGEST>();
        if digests.len() != text.rows() || !rest.is_empty() {
            return Err(BatchError::Internal);
        }
        let values = text.iter().zip(digests).map(|(value, digest)| value.map(|value| (value, digest)));
        let mut surrogate = String::new();
        Ok(mask_each(values, text.rows() * 16, |(value, digest), out| {
            if value.is_empty() {
                return Ok(());
            }
            if value.trim().is_empty() {
                return Err(RejectionCode::Missing);
            }
            surrogate.clear();
            dictionaries.write(config.kind, *digest, value, &mut surrogate);
            out.extend_from_slice(surrogate.as_bytes());
            Ok(())
        }))
    }
}

struct Dictionaries {
    given_names: Dictionary,
    surnames: Dictionary,
    cities: Dictionary,
}

impl Default for Dictionaries {
    fn default() -> Self {
        Self {
            given_names: Dictionary::of(include_str!("../dictionaries/given-names.txt")),
            surnames: Dictionary::of(include_str!("../dictionaries/surnames.txt")),
            cities: Dictionary::of(include_str!("../dictionaries/cities.txt")),
        }
    }
}

impl Dictionaries {
    /// Writes what the digest chooses, or what follows it where that is the value itself.
    fn write(&self, kind: Kind, digest: [u8; DIGEST], value: &str, out: &mut String) {
        let [a, b, c, d, e, f, g, h] = digest;
        let (first, second) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        for next in 0.. {
            out.clear();
            self.choose(kind, first.wrapping_add(next), second, out);
            if value.trim().len() > 1 && !value.bytes().any(|byte| byte.is_ascii_lowercase()) {
                out.make_ascii_uppercase();
            }
            if !is_same(out, value) {
                return;
            }
        }
    }

    fn choose(&self, kind: Kind, first: u32, second: u32, out: &mut String) {
        match kind {
            Kind::GivenName => out.push_str(self.given_names.get(first)),
            Kind::Surname => out.push_str(self.surnames.get(first)),
            Kind::FullName => {
                out.push_str(self.given_names.get(first));
                out.push(' ');
                out.push_str(self.surnames.get(second));
            }
            Kind::City => out.push_str(self.cities.get(first)),
            Kind::Phone => {
                let (area, line) = (200 + first % 800, 100 + second % 100);
                for digit in [area / 100, area / 10 % 10, area % 10] {
                    out.push(char::from(b'0' + digit as u8));
                }
                out.push_str("-555-0");
                for digit in [line / 100, line / 10 % 10, line % 10] {
                    out.push(char::from(b'0' + digit as u8));
                }
            }
        }
    }
}

/// Whether a reader would take both for the same: blanks, punctuation and case do not count.
fn is_same(surrogate: &str, value: &str) -> bool {
    let letters = |text: &str| {
        let bytes = text.bytes().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        bytes.map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>()
    };
    letters(surrogate) == letters(value)
}

moretta_guest::pseudonym_masker!(Surrogate);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(kind: &str, column: &Column) -> Masked {
        let config = format!(r#"{{"kind":"{kind}"}}"#);
        let request = Request { transform: "surrogate".to_owned(), config, reference_date: None };
        let key = TestKey::for_columns(std::slice::from_ref(column));
        Surrogate::mask(&request, vec![column.clone()], &[], &key).unwrap()
    }

    fn values(kind: &str, values: &[&str]) -> Vec<String> {
        let masked = mask(kind, &Column::from_text(values.iter().map(|value| Some(*value))));
        masked.columns[0].text().unwrap().iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Surrogate::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn spellings_of_a_name_have_one_surrogate_in_their_own_case() {
        let surrogates = values("surname", &["Meyer", " meyer", "MEYER"]);
        assert_eq!(surrogates[0], surrogates[1]);
        assert_eq!(surrogates[0].to_ascii_uppercase(), surrogates[2]);
    }

    #[test]
    fn a_surrogate_is_never_the_value() {
        let dictionaries = Dictionaries::default();
        for digest in [[0; DIGEST], [0xff; DIGEST], [7, 0, 0, 0, 1, 2, 3, 4]] {
            let mut chosen = String::new();
            dictionaries.write(Kind::City, digest, "?", &mut chosen);
            let mut other = String::new();
            dictionaries.write(Kind::City, digest, &format!(" {}", chosen.to_uppercase()), &mut other);
            assert!(!other.eq_ignore_ascii_case(&chosen), "{chosen}");
            dictionaries.write(Kind::Phone, digest, "?", &mut chosen);
            let spelled = format!("({}) {}", &chosen[..3], &chosen[4..]);
            dictionaries.write(Kind::Phone, digest, &spelled, &mut other);
            assert_ne!(other, chosen);
        }
    }

    #[test]
    fn phone_numbers_are_of_fiction_whatever_separates_the_digits() {
        let surrogates = values("phone", &["617-253-1000", "(617) 253-1000", "6172531001"]);
        assert_eq!(surrogates[0], surrogates[1]);
        assert_ne!(surrogates[0], surrogates[2]);
        assert!(surrogates.iter().all(|phone| phone.len() == 12 && &phone[3..9] == "-555-0" && &phone[9..10] == "1"));
    }

    proptest! {
        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("[A-Za-zé '-]{0,12}"), 0..20),
            kind in "given-name|surname|full-name|city|phone",
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            check_promises(&input, &mask(&kind, &input), false, false);
        }
    }
}
