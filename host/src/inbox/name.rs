//! What an output is called.

use std::path::Path;

use crate::source::{Compression, Format};

/// The name of a file in two parts: what it is called, and the extensions that say its format.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    stem: String,
    extensions: String,
}

impl Name {
    /// The name of a file, with the extension of another format if one is given.
    pub(super) fn of(name: &str, format: Option<Format>) -> Self {
        let packed = Compression::of_path(Path::new(name)) != Compression::None;
        let plain = if packed { name.rsplit_once('.').map_or(name, |(plain, _)| plain) } else { name };
        let stem = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
        let extensions = match format {
            Some(format) => format!(".{}", format.name()),
            None => name.strip_prefix(stem).unwrap_or_default().to_owned(),
        };
        Self { stem: stem.to_owned(), extensions }
    }

    /// The name itself, and behind it the others that are taken if that is not free.
    pub(super) fn numbered(&self, number: u64) -> String {
        match number {
            1 => format!("{}{}", self.stem, self.extensions),
            _ => format!("{}-{number}{}", self.stem, self.extensions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_before_the_extensions() {
        for (name, format, first, second) in [
            ("p.csv", None, "p.csv", "p-2.csv"),
            ("p.2026-01.csv.gz", None, "p.2026-01.csv.gz", "p.2026-01-2.csv.gz"),
            ("p.csv.zst", Some(Format::Parquet), "p.parquet", "p-2.parquet"),
            ("p.jsonl", Some(Format::Ndjson), "p.ndjson", "p-2.ndjson"),
        ] {
            let names = Name::of(name, format);
            assert_eq!([names.numbered(1), names.numbered(2)], [first, second]);
        }
    }
}
