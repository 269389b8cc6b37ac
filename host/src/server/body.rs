//! The body of a request: from the network, where nothing waits, to a thread that reads it.

use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use hmac::Mac;
use http_body_util::BodyExt;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

use super::ending::{Cause, Ending};
use super::spool::BodyDigest;
use crate::source::Compression;

/// How many pieces wait between the network and the thread. More of them would be memory, and nothing else.
const PIECES: usize = 4;
/// As much of a body is there before a thread is given to it, or all of a short one.
const HEAD_BYTES: usize = 16 << 10;
/// The window of Zstandard that a client may ask for (RFC 9659): 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How much more of a body is read that is refused, and for how long.
const LINGER_BYTES: usize = 4 << 20;
const LINGER: Duration = Duration::from_secs(1);

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyBounds {
    /// As it is sent.
    pub(crate) bytes: u64,
    /// Unpacked.
    pub(crate) unpacked: u64,
    /// How long nothing may come.
    pub(crate) idle: Duration,
}

/// A body whose first bytes are there.
pub(crate) struct Begun {
    body: Body,
    head: Vec<Bytes>,
    whole: bool,
    taken: u64,
}

/// Waits for the first bytes of a body, so that who sends slowly from the start holds no thread.
///
/// # Errors
/// Why it does not come.
pub(crate) async fn begin(mut body: Body, bounds: BodyBounds, ending: &Ending) -> Result<Begun, Cause> {
    let (mut head, mut taken, mut whole) = (Vec::new(), 0_u64, false);
    while taken < HEAD_BYTES as u64 && !whole {
        match next(&mut body, &mut taken, bounds, ending).await {
            Ok(Some(bytes)) => head.push(bytes),
            Ok(None) => whole = true,
            Err(cause) => {
                linger(body);
                return Err(cause);
            }
        }
    }
    Ok(Begun { body, head, whole, taken })
}

/// Reads a little more of a body that is refused, into nothing: who is still sending would not see the answer.
pub(crate) fn linger(mut body: Body) {
    let mut left = LINGER_BYTES;
    tokio::spawn(timeout(LINGER, async move {
        while let Some(Ok(frame)) = body.frame().await {
            left = match left.checked_sub(frame.data_ref().map_or(1, Bytes::len)) {
                Some(left) => left,
                None => return,
            };
        }
    }));
}

/// The next piece of a body, nothing at its end.
async fn next(body: &mut Body, taken: &mut u64, bounds: BodyBounds, ending: &Ending) -> Result<Option<Bytes>, Cause> {
    loop {
        let frame = tokio::select! {
            biased;
            cause = ending.ended() => return Err(cause),
            frame = timeout(bounds.idle, body.frame()) => frame.map_err(|_| Cause::SentNothing)?,
        };
        let Some(frame) = frame else { return Ok(None) };
        // Trailers of a request say nothing here.
        if let Ok(bytes) = frame.map_err(|_| Cause::CutOff)?.into_data() {
            *taken = taken.saturating_add(bytes.len() as u64);
            return if *taken > bounds.bytes { Err(Cause::TooLarge) } else { Ok(Some(bytes)) };
        }
    }
}

impl Begun {
    /// The request is refused after all.
    pub(crate) fn linger(self) {
        linger(self.body);
    }

    /// Has the rest read from the network until the exchange ends, and gives what a thread reads it from. At the end
    /// `meter` is told how much was sent.
    pub(crate) fn read(
        mut self,
        bounds: BodyBounds,
        ending: &Ending,
        meter: impl FnOnce(u64) + Send + 'static,
    ) -> Sent {
        let (sender, receiver) = mpsc::channel(PIECES);
        let ending = ending.clone();
        tokio::spawn(async move {
            let mut taken = self.taken;
            let pumped = self.pump(&sender, bounds, &ending, &mut taken).await;
            meter(taken);
            if let Err(cause) = pumped {
                ending.end(cause);
                drop(sender);
                linger(self.body);
            }
        });
        Sent { receiver, current: Bytes::new(), whole: false }
    }

    async fn pump(
        &mut self,
        sender: &Sender<Option<Bytes>>,
        bounds: BodyBounds,
        ending: &Ending,
        taken: &mut u64,
    ) -> Result<(), Cause> {
        for piece in std::mem::take(&mut self.head) {
            give(sender, Some(piece), ending).await?;
        }
        while !self.whole {
            match next(&mut self.body, taken, bounds, ending).await? {
                Some(piece) => give(sender, Some(piece), ending).await?,
                None => self.whole = true,
            }
        }
        give(sender, None, ending).await
    }
}

/// Gives a piece to the thread; if that reads no more, there is nobody to tell.
async fn give(sender: &Sender<Option<Bytes>>, piece: Option<Bytes>, ending: &Ending) -> Result<(), Cause> {
    tokio::select! {
        biased;
        cause = ending.ended() => Err(cause),
        _ = sender.send(piece) => Ok(()),
    }
}

/// A body, to be read on a thread that may wait.
pub(crate) struct Sent {
    receiver: Receiver<Option<Bytes>>,
    current: Bytes,
    whole: bool,
}

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.whole {
            match self.receiver.blocking_recv() {
                Some(Some(bytes)) => self.current = bytes,
                Some(None) => self.whole = true,
                // The pump was stopped: this is no end.
                None => return Err(ErrorKind::ConnectionAborted.into()),
            }
        }
        let length = buffer.len().min(self.current.len());
        let piece = self.current.split_to(length);
        buffer.get_mut(..length).unwrap_or_default().copy_from_slice(&piece);
        Ok(length)
    }
}

/// A body as its rows are read: unpacked, and bounded. Clones read the same body.
#[derive(Clone)]
pub(crate) struct Rows(Arc<Mutex<Digested>>);

struct Digested {
    rows: Box<dyn Read + Send>,
    digest: Option<BodyDigest>,
}

impl Rows {
    /// Unpacks a body. What comes of it is bounded too: a small body can unpack to a huge one.
    pub(crate) fn of(
        sent: impl Read + Send + 'static,
        compression: Compression,
        most: u64,
        digest: Option<BodyDigest>,
        ending: &Ending,
    ) -> Self {
        let rows: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(sent),
            _ => {
                let rows = Packed::Closed(Box::new(sent), compression);
                Box::new(Unpacked { rows, left: most, ending: ending.clone() })
            }
        };
        Self(Arc::new(Mutex::new(Digested { rows, digest })))
    }

    /// Whether everything was read: asks for one byte more.
    pub(crate) fn are_read(&self) -> io::Result<bool> {
        let mut surplus = [0];
        self.clone().read(&mut surplus).map(|read| read == 0)
    }

    /// The digest of what was read, if one was to be made.
    pub(crate) fn digest(&self) -> Option<Vec<u8>> {
        self.lock().digest.take().map(|digest| digest.finalize().into_bytes().to_vec())
    }

    fn lock(&self) -> MutexGuard<'_, Digested> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut digested = self.lock();
        let read = digested.rows.read(buffer)?;
        if let Some(digest) = &mut digested.digest {
            digest.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(read)
    }
}

/// A body that is unpacked from its first byte on, which is read on the thread that may wait for it.
enum Packed {
    Closed(Box<dyn Read + Send>, Compression),
    Open(Box<dyn Read + Send>),
}

impl Packed {
    fn open(&mut self) -> io::Result<&mut Box<dyn Read + Send>> {
        if let Self::Closed(sent, compression) = self {
            let sent = std::mem::replace(sent, Box::new(io::empty()));
            *self = Self::Open(match compression {
                Compression::None => sent,
                Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(io::BufReader::new(sent))),
                Compression::Zstd => {
                    let mut decoder = zstd::Decoder::new(sent)?;
                    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                    Box::new(decoder)
                }
            });
        }
        match self {
            Self::Closed(rows, _) | Self::Open(rows) => Ok(rows),
        }
    }
}

struct Unpacked {
    rows: Packed,
    left: u64,
    ending: Ending,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rows.open().and_then(|rows| rows.read(buffer)).inspect_err(|error| {
            if error.kind() != ErrorKind::Interrupted {
                // If the network is why, it has said so before.
                self.ending.end(Cause::NotUnpacked);
            }
        })?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.ending.end(Cause::UnpackedTooLarge);
                return Err(ErrorKind::FileTooLarge.into());
            }
        }
        Ok(read)
    }
}
