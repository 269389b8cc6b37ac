//! What is nobody's, or what rules tell: codes, numbers, states of things, products, English, filler.

use learned::Kind;

use crate::lists::Lists;
use crate::made::{capitalized, digits};
use crate::random::Random;

/// A value that is nothing for the model.
pub(crate) fn value(lists: &Lists, random: &mut Random) -> String {
    match random.below(100) {
        0..28 => lists.one(Kind::Nothing, random).to_owned(),
        28..52 => lists.filler(random).to_owned(),
        52..80 => words(lists, random),
        80..92 => code(random),
        92..96 => address_of_network(lists, random),
        96 => format!("{} {}", lists.filler(random), random.below(100)),
        97 => {
            let (one, other) = (lists.filler(random), lists.filler(random));
            format!("{one}{}{other}", random.one(&[" ", " - ", "/", ", ", ": ", "_"]))
        }
        98 => format!("{} {}", lists.filler(random), lists.one(Kind::Nothing, random)),
        _ => format!("{} ({})", lists.one(Kind::Nothing, random), digits(random, 2)),
    }
}

fn word<'a>(lists: &'a Lists, random: &mut Random) -> &'a str {
    // Two words of three are frequent ones.
    let most = if random.percent(66) { 10_000 } else { lists.english.len() };
    random.one(&lists.english[..most]).as_str()
}

/// One word of English, or several, in the ways that columns have them.
fn words(lists: &Lists, random: &mut Random) -> String {
    let count = match random.below(20) {
        0..8 => 1,
        8..13 => 2,
        13..16 => 3,
        _ => 4 + random.below(7),
    };
    let words: Vec<&str> = (0..count).map(|_| word(lists, random)).collect();
    let each = |mark: &str| words.iter().map(|word| capitalized(word)).collect::<Vec<_>>().join(mark);
    match random.below(20) {
        0..6 => words.join(" "),
        6..10 => capitalized(&words.join(" ")),
        10..13 => each(" "),
        13 => words.join("_"),
        14 => words.join("-"),
        15 => words.join("_").to_uppercase(),
        16 => each(""),
        17 => format!("{}.", capitalized(&words.join(" "))),
        18 => format!("{} {}", words.join(" "), random.below(300)),
        _ => format!("{} {}", random.below(300), words.join(" ")),
    }
}

/// Letters and digits in a pattern.
fn code(random: &mut Random) -> String {
    const PATTERNS: [&str; 36] = [
        "AA9999",
        "A99.9",
        "A99",
        "AAA-999",
        "AA-9999-A",
        "9A99A",
        "AAA",
        "AA",
        "AAAA",
        "A9",
        "AA9",
        "999-AA",
        "AAAA9999",
        "AAA99999",
        "a9a9a9a9",
        "aaaa9999",
        "A9999999",
        "AA99AA",
        "99AA99",
        "AAA/99/9999",
        "99-A",
        "A-99",
        "a99",
        "AA 999",
        "99:99 AM",
        "99x99",
        "v9.9.9",
        "99mm",
        "9.9 GB",
        "$99.99",
        "99 %",
        "99/99/9999",
        "9999-99-99T99:99:99Z",
        "aa-AA",
        "99 Jan 9999",
        "AAAA-9999-9999",
    ];
    let pattern = random.one(&PATTERNS);
    let symbol = |symbol: char| match symbol {
        'A' => char::from(b'A' + random.below(26) as u8),
        'a' => char::from(b"abcdef0123456789ghjk"[random.below(20)]),
        '9' => char::from(b'0' + random.below(10) as u8),
        other => other,
    };
    pattern.chars().map(symbol).collect()
}

fn address_of_network(lists: &Lists, random: &mut Random) -> String {
    let (one, other) = (word(lists, random).to_owned(), word(lists, random).to_owned());
    match random.below(5) {
        0 => format!("{one}.{other}@example.{}", random.one(&["com", "org", "net"])),
        1 => format!("https://{one}.example.com/{other}/{}", digits(random, 3)),
        2 => format!("{one}.{}", random.one(&["com", "csv", "pdf", "txt", "json", "jpg", "xml", "log", "py", "dcm"])),
        3 => format!("/{one}/{other}/{}", digits(random, 2)),
        _ => format!("{{\"{one}\": \"{other}\"}}"),
    }
}
