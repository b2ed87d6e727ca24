//! An upload of late receipts: received and checked whole, since a sender reads the answer only after it has sent
//! everything; then its rows are taken one by one, and answered while the next are taken, so that memory does not depend
//! on their number.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};
use wire::json;
use wire::problem::{Problem, Problems, TOLD_MAX};

use super::super::access::Access;
use super::{Answer, take};
use crate::error::Error;
use crate::spool::Spool;
use crate::state::App;
use crate::stream::{ByteStream, Lines};

/// Bytes of answers that are sent at once. Nothing is sent before so many are known, or all: until then a failure refuses
/// the whole call.
const PIECE_BYTES: usize = 64 << 10;

/// Takes the rows of an upload; the stream has their answers. An error if a row is not JSON, in which case none was
/// taken, or if the host fails at one of the first rows, in which case the till sends all of them again.
pub async fn answers(app: App, access: Access, body: ByteStream) -> Result<ByteStream, Error> {
    let spool = Spool::receive(&app, body, app.config.limits.import_bytes).await?;
    check(&app, &spool).await?;
    let lines = lines(&app, &spool).await?;
    let mut upload = Upload {
        app,
        access,
        _spool: spool,
        lines,
        number: 0,
        has_ended: false,
        told: Told::default(),
        failure: None,
        has_begun: false,
    };
    let first = upload.piece().await?;
    upload.has_begun = true;
    let rest = stream::try_unfold(upload, |mut upload| async move {
        if upload.has_ended {
            return Ok(None);
        }
        let piece = upload.piece().await.map_err(std::io::Error::other)?;
        Ok(Some((Bytes::from(piece), upload)))
    });
    Ok(Box::pin(stream::iter([Ok(Bytes::from(first))]).chain(rest)))
}

async fn lines(app: &App, spool: &Spool) -> Result<Lines, Error> {
    let limits = &app.config.limits;
    Ok(Lines::new(spool.stream().await?, limits.import_bytes, limits.row_bytes))
}

/// Refuses an upload with a row that is not JSON.
async fn check(app: &App, spool: &Spool) -> Result<(), Error> {
    let mut lines = lines(app, spool).await?;
    let mut problems = Problems::default();
    for number in 0_usize.. {
        let Some(line) = lines.next().await? else { break };
        if !line.trim_ascii().is_empty()
            && let Err(found) = json::parse_bytes(&line, app.config.limits.document_memory_bytes)
        {
            problems.append(found.in_row(number));
        }
    }
    problems.or(()).map_err(Error::of_json)
}

/// An upload whose rows are taken.
struct Upload {
    app: App,
    access: Access,
    /// Keeps the file of the lines.
    _spool: Spool,
    lines: Lines,
    /// Number of the next line, from 0.
    number: usize,
    has_ended: bool,
    told: Told,
    /// The failure after which no more rows are tried: the till sends them again.
    failure: Option<Failure>,
    /// True once the answer has begun, so that a failure cannot refuse the whole call any more.
    has_begun: bool,
}

/// Counts of the problems told so far about refused rows; they bound the size of the answer.
#[derive(Default)]
struct Told {
    /// Problems.
    problems: usize,
    /// Rows without an id that got an answer of their own.
    nameless: usize,
    /// First and last row of rows without an id that follow each other, and get one answer.
    run: Option<(usize, usize)>,
}

/// A failure of the host.
struct Failure {
    code: &'static str,
    detail: String,
}

impl Upload {
    /// The answers to the next rows; empty at the end.
    async fn piece(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        while text.len() < PIECE_BYTES {
            let Some(line) = self.lines.next().await? else {
                self.has_ended = true;
                self.told.end_run(&mut text);
                break;
            };
            let number = self.number;
            self.number = number.saturating_add(1);
            if line.trim_ascii().is_empty() {
                continue;
            }
            let row = json::parse_bytes(&line, self.app.config.limits.document_memory_bytes)
                .map_err(|problems| Error::of_json(problems.in_row(number)))?;
            self.answer(number, row, &mut text).await?;
        }
        Ok(text)
    }

    async fn answer(&mut self, number: usize, row: Value, text: &mut String) -> Result<(), Error> {
        let purchase_id = row.get("purchase_id").cloned().unwrap_or_default();
        if self.failure.is_none() {
            match take(&self.app, &self.access, row).await {
                Ok(answer) => {
                    self.told.write(number, answer, text);
                    return Ok(());
                }
                Err(error) if self.has_begun => {
                    self.failure = Some(Failure { code: error.code(), detail: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        self.told.end_run(text);
        if let Some(Failure { code, detail }) = &self.failure {
            line(text, &again(number, purchase_id, code, detail));
        }
        Ok(())
    }
}

impl Told {
    fn write(&mut self, number: usize, answer: Answer, text: &mut String) {
        match answer {
            Answer::Taken { purchase_id, status, result } => {
                self.end_run(text);
                // The stored answer is passed on byte for byte.
                let id = Value::from(purchase_id);
                text.push_str(&format!(
                    r#"{{"row":{number},"purchase_id":{id},"status":"{status}","result":{result}}}"#
                ));
                text.push('\n');
            }
            Answer::Again { purchase_id, code, detail } => {
                self.end_run(text);
                line(text, &again(number, purchase_id.into(), code, &detail));
            }
            Answer::Refused { purchase_id: None, .. } if self.nameless >= TOLD_MAX => {
                let first = self.run.map_or(number, |(first, _)| first);
                self.run = Some((first, number));
            }
            Answer::Refused { purchase_id, code, detail, problems } => {
                self.end_run(text);
                self.nameless = self.nameless.saturating_add(usize::from(purchase_id.is_none()));
                let (errors, more) = self.problems(problems);
                let mut answer = Map::from_iter([
                    ("row".to_owned(), json!(number)),
                    ("purchase_id".to_owned(), json!(purchase_id)),
                    ("status".to_owned(), json!("refused")),
                    ("code".to_owned(), json!(code)),
                    ("detail".to_owned(), json!(detail)),
                    ("errors".to_owned(), json!(errors)),
                ]);
                if more > 0 {
                    answer.insert("more_errors".to_owned(), json!(more));
                }
                line(text, &Value::Object(answer));
            }
        }
    }

    /// The problems of a row that are told, and the number of the others: all while few have been told, then only the
    /// first of each row.
    fn problems(&mut self, problems: Problems) -> (Vec<Problem>, usize) {
        let all = problems.len();
        let most = TOLD_MAX.saturating_sub(self.problems).max(1);
        let told: Vec<Problem> = problems.iter().take(most).cloned().collect();
        self.problems = self.problems.saturating_add(told.len());
        let more = all.saturating_sub(told.len());
        (told, more)
    }

    /// Answers the rows without an id that wait for it.
    fn end_run(&mut self, text: &mut String) {
        let Some((first, last)) = self.run.take() else { return };
        let detail = format!("`purchase_id` is missing in all rows from {first} to {last}");
        line(
            text,
            &json!({
                "row": first, "last_row": last, "purchase_id": null, "status": "refused", "code": "missing_field",
                "detail": detail,
            }),
        );
    }
}

/// The answer to a row that has to be sent again.
fn again(number: usize, purchase_id: Value, code: &str, detail: &str) -> Value {
    let detail = format!("{detail}; send this row again");
    json!({"row": number, "purchase_id": purchase_id, "status": "retry", "code": code, "detail": detail})
}

fn line(text: &mut String, row: &Value) {
    text.push_str(&row.to_string());
    text.push('\n');
}
