//! Columns of sixty and more kinds, each written in the ways that people write it, with some of it missing or spoilt. Made
//! from rules of its own and not from those of the classifiers, and the same for the same seed.

use std::fmt::Write;

/// A kind of column: what it is called here, the labels that are right for it, and how a value of it is made.
pub struct Kind {
    /// What it is.
    pub name: &'static str,
    /// The labels that say so. The first says most; where values alone cannot tell it from another, that one is right too.
    /// None: it identifies nobody, and any label that says no more than that is right.
    pub labels: &'static [&'static str],
    make: fn(&mut Random, u32) -> String,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kind({})", self.name)
    }
}

/// Numbers that look random, from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.within(0, of.len() as u64 - 1) as usize]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.within(0, 9) as u8)).collect()
    }

    fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(*self.one(alphabet))).collect()
    }
}

/// The values of a column. How they are written, how many are missing and how many are spoilt is up to the seed.
pub fn values(kind: &Kind, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let style = random.within(0, 1_000) as u32;
    let (rows, missing, spoilt) = (random.within(150, 900), random.within(0, 15), random.within(0, 3));
    let value = |_| match random.within(0, 99) {
        row if row < missing => String::new(),
        row if row < missing + spoilt => (*random.one(&["unknown", "n/a", "?", "see notes", "-"])).to_owned(),
        _ => (kind.make)(&mut random, style),
    };
    (0..rows).map(value).collect()
}

/// A name for a column of a kind that says nothing, or something else.
pub fn misleading_name(kind: &Kind, seed: u64) -> &'static str {
    const NAMES: [(&str, &str); 30] = [
        ("field_7", ""),
        ("col12", ""),
        ("value", ""),
        ("data", ""),
        ("x1", ""),
        ("misc", ""),
        ("info", ""),
        ("extra", ""),
        ("attr_b", ""),
        ("item", ""),
        ("column_3", ""),
        ("payload", ""),
        ("raw", ""),
        ("udf4", ""),
        ("temp", ""),
        ("notes", "free-text"),
        ("city", "city"),
        ("phone", "phone"),
        ("amount", "quantity"),
        ("status", "operational"),
        ("email", "email"),
        ("visit_date", "date"),
        ("zip", "zip"),
        ("gender", "quasi-identifier"),
        ("diagnosis", "clinical"),
        ("last_name", "family-name"),
        ("account_no", "account"),
        ("address", "address"),
        ("mrn", "mrn"),
        ("state", "state"),
    ];
    let mut random = Random::new(seed ^ 0x5555);
    loop {
        let (name, label) = random.one(&NAMES);
        // What identifies nobody is not called after what does: whoever reads such a name believes it.
        let is_wrong = kind.labels.iter().all(|right| right != label) && (label.is_empty() || !kind.labels.is_empty());
        if is_wrong {
            return name;
        }
    }
}

const GIVEN: &str = include_str!("../../plugins/surrogate/dictionaries/given-names.txt");
const FAMILY: &str = include_str!("../../plugins/surrogate/dictionaries/surnames.txt");
const CITIES: &str = include_str!("../../plugins/surrogate/dictionaries/cities.txt");

fn line(random: &mut Random, text: &'static str) -> &'static str {
    // One draw for a place in the text, and the line that is there: longer names come a little more often.
    let place = random.within(0, text.len() as u64 - 2) as usize;
    let place = (place..text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(0);
    let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn given(random: &mut Random) -> &'static str {
    line(random, GIVEN)
}

fn family(random: &mut Random) -> &'static str {
    line(random, FAMILY)
}

fn city(random: &mut Random) -> &'static str {
    line(random, CITIES)
}

/// The digit that makes the Luhn sum of the whole come out.
fn luhn(digits: &str) -> u64 {
    let sum: u64 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u64::from(digit - b'0') * (2 - place as u64 % 2);
            digit / 10 + digit % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

fn with_luhn(digits: &str) -> String {
    format!("{digits}{}", luhn(digits))
}

fn ssn(random: &mut Random, mark: &str) -> String {
    let area = loop {
        let area = random.within(1, 899);
        if area != 666 {
            break area;
        }
    };
    format!("{area:03}{mark}{:02}{mark}{:04}", random.within(1, 99), random.within(1, 9_999))
}

fn npi(random: &mut Random) -> String {
    let digits = format!("{}{}", random.within(1, 2), random.digits(8));
    format!("{digits}{}", luhn(&format!("80840{digits}")))
}

fn dea(random: &mut Random) -> String {
    let digits: Vec<u64> = (0..6).map(|_| random.within(0, 9)).collect();
    let check = (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10;
    let digits: String = digits.iter().map(u64::to_string).collect();
    format!("{}{}{digits}{check}", random.letters(b"ABFGM", 1), random.letters(b"ABCDEFGHIJKLMNOPRSTUVWZ9", 1))
}

fn mbi(random: &mut Random, mark: &str) -> String {
    const LETTERS: &[u8] = b"ACDEFGHJKMNPQRTUVWXY";
    const EITHER: &[u8] = b"ACDEFGHJKMNPQRTUVWXY0123456789";
    let mut part = |pattern: &str| -> String {
        pattern
            .chars()
            .map(|symbol| match symbol {
                'C' => random.letters(b"123456789", 1),
                'A' => random.letters(LETTERS, 1),
                'N' => random.digits(1),
                _ => random.letters(EITHER, 1),
            })
            .collect()
    };
    [part("CAXN"), part("AXN"), part("AANN")].join(mark)
}

fn vin(random: &mut Random) -> String {
    const SYMBOLS: &[u8] = b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
    const VALUES: [u32; 33] =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9];
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let mut vin = random.letters(SYMBOLS, 17).into_bytes();
    let value = |byte: &u8| VALUES[SYMBOLS.iter().position(|symbol| symbol == byte).expect("one of them")];
    let sum: u32 = vin.iter().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    vin[8] = b"0123456789X"[sum as usize % 11];
    String::from_utf8(vin).expect("ASCII")
}

fn card(random: &mut Random) -> String {
    let start = *random.one(&["4", "4", "51", "55", "6011"]);
    let rest = random.digits(15 - start.len());
    with_luhn(&format!("{start}{rest}"))
}

fn grouped(digits: &str, mark: &str) -> String {
    let groups: Vec<String> =
        digits.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(mark)
}

fn routing(random: &mut Random) -> String {
    let start = *random.one(&["02", "05", "11", "12", "21", "26", "31", "32"]);
    let digits = format!("{start}{}", random.digits(6));
    let sum: u64 =
        digits.bytes().zip([3, 7, 1, 3, 7, 1, 3, 7]).map(|(digit, weight)| u64::from(digit - b'0') * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn iban(random: &mut Random, style: u32) -> String {
    let account = format!("37040044{}", random.digits(10));
    // D is 13, E is 14, and two zeros in the place of the check digits.
    let rest = format!("{account}131400").bytes().fold(0_u64, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97);
    let whole = format!("DE{:02}{account}", 98 - rest);
    if style.is_multiple_of(2) { whole } else { grouped(&whole, " ") }
}

fn phone(random: &mut Random) -> [String; 3] {
    let area = format!("{}{}", random.within(2, 9), random.within(20, 99));
    let exchange = format!("{}{}", random.within(2, 9), random.digits(2));
    [area, exchange, random.digits(4)]
}

struct Day {
    year: u64,
    month: u64,
    day: u64,
}

fn day(random: &mut Random) -> Day {
    Day { year: random.within(1925, 2025), month: random.within(1, 12), day: random.within(1, 28) }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const STREETS: [&str; 14] =
    ["Street", "St", "Avenue", "Ave", "Road", "Rd.", "Lane", "Drive", "Dr", "Court", "Blvd", "Way", "Terrace", "Place"];

const STATES: [(&str, &str); 12] = [
    ("MA", "Massachusetts"),
    ("NY", "New York"),
    ("CA", "California"),
    ("TX", "Texas"),
    ("WA", "Washington"),
    ("OH", "Ohio"),
    ("FL", "Florida"),
    ("IL", "Illinois"),
    ("VA", "Virginia"),
    ("CO", "Colorado"),
    ("GA", "Georgia"),
    ("MN", "Minnesota"),
];

const ZIPS: [&str; 20] = [
    "021", "100", "900", "606", "770", "850", "191", "782", "921", "752", "951", "787", "322", "761", "432", "282",
    "462", "980", "802", "018",
];

fn zip(random: &mut Random) -> String {
    format!("{}{}", random.one(&ZIPS), random.digits(2))
}

fn street(random: &mut Random) -> String {
    let mut street = format!("{} {} {}", random.within(1, 9_999), family(random), random.one(&STREETS));
    if random.within(0, 4) == 0 {
        write!(street, " Apt {}", random.within(1, 99)).expect("a text grows");
    }
    street
}

const CONDITIONS: [&str; 18] = [
    "Essential hypertension",
    "Type 2 diabetes mellitus",
    "Acute bronchitis",
    "Asthma",
    "Chronic sinusitis",
    "Normal pregnancy",
    "Viral pharyngitis",
    "Fracture of forearm",
    "Anemia",
    "Osteoarthritis of knee",
    "Prediabetes",
    "Chronic kidney disease stage 2",
    "Otitis media",
    "Coronary heart disease",
    "Migraine",
    "Sprain of ankle",
    "Pneumonia",
    "Major depression, single episode",
];

const DRUGS: [&str; 12] = [
    "Metformin 500 MG Oral Tablet",
    "Lisinopril 10 MG",
    "Atorvastatin 20 MG Oral Tablet",
    "Amoxicillin 250 MG Oral Capsule",
    "Albuterol 0.09 MG inhaler",
    "Insulin glargine 100 UNT/ML Injection",
    "Acetaminophen 325 MG",
    "Ibuprofen 200 MG Oral Tablet",
    "Hydrochlorothiazide 25 MG",
    "Naproxen sodium 220 MG Oral Tablet",
    "Simvastatin 10 MG",
    "Omeprazole 20 MG Capsule",
];

const SENTENCES: [&str; 8] = [
    "Patient seen in clinic for follow up of blood pressure.",
    "Reports feeling well since the last visit, no new complaints.",
    "Denies chest pain, shortness of breath or fever.",
    "Will continue the present medication and return in three months.",
    "Lives with spouse and two children.",
    "Discussed diet, exercise and smoking cessation at length.",
    "Labs drawn today; results to be called to the patient.",
    "Wound is healing without signs of infection.",
];

const LOINC: [&str; 10] =
    ["2345-7", "718-7", "4548-4", "2160-0", "3094-0", "2951-2", "8480-6", "8462-4", "29463-7", "8302-2"];

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind { name: "ssn with dashes", labels: &["us-ssn"], make: |random, _| ssn(random, "-") },
    Kind { name: "ssn with blanks", labels: &["us-ssn"], make: |random, _| ssn(random, " ") },
    Kind { name: "ssn bare", labels: &["us-ssn"], make: |random, _| ssn(random, "") },
    Kind {
        name: "itin",
        labels: &["itin"],
        make: |random, style| {
            let mark = if style % 2 == 0 { "-" } else { "" };
            let group = *random.one(&[50, 57, 65, 70, 77, 88, 90, 92, 94, 99]);
            format!("9{:02}{mark}{group}{mark}{:04}", random.within(0, 99), random.within(0, 9_999))
        },
    },
    Kind { name: "npi", labels: &["npi"], make: |random, _| npi(random) },
    Kind { name: "dea", labels: &["dea"], make: |random, _| dea(random) },
    Kind { name: "mbi", labels: &["mbi"], make: |random, style| mbi(random, if style % 2 == 0 { "-" } else { "" }) },
    Kind { name: "vin", labels: &["vin"], make: |random, _| vin(random) },
    Kind { name: "card", labels: &["payment-card"], make: |random, _| card(random) },
    Kind {
        name: "card in groups",
        labels: &["payment-card"],
        make: |random, style| grouped(&card(random), if style % 2 == 0 { "-" } else { " " }),
    },
    Kind {
        name: "american express",
        labels: &["payment-card"],
        make: |random, _| with_luhn(&format!("3{}{}", random.one(&["4", "7"]), random.digits(12))),
    },
    Kind {
        name: "imei",
        labels: &["imei"],
        make: |random, _| with_luhn(&format!("{}{}", random.one(&["35", "86", "01"]), random.digits(12))),
    },
    Kind { name: "routing number", labels: &["bank-routing"], make: |random, _| routing(random) },
    Kind { name: "iban", labels: &["iban"], make: iban },
    Kind {
        name: "ipv4",
        labels: &["ip-address"],
        make: |random, _| {
            let parts: Vec<String> = (0..4).map(|_| random.within(1, 254).to_string()).collect();
            parts.join(".")
        },
    },
    Kind {
        name: "ipv6",
        labels: &["ip-address"],
        make: |random, style| match style % 2 {
            0 => format!("2001:db8::{:x}:{:x}", random.within(1, 65_535), random.within(1, 65_535)),
            _ => (0..8).map(|_| format!("{:x}", random.within(0, 65_535))).collect::<Vec<_>>().join(":"),
        },
    },
    Kind {
        name: "hardware address",
        labels: &["mac-address"],
        make: |random, style| {
            let mark = if style % 2 == 0 { ":" } else { "-" };
            (0..6).map(|_| format!("{:02x}", random.within(0, 255))).collect::<Vec<_>>().join(mark)
        },
    },
    Kind {
        name: "email",
        labels: &["email"],
        make: |random, _| {
            let host = *random.one(&["example.com", "example.org", "mail.example.net"]);
            format!("{}.{}@{host}", given(random).to_lowercase(), family(random).to_lowercase()).replace(' ', "")
        },
    },
    Kind {
        name: "url",
        labels: &["url"],
        make: |random, style| match style % 2 {
            0 => format!("https://example.org/p/{}", random.digits(6)),
            _ => format!("www.example.com/{}?q={}", family(random).to_lowercase(), random.digits(2)),
        },
    },
    Kind {
        name: "phone as written",
        labels: &["phone"],
        make: |random, style| {
            let [area, exchange, line] = phone(random);
            match style % 5 {
                0 => format!("({area}) {exchange}-{line}"),
                1 => format!("{area}-{exchange}-{line}"),
                2 => format!("{area}.{exchange}.{line}"),
                3 => format!("+1 {area} {exchange} {line}"),
                _ => format!("1-{area}-{exchange}-{line}"),
            }
        },
    },
    Kind { name: "phone of ten digits", labels: &["phone"], make: |random, _| phone(random).concat() },
    Kind {
        name: "phone with extension",
        labels: &["phone"],
        make: |random, _| {
            let [area, exchange, line] = phone(random);
            format!("{area}-{exchange}-{line} x{}", random.within(1, 999))
        },
    },
    Kind {
        name: "phone abroad",
        labels: &["phone"],
        make: |random, _| {
            format!("+{} {} {}", random.one(&["44", "49", "33", "39"]), random.within(20, 99), random.digits(7))
        },
    },
    Kind {
        name: "date, ISO",
        labels: &["date"],
        make: |random, _| {
            let Day { year, month, day } = day(random);
            format!("{year}-{month:02}-{day:02}")
        },
    },
    Kind {
        name: "date, US",
        labels: &["date"],
        make: |random, style| {
            let Day { year, month, day } = day(random);
            match style % 3 {
                0 => format!("{month}/{day}/{year}"),
                1 => format!("{month:02}/{day:02}/{year}"),
                _ => format!("{month:02}/{day:02}/{:02}", year % 100),
            }
        },
    },
    Kind {
        name: "date and time",
        labels: &["date"],
        make: |random, style| {
            let Day { year, month, day } = day(random);
            let (hour, minute, second) = (random.within(0, 23), random.within(0, 59), random.within(0, 59));
            match style % 3 {
                0 => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
                1 => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.250"),
                _ => format!("{month}/{day}/{year} {}:{minute:02} PM", hour % 12 + 1),
            }
        },
    },
    Kind {
        name: "date in words",
        labels: &["date"],
        make: |random, style| {
            let Day { year, month, day } = day(random);
            let month = MONTHS[month as usize - 1];
            match style % 3 {
                0 => format!("{day} {month} {year}"),
                1 => format!("{month} {day}, {year}"),
                _ => format!("{day:02}-{}-{year}", month.to_uppercase()),
            }
        },
    },
    Kind {
        name: "date of eight digits",
        labels: &["date"],
        make: |random, _| {
            let Day { year, month, day } = day(random);
            format!("{year}{month:02}{day:02}")
        },
    },
    Kind {
        name: "date with dots",
        labels: &["date"],
        make: |random, _| {
            let Day { year, month, day } = day(random);
            format!("{day:02}.{month:02}.{year}")
        },
    },
    Kind { name: "year", labels: &["date"], make: |random, _| random.within(1925, 2024).to_string() },
    Kind { name: "zip", labels: &["zip"], make: |random, _| zip(random) },
    Kind { name: "zip and four", labels: &["zip"], make: |random, _| format!("{}-{}", zip(random), random.digits(4)) },
    Kind { name: "state code", labels: &["state"], make: |random, _| random.one(&STATES).0.to_owned() },
    Kind { name: "state", labels: &["state"], make: |random, _| random.one(&STATES).1.to_owned() },
    Kind {
        name: "diagnosis code",
        labels: &["icd-10-cm"],
        make: |random, style| {
            let category = format!("{}{:02}", random.letters(b"ABCDEFGHIJKLMNOPQRSTZ", 1), random.within(0, 99));
            match (style % 3, random.within(0, 2)) {
                (0, _) => format!("{category}.{}", random.within(0, 9)),
                (1, 0) => category,
                (1, _) => format!("{category}.{}", random.within(0, 99)),
                _ => format!("{category}{}", random.within(0, 99)),
            }
        },
    },
    Kind { name: "code of a test", labels: &["clinical"], make: |random, _| (*random.one(&LOINC)).to_owned() },
    Kind {
        name: "code of a drug",
        labels: &["clinical"],
        make: |random, _| format!("{}-{}-{:02}", random.digits(5), random.digits(4), random.within(1, 90)),
    },
    Kind {
        name: "latitude",
        labels: &["coordinates"],
        make: |random, _| format!("{}.{}", random.within(25, 48), random.digits(6)),
    },
    Kind {
        name: "longitude",
        labels: &["coordinates"],
        make: |random, _| format!("-{}.{}", random.within(68, 123), random.digits(5)),
    },
    Kind {
        name: "place on earth",
        labels: &["coordinates"],
        make: |random, _| {
            format!("{}.{}, -{}.{}", random.within(25, 48), random.digits(5), random.within(68, 123), random.digits(5))
        },
    },
    Kind {
        name: "uuid",
        labels: &["other-id"],
        make: |random, _| {
            let hex = |random: &mut Random, count| random.letters(b"0123456789abcdef", count);
            let parts = [8, 4, 4, 4, 12].map(|count| hex(random, count));
            parts.join("-")
        },
    },
    Kind {
        name: "record number with letters",
        labels: &["mrn", "other-id"],
        make: |random, style| match style % 2 {
            0 => format!("MRN{}", random.digits(8)),
            _ => format!("H{}-{}", random.digits(6), random.within(1, 9)),
        },
    },
    Kind {
        name: "record number",
        labels: &["mrn", "other-id"],
        make: |random, _| format!("{}{}", random.within(1, 9), random.digits(6)),
    },
    Kind {
        name: "account number",
        labels: &["account", "other-id"],
        make: |random, _| format!("{}{}", random.within(1, 9), random.digits(11)),
    },
    Kind {
        name: "driver's license",
        labels: &["drivers-license", "other-id"],
        make: |random, _| format!("S{}", random.digits(9)),
    },
    Kind { name: "passport", labels: &["passport", "other-id"], make: |random, _| format!("X{}X", random.digits(8)) },
    Kind {
        name: "plan number",
        labels: &["health-plan-id", "other-id"],
        make: |random, _| format!("{}{}", random.letters(b"ABCDEFGHJKLMNPQRSTUVWXYZ", 3), random.digits(9)),
    },
    Kind {
        name: "device identifier",
        labels: &["udi"],
        make: |random, _| {
            let digits = format!("0{}", random.digits(12));
            let sum: u64 = digits
                .bytes()
                .zip([3, 1].into_iter().cycle())
                .map(|(digit, weight)| u64::from(digit - b'0') * weight)
                .sum();
            format!("(01){digits}{}(17)2{}", (10 - sum % 10) % 10, random.digits(5))
        },
    },
    Kind {
        name: "person",
        labels: &["person-name"],
        make: |random, style| match style % 4 {
            0 => format!("{} {}", given(random), family(random)),
            1 => format!("{}, {}", family(random), given(random)),
            2 => format!("{} {}. {}", given(random), random.letters(b"ABCDEFGHJKLMRST", 1), family(random)),
            _ => format!("{}, {} {}", family(random), given(random), random.letters(b"ABCDEFGHJKLMRST", 1))
                .to_uppercase(),
        },
    },
    Kind {
        name: "person with a title",
        labels: &["person-name"],
        make: |random, _| {
            format!("{} {} {}", random.one(&["Mr.", "Mrs.", "Ms.", "Dr."]), given(random), family(random))
        },
    },
    Kind { name: "given name", labels: &["given-name"], make: |random, _| given(random).to_owned() },
    Kind {
        name: "surname",
        labels: &["family-name"],
        make: |random, style| match style % 2 {
            0 => family(random).to_owned(),
            _ => family(random).to_uppercase(),
        },
    },
    Kind { name: "city", labels: &["city"], make: |random, _| city(random).to_owned() },
    Kind {
        name: "city and state",
        labels: &["city"],
        make: |random, _| format!("{}, {}", city(random), random.one(&STATES).0),
    },
    Kind { name: "county", labels: &["county"], make: |random, _| format!("{} County", family(random)) },
    Kind { name: "street", labels: &["street"], make: |random, _| street(random) },
    Kind {
        name: "address",
        labels: &["address"],
        make: |random, _| format!("{}, {}, {} {}", street(random), city(random), random.one(&STATES).0, zip(random)),
    },
    Kind {
        name: "notes",
        labels: &["free-text"],
        make: |random, _| (0..random.within(2, 6)).map(|_| *random.one(&SENTENCES)).collect::<Vec<_>>().join(" "),
    },
    Kind {
        name: "gender",
        labels: &["quasi-identifier"],
        make: |random, style| match style % 3 {
            0 => (*random.one(&["male", "female"])).to_owned(),
            1 => (*random.one(&["M", "F", "U"])).to_owned(),
            _ => (*random.one(&["Male", "Female", "Unknown"])).to_owned(),
        },
    },
    Kind {
        name: "marital status",
        labels: &["quasi-identifier"],
        make: |random, _| (*random.one(&["Married", "Single", "Divorced", "Widowed"])).to_owned(),
    },
    Kind {
        name: "race",
        labels: &["quasi-identifier"],
        make: |random, _| (*random.one(&["White", "Black or African American", "Asian", "Native", "Other"])).to_owned(),
    },
    Kind { name: "diagnosis", labels: &["clinical"], make: |random, _| (*random.one(&CONDITIONS)).to_owned() },
    Kind { name: "medication", labels: &["clinical"], make: |random, _| (*random.one(&DRUGS)).to_owned() },
    Kind {
        name: "measurement",
        labels: &[],
        make: |random, _| format!("{}.{}", random.within(0, 300), random.digits(1)),
    },
    Kind {
        name: "money",
        labels: &[],
        make: |random, style| {
            let (dollars, cents) = (random.within(1, 90_000), random.within(0, 99));
            if style % 2 == 0 { format!("${dollars}.{cents:02}") } else { format!("{dollars}.{cents:02}") }
        },
    },
    Kind {
        name: "yes or no",
        labels: &[],
        make: |random, style| match style % 3 {
            0 => (*random.one(&["Y", "N"])).to_owned(),
            1 => (*random.one(&["true", "false"])).to_owned(),
            _ => (*random.one(&["0", "1"])).to_owned(),
        },
    },
    Kind { name: "count", labels: &[], make: |random, _| random.within(0, 60).to_string() },
    Kind {
        name: "income",
        labels: &[],
        make: |random, _| {
            let size = random.within(2, 5) as u32;
            random.within(10_u64.pow(size), 10_u64.pow(size + 1)).to_string()
        },
    },
    Kind {
        name: "state of an order",
        labels: &[],
        make: |random, _| (*random.one(&["open", "closed", "pending", "cancelled", "in progress"])).to_owned(),
    },
    Kind {
        name: "colour",
        labels: &[],
        make: |random, _| (*random.one(&["Red", "Green", "Brown", "Gray", "Black"])).to_owned(),
    },
    Kind {
        name: "version",
        labels: &[],
        make: |random, _| format!("{}.{}.{}", random.within(0, 4), random.within(0, 20), random.within(0, 9)),
    },
    Kind {
        name: "ward",
        labels: &[],
        make: |random, _| (*random.one(&["ICU-1", "ICU-2", "MED-3", "SURG-4", "PEDS-1", "ER"])).to_owned(),
    },
    Kind { name: "share", labels: &[], make: |random, _| format!("0.{}", random.digits(4)) },
    Kind {
        name: "unit",
        labels: &[],
        make: |random, _| (*random.one(&["mg/dL", "mmHg", "%", "kg", "cm", "bpm"])).to_owned(),
    },
];
