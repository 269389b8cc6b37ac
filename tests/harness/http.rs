//! A client of HTTP/1.1 that hides nothing: what it sends may be wrong, and it sees whether an answer is complete.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What was answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// 0 if there was no answer.
    pub status: u16,
    /// The fields of the head, their names in lower case.
    pub head: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Vec<u8>,
    /// The fields behind the body.
    pub trailers: Vec<(String, String)>,
    /// Whether the body came to its end.
    pub complete: bool,
}

impl Answer {
    /// A field of the head, empty if it is not there.
    pub fn field(&self, name: &str) -> &str {
        find(&self.head, name)
    }

    /// A field behind the body, empty if it is not there.
    pub fn trailer(&self, name: &str) -> &str {
        find(&self.trailers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The name of the problem that it tells of.
    pub fn problem(&self) -> String {
        assert_eq!(self.field("content-type"), "application/problem+json", "{self:?}");
        self.json()["type"].as_str().unwrap_or_default().trim_start_matches("urn:moretta:problem:").to_owned()
    }

    /// Fails the test unless the answer has this status.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {}", self.text(), self.complete);
        self
    }

    /// Fails the test unless rows were masked, and all of them.
    #[track_caller]
    pub fn assert_whole(self) -> Self {
        assert!(self.status == 200 && self.complete, "{} {} {}", self.status, self.complete, self.text());
        assert_eq!(self.trailer("moretta-status"), "complete");
        self
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Connects, and waits for nothing longer than a minute.
///
/// # Panics
/// Nobody listens.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    stream.set_write_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    stream.set_nodelay(true).expect("small pieces");
    stream
}

/// The head of a request whose body follows in chunks, if it is to have one.
pub fn head(method: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: server\r\nte: trailers\r\n");
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

/// A piece of a body.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Sends a request and reads the answer; what is refused to be sent is no fault, the answer says why.
pub fn exchange(mut stream: impl Read + Write, request: &[u8]) -> Answer {
    let _ = stream.write_all(request).and_then(|()| stream.flush());
    read(stream)
}

/// Reads an answer as far as it comes.
pub fn read(stream: impl Read) -> Answer {
    let mut answer = Answer::default();
    let mut reader = BufReader::new(stream);
    answer.complete = answer.read_from(&mut reader).is_ok();
    answer
}

impl Answer {
    fn read_from(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        while self.status < 200 {
            let status = line(reader)?;
            self.status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            self.head = fields(reader)?;
        }
        if self.field("transfer-encoding") == "chunked" {
            return self.read_chunks(reader);
        }
        let length = self.field("content-length").parse().unwrap_or(0);
        reader.take(length).read_to_end(&mut self.body)?;
        if self.body.len() as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn read_chunks(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        loop {
            let length = line(reader)?;
            let length = usize::from_str_radix(&length, 16).map_err(io::Error::other)?;
            if length == 0 {
                self.trailers = fields(reader)?;
                return Ok(());
            }
            let before = self.body.len();
            reader.take(length as u64).read_to_end(&mut self.body)?;
            if self.body.len() - before < length || !line(reader)?.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn fields(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        match line.split_once(':') {
            Some((name, value)) => fields.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Ok(fields),
        }
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let ended = line.strip_suffix("\r\n").map(str::to_owned);
    ended.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
