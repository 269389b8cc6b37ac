//! Tells what columns are by what they are called: `pt_dob`, `PatientLName`, `mbr_zip_cd`, `name[].family`, `Geburtsdatum`.
//!
//! A name is taken apart into words, abbreviations are written out, and words that say whose it is are left out; what is
//! left is looked up. Where it is not known as a whole, its last word that is known counts. Of a path the last part
//! counts, and what it lies in where that alone says nothing: `telecom[].value`.

mod words;

use moretta_guest::{BatchError, Classifier, Column, Finding, Request};

use words::{ENDS, MEANINGS, SHORT, WEAK, WHOSE};

/// The plugin.
#[derive(Debug)]
pub struct ColumnNames;

impl Classifier for ColumnNames {
    fn classify(_: &Request, names: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let mut findings = Vec::new();
        for (place, (name, column)) in names.iter().zip(columns).enumerate() {
            let valid = column.valid();
            let values = (0..column.rows as usize).filter(|row| !valid.is_null(*row)).count() as u32;
            if let Some(label) = label(name).filter(|_| values > 0) {
                findings.push(Finding { column: place as u32, label: label as u32, matched: values, examined: values });
            }
        }
        Ok(findings)
    }
}

/// The label that a name means, by its place in the manifest.
pub fn label(name: &str) -> Option<usize> {
    let parts: Vec<&str> = name.split(['.', '/']).filter(|part| !part.is_empty()).collect();
    let behind = (0..parts.len().min(3)).map(|more| parts[parts.len() - 1 - more..].join("_"));
    let mut behind = behind.map(|part| Words::of(&part)).peekable();
    let weak = behind.peek().and_then(Words::weak);
    behind.find_map(|words| words.meaning()).or(weak)
}

/// The words of a name.
struct Words {
    /// All of them.
    all: Vec<String>,
    /// Without those that say whose it is.
    what: Vec<String>,
}

impl Words {
    fn of(name: &str) -> Self {
        let all: Vec<String> = split(name).into_iter().map(written_out).collect();
        let what =
            all.iter().filter(|word| !WHOSE.split_ascii_whitespace().any(|whose| whose == *word)).cloned().collect();
        Self { all, what }
    }

    fn meaning(&self) -> Option<usize> {
        if self.what.len() == 1 && self.what[0] == "name" && self.all.len() > 1 {
            return Some(0);
        }
        let ends = |word: &String| {
            ENDS.split_ascii_whitespace().any(|end| end == word) || word.bytes().all(|byte| byte.is_ascii_digit())
        };
        let kept = self.what.iter().rposition(|word| !ends(word)).map_or(&self.what[..0], |last| &self.what[..=last]);
        // Among others these say which one, and alone what it is.
        let says = |word: &&String| word.len() > 2 && !["first", "last", "middle", "given"].contains(&word.as_str());
        let last_known = || self.what.iter().rev().filter(says).find_map(|word| known(word));
        [&self.all[..], &self.what, kept].into_iter().find_map(|words| known(&words.concat())).or_else(last_known)
    }

    /// A word that may mean something.
    fn weak(&self) -> Option<usize> {
        let weak = |label| WEAK.iter().position(|weak| *weak == label).map(|place| MEANINGS.len() + place);
        match self.what.as_slice() {
            [only] if only == "name" => weak("person-name"),
            [.., last] if matches!(last.as_str(), "id" | "number" | "no" | "key" | "identifier" | "ids") => {
                weak("other-id")
            }
            [.., last]
                if matches!(
                    last.as_str(),
                    "status" | "flag" | "ind" | "indicator" | "active" | "department" | "ward" | "facility" | "version"
                ) =>
            {
                weak("operational")
            }
            _ => None,
        }
    }
}

/// Words end at marks, between a small and a capital letter, before the last of several capitals, and at digits.
fn split(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| letters[before]);
        let capital = letter.is_uppercase() && before.is_some_and(char::is_lowercase)
            || letter.is_uppercase()
                && before.is_some_and(char::is_uppercase)
                && letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        let digit = before.is_some_and(|before| before.is_numeric() != letter.is_numeric());
        if capital || digit {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is a word").extend(letter.to_lowercase());
        } else {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn written_out(word: String) -> String {
    SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| (*long).to_owned())
}

/// The place of the label that a name without blanks means.
fn known(name: &str) -> Option<usize> {
    MEANINGS.iter().position(|(_, names)| names.split_ascii_whitespace().any(|known| known == name))
}

moretta_guest::classifier!(ColumnNames);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn meant(name: &str) -> &'static str {
        match label(name) {
            None => "nothing",
            Some(place) => MEANINGS.get(place).map_or_else(|| WEAK[place - MEANINGS.len()], |(label, _)| label),
        }
    }

    #[test]
    fn names_mean_what_people_mean_by_them() {
        for (label, names) in [
            (
                "birth-date",
                "pt_dob DOB birthDate patient.birthDate Date_of_Birth BRTH_DT fecha_nacimiento Geburtsdatum dateNaissance",
            ),
            (
                "family-name",
                "PatientLName last_name LASTNAME name[].family mbr_last_nm Nachname apellido_paterno maiden_name",
            ),
            ("given-name", "PatFirstName first_name FIRST name[].given[] middle_name Vorname prénom"),
            ("zip", "mbr_zip_cd ZIP zip_code address[].postalCode PLZ patient_zip4 código_postal"),
            ("us-ssn", "ssn SSN_NBR patient_ssn socialSecurityNumber ssn_last4"),
            ("phone", "home_phone phone1 telecom[].value TelNo cell_phone phone_number_ext"),
            ("mrn", "mrn MRN pat_mrn medical_record_number"),
            ("health-plan-id", "member_id MBR_ID subscriberId policy_nbr"),
            ("other-id", "patient_id PAT_ID identifier[].value batch_id order_key"),
            ("encounter-id", "encounter_id VisitID claim_number document_id"),
            ("street", "address_line_1 street addr1 address[].line[] STREET_ADDRESS"),
            ("address", "address home_address"),
            ("city", "city birth_place city_of_birth address[].city Wohnort"),
            ("person-name", "patient_name member_name fullName name"),
            ("admission-date", "admit_dt admission_date"),
            ("discharge-date", "disch_date dischargeDate"),
            ("date", "service_date visitDate period.start created_at"),
            ("ip-address", "client_ip ip_addr"),
            ("free-text", "notes clinical_notes Comments"),
            ("quasi-identifier", "gender marital_status RACE"),
            ("clinical", "diagnosis drug_name reason"),
            ("quantity", "total_amount income"),
            ("drivers-license", "drivers_license DL_number"),
            ("coordinates", "lat LONGITUDE"),
            ("nothing", "file_name xyz a color temperature_probe_b last_visit first_seen"),
        ] {
            for name in names.split_ascii_whitespace() {
                assert_eq!(meant(name), label, "{name}");
            }
        }
    }

    #[test]
    fn a_name_means_one_thing() {
        let mut seen = BTreeSet::new();
        for name in MEANINGS.iter().flat_map(|(_, names)| names.split_ascii_whitespace()) {
            assert!(seen.insert(name), "{name} stands twice");
            assert_eq!(name, name.to_lowercase());
        }
    }

    #[test]
    fn the_manifest_has_the_labels_in_their_order() {
        let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
        let labels: Vec<_> =
            manifest["labels"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect();
        let ours: Vec<_> = MEANINGS.iter().map(|(label, _)| *label).chain(WEAK).collect();
        assert_eq!(labels, ours);
    }

    #[test]
    fn a_column_without_values_gives_no_findings() {
        let request = Request { transform: "classify".into(), config: "{}".into(), reference_date: None };
        let classify = |column| ColumnNames::classify(&request, &["ssn".into()], &[column]).unwrap();
        assert!(classify(Column::from_text([None])).is_empty());
        assert_eq!(classify(Column::from_text([Some("")])).len(), 1);
    }
}
