//! A body line by line, without ever holding all of it.

use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
use sha2::{Digest as _, Sha256};

use crate::audit;
use crate::error::ApiError;
use crate::wire::problem::Problems;

/// Lines of a body; what is longer is no row of an import.
pub struct Lines {
    body: Body,
    limit_bytes: usize,
    taken_bytes: usize,
    /// What came; before `start`, it is handed out.
    received: Vec<u8>,
    start: usize,
    ended: bool,
    digest: Sha256,
}

const LINE_BYTES_MAX: usize = 1 << 20;

impl Lines {
    /// The lines of a body of at most so many bytes.
    pub fn new(body: Body, limit_bytes: usize) -> Self {
        Self {
            body,
            limit_bytes,
            taken_bytes: 0,
            received: Vec::new(),
            start: 0,
            ended: false,
            digest: Sha256::new(),
        }
    }

    /// The digest of all that was received.
    pub fn digest(self) -> String {
        audit::digest_text(self.digest)
    }

    /// The next line, without its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            self.received.drain(..self.start);
            self.start = 0;
            if self.ended {
                let line = std::mem::take(&mut self.received);
                return Ok((!line.is_empty()).then_some(line));
            }
            if self.received.len() > LINE_BYTES_MAX {
                return Err(ApiError::BodyTooLarge { limit_bytes: LINE_BYTES_MAX });
            }
            self.receive().await?;
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let fresh = self.received.get(self.start..)?;
        let end = fresh.iter().position(|byte| *byte == b'\n')?;
        let line = fresh.get(..end)?.to_vec();
        self.start = self.start.saturating_add(end).saturating_add(1);
        Some(line)
    }

    async fn receive(&mut self) -> Result<(), ApiError> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
        let Some(frame) = frame else {
            self.ended = true;
            return Ok(());
        };
        let incomplete =
            |_| ApiError::MalformedJson(Problems::of_document("incomplete", "the body ended early"));
        let bytes: Bytes = frame.map_err(incomplete)?.into_data().unwrap_or_default();
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len());
        if self.taken_bytes > self.limit_bytes {
            return Err(ApiError::BodyTooLarge { limit_bytes: self.limit_bytes });
        }
        self.digest.update(&bytes);
        self.received.extend_from_slice(&bytes);
        Ok(())
    }
}
