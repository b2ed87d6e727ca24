//! Uploads as files on the disk of this host.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use wire::problem::{Problem, Problems};

use super::Format;
use super::csv_quotes::{BrokenQuote, Place, Quotes, TOO_LONG};
use super::errors::refused;
use crate::config::Config;
use crate::error::Error;
use crate::state::App;
use crate::stream::ByteStream;

const BUFFER_BYTES: usize = 256 << 10;
/// End of the name of a kept upload, after the id of its import.
pub(super) const KEPT_SUFFIX: &str = ".upload";
/// In the name of an upload that is being received, after that id.
pub(super) const PART_INFIX: &str = ".part-";

/// An upload that was received whole. Its file is removed when this is dropped, unless it is kept.
#[derive(Debug)]
pub(super) struct UploadFile {
    received: TempPath,
    /// The path of the upload once it is kept.
    kept: PathBuf,
    /// Number of rows, without the header.
    pub(super) rows: i64,
    pub(super) bytes: i64,
    /// SHA-256, in hexadecimal.
    pub(super) fingerprint: String,
}

impl UploadFile {
    /// Receives a body. One that breaks off, or has a broken quote, leaves no file behind.
    pub(super) async fn receive(
        app: &App,
        id: &str,
        format: Format,
        body: ByteStream,
    ) -> Result<Self, Error> {
        let folder = folder(&app.config);
        tokio::fs::create_dir_all(&folder).await.map_err(|error| cannot_write(&error))?;
        check_room(&folder, app.config.imports.folder_bytes).await?;
        let kept = path(&app.config, id);
        let prefix = format!("{id}{PART_INFIX}");
        // In the folder of the kept file, since a file is renamed only within one file system.
        let create = move || tempfile::Builder::new().prefix(&prefix).tempfile_in(&folder);
        let file = tokio::task::spawn_blocking(create).await.map_err(|lost| Error::internal(&lost))?;
        let (file, received) = file.map_err(|error| cannot_write(&error))?.into_parts();
        let (rows, bytes, fingerprint) = write(app, File::from_std(file), format, body).await?;
        Ok(Self { received, kept, rows, bytes, fingerprint })
    }

    /// The path of the upload before it is kept.
    pub(super) fn path(&self) -> &Path {
        &self.received
    }

    /// Keeps the upload until it is applied.
    pub(super) async fn keep(self) -> Result<(), Error> {
        let Self { received, kept, .. } = self;
        let rename = move || received.persist(kept);
        let renamed = tokio::task::spawn_blocking(rename).await.map_err(|lost| Error::internal(&lost))?;
        renamed.map_err(|failed| cannot_write(&failed.error))
    }
}

/// The path of the kept upload of an import.
pub(super) fn path(config: &Config, id: &str) -> PathBuf {
    folder(config).join(format!("{id}{KEPT_SUFFIX}"))
}

/// Removes an upload that is not needed any more.
pub(super) async fn remove(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %path.display(), "cannot remove an upload");
    }
}

/// Refuses an upload while those that are there are larger than the folder may be.
async fn check_room(folder: &Path, most: u64) -> Result<(), Error> {
    let mut entries = tokio::fs::read_dir(folder).await.map_err(|error| cannot_write(&error))?;
    let mut bytes = 0_u64;
    while let Some(entry) = entries.next_entry().await.map_err(|error| cannot_write(&error))? {
        // It may have been applied and removed by now.
        if let Ok(about) = entry.metadata().await {
            bytes = bytes.saturating_add(about.len());
        }
    }
    if bytes < most {
        return Ok(());
    }
    let detail = format!(
        "the uploads that wait to be applied have {bytes} bytes, and their folder may have {most} \
         (imports.folder_bytes); send it again when they are applied, or cancel some"
    );
    Err(Error::State { code: "uploads_full", detail })
}

/// The folder of uploads on this host.
pub fn folder(config: &Config) -> PathBuf {
    if !config.imports.folder.is_empty() {
        return PathBuf::from(&config.imports.folder);
    }
    match config.database.url.strip_prefix("sqlite://").map(|path| path.split('?').next().unwrap_or(path)) {
        Some(path) if !path.contains(":memory:") => PathBuf::from(format!("{path}.imports")),
        _ => std::env::temp_dir().join("offer-host-imports"),
    }
}

/// Writes a body into a file and syncs it; returns rows, bytes and fingerprint.
async fn write(
    app: &App,
    mut file: File,
    format: Format,
    mut body: ByteStream,
) -> Result<(i64, i64, String), Error> {
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    let mut counter = RowCounter::new(format, app.config.limits.row_bytes);
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    let mut broken = None;
    while let Some(piece) = body.next().await {
        let data = &piece.map_err(|_| ended_early())?;
        bytes = bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if bytes > app.config.imports.upload_bytes {
            let limit_bytes = usize::try_from(app.config.imports.upload_bytes).unwrap_or(usize::MAX);
            return Err(Error::BodyTooLarge { limit_bytes });
        }
        // The rest is still read: a sender reads the answer only after it has sent everything.
        if broken.is_some() {
            continue;
        }
        if let Err(found) = counter.feed(data) {
            broken = Some(found);
            continue;
        }
        digest.update(data);
        buffer.extend_from_slice(data);
        if buffer.len() >= BUFFER_BYTES {
            file.write_all(&buffer).await.map_err(|error| cannot_write(&error))?;
            buffer.clear();
        }
    }
    let rows = match broken {
        Some(found) => Err(found),
        None => counter.end(),
    };
    let rows = rows.map_err(broken_quote)?;
    file.write_all(&buffer).await.map_err(|error| cannot_write(&error))?;
    file.sync_all().await.map_err(|error| cannot_write(&error))?;
    Ok((rows, i64::try_from(bytes).unwrap_or(i64::MAX), hex::encode(digest.finalize())))
}

/// Counts the rows of a stream, and checks their length and the quotes of CSV.
enum RowCounter {
    Csv(Quotes),
    Ndjson { rows: i64, line: i64, line_has_content: bool, bytes: usize, bytes_max: usize },
}

impl RowCounter {
    fn new(format: Format, bytes_max: usize) -> Self {
        match format {
            Format::Csv => Self::Csv(Quotes::new(bytes_max)),
            Format::Ndjson => Self::Ndjson { rows: 0, line: 0, line_has_content: false, bytes: 0, bytes_max },
        }
    }

    fn feed(&mut self, data: &[u8]) -> Result<(), BrokenQuote> {
        match self {
            Self::Csv(quotes) => quotes.feed(data),
            Self::Ndjson { rows, line, line_has_content, bytes, bytes_max } => {
                for byte in data {
                    *bytes = bytes.saturating_add(1);
                    match byte {
                        b'\n' => {
                            *rows = rows.saturating_add(i64::from(std::mem::take(line_has_content)));
                            *line = line.saturating_add(1);
                            *bytes = 0;
                        }
                        _ if *bytes > *bytes_max => {
                            // Places of CSV count the header as a record.
                            let at = Place { record: rows.saturating_add(1), line: *line };
                            return Err(BrokenQuote { at, detail: TOO_LONG });
                        }
                        byte if byte.is_ascii_whitespace() => {}
                        _ => *line_has_content = true,
                    }
                }
                Ok(())
            }
        }
    }

    fn end(&mut self) -> Result<i64, BrokenQuote> {
        match self {
            Self::Csv(quotes) => {
                quotes.end()?;
                Ok(quotes.records.saturating_sub(1).max(0))
            }
            Self::Ndjson { rows, line_has_content, .. } => {
                Ok(rows.saturating_add(i64::from(*line_has_content)))
            }
        }
    }
}

/// The error of an upload with a broken quote, after which rows cannot be told apart, or with a row that is too long.
fn broken_quote(broken: BrokenQuote) -> Error {
    let (row, line) = (broken.at.record, broken.at.line.saturating_add(1));
    refused(Problems::from(Problem {
        pointer: format!("/{}", row.saturating_sub(1).max(0)),
        code: broken.code().into(),
        detail: format!("row {row}, line {line} of the file: {}", broken.detail),
    }))
}

fn ended_early() -> Error {
    Error::MalformedJson(Problems::of_document("incomplete", "the upload ended early; send it again"))
}

/// The error of a failed write. The call may be repeated, since a full or missing disk may pass.
fn cannot_write(error: &std::io::Error) -> Error {
    tracing::error!(%error, "an upload cannot be written; see imports.folder");
    Error::Unavailable
}
