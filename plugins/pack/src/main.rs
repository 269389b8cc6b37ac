//! `cargo run --release -p pack` builds and packs every plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use pack::{Error, Guest, SOURCE_SECTION, give_back, guests_in, pack, pack_wasm, section, source_digest, workspace};

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
    /// What the compiler of another language gave, a core module or a component, instead of a guest crate.
    #[arg(long, value_name = "FILE", requires_all = ["manifest", "out"], conflicts_with_all = ["check", "guests"])]
    wasm: Option<PathBuf>,
    /// The manifest of that plugin.
    #[arg(long, value_name = "FILE", requires = "wasm")]
    manifest: Option<PathBuf>,
    /// Give what a call is lent back at its end, for a compiler whose code does not.
    #[arg(long, requires = "wasm")]
    give_back: bool,
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
    if let Arguments { wasm: Some(wasm), manifest: Some(manifest), out: Some(out), .. } = arguments {
        return pack_one(wasm, manifest, out, arguments.give_back);
    }
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

fn pack_one(wasm: &Path, manifest: &Path, out: &Path, gives_back: bool) -> Result<ExitCode, Error> {
    let read = |path: &Path| fs::read(path).map_err(|reason| Error::File { path: path.to_owned(), reason });
    let (bytes, text) = (read(wasm)?, String::from_utf8_lossy(&read(manifest)?).into_owned());
    let name = Guest::parse(manifest, text.clone())?.name;
    let bytes = if gives_back { give_back(&bytes)? } else { bytes };
    let component = pack_wasm(&bytes, &text)?;
    fs::create_dir_all(out).map_err(|reason| Error::File { path: out.to_owned(), reason })?;
    write(&out.join(format!("{name}.wasm")), &component)?;
    println!("{name:12} {:>7} bytes", component.len());
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
