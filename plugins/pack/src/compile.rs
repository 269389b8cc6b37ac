//! Building a guest crate as a core module.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Error, Guest, workspace};

const TARGET: &str = "wasm32-unknown-unknown";

/// Flags that shape the code, the same for every guest. Part of the source digest.
///
/// Memory that is there from the start is ready in the instance's slot; each growth is a system call, and one more when
/// the slot is reset. Four mebibytes hold the usual batch; a guest that needs more grows.
pub(crate) const FLAGS: [&str; 2] = ["-Ctarget-feature=+simd128", "-Clink-arg=--initial-memory=4194304"];

/// Builds the core module of a guest with the profile `plugin`.
///
/// The module is the same wherever it is built: no path of the machine is in it. Each guest is built by itself, so that
/// the features of one, which are its world, do not reach another; and as a `cdylib` alone, since a crate that is a
/// library as well cannot be optimized as one program.
///
/// # Errors
/// The target is missing, the manifest does not agree with the crate, or Cargo fails.
pub fn compile(guest: &Guest) -> Result<Vec<u8>, Error> {
    guest.check_crate()?;
    require_target()?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "plugin", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics", "--package", &guest.name, "--manifest-path"])
        .arg(guest.folder.join("Cargo.toml"))
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&workspace(&guest.folder)?)?);
    let messages = run(&mut cargo, "cargo rustc")?;
    let module = module_path(&messages, &guest.name).ok_or_else(|| Error::Command {
        command: "cargo rustc".to_owned(),
        reason: format!("{} gave no module: its crate-type has no `cdylib`", guest.name),
    })?;
    fs::read(&module).map_err(Error::file(&module))
}

/// Runs a command and returns what it writes; its complaints go where ours go.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<Vec<u8>, Error> {
    let failed = |reason: String| Error::Command { command: name.to_owned(), reason };
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed(output.status.to_string())) }
}

/// The file that Cargo says it made of the guest.
fn module_path(messages: &[u8], name: &str) -> Option<PathBuf> {
    let crate_name = name.replace('-', "_");
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"].as_str().is_some_and(|name| name.replace('-', "_") == crate_name))
        .filter_map(|message| message["filenames"].as_array()?.iter().find_map(|file| file.as_str().map(PathBuf::from)))
        .rfind(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// The flags, joined as Cargo wants them, with what gives the folders of this machine names of their own.
fn flags(workspace: &Path) -> Result<OsString, Error> {
    let home = || env::home_dir().unwrap_or_default();
    let cargo = env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), PathBuf::from);
    let mut flags: Vec<OsString> = FLAGS.map(OsString::from).to_vec();
    for (folder, name) in
        [(home(), "/home"), (cargo, "/cargo"), (sysroot()?, "/rust"), (workspace.to_owned(), "/moretta")]
    {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=");
        flag.push(name);
        flags.push(flag);
    }
    Ok(flags.join("\x1f".as_ref()))
}

fn sysroot() -> Result<PathBuf, Error> {
    let path = run(Command::new("rustc").args(["--print", "sysroot"]), "rustc --print sysroot")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&path).trim_end()))
}

fn require_target() -> Result<(), Error> {
    let libraries = sysroot()?.join("lib/rustlib").join(TARGET).join("lib");
    if libraries.is_dir() {
        return Ok(());
    }
    // Its failure is told by the folder that is still not there.
    let _ = run(Command::new("rustup").args(["target", "add", TARGET]), "rustup target add");
    if libraries.is_dir() { Ok(()) } else { Err(Error::NoTarget) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_module_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"serde"},"filenames":["/t/libserde.rlib"]}
{"reason":"compiler-artifact","target":{"name":"shift_dates"},"filenames":["/t/shift_dates.wasm"]}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(module_path(messages, "shift-dates"), Some(PathBuf::from("/t/shift_dates.wasm")));
        assert_eq!(module_path(messages, "serde"), None);
    }

    #[test]
    fn a_command_that_fails_says_so() {
        let error = run(&mut Command::new("false"), "cargo rustc").unwrap_err().to_string();
        assert!(error.starts_with("cargo rustc failed"), "{error}");
    }
}
