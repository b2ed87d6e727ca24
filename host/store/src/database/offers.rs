use super::Database;
use crate::{OfferRecord, OfferState, Revision, StoreError};

impl Database {
    pub(crate) async fn offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT offers.external_id, offers.version, state, body FROM offers
             JOIN offer_versions ON offer_versions.external_id = offers.external_id
                                AND offer_versions.version = offers.version",
        )
        .fetch_all(&self.pool)
        .await?;
        sorted(rows)
    }

    pub(crate) async fn put_offer(&self, offer: &OfferRecord, at: i64) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("offer", at).await?;
        let version = i64::from(offer.version);
        sqlx::query(
            "INSERT INTO offers (external_id, state, version, revision) VALUES ($1, $2, $3, $4)
             ON CONFLICT (external_id) DO UPDATE
             SET state = excluded.state, version = excluded.version, revision = excluded.revision",
        )
        .bind(&offer.external_id)
        .bind(offer.state.name())
        .bind(version)
        .bind(change.revision)
        .execute(&mut *change.transaction)
        .await?;
        sqlx::query(
            "INSERT INTO offer_versions (external_id, version, revision, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (external_id, version) DO NOTHING",
        )
        .bind(&offer.external_id)
        .bind(version)
        .bind(change.revision)
        .bind(&offer.body)
        .execute(&mut *change.transaction)
        .await?;
        sqlx::query(
            "INSERT INTO offer_history (external_id, revision, version, state) VALUES ($1, $2, $3, $4)",
        )
        .bind(&offer.external_id)
        .bind(change.revision)
        .bind(version)
        .bind(offer.state.name())
        .execute(&mut *change.transaction)
        .await?;
        change.commit().await
    }
}

/// Here and not in SQL, where the order would be that of the database's language.
pub(super) fn sorted(mut rows: Vec<(String, i64, String, String)>) -> Result<Vec<OfferRecord>, StoreError> {
    rows.sort();
    rows.into_iter().map(read).collect()
}

fn read(
    (external_id, version, state, body): (String, i64, String, String),
) -> Result<OfferRecord, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("offer {external_id}: {what}"));
    let version = u32::try_from(version).map_err(|_| damaged("version"))?;
    let state = OfferState::from_name(&state).ok_or_else(|| damaged("state"))?;
    Ok(OfferRecord { external_id, version, state, body })
}
