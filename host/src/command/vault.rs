//! `moretta vault`.

use comfy_table::Table;
use comfy_table::presets;

use super::{keyring, print};
use crate::cli::{VaultArguments, VaultCommand};
use crate::error::Error;
use crate::keys::TokenGrant;
use crate::today::today;
use crate::vault::{SetStats, Vault};

/// Makes, counts, reseals or purges a vault.
pub(super) fn run(command: &VaultCommand) -> Result<(), Error> {
    match command {
        VaultCommand::Init(arguments) => {
            Vault::create(&arguments.vault, &key(arguments)?)?;
            Ok(())
        }
        VaultCommand::Stats { vault, as_of, json } => {
            let stats = open(vault)?.stats(as_of.unwrap_or_else(today))?;
            if !json {
                return print(&table(&stats));
            }
            let json = serde_json::to_string_pretty(&stats);
            print(&format!("{}\n", json.map_err(|_| Error::Internal("the counts are no JSON"))?))
        }
        VaultCommand::Reseal(arguments) => {
            let key = key(arguments)?;
            let vault = Vault::open(&arguments.vault, &key)?;
            let resealed = vault.reseal()?;
            print(&told(resealed, &key, &vault.stats(today())?))
        }
        VaultCommand::Purge { vault, as_of } => {
            let purged = open(vault)?.purge(as_of.unwrap_or_else(today))?;
            print(&format!("{purged} tokens purged\n"))
        }
    }
}

fn open(arguments: &VaultArguments) -> Result<Vault, Error> {
    Ok(Vault::open(&arguments.vault, &key(arguments)?)?)
}

fn key(arguments: &VaultArguments) -> Result<TokenGrant, Error> {
    Ok(keyring::open(&arguments.keyring)?.token_key(&arguments.key)?)
}

/// What resealing did, and whether old versions are needed still.
fn told(resealed: u64, key: &TokenGrant, stats: &[SetStats]) -> String {
    let (name, version) = (key.key_id(), key.version());
    let left = stats.iter().flat_map(|set| &set.key_versions).filter(|sealed| sealed.version != version);
    let left = left.fold(0_u64, |left, sealed| left.saturating_add(sealed.tokens));
    let rest = match left {
        0 => format!("no value of this vault needs another version of key `{name}`"),
        left => format!("{left} values were sealed under an older version meanwhile; run this again when that is done"),
    };
    format!("{resealed} values sealed anew under version {version} of key `{name}`; {rest}\n")
}

fn table(stats: &[SetStats]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["DOMAIN", "FORMAT", "TOKENS", "EXPIRED", "UNDER KEY"]);
    for set in stats {
        let versions = set.key_versions.iter().map(|sealed| format!("version {}: {}", sealed.version, sealed.tokens));
        let versions = versions.collect::<Vec<_>>().join(", ");
        let (tokens, expired) = (set.tokens.to_string(), set.expired.to_string());
        table.add_row([&set.domain, &set.format, &tokens, &expired, &versions]);
    }
    format!("{table}\n")
}
