//! `moretta plugin inspect`.

use std::path::Path;

use serde_json::{Value, json};

use super::plugin::{trust, verified};
use super::{print, show};
use crate::cli::FromArguments;
use crate::error::Error;
use crate::manifest::{Ask, Manifest, Properties, Transform, World};
use crate::plugin::{Inspection, Package, shipped};
use crate::store::{Envelope, Provenance, Release, Store, StoreError, Trust, read_envelopes_beside, read_plugin};

/// A plugin and what speaks for it.
struct Subject {
    package: Package,
    signed: Signed,
}

/// Who signed a plugin, as far as it is known.
enum Signed {
    /// It is part of this binary.
    Shipped,
    /// The trust root knows them.
    By(Provenance),
    /// The trust root does not accept what there is.
    NotTrusted(String),
    /// Nobody was asked: these keys are claimed.
    Unverified(Vec<String>),
}

/// Tells what a plugin is. Nothing of it is run.
pub(super) fn run(plugin: &str, from: &FromArguments, json: bool) -> Result<(), Error> {
    let subject = find(plugin, from)?;
    let inspection = Inspection::of(&subject.package);
    print(&if json { show::json(&as_json(&subject, &inspection)) } else { as_text(&subject, &inspection) })
}

/// The plugin that is meant: a file, one of a store, or a shipped one. Nobody's signature is looked at.
pub(super) fn package(plugin: &str, plugins: Option<&Path>) -> Result<Package, Error> {
    let from = FromArguments { plugins: plugins.map(Path::to_owned), trust_root: None };
    Ok(find(plugin, &from)?.package)
}

fn find(plugin: &str, from: &FromArguments) -> Result<Subject, Error> {
    let trust = trust(from.trust_root.as_deref())?;
    if plugin.contains('/') || plugin.ends_with(".wasm") {
        let path = Path::new(plugin);
        return subject(read_plugin(path)?, &read_envelopes_beside(path)?, &trust);
    }
    if let Some(directory) = &from.plugins {
        let store = Store::open(directory, Trust::Unchecked)?;
        let release = release(&store, plugin)?;
        return subject(store.load_release(&release)?.0, &store.envelopes(&release)?, &trust);
    }
    for package in shipped() {
        let package = package?;
        if package.manifest().name == plugin {
            return Ok(Subject { package, signed: Signed::Shipped });
        }
    }
    let unknown = "no shipped plugin has this name; give a path of a file, or --plugins with a store";
    Err(Error::Usage(unknown.to_owned()))
}

fn release(store: &Store, plugin: &str) -> Result<Release, Error> {
    if plugin.contains('@') {
        return Ok(Release::parse(plugin)?);
    }
    let current =
        store.installed()?.into_iter().find(|installed| installed.current && installed.release.name() == plugin);
    Ok(current.ok_or_else(|| StoreError::Unknown(plugin.to_owned()))?.release)
}

fn subject(package: Package, envelopes: &[Envelope], trust: &Trust) -> Result<Subject, Error> {
    let signed = match trust {
        Trust::Unchecked => {
            let claimed = envelopes.iter().flat_map(Envelope::claimed_keys);
            Signed::Unverified(claimed.map(str::to_owned).collect())
        }
        trust => match verified(&package, envelopes, trust) {
            Ok(provenance) => Signed::By(provenance),
            Err(Error::Store(StoreError::Untrusted { why, .. })) => Signed::NotTrusted(why.to_string()),
            Err(error) => return Err(error),
        },
    };
    Ok(Subject { package, signed })
}

fn as_json(subject: &Subject, inspection: &Inspection) -> Value {
    let package = &subject.package;
    let manifest = package.manifest();
    json!({
        "name": manifest.name,
        "version": manifest.version,
        "world": manifest.world,
        "can_use": can_use(manifest.world),
        "sha256": package.digest(),
        "manifest_sha256": package.manifest_digest(),
        "signatures": match &subject.signed {
            Signed::Shipped => json!({ "shipped": true }),
            Signed::By(provenance) => json!({ "trusted": true, "signers": provenance.signers }),
            Signed::NotTrusted(why) => json!({ "trusted": false, "problem": why }),
            Signed::Unverified(keys) => json!({ "unverified_keys": keys }),
        },
        "file": inspection,
    })
}

fn as_text(subject: &Subject, inspection: &Inspection) -> String {
    let package = &subject.package;
    let manifest = package.manifest();
    let mut text = String::new();
    let mut line = |name: &str, says: &str| text.push_str(&format!("{name:<12}{}\n", show::line(says)));
    line("plugin", &format!("{} {}", manifest.name, manifest.version));
    line("does", &manifest.description);
    line("world", &world(manifest));
    line("can use", &format!("{}; cannot: anything else", can_use(manifest.world)));
    line("imports", &list_or(&inspection.imports, "nothing"));
    line("signed", &signed(&subject.signed));
    line("sha-256", package.digest());
    line("manifest", &format!("sha-256 {}", package.manifest_digest()));
    line("size", &format!("{} bytes", inspection.bytes));
    let tools: Vec<_> = inspection.toolchain.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
    line("made with", &list_or(&tools, "it does not say"));
    line("linked from", &components(inspection));
    if !manifest.labels.is_empty() {
        let mut labels: Vec<_> = manifest.labels.iter().map(|known| known.label.as_str()).collect();
        labels.dedup();
        line("labels", &labels.join(", "));
    }
    for transform in &manifest.transforms {
        add_transform(&mut text, transform);
    }
    text
}

fn add_transform(text: &mut String, transform: &Transform) {
    let types = transform.types.iter().map(|(from, to)| format!("{from} to {to}")).collect::<Vec<_>>().join(", ");
    let (min, max) = (transform.columns.min, transform.columns.max);
    let cases = transform.cases.len();
    text.push_str(&format!("\ntransform   {}\n", show::line(&transform.name)));
    for line in [
        transform.description.clone(),
        format!("columns: {min} to {max} at once; types: {types}; golden cases: {cases}"),
        format!("declares: {}", properties(transform)),
    ] {
        text.push_str(&format!("  {}\n", show::line(&line)));
    }
    let schema = show::json(&transform.config);
    text.push_str("  options, as JSON Schema:\n");
    text.extend(schema.lines().map(|line| format!("    {}\n", show::line(line))));
}

fn properties(transform: &Transform) -> String {
    let Properties { deterministic, injective, reversible, format_preserving, minimum_domain, conceals } =
        transform.properties;
    let said = [
        (deterministic, "deterministic"),
        (injective, "injective"),
        (reversible, "reversible"),
        (format_preserving, "format-preserving"),
        (conceals, "conceals"),
        (transform.may_keep, "may keep a value"),
        (transform.adds_nulls, "may make nulls"),
    ];
    let mut words: Vec<_> = said.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
    if minimum_domain > 1 {
        words.push(format!("at least {minimum_domain} different values"));
    }
    list_or(&words, "nothing")
}

fn world(manifest: &Manifest) -> String {
    json!(manifest.world).as_str().unwrap_or_default().to_owned()
}

/// What a world gives beside the columns of the call.
fn can_use(world: World) -> &'static str {
    match world.ask() {
        None => "nothing but the columns of each call",
        Some(Ask::PseudonymKey) => "one pseudonym key",
        Some(Ask::DateShiftKey) => "one date-shift key",
        Some(Ask::EncryptionKey) => "one encryption key, to encrypt",
        Some(Ask::DeterministicEncryptionKey) => "one deterministic-encryption key, to encrypt",
        Some(Ask::FormatPreservingKey) => "one format-preserving key, to encrypt",
        Some(Ask::TokenVault) => "one token vault, to make tokens",
        Some(Ask::Randomness) => "random numbers",
    }
}

fn signed(signed: &Signed) -> String {
    match signed {
        Signed::Shipped => "no: it is part of this moretta".to_owned(),
        Signed::By(provenance) => {
            let names: Vec<_> = provenance.signers.iter().map(|signer| signer.name.clone()).collect();
            format!("by {}, verified against the trust root", names.join(", "))
        }
        Signed::NotTrusted(why) => format!("not as the trust root asks: {why}"),
        Signed::Unverified(keys) if keys.is_empty() => "no".to_owned(),
        Signed::Unverified(keys) => format!("NOT VERIFIED (give --trust-root): claims {}", keys.join(", ")),
    }
}

fn components(inspection: &Inspection) -> String {
    match &inspection.components {
        None => "it carries no list of components".to_owned(),
        Some(list) if list.is_empty() => "its list of components cannot be read".to_owned(),
        Some(list) => format!("{} components; --json lists them", list.len()),
    }
}

fn list_or(items: &[String], none: &str) -> String {
    if items.is_empty() { none.to_owned() } else { items.join(", ") }
}
