//! Pools of coupon codes, and their codes.

use sqlx::{FromRow, Row as _};

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::dialect::{self, DatabaseRow};
use super::idempotency::remember_as;
use super::results::record;
use super::{Database, Transaction, audit};
use crate::{
    AuditEntry, Coupon, CouponCount, CouponIssue, CouponPool, IssueAnswer, Issued, IssuedCoupon, NewCoupons,
    Revision, StoreError,
};

type IssuedRow = (String, String, i64, i64, i64, Option<i64>);
type PoolRow = (String, String, i64, Option<i64>, Revision);

/// Codes with their reservations and their latest purchase at the time `$1`.
const COUPONS: &str = "SELECT c.key, c.code, c.pool, c.issued, c.member_id, c.issued_at, c.uses,
        (SELECT COUNT(*) FROM coupon_uses AS u WHERE u.key = c.key AND u.expires_at > $1) AS reserved,
        (SELECT u.purchase_id FROM coupon_uses AS u
         WHERE u.key = c.key AND (u.expires_at IS NULL OR u.expires_at > $1)
         ORDER BY u.at DESC, u.purchase_id DESC LIMIT 1) AS purchase_id
     FROM coupons AS c";

impl Database {
    pub(crate) async fn coupon_pools_at(&self, revision: Revision) -> Result<Vec<CouponPool>, StoreError> {
        let query = "SELECT name, offer, uses, expires_at, revision FROM coupon_pools WHERE revision <= $1";
        let mut rows: Vec<PoolRow> = sqlx::query_as(query).bind(revision).fetch_all(&self.pool).await?;
        // Sorted here and not in SQL, where the order would depend on the collation of the database.
        rows.sort();
        Ok(rows.into_iter().map(pool).collect())
    }

    pub(crate) async fn coupon_pool(&self, name: &str) -> Result<Option<CouponPool>, StoreError> {
        let query = "SELECT name, offer, uses, expires_at, revision FROM coupon_pools WHERE name = $1";
        let row: Option<PoolRow> = sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(pool))
    }

    pub(crate) async fn create_coupon_pool(
        &self,
        pool: &CouponPool,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        // A change of the offer, which needs a code from now on.
        let mut change = self.begin_change("offer", audit.at).await?;
        sqlx::query(
            "INSERT INTO coupon_pools (name, offer, uses, expires_at, revision) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&pool.name)
        .bind(&pool.offer)
        .bind(pool.uses)
        .bind(pool.expires_at)
        .bind(change.revision)
        .execute(&mut *change.transaction)
        .await?;
        change.commit_audited(audit).await
    }

    pub(crate) async fn change_coupon_pool(
        &self,
        pool: &CouponPool,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        sqlx::query("UPDATE coupon_pools SET uses = $1, expires_at = $2 WHERE name = $3")
            .bind(pool.uses)
            .bind(pool.expires_at)
            .bind(&pool.name)
            .execute(&mut *transaction)
            .await?;
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn count_coupons(&self, pool: &str, now: i64) -> Result<Vec<CouponCount>, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let all: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT issued, uses, COUNT(*) FROM coupons WHERE pool = $1
             GROUP BY issued, uses ORDER BY issued, uses",
        )
        .bind(pool)
        .fetch_all(&mut *snapshot)
        .await?;
        let reserved: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT c.issued, c.uses, COUNT(DISTINCT c.key) FROM coupon_uses AS u
             JOIN coupons AS c ON c.key = u.key
             WHERE u.expires_at > $1 AND c.pool = $2 GROUP BY c.issued, c.uses",
        )
        .bind(now)
        .bind(pool)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let count = |(issued, uses, codes): (i64, i64, i64)| {
            let same = |row: &&(i64, i64, i64)| (row.0, row.1) == (issued, uses);
            let reserved = reserved.iter().find(same).map_or(0, |(_, _, reserved)| *reserved);
            CouponCount { issued: issued != 0, uses, codes, reserved }
        };
        Ok(all.into_iter().map(count).collect())
    }

    pub(crate) async fn coupon(&self, key: &str, now: i64) -> Result<Option<Coupon>, StoreError> {
        let query = format!("{COUPONS} WHERE c.key = $2");
        let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(now).bind(key);
        let found: Option<Row> = query.fetch_optional(&self.pool).await?;
        Ok(found.map(|row| row.0))
    }

    pub(crate) async fn coupons(
        &self,
        pool: &str,
        after: &str,
        most: i64,
        now: i64,
    ) -> Result<Vec<Coupon>, StoreError> {
        let query = format!("{COUPONS} WHERE c.pool = $2 AND c.key > $3 ORDER BY c.key LIMIT $4");
        let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(now).bind(pool).bind(after).bind(most);
        let found: Vec<Row> = query.fetch_all(&self.pool).await?;
        Ok(found.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn coupons_of_member(
        &self,
        member_id: &str,
        most: i64,
        now: i64,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let rows: Vec<IssuedRow> = sqlx::query_as(
            "SELECT c.code, c.pool, c.uses,
                 (SELECT COUNT(*) FROM coupon_uses AS u WHERE u.key = c.key AND u.expires_at > $1),
                 p.uses, p.expires_at
             FROM coupons AS c JOIN coupon_pools AS p ON p.name = c.pool
             WHERE c.member_id = $2 AND c.uses < p.uses AND (p.expires_at IS NULL OR p.expires_at > $1)
             ORDER BY c.issued_at DESC, c.key LIMIT $3",
        )
        .bind(now)
        .bind(member_id)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let issued = |(code, pool, used, reserved, most, expires_at)| IssuedCoupon {
            code,
            pool,
            used,
            reserved,
            most,
            expires_at,
        };
        Ok(rows.into_iter().map(issued).collect())
    }

    pub(crate) async fn known_coupons(&self, keys: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let mut known = Vec::new();
        for keys in keys.chunks(ROWS_MAX) {
            let mut query = statement("SELECT key, pool FROM coupons WHERE key IN ");
            push_texts(&mut query, keys.iter().map(String::as_str));
            let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
            known.extend(rows);
        }
        Ok(known)
    }

    pub(crate) async fn issue_coupon(
        &self,
        issue: &CouponIssue,
        answer: &(dyn Fn(&str) -> Result<IssueAnswer, StoreError> + Send + Sync),
    ) -> Result<Issued, StoreError> {
        let mut transaction = self.begin().await?;
        // Writing the pool's row makes other issuers wait, so that no two of them look at the same code.
        sqlx::query("UPDATE coupon_pools SET issued = issued + 1 WHERE name = $1")
            .bind(&issue.pool)
            .execute(&mut *transaction)
            .await?;
        let Some((key, code)) = free_code(&mut transaction, &issue.pool, issue.at).await? else {
            return Ok(Issued::Empty);
        };
        sqlx::query("UPDATE coupons SET issued = 1, member_id = $1, issued_at = $2 WHERE key = $3")
            .bind(&issue.member_id)
            .bind(issue.at)
            .bind(&key)
            .execute(&mut *transaction)
            .await?;
        let IssueAnswer { body, result } = answer(&code)?;
        record(&mut transaction, &result).await?;
        if let Some(idempotent) = &issue.key
            && !remember_as(&mut transaction, idempotent, 200, &body, issue.at).await?
        {
            return Ok(Issued::Stale);
        }
        transaction.commit().await?;
        Ok(Issued::Done(body))
    }

    pub(crate) async fn sweep_coupons(&self, before: i64) -> Result<u64, StoreError> {
        sqlx::query("DELETE FROM coupon_uses WHERE expires_at < $1")
            .bind(before)
            .execute(&self.writer)
            .await?;
        let pools: Vec<String> = sqlx::query_scalar("SELECT name FROM coupon_pools WHERE expires_at < $1")
            .bind(before)
            .fetch_all(&self.pool)
            .await?;
        let mut removed = 0_u64;
        for pool in pools {
            loop {
                let keys: Vec<String> =
                    sqlx::query_scalar("SELECT key FROM coupons WHERE pool = $1 LIMIT $2")
                        .bind(&pool)
                        .bind(i64::try_from(ROWS_MAX).unwrap_or(i64::MAX))
                        .fetch_all(&self.pool)
                        .await?;
                if keys.is_empty() {
                    break;
                }
                let mut transaction = self.begin().await?;
                for sql in ["DELETE FROM coupon_uses WHERE key IN ", "DELETE FROM coupons WHERE key IN "] {
                    let mut query = statement(sql);
                    push_texts(&mut query, keys.iter().map(String::as_str));
                    query.build().execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                removed = removed.saturating_add(u64::try_from(keys.len()).unwrap_or(u64::MAX));
            }
        }
        Ok(removed)
    }
}

/// Finds and locks a code that nobody has: not issued, not used, not reserved.
async fn free_code(
    transaction: &mut Transaction,
    pool: &str,
    now: i64,
) -> Result<Option<(String, String)>, StoreError> {
    let mut after = String::new();
    loop {
        let found: Option<(String, String)> = sqlx::query_as(
            "SELECT key, code FROM coupons WHERE pool = $1 AND issued = 0 AND uses = 0 AND key > $2
             ORDER BY key LIMIT 1",
        )
        .bind(pool)
        .bind(&after)
        .fetch_optional(&mut **transaction)
        .await?;
        let Some((key, code)) = found else { return Ok(None) };
        // Writing the row, even unchanged, makes a till that is about to reserve the code wait.
        let locked = sqlx::query("UPDATE coupons SET uses = uses WHERE key = $1 AND issued = 0 AND uses = 0")
            .bind(&key)
            .execute(&mut **transaction)
            .await?;
        let reserved: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM coupon_uses WHERE key = $1 AND expires_at > $2")
                .bind(&key)
                .bind(now)
                .fetch_one(&mut **transaction)
                .await?;
        if locked.rows_affected() > 0 && reserved == 0 {
            return Ok(Some((key, code)));
        }
        after = key;
    }
}

/// Adds codes to a pool; returns how many of them are new.
pub(super) async fn add(
    transaction: &mut Transaction,
    import_id: &str,
    new: &NewCoupons,
    at: i64,
) -> Result<i64, StoreError> {
    // Always in the same order, so that two imports cannot deadlock.
    let mut coupons: Vec<_> = new.coupons.iter().collect();
    coupons.sort();
    let mut added = 0_u64;
    for rows in coupons.chunks(ROWS_MAX) {
        let mut query = statement(
            "INSERT INTO coupons (key, code, pool, issued, member_id, issued_at, uses, import_id) ",
        );
        query.push_values(rows, |mut row, coupon| {
            let issued = coupon.member_id.is_some();
            row.push_bind(coupon.key.clone())
                .push_bind(coupon.code.clone())
                .push_bind(new.pool.clone())
                .push_bind(i64::from(issued))
                .push_bind(coupon.member_id.clone())
                .push_bind(issued.then_some(at))
                .push_bind(0_i64)
                .push_bind(import_id.to_owned());
        });
        query.push(" ON CONFLICT (key) DO NOTHING");
        let inserted = query.build().execute(&mut **transaction).await?;
        added = added.saturating_add(inserted.rows_affected());
    }
    Ok(i64::try_from(added).unwrap_or(i64::MAX))
}

fn pool((name, offer, uses, expires_at, revision): PoolRow) -> CouponPool {
    CouponPool { name, offer, uses, expires_at, revision }
}

struct Row(Coupon);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        let issued: i64 = row.try_get("issued")?;
        Ok(Self(Coupon {
            key: row.try_get("key")?,
            code: row.try_get("code")?,
            pool: row.try_get("pool")?,
            issued: issued != 0,
            member_id: row.try_get("member_id")?,
            issued_at: row.try_get("issued_at")?,
            uses: row.try_get("uses")?,
            reserved: row.try_get("reserved")?,
            purchase_id: row.try_get("purchase_id")?,
        }))
    }
}
