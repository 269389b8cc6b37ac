//! What a value can look like. The places are those of `labels` in the manifest.

/// One way in which a value can look like something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `123-45-6789`, issued or issuable.
    Ssn,
    /// The same without its dashes.
    BareSsn,
    /// `999-99-9999`, whatever its digits.
    SsnShape,
    Itin,
    Npi,
    Dea,
    Mbi,
    Vin,
    PaymentCard,
    Imei,
    BankRouting,
    Iban,
    IpAddress,
    MacAddress,
    Email,
    Url,
    Phone,
    /// Ten digits.
    BarePhone,
    Date,
    /// `20260131`.
    CompactDate,
    /// `1957`.
    Year,
    /// `02139-4307`.
    ZipPlus4,
    Zip,
    State,
    Icd10,
    /// LOINC and NDC.
    ClinicalCode,
    Coordinate,
    Coordinates,
    Uuid,
    Udi,
    Code,
    FreeText,
    Truth,
    Quasi,
    Decimal,
    WholeNumber,
}

/// How many kinds there are.
pub(crate) const KINDS: usize = Kind::WholeNumber as usize + 1;

/// The labels of the kinds, as the manifest has them.
#[cfg(test)]
pub(crate) const LABELS: [&str; KINDS] = [
    "us-ssn",
    "us-ssn",
    "us-ssn",
    "itin",
    "npi",
    "dea",
    "mbi",
    "vin",
    "payment-card",
    "imei",
    "bank-routing",
    "iban",
    "ip-address",
    "mac-address",
    "email",
    "url",
    "phone",
    "phone",
    "date",
    "date",
    "date",
    "zip",
    "zip",
    "state",
    "icd-10-cm",
    "clinical",
    "coordinates",
    "coordinates",
    "other-id",
    "udi",
    "other-id",
    "free-text",
    "operational",
    "quasi-identifier",
    "quantity",
    "quantity",
];

/// Some kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u64);

impl Kinds {
    pub const NONE: Self = Self(0);

    pub const fn of(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    /// The kind, where it is so.
    #[inline]
    pub fn when(is: bool, kind: Kind) -> Self {
        if is { Self::of(kind) } else { Self::NONE }
    }

    #[inline]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The places of the kinds.
    #[inline]
    pub fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (place < 64).then_some(place)
        })
    }
}
