//! Whether enough operators approved a request.

use super::{Approval, ApprovalError, Operator, Request, Timestamp};

/// How many operators must approve what one alone must not do.
pub const NEEDED: usize = 2;

/// Checks that so many operators approved exactly this request, and that it is in force now. Neither who asks is among
/// them nor anybody twice, under one name or two. An approval that does not count is refused, not passed over.
///
/// # Errors
/// The first reason why it is not approved.
pub fn check(
    request: &Request,
    approvals: &[Approval],
    operators: &[Operator],
    needed: usize,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    request.check_time(now)?;
    let digest = request.digest()?;
    let mut approved: Vec<&Operator> = Vec::with_capacity(approvals.len());
    for approval in approvals {
        let name = approval.approver();
        let operator = operators.iter().find(|operator| operator.name == name);
        let operator = operator.ok_or_else(|| ApprovalError::Unknown(name.to_owned()))?;
        approval.check(&digest, operator, now)?;
        if operator.name == request.requester {
            return Err(ApprovalError::OwnRequest(name.to_owned()));
        }
        if approved.iter().any(|other| other.name == operator.name || other.public_key == operator.public_key) {
            return Err(ApprovalError::Twice(name.to_owned()));
        }
        approved.push(operator);
    }
    if approved.len() < needed { Err(ApprovalError::TooFew { given: approved.len(), needed }) } else { Ok(()) }
}

/// Checks a request to break the glass: who asks has signed it, is an operator who may do that, and one other operator
/// approved it.
///
/// # Errors
/// The first reason why it is not approved.
pub fn check_break_glass(
    request: &Request,
    approvals: &[Approval],
    operators: &[Operator],
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let name = &request.requester;
    let operator = operators.iter().find(|operator| operator.name == *name && operator.break_glass);
    let operator = operator.ok_or_else(|| ApprovalError::NoBreakGlass(name.clone()))?;
    let (own, others): (Vec<_>, Vec<_>) = approvals.iter().cloned().partition(|one| one.approver() == name);
    if own.is_empty() {
        return Err(ApprovalError::NotSigned(name.clone()));
    }
    let digest = request.digest()?;
    own.iter().try_for_each(|one| one.check(&digest, operator, now))?;
    check(request, &others, operators, 1, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::request::tests::{at, request};
    use crate::approval::{Action, OperatorKey};

    fn key(name: &str) -> OperatorKey {
        let mut bytes = [0; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        OperatorKey::from_random(&bytes)
    }

    fn operators() -> Vec<Operator> {
        let names = ["anna", "bruno", "rosalba"];
        names
            .map(|name| Operator { name: name.to_owned(), public_key: key(name).public_key(), break_glass: false })
            .into()
    }

    fn approval(name: &str) -> Approval {
        key(name).approve(&request(), name, at(60), 3600).unwrap()
    }

    fn checked(approvals: &[Approval], now: u64) -> Result<(), ApprovalError> {
        check(&request(), approvals, &operators(), NEEDED, at(now))
    }

    #[test]
    fn two_operators_suffice_and_one_does_not() {
        assert_eq!(checked(&[approval("anna"), approval("bruno")], 60), Ok(()));
        assert_eq!(checked(&[approval("anna")], 60), Err(ApprovalError::TooFew { given: 1, needed: 2 }));
        assert_eq!(checked(&[], 60), Err(ApprovalError::TooFew { given: 0, needed: 2 }));
    }

    #[test]
    fn nobody_counts_twice_under_one_name_or_two() {
        let twice = [approval("anna"), key("anna").approve(&request(), "anna", at(90), 60).unwrap()];
        assert_eq!(checked(&twice, 100), Err(ApprovalError::Twice("anna".to_owned())));
        let mut operators = operators();
        operators.push(Operator { name: "other".to_owned(), public_key: key("anna").public_key(), break_glass: false });
        let as_other = key("anna").approve(&request(), "other", at(60), 3600).unwrap();
        let two_names = check(&request(), &[approval("anna"), as_other], &operators, NEEDED, at(60));
        assert_eq!(two_names, Err(ApprovalError::Twice("other".to_owned())));
    }

    #[test]
    fn who_asks_does_not_approve() {
        let refused = key("rosalba").approve(&request(), "rosalba", at(60), 3600);
        assert_eq!(refused, Err(ApprovalError::OwnRequest("rosalba".to_owned())));
        let own = key("rosalba").sign_approval(&request(), "rosalba", at(60), at(3600)).unwrap();
        assert_eq!(checked(&[approval("anna"), own], 60), Err(ApprovalError::OwnRequest("rosalba".to_owned())));
    }

    #[test]
    fn holds_from_when_it_was_made_until_it_expires() {
        let both = [approval("anna"), approval("bruno")];
        assert_eq!(checked(&both, 59), Err(ApprovalError::FromTheFuture("approval", at(60))));
        assert_eq!(checked(&both, 3599), Ok(()));
        assert_eq!(checked(&both, 3600), Err(ApprovalError::Expired("request", at(3600))));
        let short = [approval("anna"), key("bruno").approve(&request(), "bruno", at(60), 30).unwrap()];
        assert_eq!(checked(&short, 89), Ok(()));
        assert_eq!(checked(&short, 90), Err(ApprovalError::Expired("approval", at(90))));
        let early = check(&request(), &both, &operators(), NEEDED, Timestamp::from_seconds(0).unwrap());
        assert_eq!(early, Err(ApprovalError::FromTheFuture("request", at(0))));
        let late = key("anna").approve(&request(), "anna", at(3600), 60);
        assert_eq!(late, Err(ApprovalError::Expired("request", at(3600))));
    }

    #[test]
    fn is_for_exactly_this_request() {
        let both = [approval("anna"), approval("bruno")];
        let other = Err(ApprovalError::OtherRequest("anna".to_owned()));
        let changes: [fn(&mut Request); 6] = [
            |request| request.action = Action::DestroyKeyVersion { key: "quarantine".to_owned(), version: 2 },
            |request| request.keyring = "f".repeat(32),
            |request| request.justification.push('!'),
            |request| request.requester = "rosalia".to_owned(),
            |request| request.expires = at(3601),
            |request| request.nonce = "0".repeat(32),
        ];
        for change in changes {
            let mut changed = request();
            change(&mut changed);
            assert_eq!(check(&changed, &both, &operators(), NEEDED, at(60)), other);
        }
    }

    #[test]
    fn an_approval_that_was_forged_or_changed_does_not_count() {
        let forged = key("mallory").approve(&request(), "bruno", at(60), 3600).unwrap();
        assert_eq!(checked(&[approval("anna"), forged], 60), Err(ApprovalError::Forged("bruno".to_owned())));
        let text = serde_json::to_string(&approval("bruno")).unwrap();
        for (from, to) in [("07:01:00Z", "07:00:59Z"), ("08:00:00Z", "09:00:00Z")] {
            assert!(text.contains(from));
            let changed = Approval::parse(&text.replace(from, to)).unwrap();
            assert_eq!(checked(&[approval("anna"), changed], 60), Err(ApprovalError::Forged("bruno".to_owned())));
        }
        let renamed = Approval::parse(&text.replace("bruno", "rosalba")).unwrap();
        assert_eq!(checked(&[approval("anna"), renamed], 60), Err(ApprovalError::Forged("rosalba".to_owned())));
    }

    #[test]
    fn who_is_no_operator_does_not_count() {
        let unknown = key("mallory").approve(&request(), "mallory", at(60), 3600).unwrap();
        let refused = checked(&[approval("anna"), approval("bruno"), unknown], 60);
        assert_eq!(refused, Err(ApprovalError::Unknown("mallory".to_owned())));
    }

    #[test]
    fn files_are_read_as_they_were_written() {
        let text = serde_json::to_string_pretty(&approval("anna")).unwrap();
        assert_eq!(Approval::parse(&text).unwrap(), approval("anna"));
        for (from, to) in [("approval\": 1", "approval\": 2"), ("\"approver\"", "\"color\": 1, \"approver\"")] {
            assert!(text.contains(from), "{from}");
            assert!(matches!(Approval::parse(&text.replace(from, to)), Err(ApprovalError::Malformed(_))), "{from}");
        }
    }
}
