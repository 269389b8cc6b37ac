//! What differs from language to language.

use std::str::FromStr;

/// A language that there is a kit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Compiled by rustc for WebAssembly.
    Rust,
    /// Compiled by Zig's compiler, C++ as well.
    C,
    /// Run by QuickJS inside the component.
    TypeScript,
    /// Run by CPython inside the component.
    Python,
    /// Compiled by Go.
    Go,
}

/// What kind of plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A masker that uses nothing but its arguments.
    Masker,
    /// A masker that is lent this.
    KeyedMasker(Key),
    /// A classifier of columns.
    Classifier,
    /// A classifier of free text.
    TextClassifier,
}

/// What a masker can be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key for pseudonyms.
    Pseudonym,
    /// A key for date shifts.
    DateShift,
    /// A key for encryption.
    Encrypt,
    /// A key for deterministic encryption.
    EncryptDeterministic,
    /// A key for format-preserving encryption.
    FormatPreserving,
    /// A token vault.
    Token,
    /// Random numbers.
    Random,
}

/// What a project says of its language.
pub(crate) struct Words {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) tests: &'static str,
    pub(crate) needs: &'static str,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rust, Self::C, Self::TypeScript, Self::Python, Self::Go];

    /// How `--lang` calls it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::TypeScript => "ts",
            Self::Python => "python",
            Self::Go => "go",
        }
    }

    pub(crate) fn words(self) -> Words {
        let (name, source, tests, needs) = match self {
            Self::Rust => ("Rust", "src/lib.rs", "src/lib.rs", "Rust 1.95 with the target wasm32-unknown-unknown"),
            Self::C => ("C", "plugin.c", "plugin_test.c", "Zig, which Python 3 installs from PyPI"),
            Self::TypeScript => {
                ("TypeScript", "plugin.ts", "plugin.test.ts", "Node.js 20, and packages that npm installs")
            }
            Self::Python => {
                ("Python", "plugin.py", "plugin_test.py", "Python 3.11, and componentize-py that it installs from PyPI")
            }
            Self::Go => ("Go", "plugin.go", "plugin_test.go", "Go, which Python 3 installs from PyPI"),
        };
        Words { name, source, tests, needs }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::option).join(", ");
        let found = Self::ALL.into_iter().find(|language| language.option() == text);
        found.ok_or_else(|| format!("there are kits for {known}; C++ is built by that of c"))
    }
}

impl Kind {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Self::Masker, Self::Classifier, Self::TextClassifier].into_iter().chain(Key::ALL.map(Self::KeyedMasker))
    }

    /// The world of such a plugin.
    pub(crate) fn world(self) -> &'static str {
        match self {
            Self::Masker => "masker",
            Self::Classifier => "classifier",
            Self::TextClassifier => "text-classifier",
            Self::KeyedMasker(Key::Pseudonym) => "pseudonym-masker",
            Self::KeyedMasker(Key::DateShift) => "date-shift-masker",
            Self::KeyedMasker(Key::Encrypt) => "encryption-masker",
            Self::KeyedMasker(Key::EncryptDeterministic) => "deterministic-encryption-masker",
            Self::KeyedMasker(Key::FormatPreserving) => "format-preserving-masker",
            Self::KeyedMasker(Key::Token) => "token-masker",
            Self::KeyedMasker(Key::Random) => "random-masker",
        }
    }
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pseudonym,
        Self::DateShift,
        Self::Encrypt,
        Self::EncryptDeterministic,
        Self::FormatPreserving,
        Self::Token,
        Self::Random,
    ];

    /// How `--key` calls it: as the purpose of a key.
    pub fn option(self) -> &'static str {
        match self {
            Self::Pseudonym => "pseudonym",
            Self::DateShift => "date-shift",
            Self::Encrypt => "encrypt",
            Self::EncryptDeterministic => "encrypt-deterministic",
            Self::FormatPreserving => "fpe",
            Self::Token => "token",
            Self::Random => "random",
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|key| key.option() == text);
        found.ok_or_else(|| format!("a plugin can be lent {}", Self::ALL.map(Self::option).join(", ")))
    }
}
