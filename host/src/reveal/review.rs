//! Reviews: every time that somebody broke the glass, two others look at it. What is open stands in the audit trail.

use serde_json::Value;

use crate::approval::{ApprovalError, Operator, OperatorKey, PublicKey};
use crate::audit::{Event, Outcome, Record, ReviewSigned, Trail};
use crate::error::Error;
use crate::keys::KeyError;

/// How many operators sign a review off.
pub const REVIEWERS: usize = 2;

/// A review of a broken glass that is open.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Review {
    /// The digest of the request that was carried out.
    pub request: String,
    /// The number of the alarm in the trail.
    pub record: u64,
    /// When: RFC 3339, UTC.
    pub time: String,
    /// Who asked for it.
    pub requester: String,
    /// Who approved it, who asked among them.
    pub approvers: Vec<String>,
    /// The file, the column and the rows, in one text.
    pub what: String,
    /// In how many rows something was revealed. `None` if nothing was: it failed.
    pub rows_revealed: Option<u64>,
    /// Who has signed it off.
    pub signed: Vec<String>,
}

/// The reviews that are open, in the order of the alarms.
///
/// # Errors
/// The trail is not what was written.
pub fn open_reviews(trail: &Trail) -> Result<Vec<Review>, Error> {
    let mut reviews: Vec<Review> = Vec::new();
    trail.read(&mut |record| match record.action.as_str() {
        "glass-broken" => broken(&mut reviews, &record),
        "revealed" if record.outcome == Outcome::Done => {
            if let Some(review) = of(&mut reviews, &record) {
                review.rows_revealed = record.details.get("rows_revealed").and_then(Value::as_u64);
            }
        }
        "review-signed" => {
            if let (Some(review), Some(reviewer)) = (of(&mut reviews, &record), signer(&record)) {
                review.sign(reviewer);
            }
        }
        _ => {}
    })?;
    reviews.retain(|review| review.missing() > 0);
    Ok(reviews)
}

/// Signs the review of a request off, as an operator who had no part in it. Gives how many must still sign.
///
/// # Errors
/// No such review is open, the name is none of the operators', the key is not theirs, or they took part or signed before.
pub fn sign_off(
    trail: &Trail,
    operators: &[Operator],
    request: &str,
    (name, key): (&str, &OperatorKey),
) -> Result<usize, Error> {
    let refused = |refusal: ApprovalError| Error::from(KeyError::from(refusal));
    let operator = operators.iter().find(|operator| operator.name == name);
    let operator = operator.ok_or_else(|| refused(ApprovalError::Unknown(name.to_owned())))?;
    if operator.public_key != key.public_key() {
        return Err(refused(ApprovalError::NotTheirKey(name.to_owned())));
    }
    let mut matching = open_reviews(trail)?.into_iter().filter(|review| review.request.starts_with(request));
    let (Some(mut review), None) = (matching.next().filter(|_| !request.is_empty()), matching.next()) else {
        return Err(refused(ApprovalError::NoReview));
    };
    if review.requester == name || review.approvers.iter().any(|approver| approver == name) {
        return Err(refused(ApprovalError::TookPart(name.to_owned())));
    }
    if review.signed.iter().any(|signed| signed == name) {
        return Err(refused(ApprovalError::Twice(name.to_owned())));
    }
    let signature = key.sign_off(&review.request, name).map_err(refused)?;
    review.sign(name);
    let signed = ReviewSigned {
        request: review.request.clone(),
        reviewer: name.to_owned(),
        public_key: operator.public_key.to_string(),
        signature,
        missing: review.missing() as u64,
    };
    drop(trail.record(None, &[Event::ReviewSigned(signed)])?);
    Ok(review.missing())
}

impl Review {
    fn missing(&self) -> usize {
        REVIEWERS.saturating_sub(self.signed.len())
    }

    fn sign(&mut self, reviewer: &str) {
        let took_part = self.requester == reviewer || self.approvers.iter().any(|approver| approver == reviewer);
        if !took_part && self.signed.iter().all(|signed| signed != reviewer) {
            self.signed.push(reviewer.to_owned());
        }
    }
}

/// An alarm opens a review. One that was tried again is open again.
fn broken(reviews: &mut Vec<Review>, record: &Record) {
    let word = |name| text(record, name).unwrap_or_default().to_owned();
    let approvers = record.details.get("approvers").and_then(Value::as_array);
    let approvers = approvers.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let review = Review {
        request: word("request"),
        record: record.number,
        time: record.time.clone(),
        requester: word("requester"),
        approvers: approvers.collect(),
        what: format!("column {} of {}, rows {}", word("column"), word("input"), word("rows")),
        rows_revealed: None,
        signed: Vec::new(),
    };
    reviews.retain(|earlier| earlier.request != review.request);
    reviews.push(review);
}

fn of<'r>(reviews: &'r mut [Review], record: &Record) -> Option<&'r mut Review> {
    let request = text(record, "request")?;
    reviews.iter_mut().find(|review| review.request == request)
}

/// Who signed, if the signature is theirs. That the key was that of an operator was checked before it was recorded.
fn signer(record: &Record) -> Option<&str> {
    let (request, reviewer) = (text(record, "request")?, text(record, "reviewer")?);
    let (key, signature) = (PublicKey::parse(text(record, "public_key")?)?, text(record, "signature")?);
    key.signed_off(request, reviewer, signature).then_some(reviewer)
}

fn text<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
    record.details.get(name)?.as_str()
}
