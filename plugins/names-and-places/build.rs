//! Makes a filter of each dictionary.

use std::path::Path;
use std::{env, fs};

#[path = "src/filter.rs"]
mod filter;

use filter::Name;

fn main() {
    let out = env::var_os("OUT_DIR").expect("Cargo sets it");
    // The names are in the order of how frequent they are: the first 4,000 are those of nearly everybody.
    for (name, set_name, most) in [
        ("given-names", "given-names", usize::MAX),
        ("given-names", "common-given-names", 4_000),
        ("surnames", "surnames", usize::MAX),
        ("places", "places", usize::MAX),
    ] {
        let path = format!("dictionaries/{name}.txt");
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(&path).expect("the dictionary is there");
        let filter = set(text.lines().map(str::trim).filter(|line| !line.is_empty()).take(most));
        fs::write(Path::new(&out).join(format!("{set_name}.bin")), filter).expect("the filter can be written");
    }
    println!("cargo::rerun-if-changed=src/filter.rs");
}

/// The set of these names, as bytes: 13 bits for each, with which about 2 of 100 others are taken for one of them.
fn set<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let names: Vec<Name> = names.map(|name| Name::of(name.as_bytes())).collect();
    let mut words = vec![0_u64; (names.len() * 13).div_ceil(64).max(1)];
    let count = words.len();
    for (place, bits) in names.iter().map(|name| name.place(count)) {
        words[place] |= bits;
    }
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
