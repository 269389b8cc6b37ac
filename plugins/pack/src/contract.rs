//! The contract as text: the files of `wit/`.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap, WorldId};

use crate::Error;

/// The files of the contract, by name.
pub const CONTRACT: [(&str, &str); 10] = [
    ("classify.wit", include_str!("../../../wit/classify.wit")),
    ("date-shift.wit", include_str!("../../../wit/date-shift.wit")),
    ("encryption.wit", include_str!("../../../wit/encryption.wit")),
    ("find.wit", include_str!("../../../wit/find.wit")),
    ("mask.wit", include_str!("../../../wit/mask.wit")),
    ("pseudonym.wit", include_str!("../../../wit/pseudonym.wit")),
    ("random.wit", include_str!("../../../wit/random.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("vault.wit", include_str!("../../../wit/vault.wit")),
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
];

/// Says in a core module which world it is of, for the languages whose bindings do not.
///
/// # Errors
/// The contract has no such world.
pub(crate) fn with_world(mut module: Vec<u8>, world: &str) -> Result<Vec<u8>, Error> {
    let unknown = |error| Error::Component(format!("{error:#}"));
    let (resolve, world) = read(world)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(unknown)?;
    Ok(module)
}

fn read(world: &str) -> Result<(Resolve, WorldId), Error> {
    let mut sources = SourceMap::new();
    for (name, text) in CONTRACT {
        sources.push_str(name, text);
    }
    let broken = |error: &dyn std::fmt::Display| Error::Component(format!("the contract: {error}"));
    let parsed = sources.parse().map_err(|(_, error)| broken(&error))?;
    let mut resolve = Resolve::default();
    let package = resolve.push_group(parsed).map_err(|error| broken(&error))?;
    let unknown = |_| Error::Component(format!("there is no world {world}"));
    let world = resolve.select_world(&[package], Some(world)).map_err(unknown)?;
    Ok((resolve, world))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_contract_is_every_file_of_wit() {
        let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<_> = names.filter(|name| name.ends_with(".wit")).collect();
        assert_eq!(names, CONTRACT.map(|(name, _)| name.to_owned()).into());
    }

    #[test]
    fn a_world_that_is_not_in_the_contract_is_refused() {
        let module = wasm_encoder::Module::new().finish();
        assert!(with_world(module.clone(), "masker").is_ok());
        assert_eq!(with_world(module, "root").unwrap_err().to_string(), "there is no world root");
    }
}
