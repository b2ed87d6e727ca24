//! The counters of limits: read, reserved by a calculation, taken by its confirmation, given back or released.

use super::dialect::Pool;
use super::sums::{nearest, whole, wide_sum};
use super::{Database, Transaction};
use crate::{Counts, ENTRY_MAX, Grant, Most, StoreError, Usage};

type Row = (String, String, i64, i64, i64);

/// Offer and scope of a counter, what is taken of it, and what is reserved, as pairs of [`wide_sum`].
type UsageRow = (String, String, i64, i64, i64, i64, i64, i64, i64, i64, i64);

const GRANTS: &str = "SELECT offer, scope, uses, money, points FROM counter_grants WHERE purchase_id = $1";

impl Database {
    /// The counts of the counters with these scopes, taken or reserved by all purchases but one.
    pub(crate) async fn usage(
        &self,
        scopes: &[String],
        except_purchase: &str,
        now: i64,
    ) -> Result<Vec<Usage>, StoreError> {
        let mut usage = Vec::new();
        for scope in scopes {
            let rows: Vec<UsageRow> = sqlx::query_as(concat!(
                "SELECT counters.offer, counters.scope, counters.uses, counters.money, counters.points, ",
                wide_sum!("g.uses"),
                ", ",
                wide_sum!("g.money"),
                ", ",
                wide_sum!("g.points"),
                " FROM counters
                 LEFT JOIN counter_grants AS g ON g.offer = counters.offer AND g.scope = counters.scope
                       AND g.expires_at > $2 AND g.purchase_id <> $3
                 WHERE counters.scope = $1
                 GROUP BY counters.offer, counters.scope, counters.uses, counters.money, counters.points
                 ORDER BY counters.offer"
            ))
            .bind(scope)
            .bind(now)
            .bind(except_purchase)
            .fetch_all(&self.pool)
            .await?;
            usage.extend(rows.into_iter().map(used));
        }
        Ok(usage)
    }
}

fn used(row: UsageRow) -> Usage {
    let (offer, scope, uses, money, points, ..) = row;
    let (.., more_uses, uses_rest, more_money, money_rest, more_points, points_rest) = row;
    let taken = Counts {
        uses: together(uses, more_uses, uses_rest),
        money: together(money, more_money, money_rest),
        points: together(points, more_points, points_rest),
    };
    Usage { offer, scope, taken }
}

/// The sum of the taken and the reserved parts of one limit. A sum that is beyond 64 bits is beyond every limit.
fn together(taken: i64, reserved: i64, reserved_rest: i64) -> i64 {
    nearest(i128::from(taken) + whole(reserved, reserved_rest))
}

/// Reserves a part of a counter. False if the limit leaves too little.
pub(super) async fn reserve(
    transaction: &mut Transaction,
    purchase_id: &str,
    grant: &Grant,
    expires_at: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let taken = by_others(transaction, purchase_id, grant, now).await?;
    if !fits(grant, taken) {
        return Ok(false);
    }
    insert(transaction, purchase_id, grant, Some(expires_at)).await?;
    Ok(true)
}

/// Takes parts of counters whose reservations are gone, also where the limits leave too little. Returns the parts
/// beyond the limits.
pub(super) async fn take_again(
    transaction: &mut Transaction,
    purchase_id: &str,
    grants: &[Grant],
    now: i64,
) -> Result<Vec<Grant>, StoreError> {
    let mut grants: Vec<&Grant> = grants.iter().collect();
    grants.sort();
    let mut exceeded = Vec::new();
    for grant in grants {
        let before = by_others(transaction, purchase_id, grant, now).await?;
        insert(transaction, purchase_id, grant, None).await?;
        add(transaction, grant, 1).await?;
        if !fits(grant, before) {
            exceeded.push(Grant { taken: beyond(grant, before), ..grant.clone() });
        }
    }
    Ok(exceeded)
}

/// The part of a counter that other purchases have taken or reserved. The counter is locked until the transaction ends.
async fn by_others(
    transaction: &mut Transaction,
    purchase_id: &str,
    grant: &Grant,
    now: i64,
) -> Result<Counts, StoreError> {
    // Writing the row, even unchanged, makes other transactions wait for this one.
    let (uses, money, points): (i64, i64, i64) = sqlx::query_as(
        "INSERT INTO counters (offer, scope, uses, money, points) VALUES ($1, $2, 0, 0, 0)
         ON CONFLICT (offer, scope) DO UPDATE SET uses = counters.uses
         RETURNING uses, money, points",
    )
    .bind(&grant.offer)
    .bind(&grant.scope)
    .fetch_one(&mut **transaction)
    .await?;
    let reserved: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(concat!(
        "SELECT ",
        wide_sum!("uses"),
        ", ",
        wide_sum!("money"),
        ", ",
        wide_sum!("points"),
        " FROM counter_grants WHERE offer = $1 AND scope = $2 AND expires_at > $3 AND purchase_id <> $4"
    ))
    .bind(&grant.offer)
    .bind(&grant.scope)
    .bind(now)
    .bind(purchase_id)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(Counts {
        uses: together(uses, reserved.0, reserved.1),
        money: together(money, reserved.2, reserved.3),
        points: together(points, reserved.4, reserved.5),
    })
}

/// Writes down the part that a purchase takes: reserved until `expires_at`, or for good.
async fn insert(
    transaction: &mut Transaction,
    purchase_id: &str,
    grant: &Grant,
    expires_at: Option<i64>,
) -> Result<(), StoreError> {
    let Counts { uses, money, points } = grant.taken;
    if [uses, money, points].iter().any(|taken| !(-ENTRY_MAX..=ENTRY_MAX).contains(taken)) {
        return Err(StoreError::TooLarge(format!(
            "what a purchase takes of a limit of offer `{}`",
            grant.offer
        )));
    }
    sqlx::query(
        "INSERT INTO counter_grants (purchase_id, offer, scope, uses, money, points, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(purchase_id)
    .bind(&grant.offer)
    .bind(&grant.scope)
    .bind(grant.taken.uses)
    .bind(grant.taken.money)
    .bind(grant.taken.points)
    .bind(expires_at)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The part of a grant beyond its limit.
fn beyond(grant: &Grant, before: Counts) -> Counts {
    let beyond = |taken: i64, before: i64, most: Option<i64>| {
        most.map_or(0, |most| before.saturating_add(taken).saturating_sub(most).clamp(0, taken.max(0)))
    };
    Counts {
        uses: beyond(grant.taken.uses, before.uses, grant.most.uses),
        money: beyond(grant.taken.money, before.money, grant.most.money),
        points: beyond(grant.taken.points, before.points, grant.most.points),
    }
}

fn fits(grant: &Grant, before: Counts) -> bool {
    let fits = |taken: i64, before: i64, most: Option<i64>| {
        taken == 0 || most.is_none_or(|most| before.checked_add(taken).is_some_and(|sum| sum <= most))
    };
    fits(grant.taken.uses, before.uses, grant.most.uses)
        && fits(grant.taken.money, before.money, grant.most.money)
        && fits(grant.taken.points, before.points, grant.most.points)
}

/// Turns the reservations of a purchase into taken counts.
pub(super) async fn take_grants(transaction: &mut Transaction, purchase_id: &str) -> Result<(), StoreError> {
    let taken = sqlx::query_as(
        "UPDATE counter_grants SET expires_at = NULL WHERE purchase_id = $1
         RETURNING offer, scope, uses, money, points",
    );
    for grant in read_grants(taken.bind(purchase_id).fetch_all(&mut **transaction).await?) {
        add(transaction, &grant, 1).await?;
    }
    Ok(())
}

/// Gives back a part of the counts that a purchase has taken.
pub(super) async fn give_back(
    transaction: &mut Transaction,
    purchase_id: &str,
    grants: &[Grant],
) -> Result<(), StoreError> {
    for grant in grants {
        add(transaction, grant, -1).await?;
        sqlx::query(
            "UPDATE counter_grants SET uses = uses - $1, money = money - $2, points = points - $3
             WHERE purchase_id = $4 AND offer = $5 AND scope = $6",
        )
        .bind(grant.taken.uses)
        .bind(grant.taken.money)
        .bind(grant.taken.points)
        .bind(purchase_id)
        .bind(&grant.offer)
        .bind(&grant.scope)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

pub(super) async fn release_grants(
    transaction: &mut Transaction,
    purchase_id: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM counter_grants WHERE purchase_id = $1 AND expires_at IS NOT NULL")
        .bind(purchase_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Adds the counts of a grant to its counter, or takes them away if the sign is -1.
async fn add(transaction: &mut Transaction, grant: &Grant, sign: i64) -> Result<(), StoreError> {
    let taken = grant.taken.times(sign)?;
    // Read back, since a sum that is too large would become a float in SQLite, and is an error as an integer.
    let _: Option<(i64, i64, i64)> = sqlx::query_as(
        "UPDATE counters SET uses = uses + $1, money = money + $2, points = points + $3
         WHERE offer = $4 AND scope = $5 RETURNING uses, money, points",
    )
    .bind(taken.uses)
    .bind(taken.money)
    .bind(taken.points)
    .bind(&grant.offer)
    .bind(&grant.scope)
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(())
}

pub(super) async fn grants(pool: &Pool, purchase_id: &str) -> Result<Vec<Grant>, StoreError> {
    Ok(read_grants(sqlx::query_as(GRANTS).bind(purchase_id).fetch_all(pool).await?))
}

/// Always in the same order, so that two purchases cannot deadlock. Sorted here and not in SQL, where the
/// order would depend on the collation of the database.
fn read_grants(rows: Vec<Row>) -> Vec<Grant> {
    let grant = |(offer, scope, uses, money, points)| Grant {
        offer,
        scope,
        taken: Counts { uses, money, points },
        most: Most::default(),
    };
    let mut grants: Vec<Grant> = rows.into_iter().map(grant).collect();
    grants.sort();
    grants
}
