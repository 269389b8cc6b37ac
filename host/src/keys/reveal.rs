//! The only way to a key that opens cells or tokens: a request that the keyring's operators approved.

use super::operators::Approved;
use super::{DecryptionGrant, KeyError, Keyring, Purpose, TokenGrant};
use crate::approval::{Action, ApprovalError, Reveal};

impl Keyring {
    /// Grants opening the cells of an approved request. It can be carried out until [`Keyring::spend`] marks it.
    ///
    /// # Errors
    /// The keyring has no operators, they did not approve exactly this, or it was carried out already. Or there is no
    /// such key, or it is for something else.
    pub(crate) fn reveal_key(
        &self,
        reveal: &Reveal,
        approved: Option<&Approved<'_>>,
    ) -> Result<DecryptionGrant, KeyError> {
        self.document.check_consent(&Action::Reveal(reveal.clone()), approved)?;
        let purposes = [Purpose::Encrypt, Purpose::EncryptDeterministic];
        let purpose = purposes.into_iter().find(|purpose| purpose.to_string() == reveal.purpose);
        let purpose = purpose.ok_or(ApprovalError::Malformed("request"))?;
        self.decryption_key(&reveal.key, purpose, &reveal.domain)
    }

    /// Grants the key of the vault whose tokens an approved request asks for. It can be carried out until
    /// [`Keyring::spend`] marks it.
    ///
    /// # Errors
    /// Those of [`Keyring::reveal_key`].
    pub(crate) fn reveal_tokens(
        &self,
        reveal: &Reveal,
        approved: Option<&Approved<'_>>,
    ) -> Result<TokenGrant, KeyError> {
        self.document.check_consent(&Action::Reveal(reveal.clone()), approved)?;
        match reveal.purpose == Purpose::Token.to_string() {
            true => self.token_key(&reveal.key),
            false => Err(ApprovalError::Malformed("request").into()),
        }
    }

    /// Marks an approved request as carried out, before anybody gets what it asks for. No other process can carry it out
    /// then, however close it is.
    ///
    /// # Errors
    /// Those of [`Keyring::reveal_key`] as of now, or the keyring cannot be written.
    pub(crate) fn spend(&mut self, reveal: &Reveal, approved: &Approved<'_>) -> Result<(), KeyError> {
        self.change(|document, _| document.authorize(&Action::Reveal(reveal.clone()), Some(approved)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::{Approval, Operator, OperatorKey, Request, Timestamp};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_795_330_800 + seconds).unwrap()
    }

    fn key(name: &str) -> OperatorKey {
        let mut bytes = [0; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        OperatorKey::from_random(&bytes)
    }

    fn reveal(break_glass: bool) -> Reveal {
        Reveal {
            input: "0".repeat(64),
            column: "ssn".to_owned(),
            rows: "1-3".parse().unwrap(),
            most_rows: 3,
            key: "cells".to_owned(),
            purpose: "encrypt".to_owned(),
            domain: "d".to_owned(),
            break_glass,
        }
    }

    /// A keyring with a key for cells and three operators, of whom rosalba may break the glass.
    fn keyring() -> (tempfile::TempDir, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let mut keyring = Keyring::create(directory.path(), &[("cells", Purpose::Encrypt)]).unwrap();
        let operator = |name: &str| {
            let (public_key, break_glass) = (key(name).public_key(), name == "rosalba");
            Operator { name: name.to_owned(), public_key, break_glass }
        };
        let operators = ["anna", "bruno", "rosalba"].map(operator).into();
        let registered = keyring.change(|document, _| {
            document.operators = operators;
            Ok(())
        });
        registered.unwrap();
        (directory, keyring)
    }

    fn refusal<T>(result: Result<T, KeyError>) -> ApprovalError {
        match result {
            Err(KeyError::Approval(refusal)) => refusal,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("granted"),
        }
    }

    fn request(keyring: &Keyring, reveal: Reveal, who: &str) -> Request {
        let who = (who.to_owned(), "an adverse event".to_owned());
        Request::new(Action::Reveal(reveal), keyring.id().to_owned(), who, (at(0), 3600), [1; 16]).unwrap()
    }

    fn approvals(request: &Request, names: &[&str]) -> Vec<Approval> {
        names.iter().map(|name| key(name).approve(request, name, at(1), 3600).unwrap()).collect()
    }
    #[test]
    fn two_operators_open_what_one_cannot_and_once() {
        let (directory, mut keyring) = keyring();
        let reveal = reveal(false);
        let request = request(&keyring, reveal.clone(), "carla");
        let both = approvals(&request, &["anna", "bruno"]);
        let one = Approved { request: &request, approvals: &both[..1], now: at(2) };
        assert_eq!(refusal(keyring.reveal_key(&reveal, None)), ApprovalError::TooFew { given: 0, needed: 2 });
        let too_few = ApprovalError::TooFew { given: 1, needed: 2 };
        assert_eq!(refusal(keyring.reveal_key(&reveal, Some(&one))), too_few);
        let approved = Approved { request: &request, approvals: &both, now: at(2) };
        assert!(keyring.reveal_key(&reveal, Some(&approved)).is_ok());
        let mut elsewhere = Keyring::open(directory.path()).unwrap();
        keyring.spend(&reveal, &approved).unwrap();
        assert_eq!(refusal(keyring.reveal_key(&reveal, Some(&approved))), ApprovalError::Spent);
        assert_eq!(refusal(elsewhere.spend(&reveal, &approved)), ApprovalError::Spent);
    }

    #[test]
    fn tokens_take_two_operators_too_and_a_request_for_them() {
        let (_directory, mut keyring) = keyring();
        keyring.add("tokens", Purpose::Token).unwrap();
        let reveal = Reveal { key: "tokens".to_owned(), purpose: "token".to_owned(), ..reveal(false) };
        let request = request(&keyring, reveal.clone(), "carla");
        let both = approvals(&request, &["anna", "bruno"]);
        let one = Approved { request: &request, approvals: &both[..1], now: at(2) };
        assert_eq!(refusal(keyring.reveal_tokens(&reveal, None)), ApprovalError::TooFew { given: 0, needed: 2 });
        let too_few = ApprovalError::TooFew { given: 1, needed: 2 };
        assert_eq!(refusal(keyring.reveal_tokens(&reveal, Some(&one))), too_few);
        let approved = Approved { request: &request, approvals: &both, now: at(2) };
        assert_eq!(refusal(keyring.reveal_key(&reveal, Some(&approved))), ApprovalError::Malformed("request"));
        assert_eq!(keyring.reveal_tokens(&reveal, Some(&approved)).unwrap().key_id(), "tokens");
        keyring.spend(&reveal, &approved).unwrap();
        assert_eq!(refusal(keyring.reveal_tokens(&reveal, Some(&approved))), ApprovalError::Spent);
    }

    #[test]
    fn an_approval_is_for_exactly_one_reveal() {
        let (_directory, keyring) = keyring();
        let request = request(&keyring, reveal(false), "carla");
        let both = approvals(&request, &["anna", "bruno"]);
        let approved = Approved { request: &request, approvals: &both, now: at(2) };
        let changes: [fn(&mut Reveal); 8] = [
            |reveal| reveal.input.replace_range(0..1, "1"),
            |reveal| reveal.column.push('2'),
            |reveal| reveal.rows = "1-4".parse().unwrap(),
            |reveal| reveal.most_rows = 4,
            |reveal| reveal.key.push('2'),
            |reveal| reveal.purpose = "encrypt-deterministic".to_owned(),
            |reveal| reveal.domain.push('2'),
            |reveal| reveal.break_glass = true,
        ];
        for change in changes {
            let mut changed = reveal(false);
            change(&mut changed);
            let refused = refusal(keyring.reveal_key(&changed, Some(&approved)));
            assert!(matches!(refused, ApprovalError::OtherAction(..)), "{refused}");
        }
    }

    #[test]
    fn who_may_break_the_glass_signs_and_needs_one_other() {
        let (_directory, keyring) = keyring();
        let reveal = reveal(true);
        let refused = |who: &str, names: &[&str]| {
            let request = request(&keyring, reveal.clone(), who);
            let approvals = approvals(&request, names);
            keyring.reveal_key(&reveal, Some(&Approved { request: &request, approvals: &approvals, now: at(2) })).err()
        };
        assert!(refused("rosalba", &["rosalba", "anna"]).is_none());
        let expected = [
            ("rosalba", vec!["anna"], ApprovalError::NotSigned("rosalba".to_owned())),
            ("rosalba", vec!["anna", "bruno"], ApprovalError::NotSigned("rosalba".to_owned())),
            ("rosalba", vec!["rosalba"], ApprovalError::TooFew { given: 0, needed: 1 }),
            ("rosalba", vec!["rosalba", "rosalba"], ApprovalError::TooFew { given: 0, needed: 1 }),
            ("bruno", vec!["bruno", "anna"], ApprovalError::NoBreakGlass("bruno".to_owned())),
            ("carla", vec!["anna", "bruno"], ApprovalError::NoBreakGlass("carla".to_owned())),
        ];
        for (who, names, error) in expected {
            assert_eq!(refusal(refused(who, &names).map_or(Ok(()), Err)), error, "{who} {names:?}");
        }
        let request = request(&keyring, reveal.clone(), "rosalba");
        let forged = key("mallory").approve(&request, "rosalba", at(1), 3600).unwrap();
        let approvals = [vec![forged], approvals(&request, &["anna"])].concat();
        let approved = Approved { request: &request, approvals: &approvals, now: at(2) };
        assert_eq!(refusal(keyring.reveal_key(&reveal, Some(&approved))), ApprovalError::Forged("rosalba".to_owned()));
    }

    #[test]
    fn a_keyring_without_operators_reveals_nothing() {
        let keyring = Keyring::ephemeral(&[("cells", Purpose::Encrypt)]).unwrap();
        let request = request(&keyring, reveal(false), "carla");
        let both = approvals(&request, &["anna", "bruno"]);
        let approved = Approved { request: &request, approvals: &both, now: at(2) };
        assert_eq!(refusal(keyring.reveal_key(&reveal(false), Some(&approved))), ApprovalError::NoOperators);
    }
}
