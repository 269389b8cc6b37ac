//! From YAML values to the policy as it is written. Reads on after a problem, so that all are told at once.

mod rule;

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

use super::raw::{
    DetailedProfile, Entries, Normalization, NormalizedSubject, RawContract, RawGate, RawPolicy, RawProfile,
    RawPromise, RawRisk, RawSubject,
};
use super::suggest::{did_you_mean, nearest};
use super::yaml::{Node, Tree};
use super::{At, PolicyProblem};
use crate::phi::Label;

/// The keys of a policy, of what is in it, and of a rule.
const POLICY: [&str; 13] = [
    "version",
    "name",
    "domain",
    "reference_date",
    "subject",
    "profile",
    "risk",
    "labels",
    "types",
    "contract",
    "gate",
    "rules",
    "unmatched",
];
const RISK: [&str; 4] = ["quasi_identifiers", "sensitive", "k", "small_classes"];
const CONTRACT: [&str; 3] = ["rows", "unexpected", "columns"];
const PROMISE: [&str; 5] = ["type", "nulls", "optional", "values", "pattern"];
const GATE: [&str; 3] = ["content", "residue", "verify"];
const PROFILE: [&str; 5] = ["name", "absent", "agreement", "method", "expires"];
const SUBJECT: [&str; 2] = ["column", "normalize"];
const NORMALIZATION: [&str; 3] = ["trim", "ascii-case", "separators"];

/// Reads a policy. `None` only together with a problem.
pub(super) fn policy(root: Node, problems: &mut Vec<PolicyProblem>) -> Option<RawPolicy> {
    let mut read = Read::new(problems);
    let mut fields = Fields::open(root, "a policy", &POLICY, &mut read)?;
    let version = fields.required("version", "`version: 1`", Read::count);
    // Nothing else means something else for it.
    fields.read.whole = true;
    let name = fields.optional("name", Read::text);
    let domain = fields.optional("domain", Read::text);
    let reference_date = fields.optional("reference_date", Read::text);
    let subject = fields.optional("subject", subject);
    let profile = fields.optional("profile", profile);
    let risk = fields.optional("risk", risk);
    let labels = fields.optional("labels", labels).map(|map| map.value).unwrap_or_default();
    let types = fields.optional("types", |read, key, node| read.map(key, node, Read::choice));
    let contract = fields.optional("contract", contract);
    let gate = fields.optional("gate", gate);
    let rules = fields.required("rules", "a list of rules", |read, key, node| read.list(key, node, rule::rule));
    let unmatched = fields.optional("unmatched", Read::choice);
    let whole = fields.read.whole;
    let types = types.map(|map| map.value).unwrap_or_default();
    let rules = rules.map(|rules| rules.value.into_iter().map(|rule| rule.value).collect()).unwrap_or_default();
    Some(RawPolicy {
        version,
        name,
        domain,
        reference_date,
        subject,
        profile,
        risk,
        labels,
        types,
        contract,
        gate,
        rules,
        unmatched,
        whole,
    })
}

fn labels(read: &mut Read<'_>, key: &str, node: Node) -> Option<At<Entries<Label>>> {
    read.map(key, node, Read::label)
}

fn subject(read: &mut Read<'_>, key: &str, node: Node) -> Option<RawSubject> {
    if !matches!(node.value, Tree::Map(_)) {
        return read.text(key, node).map(RawSubject::Named);
    }
    let mut fields = Fields::open(node, key, &SUBJECT, read)?;
    let column = fields.required("column", "the name of the column", Read::text);
    let normalize = fields.optional("normalize", normalization).unwrap_or_default();
    Some(RawSubject::Normalized(NormalizedSubject { column: column?, normalize }))
}

fn profile(read: &mut Read<'_>, key: &str, node: Node) -> Option<RawProfile> {
    if !matches!(node.value, Tree::Map(_)) {
        return read.choice(key, node).map(RawProfile::Named);
    }
    let mut fields = Fields::open(node, key, &PROFILE, read)?;
    let name = fields.required("name", "the name of the profile", Read::choice);
    let absent = fields.optional("absent", |read, key, node| read.list(key, node, Read::text));
    let agreement = fields.optional("agreement", Read::text);
    let method = fields.optional("method", Read::text);
    let expires = fields.optional("expires", Read::text);
    Some(RawProfile::Detailed(DetailedProfile { name: name?, absent, agreement, method, expires }))
}

fn risk(read: &mut Read<'_>, key: &str, node: Node) -> Option<At<RawRisk>> {
    let node = read.a_map(key, node)?;
    let span = node.span.clone();
    let mut fields = Fields::open(node, key, &RISK, read)?;
    let names = |read: &mut Read<'_>, key: &str, node| read.list(key, node, Read::text);
    let quasi_identifiers = fields.required("quasi_identifiers", "columns, `[zip, birth_date, gender]`", names);
    let sensitive = fields.optional("sensitive", names);
    let k = fields.required("k", "the least size of a class, `k: 11`", Read::count);
    let small_classes = fields.optional("small_classes", Read::choice);
    let value = RawRisk { quasi_identifiers: quasi_identifiers?, sensitive, k: k?, small_classes };
    Some(At { value, span })
}

fn contract(read: &mut Read<'_>, key: &str, node: Node) -> Option<RawContract> {
    let node = read.a_map(key, node)?;
    let mut fields = Fields::open(node, key, &CONTRACT, read)?;
    let rows = fields.optional("rows", Read::choice);
    let unexpected = fields.optional("unexpected", Read::choice);
    let what = "a map from columns to what they must be";
    let columns = fields.required("columns", what, |read, key, node| read.map(key, node, promise));
    Some(RawContract { rows, unexpected, columns: columns.map(|map| map.value).unwrap_or_default() })
}

fn promise(read: &mut Read<'_>, _: &str, node: Node) -> Option<At<RawPromise>> {
    let span = node.span.clone();
    let mut fields = Fields::open(node, "a column of the contract", &PROMISE, read)?;
    let value = RawPromise {
        column_type: fields.optional("type", Read::choice),
        nulls: fields.optional("nulls", Read::truth),
        optional: fields.optional("optional", Read::truth),
        values: fields.optional("values", |read, key, node| read.list(key, node, Read::text)),
        pattern: fields.optional("pattern", Read::text),
    };
    Some(At { value, span })
}

fn gate(read: &mut Read<'_>, key: &str, node: Node) -> Option<RawGate> {
    let node = read.a_map(key, node)?;
    let mut fields = Fields::open(node, key, &GATE, read)?;
    let content = fields.optional("content", Read::choice);
    let residue = fields.optional("residue", Read::choice);
    Some(RawGate { content, residue, verify: fields.optional("verify", Read::choice) })
}

fn normalization(read: &mut Read<'_>, key: &str, node: Node) -> Option<Normalization> {
    let mut fields = Fields::open(node, key, &NORMALIZATION, read)?;
    let mut set = |key| fields.optional(key, Read::truth).is_some_and(|set| set.value);
    Some(Normalization { trim: set("trim"), ascii_case: set("ascii-case"), separators: set("separators") })
}

/// The fields of a map that are still to be read.
pub(super) struct Fields<'f, 'p> {
    read: &'f mut Read<'p>,
    span: Range<usize>,
    entries: Vec<(At<String>, Node)>,
}

impl<'f, 'p> Fields<'f, 'p> {
    /// Takes a map with these keys. One that is not known is read as the one that was meant, so that nothing is told
    /// to be missing that is only misspelled.
    pub(super) fn open(node: Node, what: &str, known: &[&'static str], read: &'f mut Read<'p>) -> Option<Self> {
        let Tree::Map(mut entries) = node.value else {
            return read.problem(node.span, format!("{what} is a map, `key: value`"));
        };
        let mut taken: BTreeSet<String> = entries.iter().map(|(key, _)| key.value.clone()).collect();
        for (key, _) in entries.iter_mut().filter(|(key, _)| !known.contains(&key.value.as_str())) {
            let near = nearest(&key.value, known.iter().copied());
            let hint = match near {
                Some(near) => format!("; did you mean `{near}`?"),
                None => format!("; there are {}", known.join(", ")),
            };
            let message = format!("{what} has no key `{}`{hint}", key.value);
            read.problems.push(PolicyProblem { message, span: Some(key.span.clone()) });
            if let Some(near) = near.filter(|near| taken.insert((*near).to_owned())) {
                near.clone_into(&mut key.value);
            }
        }
        Some(Self { read, span: node.span, entries })
    }

    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        reader: impl FnOnce(&mut Read<'p>, &str, Node) -> Option<T>,
    ) -> Option<T> {
        let at = self.entries.iter().position(|(name, _)| name.value == key)?;
        let (_, node) = self.entries.remove(at);
        reader(self.read, &format!("`{key}`"), node)
    }

    pub(super) fn required<T>(
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
}

/// Reads single values.
pub(super) struct Read<'p> {
    problems: &'p mut Vec<PolicyProblem>,
    /// Whether every value could be read.
    whole: bool,
}

impl<'p> Read<'p> {
    pub(super) fn new(problems: &'p mut Vec<PolicyProblem>) -> Self {
        Self { problems, whole: true }
    }
}

impl Read<'_> {
    pub(super) fn problem<T>(&mut self, span: Range<usize>, message: String) -> Option<T> {
        self.whole = false;
        self.problems.push(PolicyProblem { message, span: Some(span) });
        None
    }

    pub(super) fn text(&mut self, key: &str, node: Node) -> Option<At<String>> {
        match node.value {
            Tree::Text(value) => Some(At { value, span: node.span }),
            Tree::Bool(_) | Tree::Number(_) => self.problem(
                node.span,
                format!("{key} takes text, and this is read as a number or a truth value; quote it"),
            ),
            Tree::Null | Tree::List(_) | Tree::Map(_) => self.problem(node.span, format!("{key} takes text")),
        }
    }

    pub(super) fn texts(&mut self, key: &str, node: Node) -> Option<At<Vec<At<String>>>> {
        self.list(key, node, Self::text)
    }

    pub(super) fn count(&mut self, key: &str, node: Node) -> Option<At<u64>> {
        match &node.value {
            Tree::Number(number) if number.as_u64().is_some() => {
                number.as_u64().map(|value| At { value, span: node.span })
            }
            _ => self.problem(node.span, format!("{key} takes a whole number")),
        }
    }

    /// A number from 0 to 1.
    pub(super) fn share(&mut self, key: &str, node: Node) -> Option<At<f64>> {
        let share = match &node.value {
            Tree::Number(number) => number.as_f64().filter(|share| (0.0..=1.0).contains(share)),
            _ => None,
        };
        match share {
            Some(value) => Some(At { value, span: node.span }),
            None => self.problem(node.span, format!("{key} takes a number from 0 to 1")),
        }
    }

    /// A number from 0 on.
    pub(super) fn amount(&mut self, key: &str, node: Node) -> Option<At<f64>> {
        match &node.value {
            Tree::Number(number) => number.as_f64().filter(|amount| *amount >= 0.0),
            _ => None,
        }
        .map(|value| At { value, span: node.span.clone() })
        .or_else(|| self.problem(node.span, format!("{key} takes a number from 0 on")))
    }

    pub(super) fn truth(&mut self, key: &str, node: Node) -> Option<At<bool>> {
        match node.value {
            Tree::Bool(value) => Some(At { value, span: node.span }),
            _ => self.problem(node.span, format!("{key} takes true or false")),
        }
    }

    pub(super) fn choice<T: DeserializeOwned>(&mut self, key: &str, node: Node) -> Option<At<T>> {
        let text = self.text(key, node)?;
        match T::deserialize(StrDeserializer::<ValueError>::new(&text.value)) {
            Ok(value) => Some(At { value, span: text.span }),
            Err(error) => self.problem(text.span, format!("{key}: {error}")),
        }
    }

    pub(super) fn label(&mut self, key: &str, node: Node) -> Option<At<Label>> {
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

    fn a_map(&mut self, key: &str, node: Node) -> Option<Node> {
        match node.value {
            Tree::Map(_) => Some(node),
            _ => self.problem(node.span, format!("{key} takes a map, `{{ name: value }}`")),
        }
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

    pub(super) fn map<T>(
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
