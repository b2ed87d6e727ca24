//! A body that is received whole before it is used, and is used more than once: small ones stay in memory, large ones
//! wait in a file.
//!
//! Own code: `tempfile::SpooledTempFile` does the same, but blocks its thread.

use std::fs::File;
use std::io::{self, SeekFrom};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::error::Error;
use crate::imports::upload_folder;
use crate::state::App;
use crate::stream::{ByteStream, ended_early};

/// The most bytes that stay in memory.
const MEMORY_BYTES: usize = 1 << 20;
/// Bytes that are read from the file at once.
const PIECE_BYTES: usize = 64 << 10;

/// A received body. Its file has no name, and goes with this value.
#[derive(Debug)]
pub struct Spool {
    first: Bytes,
    /// The rest, if it is more than what stays in memory.
    rest: Option<File>,
}

impl Spool {
    /// Receives a body of at most `limit_bytes` bytes.
    pub async fn receive(app: &App, mut body: ByteStream, limit_bytes: usize) -> Result<Self, Error> {
        let (mut first, mut rest) = (Vec::new(), None);
        let mut received = 0_usize;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| ended_early())?;
            received = received.saturating_add(piece.len());
            if received > limit_bytes {
                return Err(Error::BodyTooLarge { limit_bytes });
            }
            if rest.is_none() && first.len().saturating_add(piece.len()) > MEMORY_BYTES {
                rest = Some(create(app).await?);
            }
            match &mut rest {
                None => first.extend_from_slice(&piece),
                Some(file) => file.write_all(&piece).await.map_err(|error| failed(&error))?,
            }
        }
        let rest = match rest {
            None => None,
            Some(mut file) => {
                file.flush().await.map_err(|error| failed(&error))?;
                Some(file.into_std().await)
            }
        };
        Ok(Self { first: first.into(), rest })
    }

    /// The body from its beginning. Streams of one spool are read one after the other.
    pub async fn stream(&self) -> Result<ByteStream, Error> {
        let first = stream::iter([Ok(self.first.clone())]);
        let Some(file) = &self.rest else { return Ok(Box::pin(first)) };
        let mut file = tokio::fs::File::from_std(file.try_clone().map_err(|error| failed(&error))?);
        file.seek(SeekFrom::Start(0)).await.map_err(|error| failed(&error))?;
        let rest = stream::try_unfold(file, |mut file| async move {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = file.read_buf(&mut piece).await?;
            Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
        });
        Ok(Box::pin(first.chain(rest)))
    }
}

async fn create(app: &App) -> Result<tokio::fs::File, Error> {
    let folder = upload_folder(&app.config);
    let create = move || {
        std::fs::create_dir_all(&folder)?;
        tempfile::tempfile_in(&folder)
    };
    let file = tokio::task::spawn_blocking(create).await.map_err(|lost| Error::internal(&lost))?;
    file.map(tokio::fs::File::from_std).map_err(|error| failed(&error))
}

/// The error of a file that cannot be written or read. The call may be repeated, since a full disk may pass.
fn failed(error: &io::Error) -> Error {
    tracing::error!(%error, "a body cannot be kept in a file; see imports.folder");
    Error::Unavailable
}
