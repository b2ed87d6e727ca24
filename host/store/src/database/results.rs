//! The results feed. Rows are written without a number, in the transaction of the purchase, return or
//! answer that they are about; readers number them, one reader at a time. A row that is committed after
//! later ones were numbered gets a higher number than those, so that a reader who continues from the last
//! number does not miss it.

use std::collections::BTreeMap;

use super::bulk::{push_texts, statement};
use super::{Database, Transaction, dialect};
use crate::{
    MemberEligibility, MemberResult, MemberResults, NewResult, ResultKind, ResultPeriod, ResultRecord,
    Results, Revision, StoreError,
};

/// Rows that one transaction numbers at most.
const NUMBERED_AT_ONCE: i64 = 10_000;

type Row = (i64, Option<String>, Option<String>, i64, String);
/// Member, kind, time, purchase, revision of its plan, and events.
type OfMember = (String, String, i64, Option<String>, Option<Revision>, String);

impl Database {
    /// Numbers the rows that have no number yet, oldest first. False if there may be more.
    pub(crate) async fn number_results(&self) -> Result<bool, StoreError> {
        // Looks without a lock first, so that readers do not wait if there is nothing to number.
        let waiting = "SELECT COUNT(*) FROM (SELECT id FROM results WHERE seq IS NULL LIMIT 1) AS waiting";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&self.pool).await?;
        if waiting == 0 {
            return Ok(true);
        }
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM results WHERE seq IS NOT NULL")
            .fetch_one(&mut *transaction)
            .await?;
        let numbered = sqlx::query(
            "UPDATE results SET seq = $1 + waiting.number
             FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY happened_at, id) AS number FROM results
                   WHERE seq IS NULL ORDER BY happened_at, id LIMIT $2) AS waiting
             WHERE results.id = waiting.id",
        )
        .bind(last)
        .bind(NUMBERED_AT_ONCE)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(i64::try_from(numbered.rows_affected()).is_ok_and(|rows| rows < NUMBERED_AT_ONCE))
    }

    /// Numbered rows from a number on, with times from `since` on.
    pub(crate) async fn results(
        &self,
        from: i64,
        since: i64,
        most: i64,
    ) -> Result<Vec<ResultRecord>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT seq, member_id, purchase_id, happened_at, events FROM results
             WHERE seq >= $1 AND happened_at >= $2 ORDER BY seq LIMIT $3",
        )
        .bind(from)
        .bind(since)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let record = |(seq, member_id, purchase_id, at, events)| ResultRecord {
            seq,
            member_id,
            purchase_id,
            results: Results { at, events },
        };
        Ok(rows.into_iter().map(record).collect())
    }

    /// The members after one, in the order of the database, with the results of their purchases.
    pub(crate) async fn member_results(
        &self,
        after: &str,
        most: i64,
        attributes: &[String],
        period: ResultPeriod,
    ) -> Result<MemberResults, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let members: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, state FROM members WHERE id > $1 AND merged_into IS NULL ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(most)
        .fetch_all(&mut *snapshot)
        .await?;
        let Some((last, _)) = members.last() else {
            return Ok(MemberResults { members: Vec::new(), results: Vec::new() });
        };
        let merged: Vec<(String, String)> = sqlx::query_as(
            "SELECT merged_into, id FROM members WHERE merged_into > $1 AND merged_into <= $2",
        )
        .bind(after)
        .bind(last)
        .fetch_all(&mut *snapshot)
        .await?;
        let audiences: Vec<(String, String)> = sqlx::query_as(
            "SELECT member_id, audience FROM member_audiences WHERE member_id > $1 AND member_id <= $2
             UNION
             SELECT m.member_id, l.audience FROM audience_members AS m
             JOIN audience_lists AS l ON l.list = m.list
             WHERE m.member_id > $1 AND m.member_id <= $2 AND l.in_force = 1",
        )
        .bind(after)
        .bind(last)
        .fetch_all(&mut *snapshot)
        .await?;
        let mut with_attributes: Vec<(String, String, String)> = Vec::new();
        if !attributes.is_empty() {
            let mut query = statement(
                "SELECT member_id, name, value FROM member_attributes WHERE until_revision IS NULL",
            );
            query.push(" AND member_id > ").push_bind(after.to_owned());
            query.push(" AND member_id <= ").push_bind(last.clone()).push(" AND name IN ");
            push_texts(&mut query, attributes.iter().map(String::as_str));
            with_attributes = query.build_query_as().fetch_all(&mut *snapshot).await?;
        }
        // Rows of the feed stay under the id that they were written with; those of merged members count for the
        // survivor.
        let results: Vec<OfMember> = sqlx::query_as(
            "SELECT r.member_id, r.kind, r.happened_at, r.purchase_id, p.revision, r.events
             FROM results AS r JOIN members AS m ON m.id = r.member_id
             LEFT JOIN purchases AS p ON p.id = r.purchase_id
             WHERE r.member_id > $1 AND r.member_id <= $2 AND r.happened_at >= $3 AND r.happened_at < $4
               AND r.kind <> 'member' AND m.merged_into IS NULL
             UNION ALL
             SELECT m.merged_into, r.kind, r.happened_at, r.purchase_id, p.revision, r.events
             FROM members AS m JOIN results AS r ON r.member_id = m.id
             LEFT JOIN purchases AS p ON p.id = r.purchase_id
             WHERE m.merged_into > $1 AND m.merged_into <= $2 AND r.happened_at >= $3 AND r.happened_at < $4
               AND r.kind <> 'member'",
        )
        .bind(after)
        .bind(last)
        .bind(period.since)
        .bind(period.until)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let mut members = with_eligibility(members, audiences, with_attributes);
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (survivor, id) in merged {
            ids.entry(survivor).or_default().push(id);
        }
        for member in &mut members {
            member.merged = ids.remove(&member.id).unwrap_or_default();
        }
        let results = results.into_iter().map(of_member).collect::<Result<_, _>>()?;
        Ok(MemberResults { members, results })
    }
}

fn of_member(
    (member_id, kind, at, purchase_id, revision, events): OfMember,
) -> Result<MemberResult, StoreError> {
    let damaged = || StoreError::Damaged(format!("results of member {member_id}: unknown kind `{kind}`"));
    let kind = ResultKind::from_name(&kind).ok_or_else(damaged)?;
    Ok(MemberResult { member_id, kind, purchase_id, revision, results: Results { at, events } })
}

fn with_eligibility(
    members: Vec<(String, String)>,
    audiences: Vec<(String, String)>,
    with_attributes: Vec<(String, String, String)>,
) -> Vec<MemberEligibility> {
    let mut in_audiences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (member, audience) in audiences {
        in_audiences.entry(member).or_default().push(audience);
    }
    let mut attributes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (member, name, value) in with_attributes {
        attributes.entry(member).or_default().push((name, value));
    }
    let eligibility = |(id, state): (String, String)| MemberEligibility {
        audiences: in_audiences.remove(&id).unwrap_or_default(),
        attributes: attributes.remove(&id).unwrap_or_default(),
        merged: Vec::new(),
        id,
        state,
    };
    members.into_iter().map(eligibility).collect()
}

/// Adds a row to the results feed, in the transaction of the change. An existing row of the same kind and
/// id is kept as it is.
pub(super) async fn record(transaction: &mut Transaction, new: &NewResult) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO results (id, happened_at, kind, member_id, purchase_id, events)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
    )
    .bind(format!("{}/{}", new.kind.name(), new.id))
    .bind(new.results.at)
    .bind(new.kind.name())
    .bind(&new.member_id)
    .bind(&new.purchase_id)
    .bind(&new.results.events)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Copies the events of a purchase's calculation into the feed. The caller checks, later in the same
/// transaction, that the purchase has not changed since.
pub(super) async fn record_purchase(
    transaction: &mut Transaction,
    purchase_id: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO results (id, happened_at, kind, member_id, purchase_id, events)
         SELECT $1, COALESCE(sold_at, updated_at), $2, member_id, id, results
         FROM purchases WHERE id = $3 AND results IS NOT NULL
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(format!("{}/{purchase_id}", ResultKind::Purchase.name()))
    .bind(ResultKind::Purchase.name())
    .bind(purchase_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
