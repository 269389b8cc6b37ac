//! "Did you mean": the known word nearest to a mistaken one.

/// The word to name behind a message: `; did you mean `x`?`, or nothing where none is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The known word that the fewest edits (a character added, removed or replaced) lead to: at most one in three of its
/// characters. Case and `_` against `-` do not count.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word);
    let near = known.into_iter().filter_map(|candidate| {
        let folded = folded(candidate);
        let most = folded.len().max(word.len()).div_ceil(3);
        (word.len().abs_diff(folded.len()) <= most && word.len() <= MAX_LENGTH)
            .then(|| (distance(&word, &folded), candidate))
            .filter(|(distance, _)| *distance <= most)
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Longer words are no slips of the pen, and are not compared.
const MAX_LENGTH: usize = 64;

fn folded(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The Levenshtein distance, by one row of its table at a time.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, a) in from.iter().enumerate() {
        let mut next = vec![index.saturating_add(1)];
        let mut left = index.saturating_add(1);
        for ((b, diagonal), above) in to.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal.saturating_add(usize::from(a != b));
            left = replaced.min(left.saturating_add(1)).min(above.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("kitten"), &letters("sitting")), 3);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
        assert_eq!(distance(&letters("abc"), &letters("abc")), 0);
    }

    #[test]
    fn finds_slips_and_nothing_far() {
        let known = ["columns", "context", "labels", "us-ssn"];
        assert_eq!(nearest("colums", known), Some("columns"));
        assert_eq!(nearest("US_SSN", known), Some("us-ssn"));
        assert_eq!(nearest("rejected", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
        assert_eq!(did_you_mean("label", known), "; did you mean `labels`?");
        assert_eq!(did_you_mean("zzz", known), "");
    }
}
