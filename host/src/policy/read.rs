//! From YAML values to the policy as it is written. Reads on after a problem, so that all are told at once.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

use super::raw::{Entries, RawPolicy, RawRule};
use super::suggest::did_you_mean;
use super::yaml::{Node, Tree};
use super::{At, PolicyProblem};
use crate::phi::Label;

/// Reads a policy. `None` only together with a problem.
pub(super) fn policy(root: Node, problems: &mut Vec<PolicyProblem>) -> Option<RawPolicy> {
    let mut fields = Fields::open(root, "a policy", problems)?;
    let version = fields.required("version", "`version: 1`", Read::count);
    let name = fields.optional("name", Read::text);
    let domain = fields.optional("domain", Read::text);
    let reference_date = fields.optional("reference_date", Read::text);
    let subject = fields.optional("subject", Read::text);
    let labels = fields.optional("labels", labels).map(|map| map.value).unwrap_or_default();
    let types = fields.optional("types", |read, key, node| read.map(key, node, Read::choice));
    let rules = fields.required("rules", "a list of rules", |read, key, node| read.list(key, node, rule));
    let unmatched = fields.optional("unmatched", Read::choice);
    fields.close();
    let types = types.map(|map| map.value).unwrap_or_default();
    let rules = rules?.value.into_iter().map(|rule| rule.value).collect();
    Some(RawPolicy { version: version?, name, domain, reference_date, subject, labels, types, rules, unmatched })
}

/// Reads a file of labels: a map from columns to labels.
pub(super) fn labels_file(root: Node, problems: &mut Vec<PolicyProblem>) -> Entries<Label> {
    labels(&mut Read { problems }, "a labels file", root).map(|map| map.value).unwrap_or_default()
}

fn labels(read: &mut Read<'_>, key: &str, node: Node) -> Option<At<Entries<Label>>> {
    read.map(key, node, Read::label)
}

fn rule(read: &mut Read<'_>, _: &str, node: Node) -> Option<At<At<RawRule>>> {
    let (span, before) = (node.span.clone(), read.problems.len());
    let mut fields = Fields::open(node, "a rule", read.problems)?;
    let rule = RawRule {
        columns: fields.optional("columns", |read, key, node| read.list(key, node, Read::text)),
        labels: fields.optional("labels", |read, key, node| read.list(key, node, Read::label)),
        mask: fields.optional("mask", Read::text),
        keep: fields.optional("keep", Read::truth),
        drop: fields.optional("drop", Read::truth),
        with: fields.optional("with", |read, key, node| read.map(key, node, Read::any)),
        key: fields.optional("key", Read::text),
        context: fields.optional("context", |read, key, node| read.list(key, node, Read::text)),
        together: fields.optional("together", Read::truth),
        may_keep: fields.optional("may_keep", Read::truth),
        rejected: fields.optional("rejected", Read::choice),
    };
    fields.close();
    // What was not read would be missed again later on.
    (read.problems.len() == before).then_some(())?;
    Some(At { value: At { value: rule, span: span.clone() }, span })
}

/// The fields of a map that are still to be read.
struct Fields<'p> {
    read: Read<'p>,
    whole: &'static str,
    span: Range<usize>,
    entries: Vec<(At<String>, Node)>,
    known: Vec<&'static str>,
}

impl<'p> Fields<'p> {
    fn open(node: Node, whole: &'static str, problems: &'p mut Vec<PolicyProblem>) -> Option<Self> {
        let mut read = Read { problems };
        match node.value {
            Tree::Map(entries) => Some(Self { read, whole, span: node.span, entries, known: Vec::new() }),
            _ => read.problem(node.span, format!("{whole} is a map, `key: value`")),
        }
    }

    fn optional<T>(
        &mut self,
        key: &'static str,
        reader: impl FnOnce(&mut Read<'p>, &str, Node) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let at = self.entries.iter().position(|(name, _)| name.value == key)?;
        let (_, node) = self.entries.remove(at);
        reader(&mut self.read, &format!("`{key}`"), node)
    }

    fn required<T>(
        &mut self,
        key: &'static str,
        what: &str,
        reader: impl FnOnce(&mut Read<'p>, &str, Node) -> Option<T>,
    ) -> Option<T> {
        if !self.entries.iter().any(|(name, _)| name.value == key) {
            self.read.problem::<()>(self.span.clone(), format!("`{key}` is missing; add {what}"));
        }
        self.optional(key, reader)
    }

    /// Whatever was not asked for is unknown.
    fn close(mut self) {
        for (key, _) in std::mem::take(&mut self.entries) {
            let hint = did_you_mean(&key.value, self.known.iter().copied());
            let hint = if hint.is_empty() { format!("; there are {}", self.known.join(", ")) } else { hint };
            self.read.problem::<()>(key.span, format!("{} has no key `{}`{hint}", self.whole, key.value));
        }
    }
}

/// Reads single values.
struct Read<'p> {
    problems: &'p mut Vec<PolicyProblem>,
}

impl Read<'_> {
    fn problem<T>(&mut self, span: Range<usize>, message: String) -> Option<T> {
        self.problems.push(PolicyProblem { message, span: Some(span) });
        None
    }

    fn text(&mut self, key: &str, node: Node) -> Option<At<String>> {
        match node.value {
            Tree::Text(value) => Some(At { value, span: node.span }),
            Tree::Bool(_) | Tree::Number(_) => self.problem(
                node.span,
                format!("{key} takes text, and this is read as a number or a truth value; quote it"),
            ),
            Tree::Null | Tree::List(_) | Tree::Map(_) => self.problem(node.span, format!("{key} takes text")),
        }
    }

    fn count(&mut self, key: &str, node: Node) -> Option<At<u64>> {
        match &node.value {
            Tree::Number(number) if number.as_u64().is_some() => {
                number.as_u64().map(|value| At { value, span: node.span })
            }
            _ => self.problem(node.span, format!("{key} takes a whole number")),
        }
    }

    fn truth(&mut self, key: &str, node: Node) -> Option<At<bool>> {
        match node.value {
            Tree::Bool(value) => Some(At { value, span: node.span }),
            _ => self.problem(node.span, format!("{key} takes true or false")),
        }
    }

    fn choice<T: DeserializeOwned>(&mut self, key: &str, node: Node) -> Option<At<T>> {
        let text = self.text(key, node)?;
        match T::deserialize(StrDeserializer::<ValueError>::new(&text.value)) {
            Ok(value) => Some(At { value, span: text.span }),
            Err(error) => self.problem(text.span, format!("{key}: {error}")),
        }
    }

    fn label(&mut self, key: &str, node: Node) -> Option<At<Label>> {
        let name = self.text(key, node)?;
        if let Ok(value) = name.value.parse() {
            return Some(At { value, span: name.span });
        }
        // What is near to no label may be a value of a table that was named by mistake.
        let message = match did_you_mean(&name.value, Label::all().map(Label::name)).as_str() {
            "" => "there is no such label; labels are such as us-ssn, mrn, birth-date, clinical".to_owned(),
            hint => format!("there is no label `{}`{hint}", name.value),
        };
        self.problem(name.span, message)
    }

    fn any(&mut self, _: &str, node: Node) -> Option<At<Value>> {
        Some(At { value: node.value.to_json(), span: node.span })
    }

    fn list<T>(
        &mut self,
        key: &str,
        node: Node,
        item: impl Fn(&mut Self, &str, Node) -> Option<At<T>>,
    ) -> Option<At<Vec<At<T>>>> {
        let Tree::List(items) = node.value else {
            return self.problem(node.span, format!("{key} takes a list, `[a, b]`"));
        };
        if items.is_empty() {
            return self.problem(node.span, format!("{key} is an empty list; add something to it"));
        }
        let value = items.into_iter().filter_map(|node| item(self, key, node)).collect();
        Some(At { value, span: node.span })
    }

    fn map<T>(
        &mut self,
        key: &str,
        node: Node,
        item: impl Fn(&mut Self, &str, Node) -> Option<At<T>>,
    ) -> Option<At<Entries<T>>> {
        let Tree::Map(entries) = node.value else {
            return self.problem(node.span, format!("{key} takes a map, `{{ name: value }}`"));
        };
        let value = entries.into_iter().filter_map(|(name, node)| Some((name, item(self, key, node)?))).collect();
        Some(At { value, span: node.span })
    }
}
