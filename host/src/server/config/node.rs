//! YAML values with their places to Rust types: whoever refuses a value says where it stands.

use std::fmt;
use std::ops::Range;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::policy::PolicyProblem;
use crate::policy::yaml::{Node, Tree};

/// Reads a value; the first thing that is wrong with it becomes a problem with its place.
pub(super) fn read<T: DeserializeOwned>(node: &Node, problems: &mut Vec<PolicyProblem>) -> Option<T> {
    match T::deserialize(Value(node)) {
        Ok(value) => Some(value),
        Err(misread) => {
            problems.push(PolicyProblem { message: misread.message, span: misread.span });
            None
        }
    }
}

/// Why a value cannot be read, and where it stands as soon as that is known.
#[derive(Debug)]
struct Misread {
    message: String,
    span: Option<Range<usize>>,
}

impl Misread {
    /// The innermost place counts.
    fn at(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misread {}

impl Error for Misread {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: None }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("there is no key `{field}` here; there are {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("`{field}` is missing; add it"))
    }
}

struct Value<'n>(&'n Node);

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Misread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        let read = match &self.0.value {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(truth) => visitor.visit_bool(*truth),
            Tree::Number(number) => number.deserialize_any(visitor).map_err(Misread::custom),
            Tree::Text(text) => visitor.visit_str(text),
            Tree::List(items) => visitor.visit_seq(Items(items.iter())),
            Tree::Map(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
        };
        read.map_err(|misread| misread.at(&self.0.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        if self.0.value == Tree::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let read = match &self.0.value {
            Tree::Text(name) => visitor.visit_enum(Choice(name)),
            _ => Err(Misread::invalid_type(Unexpected::Other("no text"), &"the name of a choice")),
        };
        read.map_err(|misread| misread.at(&self.0.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        self.0.next().map(|node| seed.deserialize(Value(node))).transpose()
    }
}

type Entry = (crate::policy::At<String>, Node);

struct Entries<'n> {
    entries: std::slice::Iter<'n, Entry>,
    value: Option<&'n Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StrDeserializer<'_, Misread> = key.value.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|misread| misread.at(&key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misread> {
        let value = self.value.take().ok_or_else(|| Misread::custom("a value before its key"))?;
        seed.deserialize(Value(value))
    }
}

/// A choice without anything in it.
struct Choice<'n>(&'n str);

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Misread;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Misread> {
        let name: StrDeserializer<'_, Misread> = self.0.into_deserializer();
        seed.deserialize(name).map(|value| (value, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Misread;

    fn unit_variant(self) -> Result<(), Misread> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Misread> {
        Err(Misread::custom("a choice with a value cannot be written here"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Misread> {
        Err(Misread::custom("a choice with a value cannot be written here"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Misread> {
        Err(Misread::custom("a choice with a value cannot be written here"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::policy::yaml;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        One,
        TwoWords,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        kind: Kind,
        #[serde(default)]
        count: Option<u32>,
        names: BTreeMap<String, Vec<String>>,
    }

    fn misread(text: &str) -> (String, String) {
        let (node, mut problems) = (yaml::parse(text).unwrap(), Vec::new());
        assert_eq!(read::<Whole>(&node, &mut problems), None);
        let problem = problems.pop().unwrap();
        (problem.message, text[problem.span.unwrap()].to_owned())
    }

    #[test]
    fn reads_what_is_written() {
        let node = yaml::parse("{ kind: two-words, count: 3, names: { a: [b, c] } }").unwrap();
        let names = BTreeMap::from([("a".to_owned(), vec!["b".to_owned(), "c".to_owned()])]);
        let whole = Whole { kind: Kind::TwoWords, count: Some(3), names };
        assert_eq!(read(&node, &mut Vec::new()), Some(whole));
    }

    #[test]
    fn a_refusal_stands_at_the_innermost_place() {
        let (message, at) = misread("{ kind: one, names: { a: [b, 5] } }");
        assert!(message.contains("expected a string") && at == "5", "{message} at {at}");
        let (message, at) = misread("{ kind: three, names: {} }");
        assert!(message.contains("two-words") && at == "three", "{message} at {at}");
        let (message, at) = misread("{ kind: one, names: {}, cuont: 1 }");
        assert!(message.contains("`cuont`") && message.contains("count") && at == "cuont", "{message} at {at}");
        let (message, at) = misread("{ kind: one, count: -1, names: {} }");
        assert!(message.contains("-1") && at == "-1", "{message} at {at}");
        let (message, _) = misread("{ kind: one }");
        assert!(message.contains("`names` is missing"), "{message}");
    }
}
