//! Everything that is wrong with a policy, not just the first thing.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong with a policy, by itself or on this input.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PolicyProblem {
    /// What is wrong, and how to mend it.
    pub message: String,
    /// Where in the policy's text, in bytes. Absent where it is the input that has something the policy lacks.
    pub span: Option<Range<usize>>,
}

/// The problems of one policy, in the order of its text.
#[derive(Clone, Debug)]
pub struct PolicyErrors {
    /// The file as the operator named it.
    pub name: String,
    /// The policy's text, for the snippets.
    pub text: String,
    /// The problems.
    pub problems: Vec<PolicyProblem>,
}

impl PolicyErrors {
    /// These problems of this text, each once, brought into its order; those without a place come last.
    pub(crate) fn new(name: &str, text: &str, mut problems: Vec<PolicyProblem>) -> Self {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        problems.dedup();
        Self { name: name.to_owned(), text: text.to_owned(), problems }
    }

    /// Whether pieces of the text may be shown. A table or a document that was named by mistake is not to be quoted, so
    /// every line that is not indented has to look as in a policy.
    pub fn may_quote(&self) -> bool {
        self.text.lines().all(is_setting)
    }
}

/// `key:`, perhaps with a value, an item of a list, the end of a flow map or list, a comment, or nothing at this level.
fn is_setting(line: &str) -> bool {
    let Some(first) = line.chars().next() else { return true };
    let (key, value) = line.split_once(':').unwrap_or(("", line));
    let is_key = !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "_-.[]".contains(letter));
    " #-}]".contains(first) || (is_key && (value.is_empty() || value.starts_with(' ')))
}

impl std::error::Error for PolicyErrors {}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            f.write_str(&self.one(problem))?;
        }
        Ok(())
    }
}

impl PolicyErrors {
    /// One of the problems in one line, with its place.
    pub(crate) fn one(&self, problem: &PolicyProblem) -> String {
        match &problem.span {
            Some(span) => {
                let (line, column) = position(&self.text, span.start);
                format!("{}:{line}:{column}: {}", self.name, problem.message)
            }
            None => format!("{}: {}", self.name, problem.message),
        }
    }
}

/// The line of a byte, counted from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    position(text, at).0
}

/// Line and column of a byte, counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_quote(text: &str) -> bool {
        PolicyErrors::new("p", text, Vec::new()).may_quote()
    }

    #[test]
    fn settings_are_quoted_and_tables_and_documents_are_not() {
        assert!(may_quote(
            "# all\n\nversion: 1\nname[].given: mrn\nrules:\n- keep: true\n  columns: [a]\nlabels: {\n}\n"
        ));
        for other in [
            "id,name\np1,Anna\n",
            "p1,2026-01-01 10:00: 5\n",
            "{\"id\": \"p1\"}\n",
            "Seen at 10: 30\n",
            "PAR1\u{1}: x",
            "id\tname\n",
        ] {
            assert!(!may_quote(other), "{other}");
        }
    }
}
