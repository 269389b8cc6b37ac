//! How the plugin of a new project is tried, for its README.

/// What a masker of a world is tried on.
pub(crate) struct Trial {
    /// The lines of a CSV file, ended by `\n` as `printf` takes it.
    pub(crate) csv: &'static str,
    /// What stands in a policy before its rules, ended likewise.
    pub(crate) policy: &'static str,
    /// The column that is masked.
    pub(crate) column: &'static str,
    /// What stands in the rule behind the transform.
    pub(crate) key: &'static str,
}

/// Of classifiers there is none.
pub(crate) fn trial(world: &str) -> Trial {
    let (csv, policy, column, key) = match world {
        "pseudonym-masker" => (r"name\nAda\n", "", "name", ", key: identity"),
        "date-shift-masker" => (r"born\n1980-02-29\n", r"subject: born\n", "born", ", key: dates"),
        "encryption-masker" | "deterministic-encryption-masker" => (r"name\nAda\n", "", "name", ", key: sealing"),
        "format-preserving-masker" => (r"number\n123-45-6789\n", "", "number", ", key: numbers"),
        "token-masker" => (r"name\nAda\n", "", "name", ", key: tokens"),
        "random-masker" => (r"age\n36\n", "", "age", ""),
        _ => (r"name\nAda\n", "", "name", ""),
    };
    Trial { csv, policy, column, key }
}
