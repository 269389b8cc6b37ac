//! `bindings LANGUAGE --manifest FILE --out DIR` writes what a kit compiles against. Nothing of it is written by hand.

mod go;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use wit_bindgen_core::wit_parser::{Resolve, SourceMap, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};

/// Writes the bindings of the world that a plugin's manifest names.
#[derive(Parser)]
struct Arguments {
    /// `c` and `go`: bindings. `typescript`: types alone. `wit`: the contract itself, for the tools of other languages.
    language: Language,
    /// The manifest of the plugin.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Where to. The folder is made; files of the same names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    C,
    Go,
    Typescript,
    Wit,
}

fn main() -> Result<()> {
    let Arguments { language, manifest, out } = Arguments::parse();
    let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let name = pack::Guest::parse(&manifest, text)?.world;
    let (mut resolve, world) = read_contract(&name)?;
    match language {
        Language::C => generate(c_generator(), &mut resolve, world, &out),
        Language::Go => {
            generate(go_generator(), &mut resolve, world, &out)?;
            write_all(&out, &go::PACKAGES)?;
            write_all(&out, go::export(&name).as_slice())
        }
        Language::Typescript => write(&out.join("contract.ts"), typescript::module(&resolve).as_bytes()),
        Language::Wit => write_all(&out, &pack::CONTRACT),
    }
}

fn read_contract(world: &str) -> Result<(Resolve, WorldId)> {
    let mut sources = SourceMap::new();
    for (name, text) in pack::CONTRACT {
        sources.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    let package = resolve.push_group(sources.parse().map_err(|(_, error)| error)?)?;
    let world = resolve.select_world(&[package], Some(world)).context("the contract has no such world")?;
    Ok((resolve, world))
}

/// Every world by the same names: one layer of the kit serves them all.
fn c_generator() -> Box<dyn WorldGenerator> {
    wit_bindgen_c::Opts { rename_world: Some("contract".to_owned()), ..Default::default() }.build()
}

fn go_generator() -> Box<dyn WorldGenerator> {
    wit_bindgen_go::Opts { pkg_name: Some("moretta/contract".to_owned()), ..Default::default() }.build()
}

fn generate(mut generator: Box<dyn WorldGenerator>, resolve: &mut Resolve, world: WorldId, out: &Path) -> Result<()> {
    let mut files = Files::default();
    generator.generate(resolve, world, &mut files)?;
    files.iter().try_for_each(|(name, content)| write(&out.join(name), content))
}

fn write_all(out: &Path, files: &[(&str, &str)]) -> Result<()> {
    files.iter().try_for_each(|(name, text)| write(&out.join(name), text.as_bytes()))
}

/// A file that is as it should be is left alone, so that no compiler takes it for changed.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let failed = || format!("cannot write {}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).with_context(failed)?;
    fs::write(path, content).with_context(failed)
}
