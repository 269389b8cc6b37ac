//! What the policy says of the column: which key and domain its cells were encrypted with.

use serde_json::Value;

use super::RevealError;
use crate::batch::ColumnType;
use crate::error::Error;
use crate::keys::Purpose;
use crate::policy::{Policy, RuleAction};

/// How a column was encrypted.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) key: String,
    pub(super) purpose: Purpose,
    pub(super) domain: String,
    /// What every cell begins with.
    pub(super) prefix: String,
    /// What the values were, as the policy has it: text, unless it says binary or int64.
    pub(super) values: ColumnType,
}

/// How the first rule that matches a column encrypts it.
///
/// # Errors
/// Something is wrong with the policy, or the rule does not encrypt so that it can be opened.
pub(super) fn sealed(policy: &Policy, column: &str) -> Result<Sealed, Error> {
    policy.refuse(policy.flaws().to_vec())?;
    let not_sealed = || RevealError::NotEncrypted(column.to_owned());
    let rule = policy.rule_of(column).map(|rule| &rule.action);
    let Some(RuleAction::Mask(mask)) = rule else { return Err(not_sealed().into()) };
    let purpose = match mask.transform.value.as_str() {
        "encrypt" | "encrypt/encrypt" => Purpose::Encrypt,
        "encrypt-deterministic" | "encrypt-deterministic/encrypt-deterministic" => Purpose::EncryptDeterministic,
        _ => return Err(not_sealed().into()),
    };
    let (key, domain) = mask.key.as_ref().zip(policy.domain.clone()).ok_or_else(not_sealed)?;
    let prefix = mask.with.values.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
    let values = policy.types.get(column).copied().unwrap_or(ColumnType::Text);
    Ok(Sealed { key: key.value.clone(), purpose, domain, prefix, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "\
version: 1
domain: d
labels: { number: us-ssn }
rules:
  - { columns: [ssn, number], mask: encrypt, key: cells, with: { prefix: E- } }
  - { columns: [ssn, mrn], mask: encrypt-deterministic/encrypt-deterministic, key: joins }
  - { columns: [name], mask: redact }
  - { columns: [state], keep: true }
  - { labels: [us-ssn], drop: true }
";

    #[test]
    fn the_first_rule_that_matches_says_key_and_prefix() {
        let policy = Policy::parse("p.yaml", POLICY).unwrap();
        let of = |column| {
            let Sealed { key, purpose, domain, prefix, .. } = sealed(&policy, column).unwrap();
            (key, purpose.to_string(), domain, prefix)
        };
        let expected = |parts: [&str; 4]| {
            let [key, purpose, domain, prefix] = parts.map(str::to_owned);
            (key, purpose, domain, prefix)
        };
        assert_eq!(of("ssn"), expected(["cells", "encrypt", "d", "E-"]));
        assert_eq!(of("ssn[]"), expected(["cells", "encrypt", "d", "E-"]));
        assert_eq!(of("mrn"), expected(["joins", "encrypt-deterministic", "d", ""]));
    }

    #[test]
    fn what_is_not_encrypted_is_not_opened() {
        let policy = Policy::parse("p.yaml", POLICY).unwrap();
        for column in ["name", "state", "other"] {
            let refused = sealed(&policy, column).unwrap_err();
            assert!(matches!(refused, Error::Reveal(RevealError::NotEncrypted(_))), "{column}");
        }
        let flawed = Policy::draft("p.yaml", &POLICY.replace("domain: d\n", "")).unwrap();
        assert!(matches!(sealed(&flawed, "ssn"), Err(Error::Policy(_))));
    }
}
