use super::dialect::QueryBuilder;
use super::{Change, Database};
use crate::{AuditEntry, OfferRecord, OfferRun, OfferState, Revision, StoreError};

/// Rows of one statement at most, so that it has no more variables than SQLite allows.
const ROWS_A_STATEMENT: usize = 1_000;

impl Database {
    pub(crate) async fn offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT v.external_id, v.version, v.state, v.body FROM offer_versions AS v
             WHERE v.version = (SELECT MAX(last.version) FROM offer_versions AS last
                                WHERE last.external_id = v.external_id)",
        )
        .fetch_all(&self.pool)
        .await?;
        sorted(rows)
    }

    pub(crate) async fn running_offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT o.external_id, o.version, o.state, v.body FROM offers AS o
             JOIN offer_versions AS v ON v.external_id = o.external_id AND v.version = o.version
             WHERE o.state = 'running'",
        )
        .fetch_all(&self.pool)
        .await?;
        sorted(rows)
    }

    pub(crate) async fn offer_versions(&self, external_id: &str) -> Result<Vec<OfferRecord>, StoreError> {
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT external_id, version, state, body FROM offer_versions WHERE external_id = $1",
        )
        .bind(external_id)
        .fetch_all(&self.pool)
        .await?;
        sorted(rows)
    }

    pub(crate) async fn offer_runs(&self, external_id: &str) -> Result<Vec<OfferRun>, StoreError> {
        let changes: Vec<(i64, i64, String, i64)> = sqlx::query_as(
            "SELECT h.revision, h.version, h.state, r.created_at FROM offer_history AS h
             JOIN revisions AS r ON r.revision = h.revision
             WHERE h.external_id = $1 ORDER BY h.revision",
        )
        .bind(external_id)
        .fetch_all(&self.pool)
        .await?;
        let mut runs: Vec<OfferRun> = Vec::new();
        for (revision, version, state, at) in changes {
            let version = u32::try_from(version).map_err(|_| {
                StoreError::Damaged(format!("offer {external_id}: the version is out of range"))
            })?;
            let is_running = OfferState::from_name(&state) == Some(OfferState::Running);
            let last = runs.last_mut().filter(|run| run.end.is_none());
            if is_running && last.as_ref().is_some_and(|run| run.version == version) {
                continue;
            }
            if let Some(run) = last {
                run.end = Some((revision, at));
            }
            if is_running {
                runs.push(OfferRun { version, start: (revision, at), end: None });
            }
        }
        Ok(runs)
    }

    pub(crate) async fn put_offers(
        &self,
        offers: &[OfferRecord],
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("offer", audit.at).await?;
        for offers in offers.chunks(ROWS_A_STATEMENT) {
            change.put_current(offers).await?;
            change.stop_earlier_versions(offers).await?;
            change.put_versions(offers).await?;
        }
        // The history has current versions only: a draft beside a running version changes no price.
        sqlx::query(
            "INSERT INTO offer_history (external_id, revision, version, state)
             SELECT external_id, revision, version, state FROM offers WHERE revision = $1",
        )
        .bind(change.revision)
        .execute(&mut *change.transaction)
        .await?;
        change.commit_audited(audit).await
    }
}

impl Change {
    /// Makes these versions the current ones of their offers, except where another version goes on
    /// running.
    async fn put_current(&mut self, offers: &[OfferRecord]) -> Result<(), StoreError> {
        let revision = self.revision;
        let mut query = QueryBuilder::new("INSERT INTO offers (external_id, state, version, revision) ");
        query.push_values(offers, |mut row, offer| {
            row.push_bind(&offer.external_id)
                .push_bind(offer.state.name())
                .push_bind(i64::from(offer.version))
                .push_bind(revision);
        });
        query.push(
            " ON CONFLICT (external_id) DO UPDATE
             SET state = excluded.state, version = excluded.version, revision = excluded.revision
             WHERE offers.state <> 'running' OR offers.version = excluded.version
                OR excluded.state = 'running'",
        );
        query.build().execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Stops the running versions of those offers of which a version goes live.
    async fn stop_earlier_versions(&mut self, offers: &[OfferRecord]) -> Result<(), StoreError> {
        let Some(mut query) = stop_query(offers) else { return Ok(()) };
        query.build().execute(&mut *self.transaction).await?;
        Ok(())
    }

    async fn put_versions(&mut self, offers: &[OfferRecord]) -> Result<(), StoreError> {
        let revision = self.revision;
        let mut query =
            QueryBuilder::new("INSERT INTO offer_versions (external_id, version, revision, body, state) ");
        query.push_values(offers, |mut row, offer| {
            row.push_bind(&offer.external_id)
                .push_bind(i64::from(offer.version))
                .push_bind(revision)
                .push_bind(&offer.body)
                .push_bind(offer.state.name());
        });
        query.push(" ON CONFLICT (external_id, version) DO UPDATE SET state = excluded.state");
        query.build().execute(&mut *self.transaction).await?;
        Ok(())
    }
}

fn stop_query(offers: &[OfferRecord]) -> Option<QueryBuilder> {
    let mut running = offers.iter().filter(|offer| offer.state == OfferState::Running).peekable();
    running.peek()?;
    let mut query = QueryBuilder::new(
        "UPDATE offer_versions SET state = 'stopped' WHERE state = 'running' AND external_id IN (",
    );
    let mut ids = query.separated(", ");
    for offer in running {
        ids.push_bind(&offer.external_id);
    }
    query.push(")");
    Some(query)
}

/// Sorted here and not in SQL, where the order would depend on the collation of the database.
pub(super) fn sorted(mut rows: Vec<(String, i64, String, String)>) -> Result<Vec<OfferRecord>, StoreError> {
    rows.sort();
    rows.into_iter().map(read).collect()
}

fn read(
    (external_id, version, state, body): (String, i64, String, String),
) -> Result<OfferRecord, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("offer {external_id}: {what}"));
    let version = u32::try_from(version).map_err(|_| damaged("the version is out of range"))?;
    let state = OfferState::from_name(&state).ok_or_else(|| damaged("the state is unknown"))?;
    Ok(OfferRecord { external_id, version, state, body })
}
