//! Names of columns with wildcards.

/// The name of a column, or a pattern of names.
///
/// Names are dotted paths where documents are nested (`name[].given[]`). `*` stands for any run of characters inside
/// one segment, also an empty one; `**` for any run, dots included. `\*` is the character itself. All else is literal,
/// brackets too. Upper and lower case differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Is(char),
    /// Any run without a dot.
    Segment,
    /// Any run.
    Path,
}

impl Pattern {
    /// The pattern that a policy writes so.
    pub fn new(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            steps.push(match c {
                '*' if rest.next_if_eq(&'*').is_some() => Step::Path,
                '*' => Step::Segment,
                '\\' if rest.next_if_eq(&'*').is_some() => Step::Is('*'),
                c => Step::Is(c),
            });
        }
        Self { text: text.to_owned(), steps }
    }

    /// As the policy writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The one name that it matches, where it has no wildcard.
    pub fn literal(&self) -> Option<String> {
        let character = |step: &Step| match step {
            Step::Is(c) => Some(*c),
            Step::Segment | Step::Path => None,
        };
        self.steps.iter().map(character).collect()
    }

    /// Whether it matches the name of a column. Takes time in the length of the name times that of the pattern.
    pub fn matches(&self, name: &str) -> bool {
        let mut reached = vec![false; self.steps.len().saturating_add(1)];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        self.skip_empty_runs(&mut reached);
        for c in name.chars() {
            reached = self.step(&reached, c);
        }
        reached.last().copied().unwrap_or_default()
    }

    /// Whether it matches the name, or would if neither said where lists are: a document may have one value or several,
    /// and `ssn` is then the column `ssn` or `ssn[]`.
    pub fn reaches(&self, name: &str) -> bool {
        self.matches(name) || self.without_lists().matches(&name.replace("[]", ""))
    }

    fn without_lists(&self) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            if (steps.last(), step) == (Some(&Step::Is('[')), &Step::Is(']')) {
                steps.pop();
            } else {
                steps.push(*step);
            }
        }
        Self { text: self.text.replace("[]", ""), steps }
    }

    /// Whether it is sure to match all that another one does: that one is the same, or a name it matches, or it
    /// matches everything.
    pub fn covers(&self, other: &Self) -> bool {
        self.steps == other.steps
            || self.steps == [Step::Path]
            || other.literal().is_some_and(|name| self.matches(&name))
    }

    /// The places in the pattern that one more character leads to.
    fn step(&self, reached: &[bool], c: char) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        for (index, (step, _)) in self.steps.iter().zip(reached).enumerate().filter(|(_, (_, reached))| **reached) {
            let to = match step {
                Step::Is(wanted) if *wanted == c => index.saturating_add(1),
                Step::Segment if c != '.' => index,
                Step::Path => index,
                Step::Is(_) | Step::Segment => continue,
            };
            if let Some(place) = next.get_mut(to) {
                *place = true;
            }
        }
        self.skip_empty_runs(&mut next);
        next
    }

    /// A run may be empty: whoever stands before a wildcard stands behind it too.
    fn skip_empty_runs(&self, reached: &mut [bool]) {
        let mut before = false;
        let behind = std::iter::once(None).chain(self.steps.iter().map(Some));
        for (place, step) in reached.iter_mut().zip(behind) {
            *place |= before && matches!(step, Some(Step::Segment | Step::Path));
            before = *place;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).matches(name)
    }

    #[test]
    fn a_name_matches_itself_alone() {
        assert!(matches("name[].given[]", "name[].given[]"));
        assert!(!matches("name", "Name"));
        assert!(!matches("name", "names"));
        assert!(!matches("", "x"));
    }

    #[test]
    fn one_star_stays_in_its_segment() {
        assert!(matches("tmp_*", "tmp_"));
        assert!(matches("tmp_*", "tmp_a b"));
        assert!(matches("*_date", "birth_date"));
        assert!(matches("name[].*", "name[].given[]"));
        assert!(!matches("name[].*", "name[].period.start"));
        assert!(!matches("*", "a.b"));
    }

    #[test]
    fn two_stars_cross_segments() {
        assert!(matches("**", "a.b[].c"));
        assert!(matches("contact.**", "contact.name.family"));
        assert!(matches("**.family", "contact.name.family"));
        assert!(!matches("**.family", "family"));
    }

    #[test]
    fn a_path_reaches_the_lists_along_it() {
        let reaches = |pattern: &str, name: &str| Pattern::new(pattern).reaches(name);
        assert!(reaches("ssn", "ssn[]") && reaches("ssn[]", "ssn") && reaches("name.*", "name[].given[]"));
        assert!(reaches("name[].given", "name.given[]") && reaches("*[]*", "a"));
        assert!(!reaches("ssn", "ssn.x[]") && !reaches("ssn", "ssn[x]") && !reaches("*[]*", "a.b"));
    }

    #[test]
    fn an_escaped_star_is_literal() {
        assert_eq!(Pattern::new("a\\*").literal().as_deref(), Some("a*"));
        assert!(!matches("a\\*", "ab"));
        assert!(matches("a\\b", "a\\b"));
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(5_000).replace("aa", "ab")));
    }

    #[test]
    fn covers_only_what_is_sure() {
        let covers = |a: &str, b: &str| Pattern::new(a).covers(&Pattern::new(b));
        assert!(covers("a*", "ab") && covers("a*", "a*") && covers("**", "*x"));
        assert!(!covers("ab", "a*") && !covers("a*", "ab*"));
    }

    proptest! {
        #[test]
        fn agrees_with_the_same_regular_expression(pattern in "[ab.*\\\\]{0,6}", name in "[ab.*\\\\]{0,8}") {
            let mut expression = regex::escape(&pattern);
            for (from, to) in [("\\\\\\*", "\u{1}"), ("\\*\\*", "(?s:.*)"), ("\\*", "[^.]*"), ("\u{1}", "\\*")] {
                expression = expression.replace(from, to);
            }
            // Where escapes and stars meet in a row the replacements above would read them in another order.
            prop_assume!(!pattern.contains("\\\\") && !pattern.contains("\\**") && !pattern.contains("***"));
            let expected = regex::Regex::new(&format!("^(?:{expression})$")).unwrap().is_match(&name);
            prop_assert_eq!(Pattern::new(&pattern).matches(&name), expected);
        }
    }
}
