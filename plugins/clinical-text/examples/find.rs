//! Finds the pieces of texts: JSON strings, one a line, become `[[start, end, label, confidence], …]` in bytes.
//!
//! With a number it reads all of them so often and prints nothing, so that it can be timed.

use std::io::{self, BufWriter, Read, Write};

fn main() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let texts: Vec<String> = input.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut out = BufWriter::new(io::stdout().lock());
    if let Some(rounds) = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()) {
        (0..rounds)
            .for_each(|_: u32| texts.iter().for_each(|text| drop(std::hint::black_box(clinical_text::find(text)))));
        return Ok(());
    }
    for text in &texts {
        let pieces = clinical_text::find(text).into_iter();
        let pieces: Vec<_> =
            pieces.map(|piece| (piece.start, piece.end, piece.label.name(), piece.confidence)).collect();
        writeln!(out, "{}", serde_json::to_string(&pieces)?)?;
    }
    Ok(())
}
