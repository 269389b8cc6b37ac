//! A rule's `with:` against the schema of the transform.

use std::sync::{Arc, OnceLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where, as a JSON pointer. Empty: the configuration as a whole.
    pub pointer: String,
    /// What is wrong, and how to mend it. Names the property.
    pub message: String,
}

/// What refers to another schema: chains and loops of them take the stack of whoever follows.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// The schema of a transform, compiled once it is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Compiled(OnceLock<Result<Arc<Validator>, String>>);

impl Compiled {
    /// The validator of a schema, which is the same each time. Its patterns match in linear time.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn of(&self, schema: &Value) -> Result<&Validator, String> {
        let compiled = self.0.get_or_init(|| {
            let patterns = PatternOptions::regex().size_limit(super::MOST_PATTERN_BYTES);
            let options = jsonschema::draft202012::options().with_pattern_options(patterns);
            options.build(schema).map(Arc::new).map_err(|error| error.masked().to_string())
        });
        compiled.as_deref().map_err(String::clone)
    }
}

/// How many keys there are in a schema: what compiling it costs. JSON that was parsed is at most 128 deep.
///
/// # Errors
/// It refers to another.
pub(super) fn keys(schema: &Value) -> Result<usize, String> {
    match schema {
        Value::Array(items) => items.iter().map(keys).sum(),
        Value::Object(members) => members.iter().try_fold(members.len(), |sum, (key, member)| {
            if REFERENCES.contains(&key.as_str()) {
                return Err(format!("it has `{key}`; write out what that stands for"));
            }
            Ok(sum.saturating_add(keys(member)?))
        }),
        _ => Ok(0),
    }
}

/// Fills in the defaults of the top-level properties, validates, and sorts the keys.
pub(super) fn complete(
    schema: &Value,
    compiled: &Compiled,
    with: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<ConfigProblem>> {
    let mut config = with.clone();
    for (name, property) in properties(schema) {
        if let (false, Some(default)) = (config.contains_key(name), property.get("default")) {
            config.insert(name.clone(), default.clone());
        }
    }
    let whole = |message| vec![ConfigProblem { pointer: String::new(), message }];
    let validator = compiled.of(schema).map_err(whole)?;
    let mut config = Value::Object(config);
    let problems: Vec<_> = validator.iter_errors(&config).flat_map(|error| explain(&error, schema)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    config.sort_all_objects();
    match config {
        Value::Object(config) => Ok(config),
        _ => Err(whole("the configuration is no object".into())),
    }
}

/// The properties that a schema names.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn explain(error: &ValidationError<'_>, schema: &Value) -> Vec<ConfigProblem> {
    let pointer = error.instance_path().as_str().to_owned();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } if pointer.is_empty() => {
            let known: Vec<_> = properties(schema).map(|(name, _)| format!("`{name}`")).collect();
            let known =
                if known.is_empty() { "it takes none".into() } else { format!("there are {}", known.join(", ")) };
            let problem = |name: &String| ConfigProblem {
                pointer: format!("/{name}"),
                message: format!("there is no property `{name}`; {known}"),
            };
            unexpected.iter().map(problem).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![ConfigProblem { message: format!("property `{name}` is missing; add it under `with`"), pointer }]
        }
        _ if pointer.is_empty() => vec![ConfigProblem { message: error.to_string(), pointer }],
        _ => {
            let name = pointer.trim_start_matches('/').replace('/', ".");
            vec![ConfigProblem { message: format!("property `{name}`: {error}"), pointer }]
        }
    }
}
