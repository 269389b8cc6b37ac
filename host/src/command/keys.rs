//! `moretta keys`.

use comfy_table::Table;
use comfy_table::presets;
use serde_json::{Value, json};

use super::{audit, consent, keyring, print, show, terminal};
use crate::approval::Action;
use crate::audit::KeyChange;
use crate::cli::{ConsentArguments, DestroyArguments, KeyringArguments, KeysCommand};
use crate::error::Error;
use crate::keys::{DEFAULT_KEYS, KeyError, Keyring, Protection, Purpose, Secrets};

/// Does with keys what the arguments say.
pub(super) fn run(command: &KeysCommand) -> Result<(), Error> {
    match command {
        KeysCommand::Init { keyring, keys, protect } => init(keyring, keys, *protect),
        KeysCommand::List { keyring, json: false } => print(&list(&keyring::open(keyring)?)),
        KeysCommand::List { keyring, json: true } | KeysCommand::ExportPublic { keyring } => {
            print(&format!("{:#}\n", public(&keyring::open(keyring)?)))
        }
        KeysCommand::Add { key: (name, purpose), keyring } => {
            changed(keyring, name, KeyChange::Created, |keys| keys.add(name, *purpose).map(|()| 1)).map(drop)
        }
        KeysCommand::Rotate { key, keyring } => {
            let version = changed(keyring, key, KeyChange::Rotated, |keys| keys.rotate(key))?;
            print(&format!("version {version} of key `{key}` is primary\n"))
        }
        KeysCommand::Disable { key, version, keyring } => {
            let disable = |keys: &mut Keyring| keys.disable(key, *version).map(|()| *version);
            changed(keyring, key, KeyChange::Disabled, disable).map(drop)
        }
        KeysCommand::Enable { key, version, keyring } => {
            let enable = |keys: &mut Keyring| keys.enable(key, *version).map(|()| *version);
            changed(keyring, key, KeyChange::Enabled, enable).map(drop)
        }
        KeysCommand::Destroy(arguments) => destroy(arguments),
        KeysCommand::Rewrap { keyring, protect, new_passphrase_file, consent } => {
            let secrets = Secrets::new_from_environment().passphrase_file(new_passphrase_file.clone());
            rewrap(keyring, *protect, &secrets.prompt(terminal::prompt()), consent)
        }
    }
}

/// Changes a version of a key, which `change` names, and records it. The trail is opened before: nothing changes that
/// cannot be recorded.
fn changed(
    arguments: &KeyringArguments,
    key: &str,
    what: KeyChange,
    change: impl FnOnce(&mut Keyring) -> Result<u32, KeyError>,
) -> Result<u32, Error> {
    let mut keyring = keyring::open(arguments)?;
    let trail = audit::trail(&arguments.keyring, &keyring, None)?;
    let version = change(&mut keyring)?;
    let all = audit::of_every_key(&keyring, what).into_iter();
    audit::record_keys(trail.as_ref(), all.filter(|one| one.key == key && one.version == version).collect())?;
    Ok(version)
}

fn init(arguments: &KeyringArguments, keys: &[(String, Purpose)], wanted: Option<Protection>) -> Result<(), Error> {
    let named: Vec<_> = keys.iter().map(|(name, purpose)| (name.as_str(), *purpose)).collect();
    let keys = if named.is_empty() { DEFAULT_KEYS.as_slice() } else { &named };
    let secrets = keyring::secrets(arguments.passphrase_file.as_deref());
    let protection = chosen(wanted, &secrets)?.unwrap_or(Protection::KeyFile);
    let created = Keyring::create_protected(&arguments.keyring, keys, protection, &secrets)?;
    audit::keys_changed(&arguments.keyring, &created, audit::of_every_key(&created, KeyChange::Created))?;
    print(&list(&created))
}

fn rewrap(
    arguments: &KeyringArguments,
    wanted: Option<Protection>,
    secrets: &Secrets,
    consent: &ConsentArguments,
) -> Result<(), Error> {
    let mut keyring = keyring::open(arguments)?;
    let protection = chosen(wanted, secrets)?.ok_or_else(|| {
        Error::Usage("nothing says what is to protect the keyring from now on; give --protect".to_owned())
    })?;
    if let Some(file) = &consent.ask {
        let action = Action::Rewrap { protection: protection.name().to_owned() };
        return consent::ask(file, action, keyring.id(), consent);
    }
    let trail = audit::trail(&arguments.keyring, &keyring, None)?;
    keyring.rewrap(protection, secrets, consent::read(consent)?.approved().as_ref())?;
    audit::record_keys(trail.as_ref(), audit::of_every_key(&keyring, KeyChange::Rewrapped))?;
    print(&list(&keyring))
}

/// What the operator says, else what the environment gives.
fn chosen(wanted: Option<Protection>, secrets: &Secrets) -> Result<Option<Protection>, Error> {
    let given = secrets.given();
    match (wanted, given.as_slice()) {
        (Some(wanted), _) => Ok(Some(wanted)),
        (None, []) => Ok(None),
        (None, [one]) => Ok(Some(*one)),
        (None, several) => {
            let names: Vec<_> = several.iter().map(|one| one.name()).collect();
            Err(Error::Usage(format!("{} are given; say which one with --protect", names.join(" and "))))
        }
    }
}

fn destroy(arguments: &DestroyArguments) -> Result<(), Error> {
    let keyring = keyring::open(&arguments.keyring)?;
    let (key, version) = (&arguments.key, arguments.version);
    let action = Action::DestroyKeyVersion { key: key.clone(), version };
    if let Some(file) = &arguments.consent.ask {
        return consent::ask(file, action, keyring.id(), &arguments.consent);
    }
    let consent = consent::read(&arguments.consent)?;
    let purpose = keyring.list().into_iter().find(|known| known.name == *key).map(|known| known.purpose);
    let lost = lost(purpose.ok_or_else(|| KeyError::Unknown(key.clone()))?);
    show::note(&format!("destroying version {version} of key `{key}` destroys {lost}.\n{COPIES}\n"));
    if !arguments.yes {
        let twice = [("destroy it for ever? type yes: ", "yes"), ("type the name of the key: ", key.as_str())];
        terminal::confirm(&twice)?;
    }
    changed(&arguments.keyring, key, KeyChange::Destroyed, |keys| {
        keys.destroy(key, version, arguments.even_primary, consent.approved().as_ref()).map(|()| version)
    })?;
    print(&format!("version {version} of key `{key}` is destroyed\n"))
}

const COPIES: &str = "Older copies of the keyring still hold it, for who has the key-encryption key of their time: destroy \
                      those as well, or `moretta keys rewrap` and destroy the old secret.";

/// What is gone with a key.
fn lost(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Pseudonym => {
            "the pseudonyms that were made under it: nobody can make them again, so nothing new will join with them"
        }
        Purpose::DateShift => {
            "the offsets that dates were shifted by under it: nobody can shift those dates back, and new ones of the \
             same persons will not agree with them"
        }
        Purpose::Encrypt | Purpose::EncryptDeterministic | Purpose::FormatPreserving => {
            "every value that was encrypted under it: nobody can decrypt those values again"
        }
        Purpose::Audit => {
            "the public half of it: what it signed can be verified only with the output of `moretta audit public-key`"
        }
        Purpose::Token => {
            "the way back from every token whose value was sealed under it and not anew since (`moretta vault reseal`)"
        }
        Purpose::Quarantine => "every row that was quarantined under it: nobody can read those rows again",
    }
}

/// The keys, and below them what they are protected by.
fn list(keyring: &Keyring) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["KEY", "PURPOSE", "VERSIONS"]);
    for key in keyring.list() {
        let versions: Vec<_> =
            key.versions.iter().map(|version| format!("{} {}", version.version, version.state)).collect();
        table.add_row([key.name, key.purpose.to_string(), versions.join(", ")]);
    }
    let mut text = format!("{table}\n\nkeyring {}, change {}\n", keyring.id(), keyring.serial());
    if let Some(protection) = keyring.protection() {
        text.push_str(&format!("protected by {protection}\n"));
        if protection == Protection::KeyFile {
            text.push_str("seal it with `moretta keys rewrap --protect passphrase`\n");
        }
    }
    let operators: Vec<_> = keyring.operators().iter().map(|operator| operator.name.as_str()).collect();
    if !operators.is_empty() {
        text.push_str(&format!(
            "operators {}; destroying a key or rewrapping takes two of them\n",
            operators.join(", ")
        ));
    }
    text
}

/// What others may know.
fn public(keyring: &Keyring) -> Value {
    json!({
        "keyring": keyring.id(), "change": keyring.serial(), "protection": keyring.protection(),
        "keys": keyring.list(), "operators": keyring.operators(),
    })
}
