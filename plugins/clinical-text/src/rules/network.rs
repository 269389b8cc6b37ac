//! Email and web addresses.

use super::{Found, View};
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::Kind;

/// At most so many tokens are one address.
const LONGEST: usize = 64;

/// `ada.lovelace+notes@example.org`, told by its `@`.
pub(super) fn email(view: View<'_>, at: usize) -> Option<Found> {
    if !view.is_glued(at) || !view.is_glued(at + 1) {
        return None;
    }
    let of_name = |place: usize| match view.mark(place) {
        Some(mark) => b".-_+%'".contains(&mark),
        None => true,
    };
    let mut start = at;
    while start > 0 && start + LONGEST > at && view.is_glued(start) && of_name(start - 1) {
        start -= 1;
    }
    // Marks at its beginning are of the text.
    while start < at && matches!(view.mark(start), Some(b'.' | b'-' | b'\'')) {
        start += 1;
    }
    let end = domain(view, at + 1)?;
    (start < at).then_some(Found { start, end, label: Label::Email, confidence: 98 })
}

/// The end of a domain: names with dots between them, the last of letters.
fn domain(view: View<'_>, start: usize) -> Option<usize> {
    let (mut end, mut last) = (start, None);
    while end < start + LONGEST && (end == start || view.is_glued(end)) {
        match view.mark(end) {
            None if view.get(end).is_some() => {
                let dotted = end > start && view.is(end - 1, b'.');
                let letters = view.tokens[end].kind == Kind::Word && view.tokens[end].length() >= 2;
                if dotted && letters {
                    last = Some(end + 1);
                }
            }
            Some(b'.' | b'-') => {}
            _ => break,
        }
        end += 1;
    }
    last
}

/// `https://example.org/path`, `www.example.org`, `example.org`.
pub(super) fn url(view: View<'_>, place: usize) -> Option<Found> {
    let inside =
        place > 0 && view.is_glued(place) && matches!(view.mark(place - 1), None | Some(b'.' | b'-' | b'@' | b'_'));
    if inside {
        return None;
    }
    let scheme = [&b"http"[..], b"https", b"ftp", b"sftp"].iter().any(|scheme| view.is_word(place, scheme));
    let found = |end: usize, confidence| Some(Found { start: place, end, label: Label::Url, confidence });
    if scheme && view.is(place + 1, b':') && view.is(place + 2, b'/') {
        return found(path(view, place + 3), 98);
    }
    let goes_on = view.is(place + 1, b'.') && view.is_glued(place + 2) || view.is(place + 1, b'-');
    if !goes_on || !view.is_glued(place + 1) {
        return None;
    }
    let end = domain(view, place)?;
    if view.is_word(place, b"www") {
        return found(path(view, end), 98);
    }
    let slash = view.is(end, b'/') && view.is_glued(end);
    let top = view.tokens[end - 1];
    let small = view.word(&top).iter().all(u8::is_ascii_lowercase);
    let stem = view.tokens[end.saturating_sub(3)];
    let plain = small && top.class == Class::Domain && stem.kind != Kind::Mark && end >= place + 3;
    // `in`, `at`, `me`: words more often than countries.
    let words = [&b"in"[..], b"at", b"me", b"no", b"be", b"us", b"it", b"is", b"health"];
    let word = words.contains(&view.word(&top));
    (plain && (!word || slash)).then(|| found(if slash { path(view, end) } else { end }, 80))?
}

/// The end of what is written without a blank; marks at its end are of the text.
fn path(view: View<'_>, start: usize) -> usize {
    let mut end = start;
    while end < start + 4 * LONGEST && view.is_glued(end) && !matches!(view.mark(end), Some(b'"' | b'<' | b'>' | b'|'))
    {
        end += 1;
    }
    while end > start
        && matches!(view.mark(end - 1), Some(b'.' | b',' | b';' | b':' | b')' | b']' | b'\'' | b'!' | b'?' | b'}'))
    {
        end -= 1;
    }
    end
}
