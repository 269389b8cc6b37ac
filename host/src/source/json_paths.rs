//! The leaves of JSON documents, by their paths.
//!
//! A path names the members from the document down, `name.family`; `[]` stands for the items of an array,
//! `name[].given[]`. Values keep their raw text, so that numbers and escapes stay as they were written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::DataProblem;

/// Deeper documents are refused: FHIR has none, and walking them recurses.
pub(crate) const DEEPEST: usize = 64;

/// One level of a document.
pub(crate) enum Value<'a> {
    /// Members in order.
    Object(Vec<(Cow<'a, str>, &'a RawValue)>),
    /// Items in order.
    Array(Vec<&'a RawValue>),
    /// A string, a number, true, false or null as it is written.
    Leaf(&'a str),
}

impl<'a> Value<'a> {
    /// Opens one level. What lies deeper stays raw.
    ///
    /// # Errors
    /// A key is not a string of characters, such as one with half a surrogate pair.
    pub(crate) fn of(raw: &'a RawValue) -> Result<Self, DataProblem> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str::<Members<'a>>(text).map_err(|_| DataProblem::NotJson)?.0),
            Some(b'[') => Self::Array(serde_json::from_str::<Items<'a>>(text).map_err(|_| DataProblem::NotJson)?.0),
            _ => Self::Leaf(text),
        })
    }
}

/// The text of a leaf: a string without its quotes and escapes, anything else as it is written. `None` for null.
pub(crate) fn leaf_text(raw: &str) -> Result<Option<Cow<'_, str>>, DataProblem> {
    let inside = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(plain) if memchr::memchr(b'\\', plain.as_bytes()).is_none() => Ok(Some(Cow::Borrowed(plain))),
        Some(_) => serde_json::from_str(raw).map(|text| Some(Cow::Owned(text))).map_err(|_| DataProblem::NotJson),
        None if raw == "null" => Ok(None),
        None => Ok(Some(Cow::Borrowed(raw))),
    }
}

/// Every path met so far, as a tree.
pub(crate) struct Paths {
    nodes: Vec<Node>,
    columns: HashMap<String, usize>,
    objects: u64,
}

/// A place in the tree.
pub(crate) type NodeId = usize;

/// The document itself.
pub(crate) const ROOT: NodeId = 0;

#[derive(Default)]
struct Node {
    path: String,
    members: HashMap<String, NodeId>,
    items: Option<NodeId>,
    column: Option<usize>,
    /// The last object that had this member.
    in_object: u64,
}

impl Paths {
    /// A tree that knows which column some paths are.
    pub(crate) fn new(columns: HashMap<String, usize>) -> Self {
        Self { nodes: vec![Node::default()], columns, objects: 0 }
    }

    /// Begins an object: a number that tells it from every other one.
    pub(crate) fn begin_object(&mut self) -> u64 {
        self.objects = self.objects.saturating_add(1);
        self.objects
    }

    /// The member of an object that [`Paths::begin_object`] began.
    ///
    /// # Errors
    /// The object has the key twice, or the key would make its path ambiguous.
    pub(crate) fn member(&mut self, parent: NodeId, key: &str, object: u64) -> Result<NodeId, DataProblem> {
        let known = self.nodes.get(parent).and_then(|node| node.members.get(key)).copied();
        let member = match known {
            Some(member) => member,
            None => self.add_member(parent, key)?,
        };
        match self.nodes.get_mut(member) {
            Some(node) if node.in_object != object => node.in_object = object,
            _ => return Err(DataProblem::DuplicateKey),
        }
        Ok(member)
    }

    /// The items of an array.
    pub(crate) fn items(&mut self, parent: NodeId) -> NodeId {
        if let Some(items) = self.nodes.get(parent).and_then(|node| node.items) {
            return items;
        }
        let items = self.add(format!("{}[]", self.path(parent)));
        if let Some(node) = self.nodes.get_mut(parent) {
            node.items = Some(items);
        }
        items
    }

    /// The path of a place.
    pub(crate) fn path(&self, node: NodeId) -> &str {
        self.nodes.get(node).map_or("", |node| &node.path)
    }

    /// The column that the path is.
    pub(crate) fn column(&self, node: NodeId) -> Option<usize> {
        self.nodes.get(node)?.column
    }

    /// Makes a column of the path.
    pub(crate) fn set_column(&mut self, node: NodeId, column: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.column = Some(column);
        }
    }

    fn add_member(&mut self, parent: NodeId, key: &str) -> Result<NodeId, DataProblem> {
        if key.is_empty() || key.contains('.') || key.contains("[]") {
            return Err(DataProblem::AmbiguousKey);
        }
        let path = if parent == ROOT { key.to_owned() } else { format!("{}.{key}", self.path(parent)) };
        let member = self.add(path);
        if let Some(node) = self.nodes.get_mut(parent) {
            node.members.insert(key.to_owned(), member);
        }
        Ok(member)
    }

    fn add(&mut self, path: String) -> NodeId {
        let column = self.columns.get(&path).copied();
        self.nodes.push(Node { path, column, ..Node::default() });
        self.nodes.len().saturating_sub(1)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[derive(Deserialize)]
struct Items<'a>(#[serde(borrow)] Vec<&'a RawValue>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_members_with_dots_and_items_with_brackets() {
        let mut paths = Paths::new(HashMap::from([("name[].given[]".to_owned(), 7)]));
        let document = paths.begin_object();
        let name = paths.member(ROOT, "name", document).unwrap();
        let items = paths.items(name);
        let object = paths.begin_object();
        let given = paths.member(items, "given", object).unwrap();
        let leaf = paths.items(given);
        assert_eq!((paths.path(leaf), paths.column(leaf)), ("name[].given[]", Some(7)));
        assert_eq!(paths.column(given), None);
        assert_eq!(paths.items(given), leaf);
    }

    #[test]
    fn a_key_is_refused_twice_in_one_object_only() {
        let mut paths = Paths::new(HashMap::new());
        for _ in 0..2 {
            let object = paths.begin_object();
            assert!(paths.member(ROOT, "a", object).is_ok());
            assert!(matches!(paths.member(ROOT, "a", object), Err(DataProblem::DuplicateKey)));
        }
    }

    #[test]
    fn a_key_that_makes_a_path_ambiguous_is_refused() {
        let mut paths = Paths::new(HashMap::new());
        for key in ["", "a.b", "a[]", "[]"] {
            assert!(matches!(paths.member(ROOT, key, 1), Err(DataProblem::AmbiguousKey)), "{key}");
        }
        assert!(paths.member(ROOT, "a[0]", 1).is_ok());
    }

    #[test]
    fn a_leaf_is_its_text_whatever_its_type() {
        for (raw, text) in [
            ("\"a b\"", Some("a b")),
            ("\"\"", Some("")),
            (r#""\u00e9\n\"""#, Some("é\n\"")),
            ("1.50e+3", Some("1.50e+3")),
            ("true", Some("true")),
            ("null", None),
            ("\"null\"", Some("null")),
        ] {
            assert_eq!(leaf_text(raw).unwrap().as_deref(), text, "{raw}");
        }
        assert!(leaf_text(r#""\ud800""#).is_err());
    }
}
