//! Writes the hostile components that no compiler gives beside those that were packed: `publish tests/guests/packed`.
//!
//! With `MORETTA_KITS`, where `guest-sdk/check-kits` built plugins of other languages, those that misbehave come along.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use moretta_tests::forge;

/// What is larger is kept compressed: most of these are large and say little.
const LARGE: usize = 1 << 16;
/// Python's is too large to keep.
const LANGUAGES: [&str; 3] = ["c", "go", "typescript"];

fn main() -> io::Result<()> {
    let packed = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| "tests/guests/packed".into()));
    for (name, forge) in forge::published() {
        write(&packed.join("forged"), name, &forge())?;
    }
    if let Some(kits) = env::var_os("MORETTA_KITS").map(PathBuf::from) {
        for language in LANGUAGES {
            write(&packed.join("languages"), language, &fs::read(kits.join(language).join("misbehave.wasm"))?)?;
        }
    }
    Ok(())
}

fn write(folder: &Path, name: &str, component: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    match component.len() {
        ..=LARGE => fs::write(folder.join(format!("{name}.wasm")), component),
        _ => fs::write(folder.join(format!("{name}.wasm.zst")), zstd::encode_all(component, 19)?),
    }
}
