//! What a piece can be: the host's names, in the order of the manifest.

macro_rules! labels {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// What a piece is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "each is the host's label of its name, which says what it means")]
        pub enum Label { $($variant),* }

        impl Label {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The host's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

labels! {
    PersonName = "person-name",
    City = "city",
    State = "state",
    Organization = "organization",
    Address = "address",
    Street = "street",
    Zip = "zip",
    Coordinates = "coordinates",
    Date = "date",
    BirthDate = "birth-date",
    DeathDate = "death-date",
    AdmissionDate = "admission-date",
    DischargeDate = "discharge-date",
    Age = "age",
    Phone = "phone",
    Fax = "fax",
    Email = "email",
    Url = "url",
    IpAddress = "ip-address",
    MacAddress = "mac-address",
    UsSsn = "us-ssn",
    Itin = "itin",
    Npi = "npi",
    Dea = "dea",
    Mbi = "mbi",
    Mrn = "mrn",
    HealthPlanId = "health-plan-id",
    Account = "account",
    PaymentCard = "payment-card",
    Iban = "iban",
    BankRouting = "bank-routing",
    Certificate = "certificate",
    DriversLicense = "drivers-license",
    Vin = "vin",
    LicensePlate = "license-plate",
    Device = "device",
    Udi = "udi",
    Imei = "imei",
    Passport = "passport",
    EncounterId = "encounter-id",
    OtherId = "other-id",
}
