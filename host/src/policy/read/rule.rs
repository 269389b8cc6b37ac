//! A rule, as it is written.

use super::{Fields, Read};
use crate::policy::At;
use crate::policy::raw::{RawLine, RawMask, RawRule, RawScrub};
use crate::policy::yaml::{Node, Tree};

const RULE: [&str; 14] = [
    "columns",
    "labels",
    "mask",
    "scrub",
    "keep",
    "drop",
    "with",
    "key",
    "context",
    "together",
    "may_keep",
    "rejected",
    "may_hold",
    "looks_like",
];
const SCRUB: [&str; 5] = ["find", "known", "kinds", "otherwise", "threshold"];
const LINE: [&str; 4] = ["mask", "with", "key", "may_keep"];

pub(super) fn rule(read: &mut Read<'_>, _: &str, node: Node) -> Option<At<At<RawRule>>> {
    let span = node.span.clone();
    let mut fields = Fields::open(node, "a rule", &RULE, read)?;
    let before = std::mem::replace(&mut fields.read.whole, true);
    let mut rule = RawRule {
        columns: fields.optional("columns", |read, key, node| read.list(key, node, Read::text)),
        labels: fields.optional("labels", |read, key, node| read.list(key, node, Read::label)),
        mask: fields.optional("mask", Read::text),
        scrub: fields.optional("scrub", scrub),
        keep: fields.optional("keep", Read::truth),
        drop: fields.optional("drop", Read::truth),
        with: fields.optional("with", |read, key, node| read.map(key, node, Read::any)),
        key: fields.optional("key", Read::text),
        context: fields.optional("context", |read, key, node| read.list(key, node, Read::text)),
        together: fields.optional("together", Read::truth),
        may_keep: fields.optional("may_keep", Read::truth),
        rejected: fields.optional("rejected", Read::choice),
        may_hold: fields.optional("may_hold", |read, key, node| read.list(key, node, Read::text)),
        looks_like: fields.optional("looks_like", |read, key, node| read.list(key, node, Read::label)),
        whole: true,
    };
    rule.whole = std::mem::replace(&mut read.whole, before);
    read.whole &= rule.whole;
    Some(At { value: At { value: rule, span: span.clone() }, span })
}

fn scrub(read: &mut Read<'_>, key: &str, node: Node) -> Option<At<RawScrub>> {
    let span = node.span.clone();
    if !matches!(node.value, Tree::Map(_)) {
        return read.problem(span, format!("{key} takes a map, `{{ kinds: {{ … }} }}`"));
    }
    let mut fields = Fields::open(node, key, &SCRUB, read)?;
    let find = fields.optional("find", |read, key, node| read.list(key, node, Read::text));
    let known = fields.optional("known", |read, key, node| read.list(key, node, Read::text));
    let kinds = fields.optional("kinds", |read, key, node| read.map(key, node, line));
    let otherwise = fields.optional("otherwise", line);
    let threshold = fields.optional("threshold", Read::count);
    let kinds = kinds.map(|kinds| kinds.value).unwrap_or_default();
    Some(At { value: RawScrub { find, known, kinds, otherwise, threshold }, span })
}

fn line(read: &mut Read<'_>, key: &str, node: Node) -> Option<At<RawLine>> {
    let span = node.span.clone();
    if !matches!(node.value, Tree::Map(_)) {
        let tag = read.choice(key, node)?;
        return Some(At { value: RawLine::Tag(tag.value), span });
    }
    let mut fields = Fields::open(node, key, &LINE, read)?;
    let mask = fields.required("mask", "the name of a transform", Read::text);
    let with = fields.optional("with", |read, key, node| read.map(key, node, Read::any));
    let key = fields.optional("key", Read::text);
    let may_keep = fields.optional("may_keep", Read::truth);
    Some(At { value: RawLine::Mask(RawMask { mask, with, key, may_keep }), span })
}
