//! One form for the spellings of a value.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};

/// How a value is brought to one form before it is digested: `normalization` in `wit/pseudonym.wit`.
///
/// A value digests as the value that is its form: with `trim`, ` a ` digests as `a` does without, and a value of which
/// nothing is left as the empty text does. The forms are not marked, so that data that is clean already agrees with
/// data that is normalized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Normalize {
    /// Unicode white space (`White_Space`) at both ends does not count.
    pub trim: bool,
    /// ASCII upper and lower case are the same: all is lower.
    pub ascii_case: bool,
    /// Only letters and digits count (Unicode `Alphabetic` and `N*`). A combining accent is neither, so `é` and
    /// `e` with an accent after it stay two spellings.
    pub separators: bool,
}

impl Normalize {
    /// Whether values stay as they are.
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The forms of all texts. A text of which nothing is left names nothing, and is null.
    pub(crate) fn forms(self, texts: &StringArray) -> StringArray {
        let mut forms = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
        let mut form = String::new();
        for text in texts {
            form.clear();
            if let Some(text) = text {
                self.apply(text, &mut form);
            }
            forms.append_option(Some(&form).filter(|form| !form.is_empty()));
        }
        forms.finish()
    }

    /// Puts the form of `text` into `form`.
    pub(in crate::keys) fn apply(self, text: &str, form: &mut String) {
        let text = if self.trim { text.trim() } else { text };
        form.clear();
        if self.separators {
            form.extend(text.chars().filter(|character| character.is_alphanumeric()));
        } else {
            form.push_str(text);
        }
        if self.ascii_case {
            form.make_ascii_lowercase();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(normalize: Normalize, text: &str) -> String {
        let mut form = String::from("left over");
        normalize.apply(text, &mut form);
        form
    }

    #[test]
    fn each_flag_does_its_part_and_no_more() {
        let text = "\u{2003} Ä-12 Bc\t";
        let nothing = Normalize::default();
        assert_eq!(form(nothing, text), text);
        assert_eq!(form(Normalize { trim: true, ..nothing }, text), "Ä-12 Bc");
        assert_eq!(form(Normalize { ascii_case: true, ..nothing }, text), "\u{2003} Ä-12 bc\t");
        assert_eq!(form(Normalize { separators: true, ..nothing }, text), "Ä12Bc");
        assert_eq!(form(Normalize { trim: true, ascii_case: true, separators: true }, text), "Ä12bc");
    }

    #[test]
    fn digits_of_any_script_count() {
        assert_eq!(form(Normalize { separators: true, ..Normalize::default() }, "١-२.½"), "١२½");
    }
}
