//! The vocabulary: what a column can be, how sensitive that is, and which columns were said to be what.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much harm a column does in the wrong hands, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Identifies a person by itself, or may hold anything.
    Restricted,
    /// Says something of a person's health, or identifies together with others.
    Confidential,
    /// Of use inside the organisation only.
    Internal,
    /// Known to everyone.
    Public,
}

/// One kind of thing that a column can hold.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    sensitivity: Sensitivity,
    /// The letter of 45 CFR 164.514(b)(2)(i) that names it.
    letter: Option<char>,
    meaning: &'static str,
}

/// What a column is: one of a closed list of kinds, in kebab-case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Label(&'static Kind);

impl Label {
    /// Every label there is, in the order of the Safe Harbor letters, those without a letter last.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(Self)
    }

    /// The name that policies use.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How sensitive such a column is.
    pub fn sensitivity(self) -> Sensitivity {
        self.0.sensitivity
    }

    /// The paragraph of 45 CFR 164.514(b)(2)(i), `'A'` to `'R'`, under which Safe Harbor removes it. `None`: it stays.
    pub fn safe_harbor(self) -> Option<char> {
        self.0.letter
    }

    /// What such a column holds, for people.
    pub fn meaning(self) -> &'static str {
        self.0.meaning
    }
}

/// There is no label of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLabel;

impl FromStr for Label {
    type Err = UnknownLabel;

    fn from_str(name: &str) -> Result<Self, UnknownLabel> {
        Self::all().find(|label| label.name() == name).ok_or(UnknownLabel)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({})", self.name())
    }
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl schemars::JsonSchema for Label {
    fn schema_name() -> Cow<'static, str> {
        "Label".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<_> = Self::all().map(Self::name).collect();
        schemars::json_schema!({ "description": "What a column is.", "type": "string", "enum": names })
    }
}

/// Who says what a column is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The policy itself.
    Policy,
    /// A file of labels, as the operator named it.
    LabelsFile(String),
}

/// What one column is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub label: Label,
    /// Who says so.
    pub origin: Origin,
}

/// What the columns are, by name. A column that nobody labelled is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(BTreeMap<String, Finding>);

impl Findings {
    /// Says what a column is.
    ///
    /// # Errors
    /// The column has another label already, which is returned and stays.
    pub fn declare(&mut self, column: &str, label: Label, origin: Origin) -> Result<(), Finding> {
        match self.0.get(column) {
            Some(earlier) if earlier.label != label => Err(earlier.clone()),
            Some(_) => Ok(()),
            None => {
                self.0.insert(column.to_owned(), Finding { label, origin });
                Ok(())
            }
        }
    }

    /// What a column is.
    pub fn get(&self, column: &str) -> Option<&Finding> {
        self.0.get(column)
    }

    /// Every finding, by the name of the column.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Finding)> {
        self.0.iter().map(|(column, finding)| (column.as_str(), finding))
    }
}

const fn kind(name: &'static str, sensitivity: Sensitivity, letter: char, meaning: &'static str) -> Kind {
    Kind { name, sensitivity, letter: Some(letter), meaning }
}

const fn unlettered(name: &'static str, sensitivity: Sensitivity, meaning: &'static str) -> Kind {
    Kind { name, sensitivity, letter: None, meaning }
}

use Sensitivity::{Confidential, Internal, Public, Restricted};

/// The 18 identifiers of 45 CFR 164.514(b)(2)(i), split where they are masked differently, then what is none.
static KINDS: &[Kind] = &[
    kind("person-name", Restricted, 'A', "a whole name of a person"),
    kind("given-name", Restricted, 'A', "a given or middle name"),
    kind("family-name", Restricted, 'A', "a family or maiden name"),
    kind("address", Restricted, 'B', "a postal address in one column"),
    kind("street", Restricted, 'B', "street and house number"),
    kind("city", Confidential, 'B', "a city, town or precinct"),
    kind("county", Confidential, 'B', "a county"),
    kind("zip", Confidential, 'B', "a ZIP or other postal code"),
    kind("coordinates", Restricted, 'B', "a latitude, a longitude, or another geocode"),
    kind("birth-date", Restricted, 'C', "a date of birth"),
    kind("death-date", Confidential, 'C', "a date of death"),
    kind("admission-date", Confidential, 'C', "a date of admission"),
    kind("discharge-date", Confidential, 'C', "a date of discharge"),
    kind("date", Confidential, 'C', "any other date that concerns an individual"),
    kind("age", Confidential, 'C', "an age; above 89 it identifies"),
    kind("phone", Restricted, 'D', "a telephone number"),
    kind("fax", Restricted, 'E', "a fax number"),
    kind("email", Restricted, 'F', "an email address"),
    kind("us-ssn", Restricted, 'G', "a US social security number"),
    kind("mrn", Restricted, 'H', "a medical record number"),
    kind("health-plan-id", Restricted, 'I', "a health plan beneficiary number"),
    kind("mbi", Restricted, 'I', "a Medicare beneficiary identifier"),
    kind("account", Restricted, 'J', "an account number"),
    kind("payment-card", Restricted, 'J', "the number of a payment card"),
    kind("certificate", Restricted, 'K', "a certificate or license number"),
    kind("drivers-license", Restricted, 'K', "the number of a driver's license"),
    kind("dea", Confidential, 'K', "a DEA registration number of a prescriber"),
    kind("vehicle", Restricted, 'L', "a vehicle identification or license plate number"),
    kind("device", Restricted, 'M', "a device identifier or serial number"),
    kind("url", Restricted, 'N', "a web address"),
    kind("ip-address", Restricted, 'O', "an IP address"),
    kind("biometric", Restricted, 'P', "a biometric identifier, such as a finger or voice print"),
    kind("photo", Restricted, 'Q', "a full-face photograph or a comparable image"),
    kind("npi", Confidential, 'R', "a national provider identifier"),
    kind("encounter-id", Confidential, 'R', "the number of a visit, a claim or a specimen"),
    kind("other-id", Restricted, 'R', "any other number, code or characteristic of one individual"),
    unlettered("free-text", Restricted, "notes and other text, which may hold anything"),
    unlettered("quasi-identifier", Confidential, "identifies together with others: gender, race, occupation"),
    unlettered("state", Confidential, "a state, or another region as large"),
    unlettered("clinical", Confidential, "a diagnosis, a medication, a measurement"),
    unlettered("operational", Internal, "how the organisation works: a ward, a cost centre"),
    unlettered("public", Public, "known to everyone: a code list, a unit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safe_harbor_letter_has_a_label() {
        for letter in 'A'..='R' {
            assert!(Label::all().any(|label| label.safe_harbor() == Some(letter)), "{letter}");
        }
    }

    #[test]
    fn labels_are_kebab_case_and_differ() {
        let names: std::collections::BTreeSet<_> = Label::all().map(Label::name).collect();
        assert_eq!(names.len(), Label::all().count());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
    }

    #[test]
    fn a_label_is_found_by_its_name_alone() {
        assert_eq!("us-ssn".parse::<Label>().unwrap().safe_harbor(), Some('G'));
        assert_eq!("us_ssn".parse::<Label>(), Err(UnknownLabel));
    }

    #[test]
    fn a_column_has_one_label() {
        let mut findings = Findings::default();
        let [name, ssn] = ["person-name", "us-ssn"].map(|name| name.parse::<Label>().unwrap());
        assert_eq!(findings.declare("x", name, Origin::Policy), Ok(()));
        assert_eq!(findings.declare("x", name, Origin::LabelsFile("f".into())), Ok(()));
        let earlier = findings.declare("x", ssn, Origin::LabelsFile("f".into())).unwrap_err();
        assert_eq!(earlier, Finding { label: name, origin: Origin::Policy });
        assert_eq!(findings.get("x"), Some(&earlier));
    }
}
