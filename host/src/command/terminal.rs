//! Questions to a person.

use std::io::{self, IsTerminal};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::show;
use crate::error::Error;
use crate::keys::Prompt;

/// Longer than any answer.
const MOST_BYTES: usize = 4096;

/// Asks for a secret without showing it. `None` where there is nobody to ask.
pub(super) fn prompt() -> Option<Prompt> {
    is_there().then_some(ask_hidden)
}

/// Asks one question after the other, and fails unless each is answered with its word.
///
/// # Errors
/// Another answer, or nobody to ask.
pub(super) fn confirm(questions: &[(&str, &str)]) -> Result<(), Error> {
    if !is_there() {
        return Err(Error::Usage("this cannot be undone: run it on a terminal, which asks, or say --yes".to_owned()));
    }
    for (question, word) in questions {
        let answer = ask(question).map_err(Error::io("read", "the terminal"))?;
        if answer.as_str() != *word {
            return Err(Error::Usage("not confirmed; nothing was changed".to_owned()));
        }
    }
    Ok(())
}

/// Whether there is somebody to ask.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line. `None` where whoever was asked has left.
///
/// # Errors
/// The terminal cannot be read, or the answer is no text.
pub(super) fn ask_line(question: &str) -> Result<Option<Zeroizing<String>>, Error> {
    match ask(question) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        answer => answer.map(Some).map_err(Error::io("read", "the terminal")),
    }
}

fn ask_hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let shown = tcgetattr(io::stdin())?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    hidden.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
    let answer = ask(question);
    tcsetattr(io::stdin(), OptionalActions::Now, &shown)?;
    answer
}

/// Reads around the buffer of standard input, which would keep a copy. A terminal gives one line at a time.
fn ask(question: &str) -> io::Result<Zeroizing<String>> {
    show::note(question);
    let mut line = Zeroizing::new([0; MOST_BYTES]);
    let length = rustix::io::read(io::stdin(), line.as_mut())?;
    let line = line.get(..length).and_then(|line| line.strip_suffix(b"\n"));
    let line = line.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    let answer = std::str::from_utf8(line).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Zeroizing::new(answer.to_owned()))
}
