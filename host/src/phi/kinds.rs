//! The kinds of things that columns hold.

use super::Kind;
use super::Sensitivity::{self, Confidential, Internal, Public, Restricted};

/// The 18 identifiers of 45 CFR 164.514(b)(2)(i), split where they are masked or told apart differently, then what is none.
pub(super) static KINDS: &[Kind] = &[
    kind("person-name", Restricted, 'A', "a whole name of a person"),
    kind("given-name", Restricted, 'A', "a given or middle name").one_of("person-name"),
    kind("family-name", Restricted, 'A', "a family or maiden name").one_of("person-name"),
    kind("organization", Confidential, 'A', "the name of an employer or of another organization"),
    kind("address", Restricted, 'B', "a postal address in one column"),
    kind("street", Restricted, 'B', "street and house number").one_of("address"),
    kind("city", Confidential, 'B', "a city, town or precinct"),
    kind("county", Confidential, 'B', "a county"),
    kind("zip", Confidential, 'B', "a ZIP or other postal code"),
    kind("coordinates", Restricted, 'B', "a latitude, a longitude, or another geocode"),
    kind("latitude", Restricted, 'B', "a latitude").one_of("coordinates"),
    kind("longitude", Restricted, 'B', "a longitude").one_of("coordinates"),
    kind("birth-date", Restricted, 'C', "a date of birth").one_of("date"),
    kind("birth-year", Confidential, 'C', "a year of birth").one_of("birth-date"),
    kind("death-date", Confidential, 'C', "a date of death").one_of("date"),
    kind("admission-date", Confidential, 'C', "a date of admission").one_of("date"),
    kind("discharge-date", Confidential, 'C', "a date of discharge").one_of("date"),
    kind("date", Confidential, 'C', "any other date that concerns an individual"),
    kind("age", Confidential, 'C', "an age; above 89 it identifies"),
    kind("phone", Restricted, 'D', "a telephone number"),
    kind("fax", Restricted, 'E', "a fax number").one_of("phone"),
    kind("email", Restricted, 'F', "an email address"),
    kind("us-ssn", Restricted, 'G', "a US social security number"),
    kind("mrn", Restricted, 'H', "a medical record number").one_of("other-id"),
    kind("health-plan-id", Restricted, 'I', "a health plan beneficiary number").one_of("other-id"),
    kind("mbi", Restricted, 'I', "a Medicare beneficiary identifier").one_of("health-plan-id"),
    kind("medicaid-id", Restricted, 'I', "a Medicaid beneficiary number").one_of("health-plan-id"),
    kind("account", Restricted, 'J', "an account number").one_of("other-id"),
    kind("payment-card", Restricted, 'J', "the number of a payment card").one_of("account"),
    kind("iban", Restricted, 'J', "an international bank account number").one_of("account"),
    kind("certificate", Restricted, 'K', "a certificate or license number").one_of("other-id"),
    kind("drivers-license", Restricted, 'K', "the number of a driver's license").one_of("certificate"),
    kind("dea", Confidential, 'K', "a DEA registration number of a prescriber").one_of("certificate"),
    kind("vehicle", Restricted, 'L', "a vehicle identification or license plate number").one_of("other-id"),
    kind("vin", Restricted, 'L', "the identification number of a vehicle").one_of("vehicle"),
    kind("license-plate", Restricted, 'L', "the license plate of a vehicle").one_of("vehicle"),
    kind("device", Restricted, 'M', "a device identifier or serial number").one_of("other-id"),
    kind("udi", Restricted, 'M', "a unique device identifier of a medical device").one_of("device"),
    kind("imei", Restricted, 'M', "the equipment identity of a mobile telephone").one_of("device"),
    kind("mac-address", Restricted, 'M', "the hardware address of a network interface").one_of("device"),
    kind("url", Restricted, 'N', "a web address"),
    kind("ip-address", Restricted, 'O', "an IP address"),
    kind("biometric", Restricted, 'P', "a biometric identifier, such as a finger or voice print"),
    kind("photo", Restricted, 'Q', "a full-face photograph or a comparable image"),
    kind("npi", Confidential, 'R', "a national provider identifier").one_of("other-id"),
    kind("itin", Restricted, 'R', "an individual taxpayer identification number").one_of("other-id"),
    kind("passport", Restricted, 'R', "the number of a passport").one_of("other-id"),
    kind("encounter-id", Confidential, 'R', "the number of a visit, a claim or a specimen").one_of("other-id"),
    kind("other-id", Restricted, 'R', "any other number, code or characteristic of one individual"),
    kind("derived-code", Confidential, 'R', "a code that was worked out from a value of an individual")
        .one_of("other-id"),
    unlettered("random-code", Confidential, "a code that was drawn by chance in place of an identifier"),
    unlettered("free-text", Restricted, "notes and other text, which may hold anything"),
    unlettered("quasi-identifier", Confidential, "what identifies together with others: gender, race, occupation"),
    unlettered("gender", Confidential, "a sex or gender").one_of("quasi-identifier"),
    unlettered("race", Confidential, "a race").one_of("quasi-identifier"),
    unlettered("ethnicity", Confidential, "an ethnic group").one_of("quasi-identifier"),
    unlettered("language", Confidential, "a language that somebody speaks").one_of("quasi-identifier"),
    unlettered("religion", Confidential, "a religious affiliation").one_of("quasi-identifier"),
    unlettered("marital-status", Confidential, "whether somebody is married").one_of("quasi-identifier"),
    unlettered("occupation", Confidential, "a profession or an employment").one_of("quasi-identifier"),
    unlettered("income", Confidential, "what somebody earns").one_of("quasi-identifier"),
    unlettered("country", Confidential, "a country, of birth or of residence").one_of("quasi-identifier"),
    unlettered("state", Confidential, "a state, or another region as large"),
    unlettered("clinical", Confidential, "a diagnosis, a medication, a measurement"),
    unlettered("icd-10-cm", Confidential, "a code of a diagnosis, which looks like one of a person")
        .one_of("diagnosis"),
    unlettered("diagnosis", Confidential, "a disease or a condition").one_of("clinical"),
    unlettered("medication", Confidential, "a drug, or how it is taken").one_of("clinical"),
    unlettered("procedure", Confidential, "what was done to treat somebody").one_of("clinical"),
    unlettered("measurement", Confidential, "a vital sign, or what a laboratory found").one_of("clinical"),
    unlettered("genetic", Confidential, "a gene, or a disease that is inherited").one_of("clinical"),
    unlettered("hiv-status", Confidential, "HIV or AIDS").one_of("clinical"),
    unlettered("mental-health", Confidential, "a disorder of the mind").one_of("clinical"),
    unlettered("substance-use", Confidential, "the use of alcohol or drugs (42 CFR Part 2)").one_of("clinical"),
    unlettered("reproductive-health", Confidential, "sexuality, pregnancy and birth").one_of("clinical"),
    unlettered("quantity", Confidential, "an amount or a count"),
    unlettered("operational", Internal, "how the organisation works: a ward, a cost centre"),
    unlettered("bank-routing", Internal, "the routing number of a bank"),
    unlettered("public", Public, "known to everyone: a code list, a unit"),
];

const fn kind(name: &'static str, sensitivity: Sensitivity, letter: char, meaning: &'static str) -> Kind {
    Kind { name, sensitivity, letter: Some(letter), meaning, broader: None }
}

const fn unlettered(name: &'static str, sensitivity: Sensitivity, meaning: &'static str) -> Kind {
    Kind { name, sensitivity, letter: None, meaning, broader: None }
}

impl Kind {
    const fn one_of(self, broader: &'static str) -> Self {
        Self { broader: Some(broader), ..self }
    }
}
