//! One page of HTML that needs nothing else: no script, no font, no address is loaded, and the policy in it forbids that.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");

/// HTML in which every text is escaped: only [`text`] and [`element`] make any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl FromIterator<Self> for Markup {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

/// A text, in which nothing is markup. Names of columns come from whoever made the file: what orders text otherwise or
/// cannot be seen is made visible.
pub(super) fn text(text: &str) -> Markup {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            hidden if is_hidden(hidden) => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    Markup(escaped)
}

fn is_hidden(c: char) -> bool {
    let unseen = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{2069}', '\u{feff}'..='\u{feff}'];
    c.is_control() || unseen.iter().any(|range| range.contains(&c))
}

/// An element of a class, with what is in it. The class may be empty.
pub(super) fn element(name: &'static str, class: &'static str, children: impl IntoIterator<Item = Markup>) -> Markup {
    let inner: Markup = children.into_iter().collect();
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    Markup(format!("<{name}{class}>{}</{name}>", inner.0))
}

/// A bar, from 0 to 1.
pub(super) fn bar(share: f64) -> Markup {
    let percent = (share.clamp(0.0, 1.0) * 100.0).round();
    let drawn = format!(
        "<svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{percent} %\">\
         <rect width=\"{percent}\" height=\"1\"/></svg>"
    );
    element("div", "sure", [Markup(drawn), element("span", "", [text(&format!("{percent} %"))])])
}

/// Figures, each with its name.
pub(super) fn facts(facts: &[(&str, String)]) -> Markup {
    let fact = |(name, figure): &(&str, String)| {
        element("li", "", [element("b", "", [text(figure)]), element("span", "soft", [text(name)])])
    };
    element("ul", "facts", facts.iter().map(fact))
}

/// A table with these headings, or with none.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let head = (!headings.is_empty())
        .then(|| element("tr", "", headings.iter().map(|heading| element("th", "", [text(heading)]))));
    let row = |cells: Vec<Markup>| element("tr", "", cells.into_iter().map(|cell| element("td", "", [cell])));
    element("table", "", head.into_iter().chain(rows.into_iter().map(row)))
}

/// The whole page.
pub(super) fn page(title: &str, body: Markup) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        page,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>",
        text(title).0,
        element("main", "", [body]).0,
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup_or_hides_what_it_is() {
        let hostile = "<script>alert(1)</script>&\"'\u{202e}x\u{200b}\n";
        let escaped = text(hostile).0;
        assert_eq!(escaped, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;\u{fffd}x\u{fffd}\u{fffd}");
        let page = page(hostile, element("p", "soft", [text(hostile)]));
        assert!(!page.contains("<script") && page.contains("<p class=\"soft\">&lt;script"), "{page}");
    }

    #[test]
    fn the_page_loads_nothing_and_its_policy_knows_its_style() {
        let page = page("t", bar(0.97));
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(page.contains(&format!("default-src 'none'; style-src 'sha256-{hash}'")));
        assert!(
            !["http://", "https://", "src=", "href=", "url(", "@import", "style=\""].iter().any(|it| page.contains(it))
        );
        assert!(page.contains("<rect width=\"97\""));
    }
}
