//! `moretta classify --review`: one question for each suggestion that waits.

use super::classify::shown;
use super::labels::reviewer;
use super::show::{note, printable};
use super::terminal::ask_line;
use crate::error::Error;
use crate::phi::Label;
use crate::policy::{Labels, Review, did_you_mean};
use crate::survey::Survey;

const HOW: &str =
    "For each column: a to approve, r to reject, the label that it is, Enter to leave it for later, q to end.\n";

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Review(Review),
    Later,
    End,
}

/// Asks for each column that looks like an identifier and that nobody has reviewed. What was answered before somebody leaves
/// stands.
///
/// # Errors
/// The terminal cannot be read.
pub(super) fn ask(found: &Survey, labels: &mut Labels) -> Result<(), Error> {
    let open: Vec<String> = labels.open().map(|(name, _)| name.to_owned()).collect();
    if !open.is_empty() {
        note(HOW);
    }
    for (index, column) in found.columns.iter().enumerate().filter(|(_, column)| open.contains(&column.name)) {
        let Some(suggestion) = &column.suggestion else { continue };
        let question = format!("{}: {} ({})? ", shown(index, &column.name), suggestion.label, suggestion.why);
        match answer(&printable(&question))? {
            Answer::Review(review) => {
                let (by, at) = reviewer();
                labels.review(&column.name, review, &by, &at).map_err(|problem| Error::Usage(problem.to_string()))?;
            }
            Answer::Later => {}
            Answer::End => break,
        }
    }
    Ok(())
}

/// Asks until there is an answer.
fn answer(question: &str) -> Result<Answer, Error> {
    loop {
        let Some(line) = ask_line(question)? else { return Ok(Answer::End) };
        match understood(line.trim()) {
            Some(answer) => return Ok(answer),
            None => {
                let near = did_you_mean(line.trim(), Label::all().map(Label::name));
                note(&printable(&format!("that is no label{near}\n")));
            }
        }
    }
}

fn understood(line: &str) -> Option<Answer> {
    Some(match line {
        "" => Answer::Later,
        "q" => Answer::End,
        "a" => Answer::Review(Review::Approve),
        "r" => Answer::Review(Review::Reject),
        label => Answer::Review(Review::Set(label.parse().ok()?)),
    })
}
