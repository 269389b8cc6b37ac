//! What a person sees: errors with their place, and the summary of a run.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use comfy_table::Table;
use comfy_table::presets;
use indicatif::{HumanBytes, HumanCount};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::error::{Blame, Error};
use crate::policy::{PolicyErrors, PolicyProblem};
use crate::report::Report;

/// Prints an error on standard error: whose fault it is and how to mend it, and never a value.
pub(super) fn error(error: &Error) {
    let text = match error {
        Error::Policy(errors) => policy(errors),
        other => format!("error ({}): {other}\n", fault(other.blame())),
    };
    print(&text);
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
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["COLUMN", "DONE", "RULE", "VALUES"]);
    for (name, column) in report.columns.columns() {
        let done = column.transform.as_deref().unwrap_or(column.action);
        let rule = column.rule.map_or_else(|| "none".to_owned(), |line| format!("line {line}"));
        table.add_row([name, done, &rule, &HumanCount(column.cells).to_string()]);
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
    if !errors.may_quote() {
        return format!("error (usage): {errors}\n");
    }
    let theme = if io::stderr().is_terminal() { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(110);
    let mut text = String::new();
    for problem in &errors.problems {
        let shown = Shown { problem, source: NamedSource::new(&errors.name, errors.text.clone()) };
        if handler.render_report(&mut text, &shown).is_err() {
            return format!("error (usage): {errors}\n");
        }
    }
    text
}

/// One problem of a policy with the piece of its text.
#[derive(Debug)]
struct Shown<'a> {
    problem: &'a PolicyProblem,
    source: NamedSource<String>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problem.span.is_some().then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.problem.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span))))
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
