//! What a value can be taken for, and which labels that speaks for.

use Kind::{
    Address, City, Country, Diagnosis, Family, Given, Medication, Nothing, Occupation, Organization, Person, Street,
    Username,
};

/// What a value is taken for. The numbers are the lanes of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Nothing that the model knows: codes, states of things, products, English.
    Nothing,
    /// A given name.
    Given,
    /// A surname.
    Family,
    /// A whole name.
    Person,
    /// A city, town or village.
    City,
    /// A street and a number.
    Street,
    /// The same with a town.
    Address,
    /// A company, a hospital, a school.
    Organization,
    /// What somebody does for a living.
    Occupation,
    /// The name of somebody's account.
    Username,
    /// A country.
    Country,
    /// A drug.
    Medication,
    /// A disease or an injury.
    Diagnosis,
}

/// How many kinds there are.
pub const KINDS: usize = 13;

impl Kind {
    /// Every kind by its number.
    pub const ALL: [Self; KINDS] = [
        Nothing,
        Given,
        Family,
        Person,
        City,
        Street,
        Address,
        Organization,
        Occupation,
        Username,
        Country,
        Medication,
        Diagnosis,
    ];

    /// What the lists of its values are called.
    pub fn name(self) -> &'static str {
        match self {
            Nothing => "none",
            Given => "given",
            Family => "family",
            Person => "person",
            City => "city",
            Street => "street",
            Address => "address",
            Organization => "organization",
            Occupation => "occupation",
            Username => "username",
            Country => "country",
            Medication => "medication",
            Diagnosis => "diagnosis",
        }
    }
}

/// The labels of the manifest in their order, and what counts for each: that something is the name of a person is surer
/// than which part of it, so the parts count together, and then each by itself.
pub(crate) const LABELS: [(&str, &[Kind]); 13] = [
    ("person-name", &[Person, Given, Family]),
    ("given-name", &[Given]),
    ("family-name", &[Family]),
    ("city", &[City]),
    ("address", &[Address, Street]),
    ("street", &[Street]),
    ("organization", &[Organization]),
    ("occupation", &[Occupation]),
    ("other-id", &[Username]),
    ("country", &[Country]),
    ("clinical", &[Medication, Diagnosis]),
    ("medication", &[Medication]),
    ("diagnosis", &[Diagnosis]),
];
