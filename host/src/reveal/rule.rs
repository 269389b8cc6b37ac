//! What the policy says of the column: with which key, in which domain and how its cells were made.

use serde_json::Value;

use super::RevealError;
use crate::batch::ColumnType;
use crate::error::Error;
use crate::keys::Purpose;
use crate::policy::{Policy, RuleAction};
use crate::vault::Format;

/// How a column was masked, so that its values can be brought back.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) key: String,
    pub(super) purpose: Purpose,
    pub(super) domain: String,
    /// What its cells are.
    pub(super) how: How,
    /// What the values were, as the policy has it: text, unless it says binary or int64.
    pub(super) values: ColumnType,
}

/// What stands in the cells of a masked column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Ciphertexts.
    Ciphertext {
        /// What every cell begins with.
        prefix: String,
    },
    /// Tokens of a vault.
    Token(Format),
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
        "token" | "token/token" => Purpose::Token,
        "fpe" | "fpe/fpe" => return Err(RevealError::FormatPreserving(column.to_owned()).into()),
        _ => return Err(not_sealed().into()),
    };
    let (key, domain) = mask.key.as_ref().zip(policy.domain.clone()).ok_or_else(not_sealed)?;
    let option = |name| mask.with.values.get(name).and_then(Value::as_str).unwrap_or_default();
    let how = match purpose {
        Purpose::Token => How::Token(format(option("format"), option("prefix"))?),
        _ => How::Ciphertext { prefix: option("prefix").to_owned() },
    };
    let values = policy.types.get(column).copied().unwrap_or(ColumnType::Text);
    Ok(Sealed { key: key.value.clone(), purpose, domain, how, values })
}

/// The format that the plugin `token` asks the vault for.
fn format(format: &str, prefix: &str) -> Result<Format, Error> {
    Ok(match (format, prefix) {
        ("digits", _) => Format::Digits,
        (_, "") => Format::Opaque,
        (_, prefix) => Format::prefixed(prefix)?,
    })
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
  - { columns: [id], mask: token, key: tokens, with: { prefix: T- } }
  - { columns: [account], mask: token, key: tokens, with: { format: digits } }
  - { columns: [visit], mask: token/token, key: tokens }
  - { columns: [phone], mask: fpe, key: formats }
  - { columns: [name], mask: redact }
  - { columns: [state], keep: true }
  - { labels: [us-ssn], drop: true }
";

    #[test]
    fn the_first_rule_that_matches_says_key_and_prefix() {
        let policy = Policy::parse("p.yaml", POLICY).unwrap();
        let of = |column| {
            let Sealed { key, purpose, domain, how, .. } = sealed(&policy, column).unwrap();
            let how = match how {
                How::Ciphertext { prefix } => prefix,
                How::Token(format) => format.to_string(),
            };
            (key, purpose.to_string(), domain, how)
        };
        let expected = |parts: [&str; 4]| {
            let [key, purpose, domain, prefix] = parts.map(str::to_owned);
            (key, purpose, domain, prefix)
        };
        assert_eq!(of("ssn"), expected(["cells", "encrypt", "d", "E-"]));
        assert_eq!(of("ssn[]"), expected(["cells", "encrypt", "d", "E-"]));
        assert_eq!(of("mrn"), expected(["joins", "encrypt-deterministic", "d", ""]));
        assert_eq!(of("id"), expected(["tokens", "token", "d", "prefixed:T-"]));
        assert_eq!(of("account"), expected(["tokens", "token", "d", "digits"]));
        assert_eq!(of("visit"), expected(["tokens", "token", "d", "opaque"]));
    }

    #[test]
    fn what_is_not_encrypted_is_not_opened() {
        let policy = Policy::parse("p.yaml", POLICY).unwrap();
        for column in ["name", "state", "other"] {
            let refused = sealed(&policy, column).unwrap_err();
            assert!(matches!(refused, Error::Reveal(RevealError::NotEncrypted(_))), "{column}");
        }
        assert!(matches!(sealed(&policy, "phone"), Err(Error::Reveal(RevealError::FormatPreserving(_)))));
        let flawed = Policy::draft("p.yaml", &POLICY.replace("domain: d\n", "")).unwrap();
        assert!(matches!(sealed(&flawed, "ssn"), Err(Error::Policy(_))));
    }
}
