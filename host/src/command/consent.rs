//! The consent of others: asking for it, giving it, and bringing it back.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{print, read_text, show};
use crate::approval::{Action, Approval, OperatorKey, Request, Timestamp};
use crate::cli::{ApproveArguments, ConsentArguments};
use crate::error::Error;
use crate::keys::{Approved, KeyError, read_private, write_private};
use crate::reveal;
use crate::staged::StagedFile;

/// Larger than the file of any operator's key.
const MOST_BYTES: u64 = 1024;

/// A request with its approvals, as of now.
pub(super) struct Consent {
    given: Option<(Request, Vec<Approval>)>,
    now: Timestamp,
}

/// Writes a request, and does nothing of what it asks for.
pub(super) fn ask(file: &Path, action: Action, keyring: &str, arguments: &ConsentArguments) -> Result<(), Error> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
    let who = (arguments.requester.clone(), arguments.justification.clone().unwrap_or_default());
    let stands = (now()?, seconds(arguments.valid_hours));
    let request = Request::new(action, keyring.to_owned(), who, stands, nonce).map_err(KeyError::from)?;
    write(file, &request)?;
    let wait = if request.breaks_glass() { "sign it yourself, and wait for one other" } else { "wait for two" };
    print(&format!(
        "{}\n{wait}: moretta approve {} --as NAME --key FILE --out A.json\n",
        text(&request)?,
        file.display()
    ))
}

/// Signs a request for somebody else, after showing what is approved.
pub(super) fn approve(arguments: &ApproveArguments) -> Result<(), Error> {
    let request = Request::parse(&read_text(&arguments.request)?).map_err(KeyError::from)?;
    let key = operator_key(&arguments.key)?;
    let approval = key.approve(&request, &arguments.name, now()?, seconds(arguments.valid_hours));
    let approval = approval.map_err(KeyError::from)?;
    write(&arguments.out, &approval)?;
    print(&format!("{}\napproved as `{}`\n", text(&request)?, arguments.name))
}

/// The request and the approvals that the arguments name.
pub(super) fn read(arguments: &ConsentArguments) -> Result<Consent, Error> {
    let now = now()?;
    let Some(file) = &arguments.request else { return Ok(Consent { given: None, now }) };
    let request = Request::parse(&read_text(file)?).map_err(KeyError::from)?;
    let approval = |file| Ok(Approval::parse(&read_text(file)?).map_err(KeyError::from)?);
    let approvals = arguments.approvals.iter().map(|file| approval(file)).collect::<Result<_, Error>>()?;
    Ok(Consent { given: Some((request, approvals)), now })
}

/// Makes an operator's key, and prints what others verify it with.
pub(super) fn new_key(out: &Path) -> Result<(), Error> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|_| KeyError::NoRandomness)?;
    let key = OperatorKey::from_random(&bytes);
    write_private(out, key.to_file().as_bytes())?;
    print(&format!("{}\n", key.public_key()))
}

/// The secret key of an operator.
pub(super) fn operator_key(path: &Path) -> Result<OperatorKey, Error> {
    Ok(OperatorKey::from_file(&read_private(path, MOST_BYTES)?).map_err(KeyError::from)?)
}

impl Consent {
    /// Why it is asked for, where there is a request.
    pub(super) fn justification(&self) -> Option<&str> {
        self.given.as_ref().map(|(request, _)| request.justification.as_str())
    }

    /// What a reveal looks at, at its beginning and at its end.
    pub(super) fn to_reveal(&self) -> reveal::Consent<'_> {
        let (request, approvals) = match &self.given {
            Some((request, approvals)) => (Some(request), approvals.as_slice()),
            None => (None, [].as_slice()),
        };
        reveal::Consent { request, approvals, clock }
    }

    /// What the keyring checks.
    pub(super) fn approved(&self) -> Option<Approved<'_>> {
        let (request, approvals) = self.given.as_ref()?;
        Some(Approved { request, approvals, now: self.now })
    }
}

/// The time of this machine.
pub(super) fn now() -> Result<Timestamp, Error> {
    clock().ok_or_else(|| Error::Usage("the clock of this machine is wrong; set it right".to_owned()))
}

fn clock() -> Option<Timestamp> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    seconds.and_then(Timestamp::from_seconds)
}

fn seconds(hours: u32) -> u32 {
    hours.saturating_mul(3600)
}

/// What an approver must know. Who asks and why is free text, and cannot look like more lines than one.
fn text(request: &Request) -> Result<String, Error> {
    let digest = request.digest().map_err(KeyError::from)?;
    let (why, who, until) = (show::line(&request.justification), show::line(&request.requester), request.expires);
    let (action, keyring) = (show::line(&request.action.to_string()), show::line(&request.keyring));
    Ok(format!("{who} asks to {action}\nof keyring {keyring}\nbecause: {why}\nuntil {until}; request {digest}"))
}

fn write(path: &Path, content: &impl Serialize) -> Result<(), Error> {
    let mut file = StagedFile::beside(path).map_err(Error::io("write", path))?;
    serde_json::to_writer_pretty(&mut file, content).map_err(|error| Error::io("write", path)(error.into()))?;
    file.commit_for_others().map_err(Error::io("write", path))
}
