//! What a person sees: errors with their place, and the summary of a run.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::ops::Range;

use comfy_table::Table;
use comfy_table::presets;
use indicatif::{HumanBytes, HumanCount};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;

use crate::error::{Blame, Error};
use crate::policy::{PolicyErrors, PolicyProblem};
use crate::report::Report;

/// Prints an error on standard error: whose fault it is and how to mend it, and never a value.
pub(super) fn error(error: &Error) {
    let text = match error {
        Error::Policy(errors) => policy(errors),
        other => format!("error ({}): {}\n", fault(other.blame()), printable(&other.to_string())),
    };
    print(&text);
}

/// Prints what the operator should know, or a question, on standard error.
pub(super) fn note(text: &str) {
    print(text);
}

/// Prints what a run did on standard error, so that standard output can be the data.
pub(super) fn summary(report: &Report) {
    let rows = &report.rows;
    let mut text = format!(
        "{} rows masked, {} quarantined, {} dropped; {} in {:.1} s ({} rows/s, {}/s)\n",
        HumanCount(rows.masked),
        HumanCount(rows.quarantined),
        HumanCount(rows.dropped),
        HumanBytes(report.bytes_read),
        report.seconds,
        HumanCount(whole(report.rows_per_second())),
        HumanBytes(whole(report.bytes_per_second())),
    );
    for (code, count) in &rows.codes {
        text.push_str(&format!("  {count} rows rejected as {code}\n"));
    }
    let looked = (HumanCount(rows.scanned), HumanCount(rows.examined));
    text.push_str(&format!(
        "{} rows searched for original values, {} values held against labels\n",
        looked.0, looked.1
    ));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["COLUMN", "DONE", "RULE", "VALUES"]);
    for (name, column) in report.columns.columns() {
        let done = column.transform.as_deref().unwrap_or(column.action);
        let rule = column.rule.map_or_else(|| "none".to_owned(), |line| format!("line {line}"));
        table.add_row([&printable(name), done, &rule, &HumanCount(column.cells).to_string()]);
    }
    text.push_str(&format!("{table}\n"));
    print(&text);
}

fn fault(blame: Blame) -> &'static str {
    match blame {
        Blame::Guest => "plugin",
        Blame::Host => "machine",
        Blame::Operator => "usage",
        Blame::Data => "input",
    }
}

fn policy(errors: &PolicyErrors) -> String {
    let theme = if io::stderr().is_terminal() { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(110).with_context_lines(0);
    let mut text = String::new();
    for problem in &errors.problems {
        let shown = match snippet(errors, problem) {
            Some(shown) => handler.render_report(&mut text, &shown),
            None => writeln!(text, "error (usage): {}", printable(&errors.one(problem))),
        };
        if shown.is_err() {
            return format!("error (usage): {}\n", printable(&errors.to_string()));
        }
    }
    text
}

/// The line of the policy that the problem begins on. Data that was given in the place of a policy must not be shown:
/// only a text that looks like a policy is, and never more than one line of it.
fn snippet(errors: &PolicyErrors, problem: &PolicyProblem) -> Option<Shown> {
    let span = problem.span.clone().filter(|_| errors.may_quote())?;
    let end = errors.text.get(span.clone())?.find('\n').map_or(span.end, |line| span.start.saturating_add(line));
    let whole = span.start == 0 && span.end >= errors.text.trim_end().len();
    let source = NamedSource::new(printable(&errors.name), printable(&errors.text));
    (!whole).then(|| Shown { message: printable(&problem.message), span: span.start..end, source })
}

/// Without characters that a terminal would obey, and as long as before: names of columns come from the input.
pub(super) fn printable(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.chars()
        .flat_map(|c| if obeyed(c) { std::iter::repeat_n('?', c.len_utf8()) } else { std::iter::repeat_n(c, 1) })
        .collect()
}

/// The same for a text that has to stay on its line, and must not turn the letters after it around (UAX #9): a plugin's.
pub(super) fn line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    printable(text).replace(['\n', '\t'], " ").replace(turns, "?")
}

/// JSON for people and programs: what a terminal would obey is escaped.
pub(super) fn json(value: &impl Serialize) -> String {
    let text = format!("{:#}\n", serde_json::json!(value));
    let escaped = |c: char| match c {
        '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            format!("\\u{:04x}", u32::from(c))
        }
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// One problem of a policy with the piece of its text.
#[derive(Debug)]
struct Shown {
    message: String,
    span: Range<usize>,
    source: NamedSource<String>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.span.clone()))))
    }
}

fn whole(rate: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people, saturating")]
    let whole = rate as u64;
    whole
}

/// There is nobody left to tell if standard error is gone.
fn print(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}
