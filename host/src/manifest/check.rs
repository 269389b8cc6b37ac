//! Whether a manifest agrees with itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Bounds, ClassifierCase, Detection, Manifest, Reads, Transform, World, config};

/// The most golden cases of a manifest, and rows of them, together: each is run, and can have a pattern of its own.
const MOST_CASES: usize = 1_000;
/// The most transforms, and keys of their schemas, together: each can be a pattern.
const MOST_KEYS: usize = 2_000;

/// Checks everything that the types leave open. The message is the first thing that is wrong.
pub(super) fn manifest(manifest: &Manifest) -> Result<(), String> {
    if manifest.manifest != 1 {
        return Err(format!("`manifest` is {}, and this host reads 1", manifest.manifest));
    }
    name("the plugin", &manifest.name)?;
    if manifest.version.is_empty() || manifest.version.len() > 64 {
        return Err("`version` has 1 to 64 characters".into());
    }
    let asks = manifest.world.ask();
    if manifest.asks.as_slice() != asks.as_slice() {
        return Err("`asks` disagrees with the world: it lists what the world imports, and nothing else".into());
    }
    world(manifest)?;
    distinct("transforms", manifest.transforms.iter().map(|transform| &transform.name))?;
    cost(manifest)?;
    manifest.transforms.iter().try_for_each(|it| {
        name("a transform", &it.name)?;
        transform(it).map_err(|problem| format!("transform `{}`: {problem}", it.name))
    })
}

/// Whether the rest can be checked in some seconds.
fn cost(manifest: &Manifest) -> Result<(), String> {
    let masked = manifest.transforms.iter().flat_map(|transform| &transform.cases).map(|case| case.input.cells.len());
    let cells = masked.chain(manifest.cases.iter().map(|case| case.input.cells.len()));
    if cells.map(|cells| cells.saturating_add(1)).sum::<usize>() > MOST_CASES {
        return Err(format!("there are more than {MOST_CASES} golden cases and rows of them"));
    }
    let keys = |transform: &Transform| {
        let told = |problem| format!("transform `{}`: `config`: {problem}", transform.name);
        config::keys(&transform.config).map(|keys| keys.saturating_add(1)).map_err(told)
    };
    if manifest.transforms.iter().map(keys).sum::<Result<usize, _>>()? > MOST_KEYS {
        return Err(format!("there are more than {MOST_KEYS} transforms and keys of their `config`"));
    }
    Ok(())
}

/// A classifier has labels, a masker has transforms.
fn world(manifest: &Manifest) -> Result<(), String> {
    let labels = !manifest.labels.is_empty() || !manifest.cases.is_empty();
    let transforms = !manifest.transforms.is_empty();
    match manifest.world {
        World::Classifier | World::TextClassifier if transforms => {
            Err("a classifier has `labels` and no `transforms`".into())
        }
        World::Classifier => classifier(manifest, ClassifierCase::check),
        World::TextClassifier => text_classifier(manifest),
        _ if labels => Err("only a classifier has `labels`, and `cases` beside its transforms".into()),
        _ if !transforms => Err("`transforms` is empty".into()),
        _ => Ok(()),
    }
}

fn text_classifier(manifest: &Manifest) -> Result<(), String> {
    if manifest.reads != Reads::Values {
        return Err("a text classifier reads values: leave `reads` out".into());
    }
    manifest.labels.iter().try_for_each(Detection::check_is_plain)?;
    classifier(manifest, ClassifierCase::check_text)
}

fn classifier(
    manifest: &Manifest,
    check: fn(&ClassifierCase, &[Detection]) -> Result<(), String>,
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for detection in &manifest.labels {
        name("a label", &detection.label)?;
        detection.check()?;
        if !seen.insert((&detection.label, &detection.because)) {
            return Err(format!("`labels` has `{}` twice, with the same `because`", detection.label));
        }
    }
    distinct("cases", manifest.cases.iter().map(|case| &case.name))?;
    let named = |case: &ClassifierCase, problem| format!("case `{}`: {problem}", case.name);
    manifest.cases.iter().try_for_each(|case| check(case, &manifest.labels).map_err(|problem| named(case, problem)))
}

fn transform(transform: &Transform) -> Result<(), String> {
    let is = |key: &str, value: Value| transform.config.get(key) == Some(&value);
    if !is("type", "object".into()) || !is("additionalProperties", false.into()) {
        return Err("`config` has `type: object` and `additionalProperties: false`".into());
    }
    transform.compiled.of(&transform.config).map_err(|error| format!("`config` is no JSON Schema: {error}"))?;
    if transform.types.is_empty() {
        return Err("`types` is empty".into());
    }
    bounds("columns", transform.columns, 1)?;
    bounds("context", transform.context, 0)?;
    if let Some(pattern) = &transform.output_pattern {
        super::pattern(pattern).map_err(|error| format!("`output_pattern`: {error}"))?;
    }
    distinct_outputs(transform)?;
    distinct("cases", transform.cases.iter().map(|case| &case.name))?;
    for case in &transform.cases {
        case.check(transform).map_err(|problem| format!("case `{}`: {problem}", case.name))?;
    }
    Ok(())
}

fn bounds(key: &str, bounds: Bounds, least: usize) -> Result<(), String> {
    if bounds.min < least || bounds.max < bounds.min {
        return Err(format!("`{key}` goes from at least {least} up"));
    }
    Ok(())
}

fn distinct_outputs(transform: &Transform) -> Result<(), String> {
    let Some(rule) = &transform.distinct_outputs else { return Ok(()) };
    for property in [&rule.length, &rule.alphabet] {
        if !config::properties(&transform.config).any(|(name, _)| name == property) {
            return Err(format!("`distinct_outputs` names `{property}`, which is no property of `config`"));
        }
    }
    Ok(())
}

fn distinct<'a>(list: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("`{list}` has `{name}` twice"));
        }
    }
    Ok(())
}

fn name(of: &str, name: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(format!(
        "the name of {of} has lower-case letters, digits and hyphens, begins with a letter, at most 64 characters"
    ))
}
