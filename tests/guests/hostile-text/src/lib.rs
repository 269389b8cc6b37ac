//! A text classifier that finds what is not there, for the tests of the host. What it does wrong is the name of the column;
//! under any other name it finds the numbers.

use std::hint::black_box;

use moretta_guest::{BatchError, Column, Request, Span, TextClassifier};

/// The plugin.
#[derive(Debug)]
pub struct HostileText;

/// The names of columns for which it does something wrong.
pub const ATTACKS: [&str; 19] = [
    "refuse",
    "spin",
    "trap",
    "grow-memory",
    "flood",
    "no-such-row",
    "null-row",
    "past-end",
    "far-past-end",
    "empty",
    "backwards",
    "split-start",
    "split-end",
    "rows-fall",
    "starts-fall",
    "no-such-label",
    "too-sure",
    "everything",
    "chain",
];

/// The names of columns in which it finds the numbers, and not in every batch that has them: no call by itself shows that.
pub const UNFAITHFUL: [&str; 4] = ["not-alone", "not-second", "not-among-nulls", "not-beyond-ascii"];

impl TextClassifier for HostileText {
    fn find(_: &Request, name: &str, column: Column) -> Result<Vec<Span>, BatchError> {
        let span = Span { row: 0, start: 0, end: 1, label: 0, confidence: 90 };
        let text = column.text()?;
        let length = text.iter_bytes().next().flatten().map_or(0, <[u8]>::len) as u32;
        Ok(match name {
            "refuse" => return Err(BatchError::Internal),
            "spin" => spin(),
            "trap" => panic!("a guest that panics"),
            "grow-memory" => grow_memory(),
            "flood" => vec![span; 1 << 20],
            "no-such-row" => vec![Span { row: column.rows, ..span }],
            "null-row" => vec![Span { row: 1, ..span }],
            "past-end" => vec![Span { end: length + 1, ..span }],
            "far-past-end" => vec![Span { start: u32::MAX - 1, end: u32::MAX, ..span }],
            "empty" => vec![Span { end: 0, ..span }],
            "backwards" => vec![Span { start: 2, end: 1, ..span }],
            "split-start" => vec![Span { start: 1, end: length, ..span }],
            "split-end" => vec![Span { end: 1, ..span }],
            "rows-fall" => vec![Span { row: 2, ..span }, span],
            "starts-fall" => vec![Span { start: 2, end: length, ..span }, span],
            "no-such-label" => vec![Span { label: 2, ..span }],
            "too-sure" => vec![Span { confidence: 101, ..span }],
            "everything" => vec![Span { end: length, ..span }; 10],
            "chain" => (0..length - 1).map(|start| Span { start, end: start + 2, ..span }).collect(),
            "not-alone" if column.rows < 2 => Vec::new(),
            "not-second" if text.iter().nth(1).flatten().is_some() => Vec::new(),
            "not-among-nulls" if text.iter().flatten().count() * 2 < column.rows as usize => Vec::new(),
            "not-beyond-ascii" if !text.data().is_ascii() => Vec::new(),
            _ => text
                .iter()
                .enumerate()
                .flat_map(|(row, value)| numbers(row as u32, value.unwrap_or_default()))
                .collect(),
        })
    }
}

/// Runs of digits.
fn numbers(row: u32, text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (place, _) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        let place = place as u32;
        match spans.last_mut().filter(|span| span.end == place) {
            Some(span) => span.end += 1,
            None => spans.push(Span { row, start: place, end: place + 1, label: 0, confidence: 90 }),
        }
    }
    spans
}

fn spin() -> Vec<Span> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn grow_memory() -> Vec<Span> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(black_box(Vec::with_capacity(1 << 20)));
    }
}

moretta_guest::text_classifier!(HostileText);

#[cfg(test)]
mod tests {
    use moretta_guest::testing;

    use super::*;

    fn find(name: &str, column: Column) -> Result<Vec<Span>, BatchError> {
        let request = Request { transform: "find".into(), config: "{}".into(), reference_date: None };
        HostileText::find(&request, name, column)
    }

    #[test]
    fn behaves_while_it_is_on_trial() {
        testing::check_found(include_str!("../manifest.json"), find);
    }

    #[test]
    fn every_attack_is_one() {
        let column = || Column::from_text([Some("né 12"), None, Some("34")]);
        let honest = find("honest", column()).unwrap();
        for name in UNFAITHFUL {
            assert!(find(name, Column::from_text([Some("12"), None])).unwrap().len() == 1, "{name}");
        }
        for attack in ATTACKS.iter().filter(|attack| !["spin", "trap", "grow-memory"].contains(attack)) {
            assert_ne!(find(attack, column()), Ok(honest.clone()), "{attack}");
        }
    }
}
