//! YAML text to a tree of values with their places. The only module that names the YAML parser.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Location, Options, Spanned};

use super::{At, PolicyProblem};

/// A value and where it stands.
pub(crate) type Node = At<Tree>;

/// One YAML value. Anchors are resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the text; no key stands twice.
    Map(Vec<(At<String>, Node)>),
}

impl Tree {
    /// The value without places.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(|item| item.value.to_json()).collect(),
            Self::Map(entries) => entries.iter().map(|(key, node)| (key.value.clone(), node.value.to_json())).collect(),
        }
    }
}

/// The largest file that is read, in bytes, and how many values it may have.
struct Bounds {
    bytes: usize,
    nodes: usize,
}

/// What people write.
const WRITTEN: Bounds = Bounds { bytes: 1 << 20, nodes: 50_000 };

/// What programs write: some lines for each of many thousand columns.
const GENERATED: Bounds = Bounds { bytes: 32 << 20, nodes: 2_000_000 };

/// Reads one YAML document. Text, depth and what aliases unfold to are bounded.
///
/// # Errors
/// The first place where the text is not YAML, a key stands twice, or a bound is passed.
pub(crate) fn parse(text: &str) -> Result<Node, PolicyProblem> {
    parse_within(text, &WRITTEN)
}

/// Like [`parse`], of a file that a program wrote, which is larger.
///
/// # Errors
/// As of [`parse`].
pub(crate) fn parse_large(text: &str) -> Result<Node, PolicyProblem> {
    parse_within(text, &GENERATED)
}

fn parse_within(text: &str, bounds: &Bounds) -> Result<Node, PolicyProblem> {
    if text.len() > bounds.bytes {
        let message = format!("the file is larger than {} MiB; split it", bounds.bytes >> 20);
        return Err(PolicyProblem { message, span: None });
    }
    match serde_saphyr::from_str_with_options::<Spanned<Parsed>>(text, options(bounds)) {
        Ok(parsed) => Ok(node(parsed, text)),
        Err(error) => Err(problem(&error, text)),
    }
}

fn options(bounds: &Bounds) -> Options {
    let budget = serde_saphyr::budget! {
        max_events: bounds.nodes.saturating_mul(2),
        max_nodes: bounds.nodes,
        max_depth: 32,
        max_aliases: 1_000,
        max_anchors: 1_000,
        max_recorded_anchor_events: 100_000,
        max_recorded_anchor_bytes: 4 << 20,
        max_total_scalar_bytes: bounds.bytes.saturating_mul(4),
    };
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: 50_000, max_replay_stack_depth: 16 };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        emit_comments: false,
        with_snippet: false,
    }
}

fn problem(error: &Error, text: &str) -> PolicyProblem {
    let message = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` stands here twice; keep one"),
        Error::MergeKeyNotAllowed { .. } => "merge keys (`<<`) are not read; write the keys out".into(),
        Error::MultipleDocuments { .. } => "the file holds several documents (`---`); keep one".into(),
        Error::Budget { .. } => "the file is nested too deeply or unfolds to too much; write it plainer".into(),
        other => format!("not readable as YAML: {}", plain(&other.to_string())),
    };
    PolicyProblem { message, span: error.location().and_then(|location| range(location, text)) }
}

/// The parser's message without the place, which stands in the span.
fn plain(message: &str) -> &str {
    let first = message.lines().next().unwrap_or_default();
    first.rsplit_once(" at line ").map_or(first, |(before, _)| before)
}

/// The place in bytes, if the parser knows it; of an error it knows line and column.
fn range(location: Location, text: &str) -> Option<Range<usize>> {
    let span = location.span();
    if let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) {
        let start = usize::try_from(start).ok()?.min(text.len());
        return Some(start..start.saturating_add(usize::try_from(length).ok()?).min(text.len()));
    }
    let [line, column] = [location.line(), location.column()].map(|from_1| from_1.checked_sub(1));
    let above: usize = text.split_inclusive('\n').take(usize::try_from(line?).ok()?).map(str::len).sum();
    let left = text.get(above..)?.chars().take(usize::try_from(column?).ok()?);
    let start = above.saturating_add(left.map(char::len_utf8).sum());
    Some(start..start)
}

fn node(parsed: Spanned<Parsed>, text: &str) -> Node {
    let span = range(parsed.referenced, text).unwrap_or_default();
    let value = match parsed.value {
        Parsed::Scalar(tree) => tree,
        Parsed::List(items) => Tree::List(items.into_iter().map(|item| node(item, text)).collect()),
        Parsed::Map(entries) => Tree::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let span = range(key.referenced, text).unwrap_or_default();
                    (At { value: key.value, span }, node(value, text))
                })
                .collect(),
        ),
    };
    At { value, span }
}

/// What the parser makes of the text.
enum Parsed {
    Scalar(Tree),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParsedVisitor)
    }
}

struct ParsedVisitor;

impl<'de> Visitor<'de> for ParsedVisitor {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true, false, null, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Tree::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Tree::Bool(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Tree::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Tree::Number(number.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Parsed, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("a number is infinite or none"))?;
        Ok(Parsed::Scalar(Tree::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Tree::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Parsed, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Parsed::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Parsed, A::Error> {
        let mut map: Vec<(Spanned<String>, Spanned<Parsed>)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, _>()? {
            if !seen.insert(key.value.clone()) {
                return Err(A::Error::custom(format!("`{}` stands here twice; keep one", key.value)));
            }
            map.push((key, value));
        }
        Ok(Parsed::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree(text: &str) -> Value {
        parse(text).unwrap().value.to_json()
    }

    fn message(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn scalars_are_what_yaml_1_2_says() {
        let text = "[1, -2, 1.5, true, yes, null, ~, 2026-01-01, '1', 0755, 1_000, \"a\\n\"]";
        let json = serde_json::json!([1, -2, 1.5, true, "yes", null, null, "2026-01-01", "1", "0755", "1_000", "a\n"]);
        assert_eq!(tree(text), json);
    }

    #[test]
    fn keys_and_values_know_their_bytes() {
        let text = "# 🔑\nkey: [añb, c]\n";
        let Tree::Map(entries) = parse(text).unwrap().value else { panic!() };
        let [(key, list)] = entries.as_slice() else { panic!() };
        let Tree::List(items) = &list.value else { panic!() };
        assert_eq!(&text[key.span.clone()], "key");
        assert_eq!(&text[items[0].span.clone()], "añb");
        assert_eq!(&text[items[1].span.clone()], "c");
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_shift_no_place() {
        let text = "\u{feff}a: b\r\nc: &x d\r\ne: *x\r\n";
        let Tree::Map(entries) = parse(text).unwrap().value else { panic!() };
        let places: Vec<_> =
            entries.iter().map(|(key, node)| (&text[key.span.clone()], &text[node.span.clone()])).collect();
        assert_eq!(places, [("a", "b"), ("c", "d"), ("e", "*x")]);
    }

    #[test]
    fn refuses_a_key_that_stands_twice() {
        let problem = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(problem.message, "`a` stands here twice; keep one");
        assert_eq!(problem.span, Some(10..11));
    }

    #[test]
    fn refuses_merge_keys_tags_and_several_documents() {
        assert_eq!(message("a: &x {b: 1}\nc:\n  <<: *x\n"), "merge keys (`<<`) are not read; write the keys out");
        assert_eq!(message("a: 1\n---\nb: 1\n"), "the file holds several documents (`---`); keep one");
        assert!(message("a: !secret b").starts_with("not readable as YAML: "));
    }

    #[test]
    fn says_where_the_text_is_not_yaml() {
        let problem = parse("a: [1, 2\nb: 3\n").unwrap_err();
        assert!(problem.message.starts_with("not readable as YAML: "), "{}", problem.message);
        assert!(!problem.message.contains("line"), "{}", problem.message);
        assert_eq!(problem.span, Some(10..10));
    }

    #[test]
    fn bounds_aliases_depth_and_size() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        parse(&bomb).unwrap_err();
        let too_much = "the file is nested too deeply or unfolds to too much; write it plainer";
        assert_eq!(message(&format!("{}{}", "[".repeat(100), "]".repeat(100))), too_much);
        assert_eq!(message(&"x".repeat(WRITTEN.bytes + 1)), "the file is larger than 1 MiB; split it");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*|[-a-c:,&*!|>{}\\[\\]'\"# \n\t?%@~0-9]{0,80}") {
            if let Err(PolicyProblem { span: Some(span), .. }) = parse(&text) {
                prop_assert!(text.get(span).is_some() || !text.is_ascii());
            }
        }
    }
}
