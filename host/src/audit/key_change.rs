//! What can be recorded of a key.

use serde::Serialize;

/// A step in the life of a key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyChanged {
    /// The name of the key.
    pub key: String,
    /// Its version.
    pub version: u32,
    /// What it is for.
    pub purpose: String,
    /// What was done.
    pub change: KeyChange,
}

/// What can be done with a version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyChange {
    /// It was made.
    Created,
    /// It was made, and takes the place of the version before it.
    Rotated,
    /// It may be used again.
    Enabled,
    /// It may not be used any more.
    Disabled,
    /// It is gone for ever.
    Destroyed,
    /// It was sealed under another key-encryption key.
    Rewrapped,
    /// It left the keyring.
    Exported,
}
