//! `moretta audit`, and the trail that the other verbs write to.

use std::path::Path;
use std::time::SystemTime;

use comfy_table::Table;
use comfy_table::presets;
use serde_json::{Map, Value};

use super::show::printable;
use super::{keyring as keyrings, print, read_text};
use crate::audit::{
    self, AuditError, Checkpoint, Event, Examined, Fault, KeyChange, KeyChanged, Proof, Proved, Trail, Trust,
    TrustedKeys, Who, examine, prove_growth, prove_record,
};
use crate::cli::{AuditCommand, ExportFormat, FilterArguments, TrustArguments};
use crate::error::Error;
use crate::keys::{KeyError, KeyInfo, Keyring, VersionInfo};

/// The name of the key that signs.
const KEY: &str = "audit";
/// The directory of the trail in that of the keyring.
const BESIDE_KEYS: &str = "audit";

/// Does what the arguments say.
pub(super) fn run(command: &AuditCommand) -> Result<(), Error> {
    match command {
        AuditCommand::Verify { directory, trust, checkpoint } => verify(directory, trust, checkpoint.as_deref()),
        AuditCommand::Show { directory, filter } => show(directory, filter),
        AuditCommand::Export { directory, format, filter } => export(directory, *format, filter),
        AuditCommand::Prove { number, directory } => print_proof(&prove_record(directory, *number)?),
        AuditCommand::ProveGrowth { checkpoint, directory } => {
            let note = read_text(checkpoint)?;
            Checkpoint::read(&note).map_err(malformed(checkpoint, "checkpoint"))?;
            print_proof(&prove_growth(directory, &note)?)
        }
        AuditCommand::VerifyProof { proof, trust } => verify_proof(proof, trust),
        AuditCommand::PublicKey { directory, keyring } => {
            let keys = TrustedKeys::of_grant(&keyrings::open_in(keyring, None)?.audit_key(KEY)?);
            let trust = Trust { keys: Some(&keys), remembered: None };
            let examined = examine(directory, trust, &mut |_, _| {})?;
            print(&keys.to_text(&origin(&examined)))
        }
    }
}

/// The trail that the use of a keyring is recorded in: the one asked for, or the one beside the keys. None if the
/// keyring has no key to sign it with, and none was asked for or begun.
pub(super) fn trail(directory: &Path, keyring: &Keyring, asked: Option<&Path>) -> Result<Option<Trail>, Error> {
    let place = asked.map_or_else(|| directory.join(BESIDE_KEYS), Path::to_owned);
    match keyring.audit_key(KEY) {
        Ok(key) => Ok(Some(Trail::open(&place, key, Who::of_process(), SystemTime::now)?)),
        Err(KeyError::Unknown(_)) if asked.is_none() && !place.exists() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Records what became of keys, in the trail beside them.
pub(super) fn keys_changed(directory: &Path, keyring: &Keyring, changes: Vec<KeyChanged>) -> Result<(), Error> {
    record_keys(trail(directory, keyring, None)?.as_ref(), changes)
}

/// Records what became of keys, where there is a trail.
pub(super) fn record_keys(trail: Option<&Trail>, changes: Vec<KeyChanged>) -> Result<(), Error> {
    let Some(trail) = trail else { return Ok(()) };
    let events: Vec<_> = changes.into_iter().map(Event::KeyChanged).collect();
    Ok(trail.record(None, &events).map(drop)?)
}

/// The same change of every version of every key.
pub(super) fn of_every_key(keyring: &Keyring, change: KeyChange) -> Vec<KeyChanged> {
    let of_key = |key: KeyInfo| {
        let (key, purpose, versions) = (key.name, key.purpose.to_string(), key.versions);
        let changed = move |version: VersionInfo| KeyChanged {
            key: key.clone(),
            version: version.version,
            purpose: purpose.clone(),
            change,
        };
        versions.into_iter().map(changed).collect::<Vec<_>>()
    };
    keyring.list().into_iter().flat_map(of_key).collect()
}

fn verify(directory: &Path, trust: &TrustArguments, checkpoint: Option<&Path>) -> Result<(), Error> {
    let keys = trusted(trust)?;
    let remembered = checkpoint.map(|path| {
        let opened = Checkpoint::open(&read_text(path)?, &keys).map_err(malformed(path, "checkpoint of this trail"));
        Ok::<_, Error>(opened?)
    });
    let remembered = remembered.transpose()?;
    let trust = Trust { keys: Some(&keys), remembered: remembered.as_ref() };
    let examined = examine(directory, trust, &mut |_, _| {})?;
    let Examined { records, segments, checkpoints, unsealed, torn, .. } = &examined;
    let name = origin(&examined);
    let mut text = format!("clean: {records} records, {checkpoints} checkpoints, {segments} segments of {name}\n");
    if *unsealed > 0 {
        text.push_str(&format!(
            "the last {unsealed} records are not sealed: a write was interrupted; the next one seals them\n"
        ));
    }
    if *torn > 0 {
        text.push_str(&format!("{torn} bytes follow that an interrupted write left; the next one cuts them off\n"));
    }
    print(&text)
}

fn trusted(arguments: &TrustArguments) -> Result<TrustedKeys, Error> {
    match (&arguments.public_key, &arguments.keyring) {
        (Some(path), _) => Ok(TrustedKeys::parse(&read_text(path)?).map_err(malformed(path, "public key"))?),
        (None, Some(keyring)) => Ok(TrustedKeys::of_grant(&keyrings::open_in(keyring, None)?.audit_key(KEY)?)),
        (None, None) => Err(Error::Usage("name a keyring with --keyring, or a public key with --public-key".into())),
    }
}

fn malformed(path: &Path, expected: &'static str) -> impl FnOnce(Fault) -> AuditError {
    let path = path.to_owned();
    move |fault| AuditError::Malformed { path, expected, fault }
}

fn show(directory: &Path, filter: &FilterArguments) -> Result<(), Error> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["RECORD", "TIME", "WHO", "ACTION", "OUTCOME", "RUN", "DETAILS"]);
    let filter = filter.filter();
    examine(directory, Trust::default(), &mut |record, _| {
        if filter.matches(&record) {
            table.add_row([
                record.number.to_string(),
                record.time.clone(),
                printable(&record.who.name),
                printable(&record.action),
                word(&record.outcome),
                record.run.clone().unwrap_or_default(),
                printable(&summary(&record.details)),
            ]);
        }
    })?;
    print(&format!("{table}\n"))
}

fn export(directory: &Path, format: ExportFormat, filter: &FilterArguments) -> Result<(), Error> {
    let trail = examine(directory, Trust::default(), &mut |_, _| {})?;
    let origin = origin(&trail);
    let (mut printed, filter) = (Ok(()), filter.filter());
    examine(directory, Trust::default(), &mut |record, text| {
        if printed.is_ok() && filter.matches(&record) {
            printed = match format {
                ExportFormat::Jsonl => print(&format!("{}\n", String::from_utf8_lossy(text))),
                ExportFormat::Ocsf => print(&format!("{}\n", audit::to_ocsf(&record, &origin))),
            };
        }
    })?;
    printed
}

fn origin(trail: &Examined) -> String {
    let checkpoint = trail.checkpoint.as_deref().and_then(|note| Checkpoint::read(note).ok());
    checkpoint.map_or_else(String::new, |checkpoint| checkpoint.origin)
}

fn print_proof(proof: &Proof) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(proof).map_err(|_| Error::Internal("the proof is no JSON"))?;
    print(&format!("{json}\n"))
}

fn verify_proof(path: &Path, trust: &TrustArguments) -> Result<(), Error> {
    let keys = trusted(trust)?;
    let proof = serde_json::from_str::<Proof>(&read_text(path)?);
    let proof = proof.map_err(|_| Error::Audit(malformed(path, "proof")(Fault::NotCanonical)))?;
    match proof.verify(&keys)? {
        Proved::Record(record, checkpoint) => {
            let (number, origin, size) = (record.number, checkpoint.origin, checkpoint.size);
            let text = serde_json::to_string_pretty(&*record).map_err(|_| Error::Internal("a record is no JSON"))?;
            print(&format!("proved: record {number} of {origin}, signed with {size} records\n{text}\n"))
        }
        Proved::Growth(old, new) => {
            print(&format!("proved: {} grew from {} records to {}\n", old.origin, old.size, new.size))
        }
    }
}

/// What there is to say, for people: names and counts. Digests and lists are in the export.
fn summary(details: &Map<String, Value>) -> String {
    let part = |(name, value): (&String, &Value)| match value {
        Value::String(_) if name.ends_with("digest") => None,
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            Some(format!("{name} {}", items.join(" ")))
        }
        Value::Array(items) => Some(format!("{} {name}", items.len())),
        Value::Object(inner) if name == "outcomes" => Some(summary(inner)),
        Value::Object(inner) => {
            inner.get("policy").map(|policy| format!("policy {}", policy.as_str().unwrap_or_default()))
        }
        other => Some(format!("{name} {other}")),
    };
    let parts: Vec<_> = details.iter().filter_map(part).collect();
    parts.join(", ")
}

fn word(outcome: &audit::Outcome) -> String {
    serde_json::to_value(outcome).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
