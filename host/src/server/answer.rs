//! The body of an answer: from the thread that masks to the network.

use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body, Frame};
use hyper::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::ending::{Cause, Ending};
use super::problem::Problem;

/// How many pieces wait between the thread and the network. Each is what was released at once.
const PIECES: usize = 2;
/// The longest piece. It is what a client that takes nothing keeps in memory, times the number above.
const PIECE_BYTES: usize = 1 << 20;

/// How a run ended: what stands behind the answer when it is complete, or why it is not.
pub(crate) type Completion = Result<HeaderMap, Box<Problem>>;

/// The answer is not complete. Why is told by the run.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not complete")]
pub(crate) struct Broken;

/// Both ends of an answer.
pub(crate) fn answer(ending: &Ending, idle: Duration) -> (AnswerWriter, Pieces) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let writer = AnswerWriter { sender, ending: ending.clone(), idle, handle: Handle::current() };
    (writer, Pieces(receiver))
}

/// Takes what a thread writes. It waits for the client, for so long at a time, and for nobody once the exchange ended.
pub(crate) struct AnswerWriter {
    sender: Sender<Bytes>,
    ending: Ending,
    idle: Duration,
    handle: Handle,
}

impl Write for AnswerWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let piece = bytes.get(..PIECE_BYTES).unwrap_or(bytes);
        let sent = self.handle.block_on(async {
            tokio::select! {
                biased;
                cause = self.ending.ended() => Err(cause),
                sent = self.sender.send_timeout(Bytes::copy_from_slice(piece), self.idle) => sent.map_err(|why| match why {
                    mpsc::error::SendTimeoutError::Timeout(_) => Cause::TookNothing,
                    mpsc::error::SendTimeoutError::Closed(_) => Cause::ClientGone,
                }),
            }
        });
        if let Err(cause) = sent {
            self.ending.end(cause);
            return Err(ErrorKind::BrokenPipe.into());
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the thread has written.
pub(crate) struct Pieces(Receiver<Bytes>);

impl Pieces {
    /// The first piece, nothing if there is none: then the run is over.
    pub(crate) async fn first(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }
}

/// An answer on its way. Dropped before it is complete, it ends the exchange.
pub(crate) struct Answer {
    first: Option<Bytes>,
    pieces: Pieces,
    completion: Option<oneshot::Receiver<Completion>>,
    trailers: Option<HeaderMap>,
    attended: Attended,
}

/// An exchange that somebody attends to: ends when that is dropped, or takes too long.
pub(crate) struct Attended {
    ending: Ending,
    clock: AbortHandle,
}

impl Attended {
    /// An exchange that may take so long.
    pub(crate) fn new(ending: &Ending, most: Duration) -> Self {
        let clock = tokio::spawn({
            let ending = ending.clone();
            async move {
                sleep(most).await;
                ending.end(Cause::TooLong);
            }
        });
        Self { ending: ending.clone(), clock: clock.abort_handle() }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.clock.abort();
        // After a complete answer nobody hears this.
        self.ending.end(Cause::ClientGone);
    }
}

impl Answer {
    pub(crate) fn new(
        first: Option<Bytes>,
        pieces: Pieces,
        completion: oneshot::Receiver<Completion>,
        attended: Attended,
    ) -> Self {
        Self { first, pieces, completion: Some(completion), trailers: None, attended }
    }

    /// An answer of nothing, which is complete.
    pub(crate) fn empty(pieces: Pieces, trailers: HeaderMap, attended: Attended) -> Self {
        Self { first: None, pieces, completion: None, trailers: Some(trailers), attended }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.attended.ending.cause().is_some() {
            return Poll::Ready(self.completion.take().map(|_| Err(Broken)));
        }
        if let Some(trailers) = self.trailers.take() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match self.pieces.0.poll_recv(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
            Poll::Ready(None) => {}
        }
        let Some(completion) = &mut self.completion else { return Poll::Ready(None) };
        match Pin::new(completion).poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(completion) => {
                self.completion = None;
                let trailers = completion.ok().and_then(Result::ok).ok_or(Broken);
                Poll::Ready(Some(trailers.map(Frame::trailers)))
            }
        }
    }
}
