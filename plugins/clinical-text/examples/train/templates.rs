//! Texts from templates: a slot in braces is filled with a value, and the text knows what it is.

use std::path::Path;
use std::{fs, io};

use crate::random::Random;
use crate::values::{Values, capitalized};

/// Text, and which of its bytes are a name (0), a place (1), an organization (2) or an address (3).
#[derive(Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) spans: Vec<(usize, usize, u8)>,
}

/// What stands between slots, and the slots.
enum Part {
    Plain(String),
    Slot(String),
}

pub(crate) struct Templates(Vec<Vec<Part>>);

impl Templates {
    /// One on each line; `\n` is the end of a line inside.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let lines = text.lines().filter(|line| !line.starts_with("#!") && !line.is_empty());
        Ok(Self(lines.map(|line| parts(&line.replace("\\n", "\n").replace("\\t", "\t"))).collect()))
    }
}

fn parts(mut line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    while let Some(open) = line.find('{') {
        let name: &str = &line[open + 1..];
        let length = name.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(name.len());
        let is_slot = length > 0 && name[length..].starts_with('}');
        let plain = if is_slot { &line[..open] } else { &line[..=open] };
        parts.push(Part::Plain(plain.to_owned()));
        line = if is_slot { &name[length + 1..] } else { name };
        if is_slot {
            parts.push(Part::Slot(name[..length].to_owned()));
        }
    }
    parts.push(Part::Plain(line.to_owned()));
    parts
}

/// One to three templates one behind the other.
pub(crate) fn text(own: &Templates, others: &Templates, values: &Values, random: &mut Random) -> Text {
    let mut text = Text::default();
    for part in 0..1 + random.below(6) / 4 + random.below(6) / 5 {
        if part > 0 {
            text.text.push_str(random.one::<&str>(&[" ", "\n", "\n\n"]));
        }
        let templates = if random.percent(68) { own } else { others };
        text.fill(random.one(&templates.0).as_slice(), values, random);
    }
    match random.below(100) {
        0..7 => text.recase(str::to_lowercase),
        7..11 => text.recase(str::to_uppercase),
        _ => {}
    }
    text
}

impl Text {
    fn fill(&mut self, template: &[Part], values: &Values, random: &mut Random) {
        for part in template {
            match part {
                Part::Plain(plain) => self.text.push_str(plain),
                Part::Slot(slot) => {
                    let start = self.text.len();
                    let (value, kind) = value(slot, values, random);
                    self.text.push_str(&value);
                    self.spans.extend(kind.map(|kind| (start, self.text.len(), kind)));
                }
            }
        }
    }

    /// In another case, where that changes no lengths.
    fn recase(&mut self, case: fn(&str) -> String) {
        let characters = self.text.chars().map(|character| {
            let cased = case(character.encode_utf8(&mut [0; 4]));
            if cased.len() == character.len_utf8() { cased } else { character.to_string() }
        });
        self.text = characters.collect();
    }
}

const NAME: Option<u8> = Some(0);
const PLACE: Option<u8> = Some(1);
const ORGANIZATION: Option<u8> = Some(2);
const ADDRESS: Option<u8> = Some(3);

/// The value of a slot, and its kind.
fn value(slot: &str, values: &Values, random: &mut Random) -> (String, Option<u8>) {
    let listed = |list: &str, random: &mut Random| values.listed(list, random).unwrap_or_default().to_owned();
    match slot {
        "person" => (values.person(random), NAME),
        "PERSON" => (values.person(random).to_uppercase(), NAME),
        "first" => (values.given(random), NAME),
        "FIRST" => (values.given(random).to_uppercase(), NAME),
        "last" => (values.surname(random), NAME),
        "LAST" => (values.surname(random).to_uppercase(), NAME),
        "lastfirst" => (values.last_first(random), NAME),
        "LASTFIRST" => (values.last_first(random).to_uppercase(), NAME),
        "lower" => (values.person(random).to_lowercase(), NAME),
        "lowerfirst" => (values.given(random).to_lowercase(), NAME),
        "lowerlast" => (values.surname(random).to_lowercase(), NAME),
        "place" => (values.place(random), PLACE),
        "PLACE" => (values.place(random).to_uppercase(), PLACE),
        "geo" => (values.somewhere(random), PLACE),
        "country" => (listed("country", random), PLACE),
        "state" => (listed("state", random), PLACE),
        "ST" => (listed("code", random), PLACE),
        "org" => (values.organization(random), ORGANIZATION),
        "hospital" => (values.hospital(random), ORGANIZATION),
        "HOSPITAL" => (values.hospital(random).to_uppercase(), ORGANIZATION),
        "insurer" => (listed("insurer", random), ORGANIZATION),
        "address" => (values.address(random), ADDRESS),
        "ADDRESS" => (values.address(random).to_uppercase(), ADDRESS),
        "street" => (values.street(random), ADDRESS),
        _ => (plain(slot, values, random), None),
    }
}

/// What is no piece of the tagger.
fn plain(slot: &str, values: &Values, random: &mut Random) -> String {
    let number = |digits: usize, random: &mut Random| -> String {
        (0..digits).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
    };
    match slot {
        "word" => values.word(random),
        "Word" => capitalized(&values.word(random)),
        "WORD" => values.word(random).to_uppercase(),
        "clin" => values.clinical(random),
        "Clin" => capitalized(&values.clinical(random)),
        "CLIN" => values.clinical(random).to_uppercase(),
        "Unheard" => values.unheard(random),
        "n" => (1 + random.below(500)).to_string(),
        "drug" => values.drug(random),
        "Drug" => capitalized(&values.drug(random)),
        "SEX" | "DISEASE" => values.listed(&slot.to_lowercase(), random).unwrap_or_default().to_uppercase(),
        "Job" | "Symptom" => capitalized(values.listed(&slot.to_lowercase(), random).unwrap_or_default()),
        "age" => (1 + random.below(99)).to_string(),
        "year" => (1930 + random.below(97)).to_string(),
        "time" => format!("{:02}:{:02}", random.below(24), random.below(60)),
        "ACRONYM" => {
            let length = 2 + random.below(4);
            (0..length).map(|_| char::from(b'A' + random.below(26) as u8)).collect()
        }
        "initials" => (0..2).map(|_| char::from(b'A' + random.below(26) as u8)).collect(),
        "date" => date(values, random),
        "phone" => match random.below(4) {
            0 => format!("({}) {}-{}", 200 + random.below(700), number(3, random), number(4, random)),
            1 => format!("+{} {} {}", 1 + random.below(99), number(3, random), number(6, random)),
            2 => format!("0{} {} {} {}", number(3, random), number(2, random), number(2, random), number(2, random)),
            _ => format!("{}-{}-{}", 200 + random.below(700), number(3, random), number(4, random)),
        },
        "mrn" => {
            let digits = 6 + random.below(5);
            let letter = if random.percent(30) { random.one(&["A", "MR", "H-", "X"]) } else { "" };
            format!("{letter}{}", number(digits, random))
        }
        "ssn" => format!("{}-{}-{}", number(3, random), number(2, random), number(4, random)),
        "card" => number(16, random),
        "zip" => number(5, random),
        "ip" => format!("{}.{}.{}.{}", random.below(256), random.below(256), random.below(256), random.below(256)),
        "iban" => format!("GB{}WEST{}", number(2, random), number(14, random)),
        "email" => format!(
            "{}@example.com",
            values.given(random).to_lowercase().replace(|letter: char| !letter.is_ascii(), "")
        ),
        "url" => format!("https://www.{}.com/", values.word(random)),
        list => values.listed(list, random).unwrap_or_else(|| panic!("no slot is called {list}")).to_owned(),
    }
}

fn date(values: &Values, random: &mut Random) -> String {
    let (year, month, day) = (1930 + random.below(97), 1 + random.below(12), 1 + random.below(28));
    let name = values.listed("month", random).unwrap_or_default();
    match random.below(7) {
        0 | 1 => format!("{month}/{day}/{year}"),
        2 => format!("{year}-{month:02}-{day:02}"),
        3 => format!("{name} {day}, {year}"),
        4 => format!("{day} {name} {year}"),
        5 => values.listed("weekday", random).unwrap_or_default().to_owned(),
        _ => year.to_string(),
    }
}
