//! What of a value is left in its result: the ground on which a legal profile judges a transform.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What of a value is left in its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// Nothing: a constant or a null.
    Nothing,
    /// How long it was.
    Length,
    /// A code that is drawn by chance: nobody can work it out from the value.
    RandomCode,
    /// A code that is worked out from the value, with a key: a keyed digest, a surrogate, a ciphertext.
    DerivedCode,
    /// Three digits of a ZIP code where more than 20,000 people live, by a census that the transform names.
    Region,
    /// The year of a date.
    Year,
    /// An age in years, 90 and over in one group.
    AgeGroup,
    /// A range or a longer stretch of time.
    Range,
    /// Some of its characters or elements.
    Part,
    /// The value with a difference: a shifted date, a number with noise.
    Near,
    /// Everything; also of a manifest that does not say.
    #[default]
    Everything,
}

impl Left {
    /// In words: "… leaves a code that …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Length => "the length of the value",
            Self::RandomCode => "a code drawn by chance",
            Self::DerivedCode => "a code that is derived from the value",
            Self::Region => "three digits of the ZIP code",
            Self::Year => "the year",
            Self::AgeGroup => "an age, 90 and over in one group",
            Self::Range => "the range of the value",
            Self::Part => "part of the value",
            Self::Near => "a value near to it",
            Self::Everything => "the value",
        }
    }
}

/// What is left under a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaves {
    /// The options that must have these values, if any.
    #[serde(default)]
    pub when: Map<String, Value>,
    /// What is left then.
    pub left: Left,
}

/// What is left under a complete configuration: as the first of these says that is for it.
pub(super) fn left(leaves: &[Leaves], config: &Map<String, Value>) -> Left {
    let is_for = |leaves: &&Leaves| leaves.when.iter().all(|(option, value)| config.get(option) == Some(value));
    leaves.iter().find(is_for).map_or(Left::default(), |leaves| leaves.left)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_that_is_for_the_configuration_decides() {
        let leaves: Vec<Leaves> = serde_json::from_value(json!([
            { "when": { "keep_first": 0, "keep_last": 0 }, "left": "derived-code" },
            { "when": { "fill": "null" }, "left": "nothing" },
            { "left": "part" }
        ]))
        .unwrap();
        let left = |config: Value| left(&leaves, config.as_object().unwrap());
        assert_eq!(left(json!({ "keep_first": 0, "keep_last": 0 })), Left::DerivedCode);
        assert_eq!(left(json!({ "keep_first": 0, "keep_last": 1 })), Left::Part);
        assert_eq!(left(json!({ "keep_first": 0, "fill": "null" })), Left::Nothing);
    }

    #[test]
    fn what_is_not_said_leaves_everything() {
        assert_eq!(left(&[], &Map::new()), Left::Everything);
        let other = Leaves { when: Map::from_iter([("a".to_owned(), json!(1))]), left: Left::Nothing };
        assert_eq!(left(&[other], &Map::new()), Left::Everything);
    }
}
