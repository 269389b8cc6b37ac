//! The JSON Schema of a policy, for editors.

use schemars::Schema;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

use super::raw::RawPolicy;

/// The JSON Schema (draft 2020-12) of a policy file.
pub fn json_schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let schema = settings.with_transform(RecursiveTransform(without_null)).into_generator();
    schema.into_root_schema_for::<RawPolicy>().to_value()
}

/// A key is there with a value, or it is not there: no key takes null.
fn without_null(schema: &mut Schema) {
    let null = serde_json::json!({ "type": "null" });
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".into(), one);
        }
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != null);
    if let [Value::Object(one)] = choices.as_slice() {
        let one = one.clone();
        schema.remove("anyOf");
        one.into_iter().for_each(|(key, value)| {
            schema.insert(key, value);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policy.schema.json");

    /// `MORETTA_WRITE_SCHEMA=1 cargo test -p moretta policy::schema` rewrites the file.
    #[test]
    fn the_committed_schema_is_the_one_of_the_code() {
        let schema = format!("{:#}\n", json_schema());
        if std::env::var_os("MORETTA_WRITE_SCHEMA").is_some() {
            std::fs::write(FILE, &schema).unwrap();
        }
        let committed = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(committed == schema, "run `MORETTA_WRITE_SCHEMA=1 cargo test -p moretta policy::schema`");
    }

    /// The schema and the reader are two descriptions of one format.
    #[test]
    fn every_key_of_the_schema_is_read_and_no_other() {
        let schema = json_schema();
        let keys = |properties: &Value| properties.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(", ");
        let known = |text: &str| {
            let message = Policy::parse("p", text).unwrap_err().to_string();
            message.split("has no key `zzzzzzzz`; there are ").nth(1).unwrap().lines().next().unwrap().to_owned()
        };
        assert_eq!(known("zzzzzzzz: 1"), keys(&schema["properties"]));
        assert_eq!(known("rules: [{ zzzzzzzz: 1 }]"), keys(&schema["$defs"]["Rule"]["properties"]));
        for key in keys(&schema["properties"]).split(", ") {
            let message = Policy::parse("p", &format!("{key}: ~")).unwrap_err().to_string();
            assert!(message.contains(&format!("p:1:{}: `{key}` takes", key.len() + 3)), "{message}");
        }
        for key in keys(&schema["$defs"]["Rule"]["properties"]).split(", ") {
            let message = Policy::parse("p", &format!("rules: [{{ {key}: ~ }}]")).unwrap_err().to_string();
            assert!(message.contains(&format!("p:1:{}: `{key}` takes", key.len() + 13)), "{message}");
        }
    }

    #[test]
    fn accepts_what_the_parser_accepts() {
        let validator = jsonschema::validator_for(&json_schema()).unwrap();
        let valid = |text: &str| {
            let json = super::super::yaml::parse(text).unwrap().value.to_json();
            (validator.is_valid(&json), Policy::parse("p", text).is_ok())
        };
        assert_eq!(valid(crate::policy::tests::FULL), (true, true));
        let subject = "version: 1\nsubject: { column: id, normalize: { ascii-case: true } }\nrules: [{ columns: [a], drop: true }]";
        assert_eq!(valid(subject), (true, true));
        assert_eq!(valid(&subject.replace("column: id, ", "")), (false, false));
        assert_eq!(valid(&subject.replace("ascii-case", "ascii_case")), (false, false));
        let profile =
            "version: 1\nprofile: { name: safe-harbor, absent: [A, R] }\nrules: [{ columns: [a], drop: true }]";
        assert_eq!(valid(profile), (true, true));
        assert_eq!(valid(&profile.replace("{ name: safe-harbor, absent: [A, R] }", "none")), (true, true));
        assert_eq!(valid(&profile.replace("A, R", "S")), (false, false));
        assert_eq!(valid(&profile.replace("safe-harbor", "safe_harbor")), (false, false));
        let scrub =
            "version: 1\nrules: [{ columns: [a], scrub: { kinds: { phone: tag, date: { mask: m } }, threshold: 9 } }]";
        assert_eq!(valid(scrub), (true, true));
        assert_eq!(valid(&scrub.replace("phone: tag", "phone: tags")), (false, false));
        assert_eq!(valid(&scrub.replace("mask: m", "with: {}")), (false, false));
        assert_eq!(valid(&scrub.replace("threshold: 9", "threshold: 101")), (false, false));
        assert_eq!(valid(&scrub.replace("threshold", "find: [], threshold")), (false, false));
        for wrong in [
            "version: 1",
            "version: 2\nrules: [{ columns: [a], keep: true }]",
            "version: 1\nrules: []",
            "version: 1\nrules: [{ columns: [a] }]",
            "version: 1\nrules: [{ columns: [a], keep: true, drop: true }]",
            "version: 1\nrules: [{ keep: true }]",
            "version: 1\nrules: [{ columns: [a], keep: false }]",
            "version: 1\nrules: [{ labels: [ssn], keep: true }]",
            "version: 1\nname: ~\nrules: [{ columns: [a], keep: true }]",
            "version: 1\nunmatched: keep\nrules: [{ columns: [a], keep: true }]",
        ] {
            assert_eq!(valid(wrong), (false, false), "{wrong}");
        }
    }
}
