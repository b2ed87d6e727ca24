//! A body line by line, so that a large import is never held as one text.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};

use crate::error::ApiError;
use crate::wire::problem::Problems;

/// The lines of a body as they arrive, within a limit of bytes.
pub struct Lines {
    body: Body,
    limit_bytes: usize,
    read_bytes: usize,
    /// What came last and is not cut into lines yet.
    chunk: Bytes,
    ended: bool,
}

impl Lines {
    /// At the start of a body.
    pub fn new(body: Body, limit_bytes: usize) -> Self {
        Self { body, limit_bytes, read_bytes: 0, chunk: Bytes::new(), ended: false }
    }

    /// The next line, without its end; nothing after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        let mut line = Vec::new();
        loop {
            if let Some(end) = self.chunk.iter().position(|byte| *byte == b'\n') {
                line.extend_from_slice(&self.chunk.split_to(end));
                // The line break itself.
                drop(self.chunk.split_to(1));
                return Ok(Some(line));
            }
            line.extend_from_slice(&std::mem::take(&mut self.chunk));
            if self.ended {
                return Ok((!line.is_empty()).then_some(line));
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<(), ApiError> {
        let Some(frame) = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await else {
            self.ended = true;
            return Ok(());
        };
        let broken_off =
            |_| ApiError::MalformedJson(Problems::of_document("incomplete", "the body ended early"));
        self.chunk = frame.map_err(broken_off)?.into_data().unwrap_or_default();
        self.read_bytes = self.read_bytes.saturating_add(self.chunk.len());
        if self.read_bytes > self.limit_bytes {
            return Err(ApiError::BodyTooLarge { limit_bytes: self.limit_bytes });
        }
        Ok(())
    }
}
