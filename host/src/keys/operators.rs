//! The operators of a keyring, and their consent.

use super::document::{Document, Spent};
use super::keyring::is_name;
use super::{KeyError, Keyring};
use crate::approval::{self, Action, Approval, ApprovalError, NEEDED, Operator, Request, Timestamp};

/// A request and the approvals that its operators gave it, as of now.
#[derive(Clone, Copy, Debug)]
pub struct Approved<'a> {
    /// What was asked for.
    pub request: &'a Request,
    /// Who approved it.
    pub approvals: &'a [Approval],
    /// What time it is.
    pub now: Timestamp,
}

impl Keyring {
    /// Whose approvals count.
    pub fn operators(&self) -> &[Operator] {
        &self.document.operators
    }

    /// Registers an operator. As soon as there are two, it takes two of them to register another.
    ///
    /// # Errors
    /// The name is malformed, it or the key is registered, approvals are missing, or the keyring cannot be written.
    pub fn add_operator(&mut self, operator: Operator, approved: Option<&Approved<'_>>) -> Result<(), KeyError> {
        self.change(|document, _| {
            let Operator { name, public_key, break_glass } = operator.clone();
            if !is_name(&name) {
                return Err(KeyError::InvalidName(name));
            }
            if document.operators.iter().any(|other| other.name == name || other.public_key == public_key) {
                return Err(KeyError::OperatorTwice(name));
            }
            document.authorize_change(&Action::AddOperator { name, public_key, break_glass }, approved)?;
            document.operators.push(operator);
            Ok(())
        })
    }

    /// Strikes an operator off. It takes two of them where there are two.
    ///
    /// # Errors
    /// There is no such operator, approvals are missing, or the keyring cannot be written.
    pub fn remove_operator(&mut self, name: &str, approved: Option<&Approved<'_>>) -> Result<(), KeyError> {
        self.change(|document, _| {
            if document.operators.iter().all(|operator| operator.name != name) {
                return Err(ApprovalError::Unknown(name.to_owned()).into());
            }
            document.authorize_change(&Action::RemoveOperator { name: name.to_owned() }, approved)?;
            document.operators.retain(|operator| operator.name != name);
            Ok(())
        })
    }
}

impl Document {
    /// Checks the consent to what can lose or give away keys: needed as soon as there is an operator.
    ///
    /// # Errors
    /// [`KeyError::Approval`].
    pub(in crate::keys) fn authorize_loss(
        &mut self,
        action: &Action,
        approved: Option<&Approved<'_>>,
    ) -> Result<(), KeyError> {
        if self.operators.is_empty() { Ok(()) } else { self.authorize(action, approved) }
    }

    fn authorize_change(&mut self, action: &Action, approved: Option<&Approved<'_>>) -> Result<(), KeyError> {
        if self.operators.len() < NEEDED { Ok(()) } else { self.authorize(action, approved) }
    }

    /// Checks that two operators approved exactly this action on this keyring, and that it is the first time.
    ///
    /// # Errors
    /// [`KeyError::Approval`].
    pub(in crate::keys) fn authorize(
        &mut self,
        action: &Action,
        approved: Option<&Approved<'_>>,
    ) -> Result<(), KeyError> {
        let spent = self.check_consent(action, approved)?;
        if let Some(Approved { now, .. }) = approved {
            self.spent.retain(|spent| spent.expires > *now);
        }
        self.spent.push(spent);
        Ok(())
    }

    /// The same check. What is returned marks the request as carried out, once it is among what is spent.
    ///
    /// # Errors
    /// [`KeyError::Approval`].
    pub(in crate::keys) fn check_consent(
        &self,
        action: &Action,
        approved: Option<&Approved<'_>>,
    ) -> Result<Spent, KeyError> {
        if self.operators.is_empty() {
            return Err(ApprovalError::NoOperators.into());
        }
        let Some(Approved { request, approvals, now }) = approved else {
            return Err(ApprovalError::TooFew { given: 0, needed: NEEDED }.into());
        };
        if request.action != *action || request.keyring != self.id {
            let (asked, of) = (request.action.to_string(), request.keyring.clone());
            return Err(ApprovalError::OtherAction(asked, of).into());
        }
        match request.breaks_glass() {
            true => approval::check_break_glass(request, approvals, &self.operators, *now)?,
            false => approval::check(request, approvals, &self.operators, NEEDED, *now)?,
        }
        let digest = request.digest()?;
        if self.spent.iter().any(|spent| spent.request == digest) {
            return Err(ApprovalError::Spent.into());
        }
        Ok(Spent { request: digest, expires: request.expires })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::{OperatorKey, PublicKey};
    use crate::keys::{DEFAULT_KEYS, Protection};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_795_330_800 + seconds).unwrap()
    }

    fn key(name: &str) -> OperatorKey {
        let mut bytes = [0; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        OperatorKey::from_random(&bytes)
    }

    fn operator(name: &str, public_key: PublicKey) -> Operator {
        Operator { name: name.to_owned(), public_key, break_glass: false }
    }

    fn request(keyring: &Keyring, action: Action, nonce: u8) -> Request {
        let who = ("rosalba".to_owned(), "the study is over".to_owned());
        Request::new(action, keyring.id().to_owned(), who, (at(0), 3600), [nonce; 16]).unwrap()
    }

    fn approvals(request: &Request) -> [Approval; 2] {
        ["anna", "bruno"].map(|name| key(name).approve(request, name, at(1), 3600).unwrap())
    }

    /// A keyring with three operators, whose key `quarantine` was rotated.
    fn keyring() -> (tempfile::TempDir, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let mut keyring = Keyring::create(directory.path(), &DEFAULT_KEYS).unwrap();
        keyring.rotate("quarantine").unwrap();
        keyring.add_operator(operator("anna", key("anna").public_key()), None).unwrap();
        keyring.add_operator(operator("bruno", key("bruno").public_key()), None).unwrap();
        let action =
            Action::AddOperator { name: "carla".to_owned(), public_key: key("carla").public_key(), break_glass: false };
        let request = request(&keyring, action, 0);
        let approved = Approved { request: &request, approvals: &approvals(&request), now: at(2) };
        keyring.add_operator(operator("carla", key("carla").public_key()), Some(&approved)).unwrap();
        (directory, keyring)
    }

    fn destroy(version: u32) -> Action {
        Action::DestroyKeyVersion { key: "quarantine".to_owned(), version }
    }

    fn refusal(result: Result<(), KeyError>) -> ApprovalError {
        match result {
            Err(KeyError::Approval(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn two_operators_destroy_what_one_cannot() {
        let (directory, mut keyring) = keyring();
        let none = ApprovalError::TooFew { given: 0, needed: 2 };
        assert_eq!(refusal(keyring.destroy("quarantine", 1, false, None)), none);
        let request = request(&keyring, destroy(1), 1);
        let both = approvals(&request);
        let one = Approved { request: &request, approvals: &both[..1], now: at(2) };
        let refused = refusal(keyring.destroy("quarantine", 1, false, Some(&one)));
        assert_eq!(refused, ApprovalError::TooFew { given: 1, needed: 2 });
        assert!(Keyring::open(directory.path()).unwrap().quarantine_key_version("quarantine", 1).is_ok());
        let both = Approved { request: &request, approvals: &both, now: at(2) };
        keyring.destroy("quarantine", 1, false, Some(&both)).unwrap();
        let gone = Keyring::open(directory.path()).unwrap().quarantine_key_version("quarantine", 1);
        assert!(matches!(gone, Err(KeyError::Destroyed { .. })));
    }

    #[test]
    fn a_single_operator_is_too_few_to_destroy_anything() {
        let directory = tempfile::tempdir().unwrap();
        let mut keyring = Keyring::create(directory.path(), &DEFAULT_KEYS).unwrap();
        keyring.add_operator(operator("anna", key("anna").public_key()), None).unwrap();
        let request = request(&keyring, Action::DestroyKeyVersion { key: "dates".to_owned(), version: 1 }, 1);
        let anna = [key("anna").approve(&request, "anna", at(1), 60).unwrap()];
        let approved = Approved { request: &request, approvals: &anna, now: at(2) };
        let refused = refusal(keyring.destroy("dates", 1, true, Some(&approved)));
        assert_eq!(refused, ApprovalError::TooFew { given: 1, needed: 2 });
    }

    #[test]
    fn a_request_is_for_one_action_on_one_keyring() {
        let (_directory, mut keyring) = keyring();
        for asked in [destroy(2), Action::RemoveOperator { name: "anna".to_owned() }] {
            let request = request(&keyring, asked.clone(), 1);
            let approved = Approved { request: &request, approvals: &approvals(&request), now: at(2) };
            let other = ApprovalError::OtherAction(asked.to_string(), keyring.id().to_owned());
            assert_eq!(refusal(keyring.destroy("quarantine", 1, false, Some(&approved))), other);
        }
        let elsewhere = Keyring::ephemeral(&[]).unwrap();
        let request = request(&elsewhere, destroy(1), 1);
        let approved = Approved { request: &request, approvals: &approvals(&request), now: at(2) };
        let refused = refusal(keyring.destroy("quarantine", 1, false, Some(&approved)));
        assert_eq!(refused, ApprovalError::OtherAction(destroy(1).to_string(), elsewhere.id().to_owned()));
    }

    #[test]
    fn two_operators_say_who_else_is_one_and_a_request_holds_once() {
        let (_directory, mut keyring) = keyring();
        let none = ApprovalError::TooFew { given: 0, needed: 2 };
        assert_eq!(refusal(keyring.add_operator(operator("mallory", key("mallory").public_key()), None)), none);
        assert_eq!(refusal(keyring.remove_operator("anna", None)), none);
        let remove = request(&keyring, Action::RemoveOperator { name: "carla".to_owned() }, 1);
        let removed = Approved { request: &remove, approvals: &approvals(&remove), now: at(2) };
        keyring.remove_operator("carla", Some(&removed)).unwrap();
        let action =
            Action::AddOperator { name: "carla".to_owned(), public_key: key("carla").public_key(), break_glass: false };
        let add = request(&keyring, action, 2);
        let added = Approved { request: &add, approvals: &approvals(&add), now: at(2) };
        keyring.add_operator(operator("carla", key("carla").public_key()), Some(&added)).unwrap();
        assert_eq!(refusal(keyring.remove_operator("carla", Some(&removed))), ApprovalError::Spent);
        let names: Vec<_> = keyring.operators().iter().map(|operator| operator.name.as_str()).collect();
        assert_eq!(names, ["anna", "bruno", "carla"]);
    }

    #[test]
    fn nobody_alone_gives_the_keyring_another_secret() {
        let (directory, mut keyring) = keyring();
        let secrets = crate::keys::Secrets::from_environment();
        let before = std::fs::read(directory.path().join("keyring.json")).unwrap();
        let none = ApprovalError::TooFew { given: 0, needed: 2 };
        assert_eq!(refusal(keyring.rewrap(Protection::KeyFile, &secrets, None)), none);
        assert_eq!(std::fs::read(directory.path().join("keyring.json")).unwrap(), before);
        let request = request(&keyring, Action::Rewrap { protection: "key-file".to_owned() }, 1);
        let approved = Approved { request: &request, approvals: &approvals(&request), now: at(2) };
        keyring.rewrap(Protection::KeyFile, &secrets, Some(&approved)).unwrap();
        assert_eq!(refusal(keyring.rewrap(Protection::KeyFile, &secrets, Some(&approved))), ApprovalError::Spent);
        assert!(Keyring::open(directory.path()).is_ok());
    }

    #[test]
    fn one_person_is_one_operator() {
        let (_directory, mut keyring) = keyring();
        for (name, public_key) in [("anna", key("other").public_key()), ("anna-2", key("anna").public_key())] {
            assert!(matches!(keyring.add_operator(operator(name, public_key), None), Err(KeyError::OperatorTwice(_))));
        }
        let unknown = ApprovalError::Unknown("mallory".to_owned());
        assert_eq!(refusal(keyring.remove_operator("mallory", None)), unknown);
    }
}
