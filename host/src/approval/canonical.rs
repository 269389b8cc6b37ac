//! The one form of a JSON text: RFC 8785, for objects of texts and whole numbers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The canonical bytes of a value: no blanks, members in order of their names. The names are ASCII here, so that their
/// order is that of their bytes; and serde_json writes texts and whole numbers as RFC 8785 has them.
pub(super) fn bytes(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    write(&serde_json::to_value(value)?, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut Vec<u8>) -> serde_json::Result<()> {
    let Value::Object(members) = value else { return serde_json::to_writer(text, value) };
    let members: BTreeMap<_, _> = members.iter().collect();
    text.push(b'{');
    for (index, (name, member)) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut *text, name)?;
        text.push(b':');
        write(member, text)?;
    }
    text.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sorts_members_and_leaves_out_blanks() {
        let value = json!({"b": {}, "a": {"d": "x y", "c": null}, "": 1});
        assert_eq!(bytes(&value).unwrap(), br#"{"":1,"a":{"c":null,"d":"x y"},"b":{}}"#);
    }

    /// The text of RFC 8785, 3.2.2, as far as it has no fractions.
    #[test]
    fn writes_texts_as_the_rfc_has_them() {
        let value = json!({"string": "\u{20ac}$\u{000F}\u{000a}A'\u{0042}\u{0022}\u{005c}\\\"\u{002f}"});
        assert_eq!(bytes(&value).unwrap(), r#"{"string":"€$\u000f\nA'B\"\\\\\"/"}"#.as_bytes());
    }
}
