//! Answers to connections that are ended before they have asked: problem documents, as all refusals are.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// How long the other side has to take the answer.
const TIME: Duration = Duration::from_secs(1);
/// Connections that wait at a time for the other side to close: one with unread bytes is reset, and its answer may be lost.
const LINGERING: usize = 64;
/// The most bytes that are read from them.
const READ_BYTES_MAX: usize = 64 << 10;
/// How long the rest of a body that was refused may take, and the most bytes of it: a client that is cut off while it
/// sends does not look for the answer.
const BODY_TIME: Duration = Duration::from_secs(10);
const BODY_BYTES_MAX: usize = 64 << 20;
/// Bytes that are read of it at once.
const PIECE_BYTES: usize = 16 << 10;

/// The answers, ready to be sent.
#[derive(Debug)]
pub(super) struct LastWords {
    /// A header did not arrive in time.
    pub(super) too_late: Vec<u8>,
    /// There are too many connections.
    pub(super) no_place: Arc<[u8]>,
    /// The header is not one of HTTP.
    malformed: Vec<u8>,
    /// The header, or the address in it, is too large.
    header_too_large: Vec<u8>,
    address_too_long: Vec<u8>,
    lingering: Arc<Semaphore>,
}

impl LastWords {
    pub(super) fn new() -> Self {
        Self {
            too_late: response(&ApiError::HeaderTooLate),
            no_place: response(&ApiError::TooManyConnections).into(),
            malformed: response(&ApiError::HeaderMalformed),
            header_too_large: response(&ApiError::HeaderTooLarge),
            address_too_long: response(&ApiError::AddressTooLong),
            lingering: Arc::new(Semaphore::new(LINGERING)),
        }
    }

    /// Tells a connection that was not let in that there is no place for it.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        let (words, lingering) = (Arc::clone(&self.no_place), Arc::clone(&self.lingering));
        tokio::spawn(async move { say(&mut stream, &words, &lingering).await });
    }

    /// The answer to a header that cannot be read, by the status that the HTTP library gives it.
    pub(super) fn unreadable(&self, status: u16) -> &[u8] {
        match status {
            431 => &self.header_too_large,
            414 => &self.address_too_long,
            _ => &self.malformed,
        }
    }

    /// Reads the rest of a body that nobody wants, so that the other side comes to look at the answer that it was given
    /// already.
    pub(super) async fn let_finish<S: AsyncRead + Unpin>(&self, stream: &mut S) {
        let Ok(_permit) = self.lingering.try_acquire() else { return };
        let finished = async {
            let (mut buffer, mut bytes) = (vec![0_u8; PIECE_BYTES], 0_usize);
            while bytes < BODY_BYTES_MAX {
                match tokio::time::timeout(TIME, stream.read(&mut buffer)).await {
                    Ok(Ok(read)) if read > 0 => bytes = bytes.saturating_add(read),
                    // It has closed, or is gone, or says no more.
                    _ => return,
                }
            }
        };
        let _ = tokio::time::timeout(BODY_TIME, finished).await;
    }

    /// Tells a connection that it is ended.
    pub(super) async fn say<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, words: &[u8]) {
        say(stream, words, &self.lingering).await;
    }
}

/// Sends an answer and closes the connection. If it is not taken, it is not.
async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, words: &[u8], lingering: &Semaphore) {
    let said = async {
        stream.write_all(words).await?;
        stream.shutdown().await?;
        let Ok(_permit) = lingering.try_acquire() else { return Ok(0) };
        let mut unread = stream.take(u64::try_from(READ_BYTES_MAX).unwrap_or(u64::MAX));
        tokio::io::copy(&mut unread, &mut tokio::io::sink()).await
    };
    // Neither a slow nor a broken connection is of interest any more.
    let _: Result<io::Result<u64>, _> = tokio::time::timeout(TIME, said).await;
}

fn response(refused: &ApiError) -> Vec<u8> {
    let (status, document) = (refused.status(), refused.json());
    let retry = if status.is_server_error() { "retry-after: 1\r\n" } else { "" };
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n{retry}connection: close\r\n\
         \r\n{document}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        document.len(),
    )
    .into_bytes()
}
