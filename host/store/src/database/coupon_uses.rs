//! Codes that purchases use: reserved by a calculation, used by its confirmation, given back by a return of everything.

use super::bulk::{push_texts, statement};
use super::{Database, Transaction};
use crate::{CouponClaim, FoundCoupon, Purchase, StoreError, UsedCoupon};

type FoundRow = (String, String, Option<String>, i64, i64, i64, Option<i64>);

impl Database {
    pub(crate) async fn find_coupons(
        &self,
        keys: &[String],
        except_purchase: &str,
        now: i64,
    ) -> Result<Vec<FoundCoupon>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = statement(
            "SELECT c.key, c.pool, c.member_id, c.uses,
                    (SELECT COUNT(*) FROM coupon_uses AS u WHERE u.key = c.key AND u.expires_at > ",
        );
        query.push_bind(now).push(" AND u.purchase_id <> ").push_bind(except_purchase.to_owned()).push(
            "), p.uses, p.expires_at
             FROM coupons AS c JOIN coupon_pools AS p ON p.name = c.pool WHERE c.key IN ",
        );
        push_texts(&mut query, keys.iter().map(String::as_str));
        let rows: Vec<FoundRow> = query.build_query_as().fetch_all(&self.pool).await?;
        let found = |(key, pool, member_id, used, reserved, most, expires_at): FoundRow| FoundCoupon {
            key,
            pool,
            member_id,
            used,
            reserved,
            most,
            expires_at,
        };
        Ok(rows.into_iter().map(found).collect())
    }

    pub(crate) async fn coupons_of_purchase(&self, purchase_id: &str) -> Result<Vec<UsedCoupon>, StoreError> {
        let mut rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT c.key, c.code, c.pool, p.offer FROM coupon_uses AS u
             JOIN coupons AS c ON c.key = u.key JOIN coupon_pools AS p ON p.name = c.pool
             WHERE u.purchase_id = $1 AND u.expires_at IS NULL",
        )
        .bind(purchase_id)
        .fetch_all(&self.pool)
        .await?;
        // Sorted here and not in SQL, where the order would depend on the collation of the database.
        rows.sort();
        Ok(rows.into_iter().map(|(_, code, pool, offer)| UsedCoupon { code, pool, offer }).collect())
    }
}

/// Reserves the codes of a calculation. False if one of them was used, reserved or issued to another member meanwhile.
pub(super) async fn reserve(
    transaction: &mut Transaction,
    purchase: &Purchase,
    expires_at: i64,
    now: i64,
) -> Result<bool, StoreError> {
    // Always in the same order, so that two purchases cannot deadlock.
    let mut claims: Vec<&CouponClaim> = purchase.coupons.iter().collect();
    claims.sort();
    for CouponClaim { key, most } in claims {
        // Writing the row, even unchanged, makes other transactions wait for this one.
        let found: Option<(i64, Option<String>)> =
            sqlx::query_as("UPDATE coupons SET uses = uses WHERE key = $1 RETURNING uses, member_id")
                .bind(key)
                .fetch_optional(&mut **transaction)
                .await?;
        let Some((used, member)) = found else { return Ok(false) };
        let reserved: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM coupon_uses WHERE key = $1 AND expires_at > $2 AND purchase_id <> $3",
        )
        .bind(key)
        .bind(now)
        .bind(&purchase.id)
        .fetch_one(&mut **transaction)
        .await?;
        let is_anothers = member.is_some() && member != purchase.member_id;
        if is_anothers || used.saturating_add(reserved) >= *most {
            return Ok(false);
        }
        sqlx::query("INSERT INTO coupon_uses (purchase_id, key, expires_at, at) VALUES ($1, $2, $3, $4)")
            .bind(&purchase.id)
            .bind(key)
            .bind(expires_at)
            .bind(now)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(true)
}

/// Releases the codes that a calculation has reserved, when it is replaced or cancelled. Those of one that expires
/// are free by the time alone, and stay for a confirmation that comes late.
pub(super) async fn release(transaction: &mut Transaction, purchase_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM coupon_uses WHERE purchase_id = $1 AND expires_at IS NOT NULL")
        .bind(purchase_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Turns the reserved codes of a purchase into used ones. Returns those that other purchases had used as often as they
/// can be used, which only a late confirmation may find.
pub(super) async fn take(
    transaction: &mut Transaction,
    purchase_id: &str,
    now: i64,
) -> Result<Vec<String>, StoreError> {
    let taken = sqlx::query_scalar(
        "UPDATE coupon_uses SET expires_at = NULL, at = $1 WHERE purchase_id = $2 AND expires_at IS NOT NULL
         RETURNING key",
    );
    let mut keys: Vec<String> = taken.bind(now).bind(purchase_id).fetch_all(&mut **transaction).await?;
    // Always in the same order, so that two purchases cannot deadlock.
    keys.sort();
    let mut exceeded = Vec::new();
    for key in keys {
        let used: Option<(String, i64, String)> = sqlx::query_as(
            "UPDATE coupons SET uses = uses + 1, issued = 1, issued_at = COALESCE(issued_at, $1)
             WHERE key = $2 RETURNING code, uses, pool",
        )
        .bind(now)
        .bind(&key)
        .fetch_optional(&mut **transaction)
        .await?;
        let Some((code, uses, pool)) = used else { continue };
        let most: i64 = sqlx::query_scalar("SELECT uses FROM coupon_pools WHERE name = $1")
            .bind(&pool)
            .fetch_one(&mut **transaction)
            .await?;
        if uses > most {
            exceeded.push(code);
        }
    }
    Ok(exceeded)
}

/// Gives back the codes that a purchase has used.
pub(super) async fn give_back(transaction: &mut Transaction, purchase_id: &str) -> Result<(), StoreError> {
    let query = "SELECT key FROM coupon_uses WHERE purchase_id = $1 AND expires_at IS NULL";
    for key in keys(transaction, query, purchase_id).await? {
        sqlx::query("UPDATE coupons SET uses = uses - 1 WHERE key = $1")
            .bind(&key)
            .execute(&mut **transaction)
            .await?;
        sqlx::query("DELETE FROM coupon_uses WHERE purchase_id = $1 AND key = $2")
            .bind(purchase_id)
            .bind(&key)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// The keys of codes that a query finds for a purchase, in the order in which they are written.
async fn keys(
    transaction: &mut Transaction,
    query: &'static str,
    purchase_id: &str,
) -> Result<Vec<String>, StoreError> {
    let mut keys: Vec<String> =
        sqlx::query_scalar(query).bind(purchase_id).fetch_all(&mut **transaction).await?;
    keys.sort();
    Ok(keys)
}
