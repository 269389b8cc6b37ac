//! File formats and compressions, and the extensions that name them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// How rows stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// Values separated by tabs, otherwise as CSV.
    Tsv,
    /// One JSON object on each line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, file or stream.
    Arrow,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Tsv, Self::Ndjson, Self::Parquet, Self::Arrow];

    /// The format that a path's extension names, also behind the extension of a compression.
    pub fn of_path(path: &Path) -> Option<Self> {
        let plain = match Compression::of_path(path) {
            Compression::None => path.to_owned(),
            _ => path.with_extension(""),
        };
        Some(match lower_extension(&plain)?.as_str() {
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "ndjson" | "jsonl" => Self::Ndjson,
            "parquet" => Self::Parquet,
            "arrow" | "arrows" | "feather" | "ipc" => Self::Arrow,
            _ => return None,
        })
    }

    /// The name by which an operator chooses it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether its files are text, and so may be compressed as a whole.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::Ndjson)
    }

    /// What stands between two fields, in the formats that have one.
    pub(crate) fn delimiter(self) -> u8 {
        if self == Self::Tsv { b'\t' } else { b',' }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|format| format.name() == name);
        named.ok_or_else(|| format!("unknown format `{name}`; choose one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// How a text file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), `.gz`.
    Gzip,
    /// Zstandard (RFC 8878), `.zst`.
    Zstd,
}

impl Compression {
    /// The compression that a path's extension names.
    pub fn of_path(path: &Path) -> Self {
        match lower_extension(path).as_deref() {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The name for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
        }
    }
}

fn lower_extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_names_the_format_also_behind_a_compression() {
        for (path, format, compression) in [
            ("a.csv", Some(Format::Csv), Compression::None),
            ("a.b/a.TSV.gz", Some(Format::Tsv), Compression::Gzip),
            ("a.jsonl.zst", Some(Format::Ndjson), Compression::Zstd),
            ("a.feather", Some(Format::Arrow), Compression::None),
            ("a.gz", None, Compression::Gzip),
            ("-", None, Compression::None),
        ] {
            assert_eq!(Format::of_path(Path::new(path)), format, "{path}");
            assert_eq!(Compression::of_path(Path::new(path)), compression, "{path}");
        }
    }

    #[test]
    fn every_name_is_read_back_and_another_is_refused_with_the_choices() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("xlsx".parse::<Format>().unwrap_err().contains("csv, tsv, ndjson, parquet, arrow"));
    }
}
