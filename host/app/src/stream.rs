//! Bodies of uploads as streams of bytes. Nothing here knows HTTP.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use wire::digest;
use wire::problem::Problems;

use crate::error::Error;

/// Pieces of an upload in their order. An error means that the sender broke off.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The error of an upload that ended early.
pub fn ended_early() -> Error {
    Error::MalformedJson(Problems::of_document("incomplete", "the body ended early"))
}

/// Lines of a stream, within limits: no row of an import is as long as a body may be.
pub struct Lines {
    body: ByteStream,
    limit_bytes: usize,
    line_bytes: usize,
    taken_bytes: usize,
    /// Received bytes. Those before `start` are returned already.
    received: Vec<u8>,
    start: usize,
    /// Those before it have no line feed, from `start` on.
    searched: usize,
    ended: bool,
    digest: Sha256,
}

impl Lines {
    /// The lines of a body of at most `limit_bytes` bytes, each of at most `line_bytes`.
    pub fn new(body: ByteStream, limit_bytes: usize, line_bytes: usize) -> Self {
        Self {
            body,
            limit_bytes,
            line_bytes,
            taken_bytes: 0,
            received: Vec::new(),
            start: 0,
            searched: 0,
            ended: false,
            digest: Sha256::new(),
        }
    }

    /// The digest of all received bytes.
    pub fn digest(self) -> String {
        digest::finished(self.digest)
    }

    /// The next line, without its line feed; none at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            self.received.drain(..self.start);
            self.start = 0;
            self.searched = self.received.len();
            if self.ended {
                let line = std::mem::take(&mut self.received);
                return Ok((!line.is_empty()).then_some(line));
            }
            if self.received.len() > self.line_bytes {
                return Err(Error::RowTooLarge { limit_bytes: self.line_bytes });
            }
            self.receive().await?;
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let from = self.start.max(self.searched);
        let end = from.saturating_add(self.received.get(from..)?.iter().position(|byte| *byte == b'\n')?);
        let line = self.received.get(self.start..end)?.to_vec();
        self.start = end.saturating_add(1);
        Some(line)
    }

    async fn receive(&mut self) -> Result<(), Error> {
        let Some(piece) = self.body.next().await else {
            self.ended = true;
            return Ok(());
        };
        let bytes = piece.map_err(|_| ended_early())?;
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len());
        if self.taken_bytes > self.limit_bytes {
            return Err(Error::BodyTooLarge { limit_bytes: self.limit_bytes });
        }
        self.digest.update(&bytes);
        self.received.extend_from_slice(&bytes);
        Ok(())
    }
}
