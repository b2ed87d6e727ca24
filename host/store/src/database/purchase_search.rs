//! The search for purchases, newest first.

use sqlx::{FromRow, Row as _};

use super::Database;
use super::bulk::statement;
use super::dialect::{DatabaseRow, QueryBuilder};
use crate::{FoundPurchase, OfferState, PurchaseSearch, PurchaseState, Revision, SearchedBuyer, StoreError};

/// The time of the receipt; of a release that did not store it, the time of the last calculation.
const SOLD: &str = "COALESCE(sold_at, updated_at)";

impl Database {
    pub(crate) async fn find_purchases(
        &self,
        search: &PurchaseSearch,
    ) -> Result<Vec<FoundPurchase>, StoreError> {
        let mut query = statement("");
        match &search.buyer {
            SearchedBuyer::Anybody => push_part(&mut query, search, |_| ()),
            SearchedBuyer::Member(member) => push_part(&mut query, search, |query| {
                query.push(" AND member_id = ").push_bind(member.clone());
            }),
            SearchedBuyer::Card { card, member: None } => push_part(&mut query, search, of_card(card)),
            SearchedBuyer::Card { card, member: Some(member) } => {
                query.push("SELECT * FROM (");
                push_part(&mut query, search, of_card(card));
                query.push(") AS by_card UNION ALL SELECT * FROM (");
                push_part(&mut query, search, |query| {
                    query.push(" AND card IS NULL AND member_id = ").push_bind(member.clone());
                });
                query.push(") AS by_member ORDER BY sold DESC, id DESC LIMIT ").push_bind(search.most);
            }
        }
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn offer_state_at(
        &self,
        external_id: &str,
        revision: Revision,
    ) -> Result<Option<(u32, OfferState)>, StoreError> {
        let found: Option<(i64, String)> = sqlx::query_as(
            "SELECT version, state FROM offer_history WHERE external_id = $1 AND revision <= $2
             ORDER BY revision DESC LIMIT 1",
        )
        .bind(external_id)
        .bind(revision)
        .fetch_optional(&self.pool)
        .await?;
        let Some((version, state)) = found else { return Ok(None) };
        let damaged =
            || StoreError::Damaged(format!("offer {external_id}: version {version}, state {state}"));
        let state = OfferState::from_name(&state).ok_or_else(damaged)?;
        Ok(Some((u32::try_from(version).map_err(|_| damaged())?, state)))
    }
}

fn of_card(card: &str) -> impl FnOnce(&mut QueryBuilder) {
    // An index of cards has those that are not empty.
    move |query: &mut QueryBuilder| {
        query.push(" AND card <> '' AND card = ").push_bind(card.to_owned());
    }
}

/// Adds a query of its own for the purchases that a condition lets in.
fn push_part(query: &mut QueryBuilder, search: &PurchaseSearch, condition: impl FnOnce(&mut QueryBuilder)) {
    query.push("SELECT id, state, expires_at, ").push(SOLD).push(" AS sold, pos, ");
    query.push("CASE WHEN pos IS NULL THEN request END AS request FROM purchases WHERE 1 = 1");
    condition(query);
    if let Some(since) = search.since {
        query.push(" AND ").push(SOLD).push(" >= ").push_bind(since);
    }
    if let Some(until) = search.until {
        query.push(" AND ").push(SOLD).push(" < ").push_bind(until);
    }
    if let Some((sold, id)) = &search.after {
        query.push(" AND ").push(SOLD).push(" <= ").push_bind(*sold);
        query.push(" AND (").push(SOLD).push(" < ").push_bind(*sold);
        query.push(" OR id < ").push_bind(id.clone()).push(")");
    }
    query.push(" ORDER BY ").push(SOLD).push(" DESC, id DESC LIMIT ").push_bind(search.most);
}

struct Row {
    id: String,
    state: String,
    expires_at: Option<i64>,
    sold: i64,
    pos: Option<String>,
    request: Option<String>,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            state: row.try_get("state")?,
            expires_at: row.try_get("expires_at")?,
            sold: row.try_get("sold")?,
            pos: row.try_get("pos")?,
            request: row.try_get("request")?,
        })
    }
}

fn read(row: Row) -> Result<FoundPurchase, StoreError> {
    let Row { id, state, expires_at, sold, pos, request } = row;
    let state = PurchaseState::from_name(&state)
        .ok_or_else(|| StoreError::Damaged(format!("purchase {id}: unknown state `{state}`")))?;
    Ok(FoundPurchase { id, state, expires_at, sold_at: sold, pos, request })
}
