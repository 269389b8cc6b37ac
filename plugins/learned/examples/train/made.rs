//! Values as columns have them, made of the lists.

use learned::Kind;

use crate::background;
use crate::lists::Lists;
use crate::random::Random;
use crate::spoil::latin;

/// A value of a kind.
pub(crate) fn value(kind: Kind, lists: &Lists, random: &mut Random) -> String {
    match kind {
        Kind::Nothing => background::value(lists, random),
        Kind::Given => given(lists, random),
        Kind::Family => family(lists, random),
        Kind::Person => person(lists, random),
        Kind::City => city(lists, random),
        Kind::Organization => organization(lists, random),
        Kind::Username => username(lists, random),
        Kind::Medication => medication(lists, random),
        Kind::Diagnosis => lists.any(kind, random).to_owned(),
        Kind::Occupation => lists.any(kind, random).to_owned(),
        Kind::Street | Kind::Address | Kind::Country => lists.one(kind, random).to_owned(),
    }
}

fn given(lists: &Lists, random: &mut Random) -> String {
    let [given, _] = lists.person(random);
    match random.below(20) {
        0 => format!("{given} {}", lists.one(Kind::Given, random)),
        1 => format!("{given}-{given}"),
        2 => format!("{given} {}.", initial(given)),
        _ => given.to_owned(),
    }
}

fn family(lists: &Lists, random: &mut Random) -> String {
    let [_, family] = lists.person(random);
    match random.below(20) {
        0 | 1 => format!("{family}-{}", lists.person(random)[1]),
        2 => format!("{family} {}", lists.person(random)[1]),
        _ => family.to_owned(),
    }
}

fn person(lists: &Lists, random: &mut Random) -> String {
    if random.percent(25) {
        return lists.one(Kind::Person, random).to_owned();
    }
    let [given, family] = lists.person(random);
    match random.below(20) {
        0..5 => format!("{family}, {given}"),
        5 => format!("{family} {given}"),
        6 => format!("{given} {}. {family}", initial(family)),
        7 => format!("{}. {family}", initial(given)),
        8 => format!("{} {given} {family}", random.one(&["Dr.", "Mr.", "Mrs.", "Ms.", "Dr", "Prof.", "Herr", "Frau"])),
        9 => format!("{given} {family} {}", lists.person(random)[1]),
        10 => format!("{given} {} {family}", lists.person(random)[0]),
        11 => format!("{family}, {given} {}", initial(family)),
        12 => format!("{}, {given}", family.to_uppercase()),
        _ => format!("{given} {family}"),
    }
}

fn initial(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default()
}

fn city(lists: &Lists, random: &mut Random) -> String {
    let city = lists.any(Kind::City, random);
    match random.below(30) {
        0 => format!("{city}, {}", lists.one(Kind::Country, random)),
        1 => format!("{} {city}", digits(random, 5)),
        _ => city.to_owned(),
    }
}

fn organization(lists: &Lists, random: &mut Random) -> String {
    if random.percent(45) {
        return lists.one(Kind::Organization, random).to_owned();
    }
    let mut name = random.one(&lists.organizations).clone();
    while let Some(place) = name.find("{family}") {
        name.replace_range(place..place + 8, lists.person(random)[1]);
    }
    name.replace("{city}", lists.one(Kind::City, random)).replace("{given}", lists.person(random)[0])
}

fn username(lists: &Lists, random: &mut Random) -> String {
    let ascii = |name: &str| -> String {
        latin(name).to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(14).collect()
    };
    let (given, family) = loop {
        let [given, family] = lists.person(random).map(ascii);
        if given.len() > 1 && family.len() > 2 {
            break (given, family);
        }
    };
    let (first, word) = (&given[..1], random.one(&lists.english[..8_000]));
    let length = random.below(4) + 1;
    let number = digits(random, length);
    match random.below(17) {
        0 => format!("{first}{family}"),
        1 => format!("{first}{family}{number}"),
        2 => format!("{given}.{family}"),
        3 => format!("{given}_{family}"),
        4 => format!("{given}{family}"),
        5 => format!("{given}{number}"),
        6 => format!("{family}{first}"),
        7 => format!("{given}.{family}{number}"),
        8 => format!("{given}_{number}"),
        9 => format!("{family}.{given}"),
        10 => format!("{word}{number}"),
        11 => format!("{word}_{given}"),
        12 => format!("{}{}{number}", capitalized(&given), capitalized(&family)),
        13 => format!("{}_{}", capitalized(&given), capitalized(&family)),
        14 => format!("{}.{}{number}", capitalized(&given), capitalized(&family)),
        15 => format!("{}{number}", capitalized(&given)),
        _ => format!("{first}.{family}"),
    }
}

pub(crate) fn digits(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
}

pub(crate) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn medication(lists: &Lists, random: &mut Random) -> String {
    let name = lists.any(Kind::Medication, random).to_lowercase();
    let name = if random.percent(70) { capitalized(&name) } else { name };
    let strength =
        random.one(&["1", "2.5", "5", "10", "20", "25", "40", "50", "100", "150", "200", "250", "500", "0.5"]);
    let unit = random.one(&["mg", "mg", "mg", " mg", " mg", " MG", "mcg", " mcg", " units", "%", " mg/mL"]);
    let form =
        random.one(&["tablet", "tablets", "capsule", "oral", "inj", "cream", "solution", "inhaler", "tab", "drops"]);
    let often = random.one(&["daily", "BID", "twice daily", "at bedtime", "PRN", "every 8 hours", "qd", "once daily"]);
    match random.below(20) {
        0..3 => format!("{name} {strength}{unit}"),
        3 => format!("{name} {strength}{unit} {form}"),
        4 => format!("{name} {strength}{unit} {often}"),
        5 => format!("{name} {form}"),
        6 => format!("{name}/{}", lists.any(Kind::Medication, random).to_lowercase()),
        _ => name,
    }
}
