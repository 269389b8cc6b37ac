//! Names, places, organizations, addresses and numbers that do not exist, or of nobody.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::dictionary::Lists;
use crate::random::Random;

pub(crate) struct Values {
    lists: BTreeMap<String, Vec<String>>,
    words: Lists,
}

impl Values {
    pub(crate) fn read(path: &Path, words: Lists) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let lists = text.lines().filter(|line| !line.starts_with('#') && line.contains('|'));
        let list = |line: &str| {
            let mut parts = line.split('|').map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.collect())
        };
        Ok(Self { lists: lists.map(list).collect(), words })
    }

    /// One of a list of the file, if it has it.
    pub(crate) fn listed<'a>(&'a self, list: &str, random: &mut Random) -> Option<&'a str> {
        self.lists.get(list).map(|values| random.one(values).as_str())
    }

    fn of(&self, list: &str, random: &mut Random) -> &str {
        self.listed(list, random).expect("the list is there")
    }

    /// A word that is in no dictionary, of syllables of many languages.
    pub(crate) fn unheard(&self, random: &mut Random) -> String {
        let count = 1 + random.below(2);
        let mut word: String = (0..count).map(|_| self.of("syllable", random).to_owned()).collect();
        word.push_str(self.of("ending", random));
        capitalized(&word)
    }

    pub(crate) fn given(&self, random: &mut Random) -> String {
        if random.percent(15) { self.unheard(random) } else { random.frequent(&self.words.given).clone() }
    }

    pub(crate) fn surname(&self, random: &mut Random) -> String {
        let one = |random: &mut Random| match random.below(100) {
            0..30 => self.of("surname", random).to_owned(),
            30..78 => capitalized(&random.one(&self.words.surnames).to_lowercase()),
            _ => self.unheard(random),
        };
        match random.below(100) {
            0..4 => format!("{}-{}", one(random), one(random)),
            4..6 => format!(
                "{} {}",
                random.one(&["van", "de", "von", "van der", "del", "De La", "Van", "St."]),
                one(random)
            ),
            6..8 => format!("{}{}", random.one(&["O'", "Mc", "Mac", "D'", "Al-"]), one(random)),
            _ => one(random),
        }
    }

    /// A person as people are written.
    pub(crate) fn person(&self, random: &mut Random) -> String {
        match random.below(100) {
            0..62 => format!("{} {}", self.given(random), self.surname(random)),
            62..77 => self.given(random),
            77..82 => self.surname(random),
            82..90 => {
                let dot = if random.percent(75) { "." } else { "" };
                format!("{} {}{dot} {}", self.given(random), initial(random), self.surname(random))
            }
            90..94 => format!("{} {} {}", self.given(random), self.given(random), self.surname(random)),
            94..97 => format!("{}. {}", initial(random), self.surname(random)),
            97..98 => format!("{}. {}. {}", initial(random), initial(random), self.surname(random)),
            _ => format!("{} {}, Jr.", self.given(random), self.surname(random)).replace(", Jr.", ""),
        }
    }

    /// `Lovelace, Ada K`
    pub(crate) fn last_first(&self, random: &mut Random) -> String {
        let middle = if random.percent(35) { format!(" {}", initial(random)) } else { String::new() };
        format!("{}, {}{middle}", self.surname(random), self.given(random))
    }

    /// A town.
    pub(crate) fn place(&self, random: &mut Random) -> String {
        let place = match random.below(100) {
            0..50 => random.one(&self.words.places).clone(),
            50..72 => self.of("city", random).to_owned(),
            72..92 => self.unheard(random),
            92..95 => format!(
                "{} {}",
                random.one(&[
                    "San",
                    "Santa",
                    "Saint",
                    "El",
                    "La",
                    "Los",
                    "Bad",
                    "Nova",
                    "Nowy",
                    "Sankt",
                    "Monte",
                    "Villa",
                    "Le",
                    "Ponte",
                    "Quinta de"
                ]),
                self.unheard(random)
            ),
            95..97 => format!(
                "{} {}",
                random.one(&["North", "South", "West", "East", "New", "Upper", "Mount", "Lake", "Fort", "Port"]),
                random.one(&self.words.places)
            ),
            _ => format!(
                "{} {} {}",
                self.unheard(random),
                random.one(&["de", "u", "am", "an der", "sur", "di", "do", "pri", "nad", "na"]),
                self.unheard(random)
            ),
        };
        if random.percent(4) { place.to_uppercase() } else { place }
    }

    /// A town or a country.
    pub(crate) fn somewhere(&self, random: &mut Random) -> String {
        if random.percent(35) { self.of("country", random).to_owned() } else { self.place(random) }
    }

    pub(crate) fn organization(&self, random: &mut Random) -> String {
        let word = |random: &mut Random| {
            if random.percent(60) {
                self.unheard(random)
            } else {
                capitalized(random.one(&self.words.english).as_str())
            }
        };
        match random.below(100) {
            0..10 => format!("{}, {} and {}", self.surname(random), self.surname(random), self.surname(random)),
            10..18 => format!("{}-{}", self.surname(random), self.surname(random)),
            18..28 => format!("{} {}", self.surname(random), self.of("companyafter", random)),
            28..40 => format!("{} {}", self.of("companybefore", random), self.of("companymiddle", random)),
            40..50 => format!(
                "{} {} {}",
                self.of("companybefore", random),
                self.of("companymiddle", random),
                self.of("companyafter", random)
            ),
            50..58 => format!("{} {}", word(random), self.of("companymiddle", random)),
            58..68 => word(random),
            68..74 => format!("{}{}", word(random), word(random).to_lowercase()),
            74..79 => format!("{} {}", word(random), self.of("companyafter", random)),
            79..90 => self.of("brand", random).to_owned(),
            90..94 => format!("University of {}", random.one(&self.words.places)),
            94..97 => format!("{} {}", random.one(&self.words.places), self.of("schoolafter", random)),
            _ => self.hospital(random),
        }
    }

    pub(crate) fn hospital(&self, random: &mut Random) -> String {
        let after = self.of("hospitalafter", random);
        match random.below(100) {
            0..40 => format!("{} {after}", random.one(&self.words.places)),
            40..60 => format!("{} {after}", self.surname(random)),
            60..85 => format!("{} {after}", self.of("saint", random)),
            85..92 => format!("{} {after}", self.of("companybefore", random)),
            92..96 => format!("University of {} {after}", self.of("state", random)),
            _ => self.of("saint", random).to_owned(),
        }
    }

    /// A street and a number, or a corner, or a box.
    pub(crate) fn street(&self, random: &mut Random) -> String {
        let name = |random: &mut Random| match random.below(100) {
            0..45 => self.surname(random),
            45..70 => random.one(&self.words.places).clone(),
            70..85 => capitalized(random.one(&self.words.frequent).as_str()),
            _ => format!("{} {}", random.one(&["N", "S.", "West", "East", "Old", "North"]), self.surname(random)),
        };
        let most = *random.one(&[99, 999, 9999, 99_999]);
        let number = 1 + random.below(most);
        let american = |random: &mut Random| format!("{} {}", name(random), self.of("street", random));
        let numbered = |random: &mut Random| {
            let place = 1 + random.below(99);
            let ordinal = match place % 10 {
                1 if place != 11 => "st",
                2 if place != 12 => "nd",
                3 if place != 13 => "rd",
                _ => "th",
            };
            format!("{place}{ordinal} {}", self.of("street", random))
        };
        match random.below(100) {
            0..48 => format!("{number} {}", american(random)),
            48..56 => format!("{number} {}", numbered(random)),
            56..61 => american(random),
            61..70 => {
                format!("{} {} {}", self.of("foreignbefore", random), self.unheard(random), 1 + random.below(300))
            }
            70..74 => {
                format!("{} {} {}", 1 + random.below(300), self.of("foreignbefore", random), self.unheard(random))
            }
            74..82 => format!("{}{} {}", self.unheard(random), self.of("foreignafter", random), 1 + random.below(300)),
            82..86 => format!("{} {} {}", self.unheard(random), self.of("foreignlast", random), 1 + random.below(300)),
            86..91 => format!("{} {}", self.unheard(random), 1 + random.below(999)),
            91..93 => format!("{} {} {}", self.unheard(random), self.unheard(random), 1 + random.below(99)),
            93..95 => format!("{number} {}", self.unheard(random)),
            95..97 => format!("PO Box {number}"),
            _ => format!("the corner of {} and {}", american(random), american(random)),
        }
    }

    /// A street, perhaps a unit, a town, a state, a postal code, a country; on one line or several.
    pub(crate) fn address(&self, random: &mut Random) -> String {
        let post = |random: &mut Random| format!("{:05}", random.below(100_000));
        let box_of = |random: &mut Random| format!("{:04}", random.below(9999));
        match random.below(100) {
            0..28 => self.street(random),
            28..34 => format!("{} {}", self.street(random), self.unit(random)),
            kind @ 34..80 => self.long_address(kind, random),
            80..85 => format!("{}, {} {}", self.street(random), post(random), self.place(random)),
            85..89 => format!("{}, {}", self.street(random), self.place(random)),
            89..92 => {
                format!(
                    "{} {} {} {}",
                    self.street(random),
                    self.unit(random),
                    self.place(random),
                    self.of("state", random)
                )
            }
            92..95 => format!("{}, {}, {}", self.street(random), self.place(random), self.of("country", random)),
            95..97 => {
                let (unit, number) = (box_of(random), box_of(random));
                let (office, code) = (*random.one(&["APO", "FPO", "DPO"]), *random.one(&["AA", "AE", "AP"]));
                format!("PSC {unit}, Box {number}\n{office} {code} {}", post(random))
            }
            97..98 => format!("Unit {} Box {}\nDPO AE {}", box_of(random), box_of(random), post(random)),
            _ => {
                let (street, place) = (self.street(random), self.place(random));
                format!("{street}, {place}, {} {}", self.of("state", random), post(random))
            }
        }
    }

    /// With a town, a state or a country, and a postal code.
    fn long_address(&self, kind: usize, random: &mut Random) -> String {
        let street = match random.below(12) {
            // A number, and a foreign address with one of its own.
            0 => format!("{} {}", 1 + random.below(99_999), self.street(random)),
            1 => format!("{} {} {}", self.street(random), self.surname(random), self.of("street", random)),
            _ => self.street(random),
        };
        let (gap, unit, place) = (*random.one(&[" ", ", ", "\n"]), self.unit(random), self.place(random));
        let (code, country) = (self.of("code", random), self.of("country", random));
        let post = format!("{:05}", random.below(100_000));
        match kind {
            34..46 => format!("{street}, {place}, {code} {post}"),
            46..54 => format!("{street}{gap}{unit}\n{place}, {code} {post}"),
            54..62 => format!("{street}\n {unit}\n {place}\n {country} {post}"),
            62..68 => format!("{street}\n{place}\n, {code}\n {post}"),
            68..74 => format!("{street} {unit} {place} {country} {post}"),
            _ => format!("{street} {unit}\n{place}, {country} {post}"),
        }
    }

    fn unit(&self, random: &mut Random) -> String {
        format!("{} {}", self.of("unit", random), 1 + random.below(999))
    }

    /// A word of English.
    pub(crate) fn word(&self, random: &mut Random) -> String {
        match random.below(10) {
            0..6 => random.one(&self.words.frequent).clone(),
            6..9 => random.one(&self.words.english).clone(),
            _ => random.one(&self.words.clinical).clone(),
        }
    }

    /// A word of medicine.
    pub(crate) fn clinical(&self, random: &mut Random) -> String {
        random.one(&self.words.clinical).clone()
    }

    pub(crate) fn drug(&self, random: &mut Random) -> String {
        random.one(&self.words.drugs).clone()
    }
}

/// With a capital at its beginning.
pub(crate) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn initial(random: &mut Random) -> char {
    char::from(b'A' + random.below(26) as u8)
}
