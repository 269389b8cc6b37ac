//! A rule's `with:` against the schema of the transform.

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

/// Compiles a schema. It can refer to nothing outside itself, and its patterns match in linear time.
///
/// # Errors
/// Why it is none.
pub(super) fn compile(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::draft202012::options().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| error.masked().to_string())
}

/// Fills in the defaults of the top-level properties, validates, and sorts the keys.
pub(super) fn complete(schema: &Value, with: &Map<String, Value>) -> Result<Map<String, Value>, Vec<ConfigProblem>> {
    let mut config = with.clone();
    for (name, property) in properties(schema) {
        if let (false, Some(default)) = (config.contains_key(name), property.get("default")) {
            config.insert(name.clone(), default.clone());
        }
    }
    let whole = |message| vec![ConfigProblem { pointer: String::new(), message }];
    let validator = compile(schema).map_err(whole)?;
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
