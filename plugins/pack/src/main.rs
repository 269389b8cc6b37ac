//! `cargo run --release -p pack` builds and packs every plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use pack::{Error, Guest, SOURCE_SECTION, guests_in, pack, section, source_digest, workspace};

/// Builds the plugins from source and packs each as a component with its manifest.
#[derive(Parser)]
struct Arguments {
    /// Build nothing; exit with 1 and name every packed plugin that is not of the sources present.
    #[arg(long)]
    check: bool,
    /// Where packed plugins are, instead of `plugins/packed`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A guest crate with a manifest.json, instead of those in `plugins`. Can be repeated; needs `--out`.
    #[arg(long = "guest", value_name = "DIR", requires = "out")]
    guests: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let plugins = || workspace(Path::new(".")).map(|root| root.join("plugins"));
    let guests = match arguments.guests.as_slice() {
        [] => guests_in(&plugins()?)?,
        folders => folders.iter().map(|folder| Guest::open(folder)).collect::<Result<_, _>>()?,
    };
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => plugins()?.join("packed"),
    };
    if arguments.check { check(&guests, &out) } else { pack_all(&guests, &out) }
}

fn pack_all(guests: &[Guest], out: &Path) -> Result<ExitCode, Error> {
    fs::create_dir_all(out).map_err(|reason| Error::File { path: out.to_owned(), reason })?;
    for guest in guests {
        let component = pack(guest)?;
        write(&out.join(format!("{}.wasm", guest.name)), &component)?;
        println!("{:12} {:>7} bytes", guest.name, component.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that is never seen half written.
fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let written = fs::write(&unfinished, content).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|reason| Error::File { path: path.to_owned(), reason })
}

fn check(guests: &[Guest], out: &Path) -> Result<ExitCode, Error> {
    let mut stale = false;
    for guest in guests {
        let path = out.join(format!("{}.wasm", guest.name));
        let packed = fs::read(&path).ok().map(|component| section(&component, SOURCE_SECTION)).transpose()?.flatten();
        if packed.as_deref() != Some(source_digest(&guest.folder)?.as_bytes()) {
            println!("{} is not of the sources present: run `cargo run --release -p pack`", path.display());
            stale = true;
        }
    }
    Ok(if stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
