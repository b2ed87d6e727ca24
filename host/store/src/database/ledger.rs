//! The points of one member, for writing. The rules are those of `domain::ledger`.

use domain::ledger::{self, Lot};
use domain::quantities::Points;

use super::Transaction;
use super::balance::{AVAILABLE, available};
use super::sums::{nearest, whole, wide_sum};
use crate::{ENTRY_MAX, StoreError, TakeBack, Validity};

/// The ledger of one member, locked for writing. For a merged member it is the survivor's ledger.
pub(super) struct Ledger<'t> {
    transaction: &'t mut Transaction,
    member_id: String,
    /// The state of the member, None if there is no such member.
    state: Option<String>,
    at: i64,
    last_number: i64,
}

type LotRow = (i64, i64, i64, Option<i64>, Option<String>);

/// A lot as it is stored.
struct StoredLot {
    lot: Lot,
    active_from: i64,
    purchase_id: Option<String>,
}

/// The purchase and the return that an entry belongs to.
#[derive(Clone, Copy, Default)]
struct About<'a> {
    purchase_id: Option<&'a str>,
    return_id: Option<&'a str>,
}

impl<'t> Ledger<'t> {
    pub(super) async fn open(
        transaction: &'t mut Transaction,
        member_id: &str,
        at: i64,
    ) -> Result<Self, StoreError> {
        let (mut member_id, mut locked) = (member_id.to_owned(), lock(transaction, member_id).await?);
        if let Some(survivor) = locked.merged_into.take() {
            locked = lock(transaction, &survivor).await?;
            member_id = survivor;
        }
        let last_number =
            sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM point_entries WHERE member_id = $1")
                .bind(&member_id)
                .fetch_one(&mut **transaction)
                .await?;
        Ok(Self { transaction, member_id, state: locked.state, at, last_number })
    }

    pub(super) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Reserves points for a purchase. False if fewer are available.
    pub(super) async fn reserve(
        &mut self,
        purchase_id: &str,
        points: i64,
        expires_at: i64,
    ) -> Result<bool, StoreError> {
        if self.available().await? < points {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO point_reservations (purchase_id, member_id, points, expires_at)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(purchase_id)
        .bind(&self.member_id)
        .bind(points)
        .bind(expires_at)
        .execute(&mut **self.transaction)
        .await?;
        Ok(true)
    }

    /// Spends points, and returns those that are missing, which become a debt. Points that a purchase has reserved are
    /// taken from lots that were active when it was calculated; without a reservation, `reserved_at`, from those that
    /// are active now and not reserved by others.
    pub(super) async fn spend(
        &mut self,
        purchase_id: &str,
        points: i64,
        reserved_at: Option<i64>,
    ) -> Result<i64, StoreError> {
        if points == 0 {
            return Ok(0);
        }
        let free = match reserved_at {
            Some(_) => points,
            None => self.available().await?.clamp(0, points.max(0)),
        };
        let active_at = reserved_at.unwrap_or(self.at);
        let lots = self.lots().await?.into_iter().filter(|stored| stored.is_active(active_at));
        let lots: Vec<Lot> = lots.map(|stored| stored.lot).collect();
        let held = lots.iter().fold(0_i64, |sum, lot| sum.saturating_add(lot.remaining.0));
        let covered = free.min(held);
        let about = About { purchase_id: Some(purchase_id), return_id: None };
        for (lot, part) in ledger::spend(&lots, Points(covered)).unwrap_or_default() {
            self.enter(lot, "spent", negative(part)?, about).await?;
        }
        let missing = points.saturating_sub(covered);
        if missing > 0 {
            self.open_debt("spent", missing, about).await?;
        }
        Ok(missing)
    }

    pub(super) async fn earn(
        &mut self,
        purchase_id: &str,
        points: i64,
        validity: Validity,
    ) -> Result<(), StoreError> {
        if points > 0 {
            let about = About { purchase_id: Some(purchase_id), return_id: None };
            self.open_lot("earned", points, validity, about).await?;
        }
        Ok(())
    }

    /// Gives points that belong to no purchase.
    pub(super) async fn grant(&mut self, points: i64, validity: Validity) -> Result<(), StoreError> {
        self.open_lot("earned", points, validity, About::default()).await
    }

    /// Gives burned points back to the lots that they came from.
    pub(super) async fn give_back(
        &mut self,
        purchase_id: &str,
        return_id: &str,
        points: i64,
    ) -> Result<(), StoreError> {
        let mut entries: Vec<(i64, i64, String, i64)> = sqlx::query_as(
            "SELECT number, lot, kind, points FROM point_entries
             WHERE member_id = $1 AND purchase_id = $2 AND kind IN ('spent', 'given_back')",
        )
        .bind(&self.member_id)
        .bind(purchase_id)
        .fetch_all(&mut **self.transaction)
        .await?;
        // Not sorted by the database: it would scan all entries of the member instead.
        entries.sort();
        let spent: Vec<(i64, Points)> = entries
            .iter()
            .filter(|(_, _, kind, _)| kind == "spent")
            .map(|&(_, lot, _, points)| negative(Points(points)).map(|points| (lot, Points(points))))
            .collect::<Result<_, _>>()?;
        let already = entries.iter().filter(|(_, _, kind, _)| kind == "given_back");
        let already: i128 = already.map(|(_, _, _, points)| i128::from(*points)).sum();
        let already = Points(nearest(already));
        let about = About { purchase_id: Some(purchase_id), return_id: Some(return_id) };
        for (lot, part) in ledger::give_back(&spent, already, Points(points)) {
            self.enter(lot, "given_back", part.0, about).await?;
        }
        Ok(())
    }

    /// Takes earned points back and returns how many. None if the policy forbids it.
    pub(super) async fn take_back(
        &mut self,
        purchase_id: &str,
        return_id: &str,
        points: i64,
        policy: TakeBack,
    ) -> Result<Option<i64>, StoreError> {
        // Points that have expired are not taken a second time.
        let points = points.min(self.not_expired(purchase_id).await?);
        let lots = self.lots().await?;
        let is_own = |stored: &&StoredLot| stored.purchase_id.as_deref() == Some(purchase_id);
        // Points that are not active yet cannot be reserved, so they are taken first.
        let own_pending: Vec<Lot> = lots
            .iter()
            .filter(|stored| is_own(stored) && stored.active_from > self.at)
            .map(|stored| stored.lot)
            .collect();
        let (mut parts, rest) = ledger::take_back(&own_pending, &[], Points(points));
        let free = self.available().await?.max(0);
        let active = |own: bool| -> Vec<Lot> {
            let lots = lots.iter().filter(|stored| stored.is_active(self.at) && is_own(stored) == own);
            lots.map(|stored| stored.lot).collect()
        };
        let (active_parts, missing) =
            ledger::take_back(&active(true), &active(false), Points(rest.0.min(free)));
        // `missing` is a part of what is free.
        let missing = rest.0.saturating_sub(rest.0.min(free)).saturating_add(missing.0);
        if missing > 0 && policy == TakeBack::Block {
            return Ok(None);
        }
        parts.extend(active_parts);
        let about = About { purchase_id: Some(purchase_id), return_id: Some(return_id) };
        for (lot, part) in parts {
            self.enter(lot, "taken_back", negative(part)?, about).await?;
        }
        if missing == 0 || policy == TakeBack::Left {
            return Ok(Some(points.saturating_sub(missing)));
        }
        // A lot of its own, below zero: the points that are left in lots are reserved by purchases.
        self.open_debt("taken_back", missing, about).await?;
        Ok(Some(points))
    }

    /// The points that a purchase has earned, without those that expired or were taken back before.
    async fn not_expired(&mut self, purchase_id: &str) -> Result<i64, StoreError> {
        let (booked, booked_rest): (i64, i64) = sqlx::query_as(concat!(
            "SELECT ",
            wide_sum!("points"),
            " FROM point_entries
             WHERE member_id = $1
               AND ((purchase_id = $2 AND kind IN ('earned', 'taken_back'))
                    OR (kind = 'expired' AND lot IN (SELECT lot FROM point_entries
                        WHERE member_id = $1 AND purchase_id = $2 AND kind = 'earned')))"
        ))
        .bind(&self.member_id)
        .bind(purchase_id)
        .fetch_one(&mut **self.transaction)
        .await?;
        let (overdue, overdue_rest): (i64, i64) = sqlx::query_as(concat!(
            "SELECT ",
            wide_sum!("remaining"),
            " FROM point_lots
             WHERE member_id = $1 AND purchase_id = $2 AND remaining > 0 AND expires_at <= $3"
        ))
        .bind(&self.member_id)
        .bind(purchase_id)
        .bind(self.at)
        .fetch_one(&mut **self.transaction)
        .await?;
        Ok(nearest(whole(booked, booked_rest) - whole(overdue, overdue_rest)).max(0))
    }

    /// Changes the balance by the difference between an import and the import before it.
    pub(super) async fn import(&mut self, change: i64) -> Result<(), StoreError> {
        if change > 0 {
            let validity = Validity { active_from: self.at, expires_at: None };
            return self.open_lot("imported", change, validity, About::default()).await;
        }
        let free = self.available().await?.max(0);
        let lots = self.lots().await?;
        let lots: Vec<Lot> =
            lots.into_iter().filter(|stored| stored.is_active(self.at)).map(|stored| stored.lot).collect();
        let wanted = negative(Points(change))?;
        let (parts, missing) = ledger::take_back(&[], &lots, Points(wanted.min(free)));
        for (lot, part) in parts {
            self.enter(lot, "imported", negative(part)?, About::default()).await?;
        }
        // `missing` is a part of what is free.
        let missing = wanted.saturating_sub(wanted.min(free)).saturating_add(missing.0);
        if missing > 0 {
            let validity = Validity { active_from: self.at, expires_at: None };
            self.open_lot("imported", negative(Points(missing))?, validity, About::default()).await?;
        }
        Ok(())
    }

    /// Expires a lot. False if its time is not over, or if it is empty.
    pub(super) async fn expire(&mut self, lot: i64) -> Result<bool, StoreError> {
        let lots = self.lots().await?;
        let lot = lots.into_iter().map(|stored| stored.lot).find(|stored| stored.id == lot);
        let Some(lot) = lot.filter(|lot| lot.expires_at.is_some_and(|end| end <= self.at)) else {
            return Ok(false);
        };
        self.enter(lot.id, "expired", negative(lot.remaining)?, About::default()).await?;
        Ok(true)
    }

    /// Opens a lot below zero.
    async fn open_debt(&mut self, kind: &str, points: i64, about: About<'_>) -> Result<(), StoreError> {
        let validity = Validity { active_from: self.at, expires_at: None };
        self.open_lot(kind, negative(Points(points))?, validity, about).await
    }

    /// The active points that no purchase has reserved.
    async fn available(&mut self) -> Result<i64, StoreError> {
        let row = sqlx::query_as(AVAILABLE).bind(&self.member_id).bind(self.at).bind("");
        Ok(available(row.fetch_one(&mut **self.transaction).await?))
    }

    /// The lots that are not empty.
    async fn lots(&mut self) -> Result<Vec<StoredLot>, StoreError> {
        let rows: Vec<LotRow> = sqlx::query_as(
            // The same condition as that of the index `point_lots_open`.
            "SELECT number, remaining, active_from, expires_at, purchase_id FROM point_lots
             WHERE member_id = $1 AND remaining <> 0 AND remaining > 0",
        )
        .bind(&self.member_id)
        .fetch_all(&mut **self.transaction)
        .await?;
        let stored = |(number, remaining, active_from, expires_at, purchase_id)| StoredLot {
            lot: Lot { id: number, remaining: Points(remaining), expires_at },
            active_from,
            purchase_id,
        };
        Ok(rows.into_iter().map(stored).collect())
    }

    async fn open_lot(
        &mut self,
        kind: &str,
        points: i64,
        validity: Validity,
        about: About<'_>,
    ) -> Result<(), StoreError> {
        let number = self.last_number.saturating_add(1);
        sqlx::query(
            "INSERT INTO point_lots (member_id, number, remaining, active_from, expires_at, purchase_id)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.member_id)
        .bind(number)
        .bind(points)
        .bind(validity.active_from)
        .bind(validity.expires_at)
        .bind(about.purchase_id)
        .execute(&mut **self.transaction)
        .await?;
        self.record(number, kind, points, about).await
    }

    /// Adds points to a lot, or takes them if they are below zero.
    async fn enter(&mut self, lot: i64, kind: &str, points: i64, about: About<'_>) -> Result<(), StoreError> {
        self.record(lot, kind, points, about).await?;
        sqlx::query("UPDATE point_lots SET remaining = remaining + $1 WHERE member_id = $2 AND number = $3")
            .bind(points)
            .bind(&self.member_id)
            .bind(lot)
            .execute(&mut **self.transaction)
            .await?;
        Ok(())
    }

    /// Writes the entry that says how a lot changed.
    async fn record(
        &mut self,
        lot: i64,
        kind: &str,
        points: i64,
        about: About<'_>,
    ) -> Result<(), StoreError> {
        // Larger ones, of releases that let them in, get out of an account.
        if points > ENTRY_MAX {
            return Err(StoreError::TooLarge(format!("{points} points for member `{}`", self.member_id)));
        }
        self.last_number = self.last_number.saturating_add(1);
        sqlx::query(
            "INSERT INTO point_entries
                 (member_id, number, lot, kind, points, purchase_id, return_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&self.member_id)
        .bind(self.last_number)
        .bind(lot)
        .bind(kind)
        .bind(points)
        .bind(about.purchase_id)
        .bind(about.return_id)
        .bind(self.at)
        .execute(&mut **self.transaction)
        .await?;
        Ok(())
    }
}

/// A member whose row is locked. Nothing if there is no such member.
#[derive(Default)]
pub(super) struct Locked {
    state: Option<String>,
    /// The member that it was merged into.
    merged_into: Option<String>,
}

/// Locks the row of a member until the transaction ends.
pub(super) async fn lock(transaction: &mut Transaction, member_id: &str) -> Result<Locked, StoreError> {
    // Writing the row, even unchanged, makes other transactions wait for this one.
    let query = "UPDATE members SET revision = revision WHERE id = $1 RETURNING state, merged_into";
    let locked = sqlx::query_as(query).bind(member_id).fetch_optional(&mut **transaction).await?;
    Ok(locked.map(|(state, merged_into)| Locked { state: Some(state), merged_into }).unwrap_or_default())
}

/// Points as they are taken from a lot.
fn negative(points: Points) -> Result<i64, StoreError> {
    points.0.checked_neg().ok_or_else(|| StoreError::TooLarge(format!("{} points", points.0)))
}

impl StoredLot {
    fn is_active(&self, at: i64) -> bool {
        self.active_from <= at && self.lot.expires_at.is_none_or(|end| end > at)
    }
}
