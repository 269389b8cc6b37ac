//! Finds the pieces of texts: JSON strings, one a line, become `[[start, end, label, confidence], …]` in bytes.
//!
//! With `--time` it prints instead how many bytes a second one core reads.

use std::io::{self, BufWriter, Read, Write};
use std::time::Instant;

fn main() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let texts: Vec<String> = input.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut out = BufWriter::new(io::stdout().lock());
    if std::env::args().any(|argument| argument == "--time") {
        let bytes: usize = texts.iter().map(String::len).sum();
        let started = Instant::now();
        let mut rounds = 0;
        while started.elapsed().as_secs_f64() < 2.0 {
            texts.iter().for_each(|text| drop(std::hint::black_box(clinical_text::find(text))));
            rounds += 1;
        }
        return writeln!(out, "{}", (bytes * rounds) as f64 / started.elapsed().as_secs_f64());
    }
    for text in &texts {
        let pieces = clinical_text::find(text).into_iter();
        let pieces: Vec<_> = pieces.map(|piece| (piece.start, piece.end, piece.label.name(), piece.confidence)).collect();
        writeln!(out, "{}", serde_json::to_string(&pieces)?)?;
    }
    Ok(())
}
