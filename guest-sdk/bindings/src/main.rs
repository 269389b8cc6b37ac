//! Writes what the kits compile against: generated from the contract, and none of it by hand.
//!
//! `bindings` alone renews what is committed with the kits. `bindings LANGUAGE --world WORLD --out DIR` writes the bindings
//! of a world that they have no layer for.

mod go;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use wit_bindgen_core::wit_parser::{Resolve, SourceMap, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};

/// Writes bindings of the contract. Without arguments it renews those of the kits.
#[derive(Parser)]
struct Arguments {
    /// Of which language.
    #[arg(requires_all = ["world", "out"])]
    language: Option<Language>,
    /// Of which world.
    #[arg(long, value_name = "WORLD", requires = "language")]
    world: Option<String>,
    /// Where to. The folder is made; files of the same names are replaced.
    #[arg(long, value_name = "DIR", requires = "language")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    C,
    Go,
    /// Types alone, of all worlds.
    Typescript,
}

/// A path, and what is to be there.
type Generated = Vec<(PathBuf, Vec<u8>)>;

/// The worlds that the kits of C and Go have a layer for.
const WORLDS: [&str; 4] = ["masker", "pseudonym-masker", "classifier", "text-classifier"];

fn main() -> Result<()> {
    let generated = match Arguments::parse() {
        Arguments { language: Some(language), world: Some(world), out: Some(out) } => {
            let files = bindings(language, &world)?;
            files.into_iter().map(|(path, content)| (out.join(path), content)).collect()
        }
        _ => committed()?,
    };
    generated.iter().try_for_each(|(path, content)| write(path, content))
}

/// Everything that is committed with the kits.
fn committed() -> Result<Generated> {
    let kits = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Generated::new();
    let mut add = |folder: PathBuf, generated: Generated| {
        files.extend(generated.into_iter().map(|(path, content)| (folder.join(path), content)));
    };
    for world in WORLDS {
        add(kits.join("c/contract").join(world), bindings(Language::C, world)?);
        add(kits.join("go/contract").join(world), bindings(Language::Go, world)?);
    }
    add(kits.join("go/contract/runtime"), texts(&go::RUNTIME));
    add(kits.join("typescript/contract"), bindings(Language::Typescript, "masker")?);
    Ok(files)
}

fn bindings(language: Language, world: &str) -> Result<Generated> {
    let (mut resolve, id) = read_contract(world)?;
    match language {
        Language::C => generate(c_generator(), &mut resolve, id),
        Language::Go => {
            let mut files = generate(go_generator(), &mut resolve, id)?;
            files.extend(texts(&[go::MODULE]).into_iter().chain(texts(go::export(world).as_slice())));
            Ok(files)
        }
        Language::Typescript => Ok(vec![("contract.ts".into(), typescript::module(&resolve).into_bytes())]),
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

/// Every world by the same names: one layer of the kit serves them all. Which one it is, is not in an object file that is
/// linked: `moretta plugin pack` says it.
fn c_generator() -> Box<dyn WorldGenerator> {
    wit_bindgen_c::Opts { rename_world: Some("contract".to_owned()), no_object_file: true, ..Default::default() }
        .build()
}

fn go_generator() -> Box<dyn WorldGenerator> {
    wit_bindgen_go::Opts { pkg_name: Some("moretta/contract".to_owned()), ..Default::default() }.build()
}

fn generate(mut generator: Box<dyn WorldGenerator>, resolve: &mut Resolve, world: WorldId) -> Result<Generated> {
    let mut files = Files::default();
    generator.generate(resolve, world, &mut files)?;
    Ok(files.iter().map(|(name, content)| (name.into(), content.to_vec())).collect())
}

fn texts(files: &[(&str, &str)]) -> Generated {
    files.iter().map(|(name, text)| (name.into(), text.as_bytes().to_vec())).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_with_the_kits_is_generated_from_the_contract() {
        for (path, content) in committed().unwrap() {
            let there = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(there == content, "{} is old: run `cargo run --release -p bindings`", path.display());
        }
    }
}
