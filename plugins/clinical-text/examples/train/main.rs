//! Makes what the plugin knows: `data/words.bin` from dictionaries, and `data/weights.bin` from text that it writes itself.
//!
//! ```sh
//! cargo run --release -p clinical-text --example train
//! ```
//!
//! No text of anybody is read: templates are filled with names of the Census, and with made-up numbers. The same sources
//! give the same bytes.

mod dictionary;
mod perceptron;
mod random;
mod templates;
mod values;

use std::path::Path;
use std::{fs, io};

use clinical_text::dictionary::Dictionary;
use random::Random;
use templates::Templates;
use values::Values;

/// How many texts a round of training has, and how many rounds there are.
const TEXTS: usize = 150_000;
const ROUNDS: usize = 6;

fn main() -> io::Result<()> {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lists = dictionary::Lists::read(plugin)?;
    let words = dictionary::build(&lists);
    fs::write(plugin.join("data/words.bin"), &words)?;

    let values = Values::read(&plugin.join("training/values.txt"), lists)?;
    let own = Templates::read(&plugin.join("training/templates.txt"))?;
    let others = Templates::read(&plugin.join("training/templates-presidio-research.txt"))?;
    // To see what the plugin makes of templates that it was not trained on.
    let others = if std::env::args().any(|argument| argument == "--own") { &own } else { &others };
    let mut random = Random(42);
    let mut examples = Vec::with_capacity(TEXTS);
    for _ in 0..TEXTS {
        let text = templates::text(&own, others, &values, &mut random);
        examples.push(perceptron::Example::of(&text, Dictionary(&words), &mut random));
    }
    let weights = perceptron::train(&examples, ROUNDS, &mut random);
    fs::write(plugin.join("data/weights.bin"), weights)
}
