//! A report as JUnit XML, which build servers read.

use std::fmt::Write;

use super::{Check, Outcome, Report};

impl Report {
    /// As JUnit XML: a test suite for each transform, a test case for each property.
    pub fn junit(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        for it in &self.transforms {
            let name = escaped(&format!("{}/{}", self.plugin, it.transform));
            let count = |outcome| it.checks.iter().filter(|check| check.outcome == outcome).count();
            let skipped = count(Outcome::NotDeclared).saturating_add(count(Outcome::NotReached));
            // Writing to a string cannot fail.
            _ = writeln!(
                xml,
                "<testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\">",
                it.checks.len(),
                count(Outcome::Failed)
            );
            for check in &it.checks {
                test_case(&name, check, &mut xml);
            }
            xml.push_str("</testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        xml
    }
}

fn test_case(class: &str, check: &Check, xml: &mut String) {
    let property = check.property;
    _ = write!(xml, "<testcase classname=\"{class}\" name=\"{property}\"");
    match check.outcome {
        Outcome::Passed => xml.push_str("/>\n"),
        Outcome::NotDeclared => xml.push_str("><skipped message=\"not declared\"/></testcase>\n"),
        Outcome::NotReached => xml.push_str("><skipped message=\"not reached\"/></testcase>\n"),
        Outcome::Failed => {
            let details: Vec<_> = check.failures.iter().map(ToString::to_string).collect();
            let problem = check.failures.first().map_or("", |failure| &failure.problem);
            let (message, details) = (escaped(problem), escaped(&details.join("\n")));
            _ = writeln!(xml, "><failure message=\"{message}\">{details}</failure></testcase>");
        }
    }
}

/// Text as XML 1.0 can hold it: a character that it cannot is a question mark.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => xml.push(character),
            _ => xml.push('?'),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::ColumnType;
    use crate::conformance::{Failure, Property, TransformReport};

    #[test]
    fn a_failure_is_told_and_what_would_break_the_markup_is_escaped() {
        let failure = Failure {
            column: "case `a<b>\u{0}`".to_owned(),
            config: "{\"x\":1}".to_owned(),
            column_type: ColumnType::Text,
            row: Some(3),
            problem: "this & that".to_owned(),
            differences: Vec::new(),
        };
        let check = |property, outcome, failures| Check { property, outcome, columns: 1, failures };
        let checks = vec![
            check(Property::Cases, Outcome::Failed, vec![failure]),
            check(Property::Limits, Outcome::Passed, Vec::new()),
            check(Property::Conceals, Outcome::NotDeclared, Vec::new()),
        ];
        let transforms = vec![TransformReport { transform: "t".to_owned(), checks, speed: None }];
        let (plugin, version, digest) = ("p".to_owned(), "1".to_owned(), String::new());
        let report = Report { plugin, version, digest, transforms };
        let xml = report.junit();
        assert!(xml.contains("<testsuite name=\"p/t\" tests=\"3\" failures=\"1\" skipped=\"1\">"), "{xml}");
        assert!(
            xml.contains("message=\"this &amp; that\">case `a&lt;b&gt;?` (text, with {&quot;x&quot;:1}), row 3"),
            "{xml}"
        );
        assert!(report.failed() == 1 && report.text().contains("FAIL   t cases (1 cases)"), "{}", report.text());
    }
}
