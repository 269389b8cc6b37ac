//! Values as people write them: in capitals, without marks on letters, with a slip of the finger.

use learned::Kind;

use crate::random::Random;

/// A value, spoilt or not.
pub(crate) fn spoilt(value: String, kind: Kind, random: &mut Random) -> String {
    if kind == Kind::Username {
        return value;
    }
    let value = if random.percent(15) { latin(&value) } else { value };
    let value = if kind != Kind::Nothing && random.percent(10) { misspelt(&value, random) } else { value };
    match random.below(100) {
        0..12 => value.to_uppercase(),
        12..20 => value.to_lowercase(),
        _ => value,
    }
}

/// Two letters swapped, one left out, or one twice; never the first.
fn misspelt(value: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = value.chars().collect();
    if letters.len() < 4 {
        return value.to_owned();
    }
    let place = 1 + random.below(letters.len() - 2);
    match random.below(3) {
        0 => letters.swap(place, place + 1),
        1 => drop(letters.remove(place)),
        _ => letters.insert(place, letters[place]),
    }
    letters.into_iter().collect()
}

/// Latin letters without their marks.
pub(crate) fn latin(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'Æ' => plain.push_str("Ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            '\u{c0}'..='\u{17f}' => plain.push(char::from(LATIN[character as usize - 0xc0])),
            '\u{1ea0}'..='\u{1ef9}' => plain.push(char::from(VIETNAMESE[character as usize - 0x1ea0])),
            'ơ' => plain.push('o'),
            'Ơ' => plain.push('O'),
            'ư' => plain.push('u'),
            'Ư' => plain.push('U'),
            _ => plain.push(character),
        }
    }
    plain
}

/// U+00C0 to U+017F without their marks.
const LATIN: &[u8; 192] = b"AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo-ouuuuyty\
AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// U+1EA0 to U+1EF9 without their marks.
const VIETNAMESE: &[u8; 90] =
    b"AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy";
