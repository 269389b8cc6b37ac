//! Why an exchange ends before its time. The first reason counts, and everybody in the exchange hears of it.

use tokio::sync::watch;

/// Why an exchange ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An operator stopped the dataset.
    Stopped,
    /// The server stops, and waited long enough.
    ShutDown,
    /// The body is longer than allowed.
    TooLarge,
    /// The body is longer than allowed when it is unpacked.
    UnpackedTooLarge,
    /// The client sent nothing for too long.
    SentNothing,
    /// The client took nothing for too long.
    TookNothing,
    /// The whole took too long.
    TooLong,
    /// The body ended before its end.
    CutOff,
    /// The body is not compressed as it says.
    NotUnpacked,
    /// Something follows the end of the rows.
    Surplus,
    /// The client went away.
    ClientGone,
}

/// How an exchange ends, shared by all that take part in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending(watch::Sender<Option<Cause>>);

impl Ending {
    /// Ends the exchange. What ended it before stays the reason.
    pub(crate) fn end(&self, cause: Cause) {
        self.0.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(cause);
            first
        });
    }

    /// Why it ended, if it did.
    pub(crate) fn cause(&self) -> Option<Cause> {
        *self.0.borrow()
    }

    /// Waits until it ends before its time.
    pub(crate) async fn ended(&self) -> Cause {
        let mut watched = self.0.subscribe();
        loop {
            if let Some(cause) = *watched.borrow_and_update() {
                return cause;
            }
            if watched.changed().await.is_err() {
                // Cannot be: this holds a sender.
                return Cause::ClientGone;
            }
        }
    }

    /// Whether this is the same exchange.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}
