//! Finds the Go package that generated Go bindings need, which is part of the generator's sources: no module proxy has to
//! be reachable for it.

use std::process::Command;
use std::{env, fs, path::PathBuf};

use serde_json::Value;

const FILES: [&str; 6] = [
    "wit/runtime/empty.s",
    "wit/runtime/runtime.go",
    "wit/types/option.go",
    "wit/types/result.go",
    "wit/types/tuple.go",
    "wit/types/unit.go",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo says it")).join("Cargo.toml");
    let mut cargo = Command::new(env::var_os("CARGO").expect("Cargo says it"));
    cargo.args(["metadata", "--format-version", "1", "--offline", "--manifest-path"]).arg(manifest);
    let output = cargo.output().expect("Cargo starts");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("Cargo knows its packages");
    let packages = metadata["packages"].as_array().expect("Cargo lists packages");
    let generator = packages.iter().find(|package| package["name"] == "wit-bindgen-go").expect("it is a dependency");
    let manifest = PathBuf::from(generator["manifest_path"].as_str().expect("a package has a manifest"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo says it"));
    for file in FILES {
        let source = manifest.with_file_name("src/pkg").join(file);
        let name = file.replace('/', "-");
        fs::copy(&source, out.join(name)).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    }
}
