//! The formats of bodies and answers, by their names on the network.

use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};

use crate::server::problem::{Fault, Problem};
use crate::source::{Compression, Format};

/// The media types that are read and written: RFC 4180, IANA's, and the IPC stream of Arrow.
const MEDIA: [(&str, Format); 4] = [
    ("text/csv", Format::Csv),
    ("text/tab-separated-values", Format::Tsv),
    ("application/x-ndjson", Format::Ndjson),
    ("application/vnd.apache.arrow.stream", Format::Arrow),
];

/// Their names.
pub(super) const NAMES: [&str; 4] = [MEDIA[0].0, MEDIA[1].0, MEDIA[2].0, MEDIA[3].0];

/// What a request is written in, and what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) format: Format,
    pub(super) compression: Compression,
    pub(super) answer: Format,
}

impl Media {
    /// As the head of a request says.
    ///
    /// # Errors
    /// It says something that is not read or written here.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let format = content_type(headers)?;
        Ok(Self { format, compression: compression(headers)?, answer: accepted(headers, format)? })
    }

    /// What makes requests with the same rows different ones.
    pub(super) fn name(self) -> String {
        format!("{} to {}", self.format, self.answer)
    }

    /// The media type of the answer.
    pub(super) fn content_type(self) -> &'static str {
        match self.answer {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Tsv => "text/tab-separated-values; charset=utf-8",
            Format::Ndjson => "application/x-ndjson",
            Format::Arrow | Format::Parquet => "application/vnd.apache.arrow.stream",
        }
    }
}

fn content_type(headers: &HeaderMap) -> Result<Format, Problem> {
    let unread = |what: String| {
        let title = "the body is of a type that is not read";
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", title, Fault::Client);
        problem.detail(format!("{what}; send one of {}", names()))
    };
    let value = one(headers, &CONTENT_TYPE)?.ok_or_else(|| unread("there is no Content-Type".to_owned()))?;
    let mut parts = value.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let format = of_name(&name).ok_or_else(|| unread("the Content-Type is another one".to_owned()))?;
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_ascii_lowercase());
        match (name.as_str(), value.as_str()) {
            ("charset", "utf-8" | "us-ascii") | ("header", "present") => {}
            ("charset", _) => return Err(unread("the charset is another one than UTF-8".to_owned())),
            ("header", _) => return Err(unread("a table without a header does not name its columns".to_owned())),
            _ => {}
        }
    }
    Ok(format)
}

fn compression(headers: &HeaderMap) -> Result<Compression, Problem> {
    let value = one(headers, &CONTENT_ENCODING)?.unwrap_or("identity").trim().to_ascii_lowercase();
    match value.as_str() {
        "identity" | "" => Ok(Compression::None),
        "gzip" | "x-gzip" => Ok(Compression::Gzip),
        "zstd" => Ok(Compression::Zstd),
        _ => {
            let title = "the body is compressed in a way that is not read";
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-encoding", title, Fault::Client);
            Err(problem.detail("send it as it is, or as one of gzip and zstd"))
        }
    }
}

/// The first of the most wanted types that can be written (RFC 9110, section 12.5.1); that of the body, if all are as
/// good.
fn accepted(headers: &HeaderMap, sent: Format) -> Result<Format, Problem> {
    let (mut best, mut asked) = (None, false);
    for value in headers.get_all(ACCEPT) {
        let ranges = value.to_str().map_err(|_| Problem::bad_request("Accept is not readable"))?;
        for range in ranges.split(',').map(str::trim).filter(|range| !range.is_empty()) {
            asked = true;
            let (name, weight) = weighted(range);
            let format = match name.as_str() {
                "*/*" => Some(sent),
                "text/*" if sent.is_text() && sent != Format::Ndjson => Some(sent),
                "text/*" => Some(Format::Csv),
                "application/*" if matches!(sent, Format::Ndjson | Format::Arrow) => Some(sent),
                "application/*" => Some(Format::Ndjson),
                name => of_name(name),
            };
            if let Some(format) = format.filter(|_| weight > 0)
                && best.is_none_or(|(_, most)| weight > most)
            {
                best = Some((format, weight));
            }
        }
    }
    match best {
        Some((format, _)) => Ok(format),
        None if !asked => Ok(sent),
        None => {
            let title = "nothing that is accepted can be written";
            let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "accept", title, Fault::Client);
            Err(problem.detail(format!("accept one of {}", names())))
        }
    }
}

/// A media range and its weight in thousandths.
fn weighted(range: &str) -> (String, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok()).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
    (name, thousandths)
}

/// A header that stands once, if at all.
pub(super) fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::bad_request(format!("{name} stands twice")));
    }
    first.to_str().map(Some).map_err(|_| Problem::bad_request(format!("{name} is not readable")))
}

fn of_name(name: &str) -> Option<Format> {
    MEDIA.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
}

fn names() -> String {
    MEDIA.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(fields: &[(&'static str, &'static str)]) -> Result<Media, StatusCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        Media::of(&headers).map_err(|problem| problem.status())
    }

    #[test]
    fn an_answer_is_in_the_format_of_the_body_unless_another_is_wanted() {
        let csv = ("content-type", "Text/CSV; charset=UTF-8");
        assert_eq!(media(&[csv]).unwrap().answer, Format::Csv);
        for (accept, answer) in [
            ("*/*", Format::Csv),
            ("application/x-ndjson", Format::Ndjson),
            ("text/html, application/vnd.apache.arrow.stream;q=0.5", Format::Arrow),
            ("text/csv;q=0.1, application/x-ndjson;q=0.2", Format::Ndjson),
            ("application/*", Format::Ndjson),
        ] {
            assert_eq!(media(&[csv, ("accept", accept)]).unwrap().answer, answer, "{accept}");
        }
        for accept in ["text/html", "text/csv;q=0", "application/x-ndjson;q=x"] {
            assert_eq!(media(&[csv, ("accept", accept)]), Err(StatusCode::NOT_ACCEPTABLE), "{accept}");
        }
    }

    #[test]
    fn what_is_not_read_is_refused() {
        let unsupported = Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(media(&[]), unsupported);
        for wrong in ["text/plain", "application/json", "text/csv; charset=latin1", "text/csv; header=absent", ""] {
            assert_eq!(media(&[("content-type", wrong)]), unsupported, "{wrong}");
        }
        let csv = ("content-type", "text/csv");
        assert_eq!(media(&[csv, ("content-encoding", "br")]), unsupported);
        assert_eq!(media(&[csv, ("content-encoding", "gzip, gzip")]), unsupported);
        assert_eq!(media(&[csv, csv]), Err(StatusCode::BAD_REQUEST));
        let zstd = media(&[csv, ("content-encoding", "zstd")]).unwrap();
        assert_eq!(zstd.compression, Compression::Zstd);
    }
}
