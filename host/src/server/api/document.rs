//! The OpenAPI document (3.1), made from the table of ways in.

use axum::response::Response;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::json as answer;
use super::media::NAMES;
use super::operate::Chosen;
use super::table::{Gives, Needs, Route, Takes, Verb, routes};
use crate::server::problem::Problem;

/// `GET /v1/openapi.json`.
pub(super) async fn document() -> Result<Response, Problem> {
    answer(&openapi())
}

/// What can be asked for over HTTP, as OpenAPI 3.1 has it.
#[must_use]
pub fn openapi() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths = Map::<String, Value>::new();
    for route in routes() {
        let verb = match route.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        let described = operation(&route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path.as_object_mut().and_then(|path| path.insert(verb.to_owned(), described));
    }
    let security = json!({
        "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "certificate": { "type": "mutualTLS" },
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Moretta",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Masks health data with sandboxed plugins. What no role allows is denied.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": { "schemas": schemas.take_definitions(true), "securitySchemes": security },
    })
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let (needs, security) = match route.needs {
        Needs::Nothing => ("For anybody.".to_owned(), json!([])),
        Needs::Principal => ("For who is known.".to_owned(), secured()),
        Needs::On(operation) => (format!("Needs `{operation}` on the dataset."), secured()),
        Needs::OnAll(operation) => (format!("Needs `{operation}` on every dataset."), secured()),
    };
    let problem = schemas.subschema_for::<Problem>();
    let not_done = match route.gives {
        // Whether it is ready is said in a word too.
        Gives::Text => json!({ "description": "Not now.", "content": text() }),
        _ => json!({
            "description": "It is not done: why, and whose fault it is (RFC 9457).",
            "content": { "application/problem+json": { "schema": problem } },
        }),
    };
    let responses = json!({ "200": gives(route.gives, schemas), "default": not_done });
    let mut described = json!({
        "operationId": route.name,
        "summary": route.about,
        "description": needs,
        "security": security,
        "parameters": parameters(route),
        "responses": responses,
    });
    let body = match route.takes {
        Takes::Rows => Some(json!({ "required": true, "content": tables() })),
        Takes::Revision => {
            let schema = schemas.subschema_for::<Chosen>();
            Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }))
        }
        Takes::Nothing | Takes::Filter => None,
    };
    if let (Some(body), Some(described)) = (body, described.as_object_mut()) {
        described.insert("requestBody".to_owned(), body);
    }
    described
}

fn secured() -> Value {
    json!([{ "token": [] }, { "certificate": [] }])
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(
        |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    );
    let mut parameters: Vec<_> = in_path.collect();
    match route.takes {
        Takes::Filter => {
            let time = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,3}Z?)?)?)?)?)?)?$";
            let texts = ["run", "key", "action"].map(|name| (name, json!({ "type": "string" })));
            let times = ["since", "until"].map(|name| (name, json!({ "type": "string", "pattern": time })));
            let query = texts.into_iter().chain(times);
            parameters.extend(query.map(|(name, schema)| json!({ "name": name, "in": "query", "schema": schema })));
        }
        Takes::Rows => parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "schema": { "type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[!-~]+$" },
        })),
        Takes::Nothing | Takes::Revision => {}
    }
    parameters
}

fn gives(gives: Gives, schemas: &mut SchemaGenerator) -> Value {
    let (description, content) = match gives {
        Gives::Text => ("It does.", text()),
        Gives::Rows => ("The rows, masked; complete if the trailer moretta-status says so.", tables()),
        Gives::Records => ("The records.", json!({ "application/x-ndjson": {} })),
        Gives::Metrics => ("The metrics.", json!({ "application/openmetrics-text": {} })),
        Gives::Json(schema) => ("It was done.", json!({ "application/json": { "schema": schema(schemas) } })),
        Gives::Document => ("The document.", json!({ "application/json": { "schema": { "type": "object" } } })),
    };
    json!({ "description": description, "content": content })
}

fn text() -> Value {
    json!({ "text/plain": { "schema": { "type": "string" } } })
}

fn tables() -> Value {
    NAMES.into_iter().map(|name| (name.to_owned(), json!({}))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_way_in_is_in_the_document_and_nothing_else_is() {
        let document = openapi();
        let mut described = BTreeSet::new();
        for (path, verbs) in document["paths"].as_object().unwrap() {
            described.extend(verbs.as_object().unwrap().keys().map(|verb| (path.clone(), verb.clone())));
        }
        let verb = |verb| if verb == Verb::Get { "get" } else { "post" };
        let known: BTreeSet<_> =
            routes().iter().map(|route| (route.path.to_owned(), verb(route.verb).to_owned())).collect();
        assert_eq!(described, known);
        // The router is made from the same table, in one place.
        let code = include_str!("mod.rs");
        assert_eq!((code.matches(".route(").count(), code.matches(".nest(").count()), (1, 0));
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let text = openapi().to_string();
        let document = openapi();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for named in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        let names: BTreeSet<_> = routes().iter().map(|route| route.name).collect();
        assert_eq!(names.len(), routes().len());
    }
}
