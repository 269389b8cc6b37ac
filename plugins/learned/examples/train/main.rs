//! Makes what the plugin knows: `data/weights.bin`, from the lists of `training` and from values that it makes of them.
//!
//! ```sh
//! cargo run --release -p learned --example train
//! ```
//!
//! The same sources give the same bytes. `-- --try FILE` shows instead what the shipped weights take the values of columns
//! for: a file of lines with a kind, a name and a value, between tabs.

mod background;
mod lists;
mod made;
mod random;
mod regression;
mod spoil;
mod trial;

use std::path::Path;
use std::{env, fs, io};

use learned::Kind;
use learned::features::Features;
use lists::Lists;
use random::Random;
use regression::{Example, Regression};

/// How many values of each kind there are, and how many times as many that are nothing.
const VALUES: usize = 34_000;
const NOTHING: usize = 6;

/// How often all of them are looked at.
const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let (Some(_), Some(columns)) = (env::args().nth(1).filter(|option| option == "--try"), env::args().nth(2)) {
        return trial::show(&fs::read_to_string(columns)?);
    }
    let lists = Lists::read(plugin)?;
    let mut random = Random(42);
    let mut examples = Vec::with_capacity(VALUES * (Kind::ALL.len() + NOTHING));
    for kind in Kind::ALL {
        let values = if kind == Kind::Nothing { VALUES * NOTHING } else { VALUES };
        examples.extend((0..values).filter_map(|_| example(kind, &lists, &mut random)));
    }
    println!("{} values", examples.len());
    let mut regression = Regression::new();
    for round in 1..=ROUNDS {
        random.shuffle(&mut examples);
        let wrong = regression.learn(&examples, &mut random);
        println!("round {round}: {wrong} wrong");
    }
    fs::create_dir_all(plugin.join("data"))?;
    fs::write(plugin.join("data/weights.bin"), regression.quantized())
}

/// A value of a kind as people may write it. `None`: the model does not look at such values.
fn example(kind: Kind, lists: &Lists, random: &mut Random) -> Option<Example> {
    let value = spoil::spoilt(made::value(kind, lists, random), kind, random);
    let mut features = Features::default();
    features.look(value.trim()).then_some(Example { kind, words_at: features.words_at, rows: features.rows })
}
