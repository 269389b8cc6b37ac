//! The arguments of what is done with plugins.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::author::{BuildArguments, NewArguments, PackArguments};

pub(super) const EXAMPLES: &str = "\
A store is a directory that `install` makes: every version with its signatures, and store.json,
which says which version is current. `moretta mask --plugins DIR` takes the current ones.

A trust root is a file that says whose signatures count, for which plugins, and until when:
  { \"moretta_trust_root\": 1, \"threshold\": 1, \"keys\": [
    { \"name\": \"anna\", \"public_key\": \"ed25519:…\", \"plugins\": [\"acme-*\"],
      \"expires\": \"2027-01-31T00:00:00Z\" } ] }
Keep it where who may write in the store may not: it is what decides. Who may write in the store
can put back an older version that was signed as well.

Examples:
  moretta plugin new acme-dates --lang rust && moretta plugin build acme-dates
  moretta operators new-key --out anna.key             # prints the public key
  moretta plugin sign acme-dates.wasm --key anna.key   # writes acme-dates.wasm.sig
  moretta plugin install acme-dates.wasm --plugins plugins --trust-root trust.json
  moretta mask in.csv … --plugins plugins --trust-root trust.json
  moretta plugin rollback acme-dates --plugins plugins --trust-root trust.json";

/// Make, try out, inspect, sign, verify and install plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a new project: a plugin that builds and passes its tests, and what it is built with.
    New(NewArguments),
    /// Build the plugin of a project, with the tools of its language.
    Build(BuildArguments),
    /// Make a plugin of what a compiler gave: wrap it as a component, check its world, add its manifest.
    Pack(PackArguments),
    /// List the versions of the plugins in a store; without --plugins, the shipped plugins.
    List {
        /// Where they are.
        #[command(flatten)]
        from: FromArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell what a plugin can do and use, who signed it, and what it was made with. None of its code is run.
    Inspect {
        /// A file (a path with `/` or `.wasm`), or NAME or NAME@VERSION in the store of --plugins; without --plugins, the
        /// name of a shipped plugin.
        #[arg(value_name = "PLUGIN")]
        plugin: String,
        /// Where it is, and whose signatures count.
        #[command(flatten)]
        from: FromArguments,
        /// Print JSON, with the whole manifest and the list of components.
        #[arg(long)]
        json: bool,
    },
    /// Try a plugin out: its golden cases, then made-up columns against every property that it declares, or against what is
    /// expected of the counts of a classifier or of the pieces of a text classifier.
    ///
    /// Keys are made for it and gone with it. Fails with code 1 if the plugin does not do what its manifest says.
    Test(TestArguments),
    /// Measure how fast each transform is, beside the shipped `partial`, or how fast a text classifier is with notes, beside
    /// the shipped `clinical-text`.
    Bench(BenchArguments),
    /// Sign a plugin: say that these bytes are this version of it.
    ///
    /// Several may sign one after the other; their signatures go to the same file.
    Sign {
        /// The plugin's file.
        #[arg(value_name = "FILE.wasm")]
        file: PathBuf,
        /// The secret key, made with `moretta operators new-key`.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where to write the signature. Beside the plugin as FILE.wasm.sig, if not given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Verify the signatures of a file, or of every version in a store. None of their code is run.
    Verify {
        /// The plugin's file.
        #[arg(value_name = "FILE.wasm", required_unless_present = "plugins", conflicts_with = "plugins")]
        file: Option<PathBuf>,
        /// A file with its signatures. Every FILE.wasm.sig… beside it, if not given.
        #[arg(long = "signature", value_name = "FILE", requires = "file")]
        signatures: Vec<PathBuf>,
        /// A store.
        #[arg(long, value_name = "DIR")]
        plugins: Option<PathBuf>,
        /// Whose signatures count.
        #[arg(long, value_name = "FILE")]
        trust_root: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Install a plugin and make it current. Its older versions stay.
    Install(InstallArguments),
    /// Remove one version of a plugin.
    Remove {
        /// Which.
        #[arg(value_name = "NAME@VERSION")]
        release: String,
        /// The store.
        #[arg(long, value_name = "DIR")]
        plugins: PathBuf,
        /// Even if it is the current version. Then no version is, and a shipped plugin of the name takes its place.
        #[arg(long)]
        yes: bool,
    },
    /// Make the version of a plugin current again that was before.
    Rollback {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// The store.
        #[arg(long, value_name = "DIR")]
        plugins: PathBuf,
        /// Whose signatures count: the older version must still be trusted.
        #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
        trust_root: Option<PathBuf>,
        /// Do not look at signatures.
        #[arg(long, conflicts_with = "trust_root")]
        unsigned: bool,
    },
    /// Show who changed a store, and when.
    History {
        /// The store.
        #[arg(long, value_name = "DIR")]
        plugins: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What a plugin is tried on.
#[derive(Args, Debug)]
pub struct TestArguments {
    /// A file (a path with `/` or `.wasm`), or NAME or NAME@VERSION in the store of --plugins; without --plugins, the
    /// name of a shipped plugin.
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// The store.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Try it on a column of this file too. No value of it is shown.
    #[arg(long, value_name = "FILE", requires = "column")]
    pub input: Option<PathBuf>,
    /// Which column.
    #[arg(long, value_name = "NAME", requires = "input")]
    pub column: Option<String>,
    /// Its type, where the file has none: text (if not given), int64, float64, boolean, date32, timestamp.
    #[arg(long = "type", value_name = "TYPE", requires = "input")]
    pub column_type: Option<String>,
    /// Options, as the `with` of a rule, in place of those of the golden cases.
    #[arg(long, value_name = "JSON")]
    pub with: Option<String>,
    /// How many values are masked to measure the speed of each transform, or looked at, of notes at most 16,384. 0: it is
    /// not measured.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    pub rows: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Write the results as JUnit XML too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// What is measured.
#[derive(Args, Debug)]
pub struct BenchArguments {
    /// As of `moretta plugin test`.
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// The store.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Options, as the `with` of a rule, in place of those of the first golden case.
    #[arg(long, value_name = "JSON")]
    pub with: Option<String>,
    /// How many values each transform masks, or how many notes a text classifier looks at, at most 16,384.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    pub rows: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// A store, and whose signatures count in it.
#[derive(Args, Debug)]
pub struct FromArguments {
    /// The store.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Whose signatures count.
    #[arg(long, value_name = "FILE")]
    pub trust_root: Option<PathBuf>,
}

/// What to install, and where.
#[derive(Args, Debug)]
pub struct InstallArguments {
    /// The plugin's file; in a build with the feature `oci` also oci://HOST/REPOSITORY:TAG, or @sha256:… for the tag.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// The store. An empty directory becomes one.
    #[arg(long, value_name = "DIR")]
    pub plugins: PathBuf,
    /// Whose signatures count.
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
    pub trust_root: Option<PathBuf>,
    /// Take it without looking at signatures.
    #[arg(long, conflicts_with = "trust_root")]
    pub unsigned: bool,
    /// A file with signatures. Every SOURCE.sig… beside the file, if not given.
    #[arg(long = "signature", value_name = "FILE", conflicts_with = "unsigned")]
    pub signatures: Vec<PathBuf>,
    /// Run its golden cases first, and do not install it if one fails. They are run before it sees data in any case.
    #[arg(long)]
    pub cases: bool,
    /// Who signed the certificate of the registry, if the system does not trust it: a file of PEM certificates.
    #[cfg(feature = "oci")]
    #[arg(long, value_name = "FILE")]
    pub registry_authority: Option<PathBuf>,
}
