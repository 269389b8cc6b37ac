//! The arguments of those who make plugins.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is to be made.
#[derive(Args, Debug)]
pub struct NewArguments {
    /// The plugin's name, and that of the directory that is made here: lower-case letters, digits and hyphens.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// rust, c, ts, python or go. C++ is built by the kit of c.
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: kits::Language,
    /// Whether it changes columns, says what they hold, or finds pieces of free text.
    #[arg(long, value_enum, default_value_t = KindArgument::Masker)]
    pub kind: KindArgument,
    /// What a masker is lent: pseudonym, date-shift, encrypt, encrypt-deterministic, fpe, token or random. Nothing, if not
    /// given. In other languages than rust there are projects with pseudonym.
    #[arg(long, value_name = "PURPOSE")]
    pub key: Option<kits::Key>,
}

/// What a plugin does with columns.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KindArgument {
    /// Changes them.
    Masker,
    /// Says what they hold.
    Classifier,
    /// Finds the pieces of free text that are something.
    TextClassifier,
}

/// What is to be built.
#[derive(Args, Debug)]
pub struct BuildArguments {
    /// The project, as `moretta plugin new` made it. The plugin goes to packed/NAME.wasm in it.
    #[arg(value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
}

/// What is to be packed.
#[derive(Args, Debug)]
pub struct PackArguments {
    /// What the compiler gave: a core module or a component. What it asks of WASI preview 1 is answered inside, by nothing.
    #[arg(value_name = "MODULE.wasm")]
    pub module: PathBuf,
    /// What the plugin says of itself; `wit/README.md` in the sources of moretta has every key.
    #[arg(long, value_name = "FILE")]
    pub manifest: PathBuf,
    /// The directory for plugins that NAME.wasm is written to. It is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Give what a call is lent back at its end, for a compiler whose code does not (componentize-qjs).
    #[arg(long)]
    pub give_back: bool,
}
