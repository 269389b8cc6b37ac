//! `moretta plugin`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::{author, conformance, consent, inspect, print, show, terminal};
use crate::audit::Who;
use crate::cli::{FromArguments, InstallArguments, PluginCommand};
use crate::error::Error;
use crate::plugin::{Engine, Limits, Package, shipped, try_out};
use crate::staged::StagedFile;
use crate::store::{
    Envelope, Installed, Provenance, Release, Store, StoreError, Trust, TrustRoot, read_envelopes_beside, read_plugin,
};

/// Does with plugins what the arguments say.
pub(super) fn run(command: &PluginCommand) -> Result<(), Error> {
    match command {
        PluginCommand::New(arguments) => author::new(arguments),
        PluginCommand::Build(arguments) => author::build(arguments),
        PluginCommand::Pack(arguments) => author::pack(arguments),
        PluginCommand::List { from, json } => list(from, *json),
        PluginCommand::Inspect { plugin, from, json } => inspect::run(plugin, from, *json),
        PluginCommand::Test(arguments) => conformance::test(arguments),
        PluginCommand::Bench(arguments) => conformance::bench(arguments),
        PluginCommand::Sign { file, key, out } => sign(file, key, out.as_deref()),
        PluginCommand::Verify { file: Some(file), signatures, trust_root, json, .. } => {
            let (package, envelopes) = (read_plugin(file)?, signatures_of(file, signatures)?);
            let verified = verified(&package, &envelopes, &trust(Some(trust_root))?)?;
            print(&if *json { show::json(&verified) } else { told(&verified) })
        }
        PluginCommand::Verify { file: None, plugins, trust_root, json, .. } => {
            verify_all(plugins.as_deref().unwrap_or(Path::new(".")), trust(Some(trust_root))?, *json)
        }
        PluginCommand::Install(arguments) => install(arguments),
        PluginCommand::Remove { release, plugins, yes } => remove(&Release::parse(release)?, plugins, *yes),
        PluginCommand::Rollback { name, plugins, trust_root, .. } => {
            let store = Store::open(plugins, trust(trust_root.as_deref())?)?;
            let release = store.rollback(name, &who())?;
            print(&format!("{release} is current again\n"))
        }
        PluginCommand::History { plugins, json } => history(plugins, *json),
    }
}

/// How far plugins are trusted, as the arguments say.
pub(super) fn trust(root: Option<&Path>) -> Result<Trust, Error> {
    Ok(match root {
        None => Trust::Unchecked,
        Some(path) => Trust::Required(TrustRoot::read(path)?),
    })
}

/// The plugin's provenance.
pub(super) fn verified(package: &Package, envelopes: &[Envelope], trust: &Trust) -> Result<Provenance, Error> {
    let manifest = package.manifest();
    let plugin = format!("{}@{}", manifest.name, manifest.version);
    let verified = trust.verify(package, envelopes, consent::now()?);
    Ok(verified.map_err(|why| StoreError::Untrusted { plugin, why })?)
}

fn list(from: &FromArguments, json: bool) -> Result<(), Error> {
    let Some(directory) = &from.plugins else { return list_shipped(json) };
    let store = Store::open(directory, trust(from.trust_root.as_deref())?)?;
    let looked_at = from.trust_root.is_some();
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for Installed { release, digest, current } in store.installed()? {
        let loaded = store.load_release(&release).map(|(_, provenance)| provenance);
        let state = if current { "current" } else { "" };
        let signed = match &loaded {
            Ok(_) if !looked_at => "not looked at".to_owned(),
            Ok(provenance) => signers(provenance),
            Err(error) => error.to_string(),
        };
        let problem = loaded.as_ref().err().map(ToString::to_string);
        let signers = loaded.ok().filter(|_| looked_at).map(|provenance| provenance.signers);
        values.push(json!({
            "name": release.name(), "version": release.version(), "current": current, "sha256": digest,
            "signers": signers, "problem": problem,
        }));
        rows.push([release.name().to_owned(), release.version().to_owned(), state.to_owned(), digest, signed]);
    }
    print(&listed(["NAME", "VERSION", "STATE", "SHA-256", "SIGNED BY"], rows, &values, json))
}

fn list_shipped(json: bool) -> Result<(), Error> {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for package in shipped() {
        let package = package?;
        let manifest = package.manifest();
        let description = show::line(&manifest.description);
        values.push(json!({
            "name": manifest.name, "version": manifest.version, "sha256": package.digest(), "description": description,
        }));
        rows.push([manifest.name.clone(), manifest.version.clone(), description]);
    }
    print(&listed(["NAME", "VERSION", "DOES"], rows, &values, json))
}

fn listed<const N: usize>(header: [&str; N], rows: Vec<[String; N]>, values: &[Value], json: bool) -> String {
    if json {
        return show::json(&values);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| show::line(&cell)));
    }
    format!("{table}\n")
}

fn sign(file: &Path, key: &Path, out: Option<&Path>) -> Result<(), Error> {
    let package = read_plugin(file)?;
    Release::of(&package)?;
    let key = consent::operator_key(key)?;
    let out = out.map_or_else(|| beside(file), Path::to_owned);
    let envelope = match read_envelope(&out) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Envelope::sign(&package, &key)
        }
        Err(error) => return Err(error),
        Ok(there) if !there.is_about(&package) => {
            let shown = out.display();
            return Err(Error::Usage(format!("{shown} is a signature of something else; remove it, or give --out")));
        }
        Ok(mut there) => {
            there.add(&key);
            there
        }
    };
    let mut staged = StagedFile::beside(&out).map_err(Error::io("write", &out))?;
    staged.write_all(envelope.to_json().as_bytes()).map_err(Error::io("write", &out))?;
    staged.commit_for_others().map_err(Error::io("write", &out))?;
    let (manifest, signed) = (package.manifest(), key.public_key());
    print(&show::line(&format!("{}@{} is signed by {signed} in {}", manifest.name, manifest.version, out.display())))?;
    print("\n")
}

fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// The signatures that are given, else those beside the file.
fn signatures_of(file: &Path, given: &[PathBuf]) -> Result<Vec<Envelope>, Error> {
    if given.is_empty() {
        return Ok(read_envelopes_beside(file)?);
    }
    given.iter().map(|path| read_envelope(path)).collect()
}

fn read_envelope(path: &Path) -> Result<Envelope, Error> {
    let mut json = Vec::new();
    let most = Envelope::MOST_BYTES.saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut json));
    read.map_err(Error::io("read", path))?;
    let plugin = path.display().to_string();
    Ok(Envelope::parse(&json).map_err(|why| StoreError::Untrusted { plugin, why })?)
}

/// Every version of a store. All are told of, and the first one that is not trusted is the error.
fn verify_all(directory: &Path, trust: Trust, json: bool) -> Result<(), Error> {
    let store = Store::open(directory, trust)?;
    let (mut text, mut verified, mut first) = (String::new(), Vec::new(), None);
    for installed in store.installed()? {
        match store.load_release(&installed.release) {
            Ok((_, provenance)) => {
                text.push_str(&told(&provenance));
                verified.push(json!(provenance));
            }
            Err(error) => {
                text.push_str(&format!("{}\n", show::line(&error.to_string())));
                verified.push(json!({ "plugin": installed.release.name(), "version": installed.release.version(),
                    "digest": installed.digest, "problem": error.to_string() }));
                first = first.or(Some(error));
            }
        }
    }
    print(&if json { show::json(&verified) } else { text })?;
    first.map_or(Ok(()), |error| Err(error.into()))
}

fn install(arguments: &InstallArguments) -> Result<(), Error> {
    let trust = trust(arguments.trust_root.as_deref())?;
    let (package, envelopes) = fetch(arguments)?;
    verified(&package, &envelopes, &trust)?;
    if arguments.cases {
        try_out(&Engine::new(Limits::default(), None)?, package.clone())?;
    }
    let provenance = Store::create(&arguments.plugins, trust)?.install(&package, &envelopes, &who())?;
    print(&told(&provenance))?;
    print(&format!("{}@{} is current\n", provenance.plugin, provenance.version))
}

fn fetch(arguments: &InstallArguments) -> Result<(Package, Vec<Envelope>), Error> {
    if arguments.source.starts_with("oci://") {
        return fetch_from_registry(arguments);
    }
    let path = Path::new(&arguments.source);
    let package = read_plugin(path)?;
    Ok((package, if arguments.unsigned { Vec::new() } else { signatures_of(path, &arguments.signatures)? }))
}

#[cfg(not(feature = "oci"))]
fn fetch_from_registry(_: &InstallArguments) -> Result<(Package, Vec<Envelope>), Error> {
    Err(Error::Usage("this moretta was built without the feature `oci`; fetch the file by other means".to_owned()))
}

#[cfg(feature = "oci")]
fn fetch_from_registry(arguments: &InstallArguments) -> Result<(Package, Vec<Envelope>), Error> {
    use crate::store::oci::{Access, Reference, pull};
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let access = Access {
        authority: arguments.registry_authority.clone(),
        user: variable("MORETTA_REGISTRY_USER"),
        password: variable("MORETTA_REGISTRY_PASSWORD").map(Into::into),
    };
    let pulled = pull(&Reference::parse(&arguments.source)?, &access)?;
    print(&format!("pulled {}\n", pulled.digest))?;
    let mut envelopes = pulled.envelopes;
    for path in &arguments.signatures {
        envelopes.push(read_envelope(path)?);
    }
    Ok((pulled.package, if arguments.unsigned { Vec::new() } else { envelopes }))
}

fn remove(release: &Release, plugins: &Path, yes: bool) -> Result<(), Error> {
    let store = Store::open(plugins, Trust::Unchecked)?;
    let current = store.installed()?.into_iter().any(|installed| installed.current && installed.release == *release);
    if current && !yes {
        show::note(&format!("{release} is current; after this, no version of `{}` in the store is\n", release.name()));
        terminal::confirm(&[("remove it? type yes: ", "yes")])?;
    }
    store.remove(release, current, &who())?;
    print(&format!("{release} is removed\n"))
}

fn history(plugins: &Path, json: bool) -> Result<(), Error> {
    let changes = Store::open(plugins, Trust::Unchecked)?.history()?;
    let values: Vec<_> = changes.iter().map(|change| json!(change)).collect();
    let row = |change: &crate::store::Change| {
        let done = format!("{} {}@{}", change.action.name(), change.plugin, change.version);
        let before = change.before.as_ref().map_or_else(String::new, |before| format!("after {before}"));
        let time = change.time.to_string();
        [
            change.serial.to_string(),
            time,
            change.who.clone(),
            done,
            before,
            change.sha256.clone(),
            change.signers.join(", "),
        ]
    };
    let header = ["NUMBER", "TIME", "WHO", "DONE", "", "SHA-256", "SIGNED BY"];
    print(&listed(header, changes.iter().map(row).collect(), &values, json))
}

/// One line that says who signed what.
fn told(provenance: &Provenance) -> String {
    let Provenance { plugin, version, digest, .. } = provenance;
    show::line(&format!("{plugin}@{version} sha256:{digest} signed by: {}", signers(provenance))) + "\n"
}

fn signers(provenance: &Provenance) -> String {
    if provenance.signers.is_empty() {
        return "nobody who was asked for".to_owned();
    }
    let names: Vec<_> = provenance.signers.iter().map(|signer| signer.name.as_str()).collect();
    names.join(", ")
}

/// The user of this process, and who logged in, where the kernel knows.
fn who() -> String {
    let who = Who::of_process();
    let login = who.login_uid.filter(|login| Some(*login) != who.uid);
    let login = login.map_or_else(String::new, |login| format!(" (logged in as {login})"));
    format!("{}{login} at {}", who.name, who.host)
}
