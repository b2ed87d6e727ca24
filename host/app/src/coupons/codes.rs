//! Single codes: their state, issuing one to a member, and the list of a pool.

use bytes::Bytes;
use domain::coupon::key;
use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use store::{
    Coupon, CouponIssue, CouponPool, Idempotent, IssueAnswer, Issued, NewResult, ResultKind, Results,
    StoreError, till_id,
};
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};

use super::pools;
use super::state::CodeState;
use crate::error::Error;
use crate::purchases::attempts::{Attempt, until_done};
use crate::results::events::{self, Event, OfCoupon};
use crate::state::App;

/// Codes that are read from the database at once.
const PAGE: i64 = 1_000;

/// A code as a document.
pub async fn show(app: &App, code: &str) -> Result<Value, Error> {
    let now = app.store.now().await?;
    let unknown = || Error::Unknown { code: "unknown_coupon", what: format!("code `{code}` in a pool") };
    let coupon = app.store.coupon(&key(code), now).await?.ok_or_else(unknown)?;
    let pool = pools::find(app, &coupon.pool).await?;
    let mut document = document(&pool, &coupon, now);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("offer".to_owned(), json!(pool.offer));
        fields.insert("used".to_owned(), json!(coupon.uses));
        fields.insert("uses".to_owned(), json!(pool.uses));
        fields.insert("expires_at".to_owned(), json!(pool.expires_at.and_then(time)));
    }
    Ok(document)
}

fn document(pool: &CouponPool, coupon: &Coupon, now: i64) -> Value {
    json!({
        "code": coupon.code,
        "pool": coupon.pool,
        "state": CodeState::of(pool, coupon.issued, coupon.uses, coupon.reserved, now).name(),
        "member_id": coupon.member_id,
        "purchase_id": coupon.purchase_id.as_deref().map(till_id),
        "issued_at": coupon.issued_at.and_then(time),
    })
}

/// A time as RFC 3339.
pub fn time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).ok()
}

/// Issues a code of a pool to the member that a document names; returns the code. No two calls get the same one, and
/// a call that is repeated under its key gets the one that it got.
pub async fn issue(app: &App, pool: &str, body: &Value, key: Option<Idempotent>) -> Result<String, Error> {
    let pool = pools::find(app, pool).await?;
    let member_id = member_of(body)?;
    if !app.store.has_member(&member_id).await? {
        return Err(refused(Problems::from(Problem {
            pointer: "/member_id".to_owned(),
            code: "unknown_member".into(),
            detail: format!("there is no member `{member_id}`"),
        })));
    }
    let key = key.as_ref();
    until_done(app, key, || issue_once(app, &pool, &member_id, key)).await
}

async fn issue_once(
    app: &App,
    pool: &CouponPool,
    member_id: &str,
    key: Option<&Idempotent>,
) -> Result<Attempt, Error> {
    let at = app.store.now().await?;
    if pool.expires_at.is_some_and(|end| end <= at) {
        let detail = format!("coupon pool `{}` has expired", pool.name);
        return Err(Error::State { code: "coupon_pool_expired", detail });
    }
    let answer = {
        let (pool, member_id) = (pool.clone(), member_id.to_owned());
        move |code: &str| issue_answer(&pool, &member_id, code, at)
    };
    let issue =
        CouponIssue { pool: pool.name.clone(), member_id: member_id.to_owned(), key: key.cloned(), at };
    match app.store.issue_coupon(&issue, &answer).await? {
        Issued::Done(body) => Ok(Attempt::Done(body)),
        Issued::Stale => Ok(Attempt::Stale),
        Issued::Empty => {
            let detail = format!("coupon pool `{}` has no code left; add some", pool.name);
            Err(Error::State { code: "coupon_pool_empty", detail })
        }
    }
}

fn issue_answer(pool: &CouponPool, member: &str, code: &str, at: i64) -> Result<IssueAnswer, StoreError> {
    let unwritable = |problems: Problems| StoreError::Answer(problems.to_string());
    let event = OfCoupon { coupon: code, pool: &pool.name, offer: &pool.offer, return_id: None };
    let events = events::write(&[Event::CouponIssued(event)]).map_err(unwritable)?;
    let body = json!({
        "code": code,
        "pool": pool.name,
        "offer": pool.offer,
        "member_id": member,
        "state": CodeState::Issued.name(),
        "expires_at": pool.expires_at.and_then(time),
    });
    let result = NewResult {
        id: format!("coupon/{}", key(code)),
        kind: ResultKind::Member,
        member_id: Some(member.to_owned()),
        purchase_id: None,
        results: Results { at, events },
    };
    Ok(IssueAnswer { body: body.to_string(), result })
}

fn member_of(body: &Value) -> Result<String, Error> {
    let report = Report::default();
    let member = report.root(body).object().and_then(|document| {
        let member = document.required("member_id").and_then(member_id);
        document.refuse_unknown();
        member
    });
    let member = report.finish(member).map_err(refused)?;
    Ok(member.0)
}

fn member_id(field: Node<'_, '_>) -> Option<String> {
    let id = field.id()?;
    field.check_id(&id)?;
    Some(id.into_owned())
}

fn refused(problems: Problems) -> Error {
    let what = "the request to issue a code has problems";
    Error::Refused { code: "issue_refused", what, problems }
}

/// The format of a list of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// RFC 4180, with a header.
    Csv,
    /// JSON, one object a line.
    Ndjson,
}

/// The codes of a pool in the order of the database, read page by page.
pub fn list(app: App, pool: CouponPool, format: ListFormat) -> impl Stream<Item = Result<Bytes, StoreError>> {
    let header = match format {
        ListFormat::Csv => Some(Bytes::from_static(b"code,state,member_id,purchase_id,issued_at\n")),
        ListFormat::Ndjson => None,
    };
    let pages =
        futures_util::stream::try_unfold((app, pool, String::new()), move |(app, pool, after)| async move {
            let now = app.store.now().await?;
            let page = app.store.coupons(&pool.name, &after, PAGE, now).await?;
            let Some(last) = page.last() else { return Ok(None) };
            let after = last.key.clone();
            let text = match format {
                ListFormat::Csv => csv_rows(&pool, &page, now)?,
                ListFormat::Ndjson => {
                    let rows = page.iter().map(|coupon| format!("{}\n", document(&pool, coupon, now)));
                    Bytes::from(rows.collect::<String>())
                }
            };
            Ok(Some((text, (app, pool, after))))
        });
    futures_util::stream::iter(header.map(Ok)).chain(pages)
}

fn csv_rows(pool: &CouponPool, page: &[Coupon], now: i64) -> Result<Bytes, StoreError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritable = |error: csv::Error| StoreError::Answer(error.to_string());
    for coupon in page {
        let state = CodeState::of(pool, coupon.issued, coupon.uses, coupon.reserved, now).name();
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let issued_at = coupon.issued_at.and_then(time).unwrap_or_default();
        let row = [
            coupon.code.clone(),
            state.to_owned(),
            text(&coupon.member_id),
            coupon.purchase_id.as_deref().map(till_id).unwrap_or_default().to_owned(),
            issued_at,
        ];
        writer.write_record(&row).map_err(unwritable)?;
    }
    let rows = writer.into_inner().map_err(|error| StoreError::Answer(error.to_string()))?;
    Ok(Bytes::from(rows))
}
