//! Removes components and trials that nothing needs any more.

use super::super::{Database, audit, dialect};
use crate::{AuditEntry, Revision, RolloutRecord, StoreError, TrialKey};

impl Database {
    pub(crate) async fn trials(&self) -> Result<Vec<TrialKey>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT digest, since FROM mechanic_health UNION SELECT digest, since FROM shadow_differences",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut trials: Vec<TrialKey> =
            rows.into_iter().map(|(digest, trial)| TrialKey { digest, trial }).collect();
        trials.sort();
        Ok(trials)
    }

    pub(crate) async fn remove_trial(&self, trial: &TrialKey, most: i64) -> Result<u64, StoreError> {
        let mut removed = 0_u64;
        for query in [
            "DELETE FROM mechanic_health WHERE digest = $1 AND since = $2 AND node IN
                 (SELECT node FROM mechanic_health WHERE digest = $1 AND since = $2 ORDER BY node LIMIT $3)",
            "DELETE FROM shadow_differences WHERE digest = $1 AND since = $2 AND purchase_id IN
                 (SELECT purchase_id FROM shadow_differences WHERE digest = $1 AND since = $2
                  ORDER BY purchase_id LIMIT $3)",
        ] {
            let query = sqlx::query(query).bind(&trial.digest).bind(trial.trial).bind(most);
            let rows = query.execute(&self.writer).await?.rows_affected();
            removed = removed.saturating_add(rows);
        }
        Ok(removed)
    }

    pub(crate) async fn rollouts_since(&self, revision: Revision) -> Result<Vec<RolloutRecord>, StoreError> {
        let rows: Vec<(String, String, Revision)> = sqlx::query_as(
            "SELECT name, body, from_revision FROM mechanic_rollouts
             WHERE until_revision IS NULL OR until_revision > $1 ORDER BY from_revision",
        )
        .bind(revision)
        .fetch_all(&self.pool)
        .await?;
        let read = |(name, body, revision)| RolloutRecord { name, body, revision };
        Ok(rows.into_iter().map(read).collect())
    }

    pub(crate) async fn remove_component(
        &self,
        digest: &str,
        revision: Revision,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let removed = sqlx::query(
            "UPDATE mechanic_versions SET component = $1, removed_at = $2
             WHERE digest = $3 AND removed_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM revisions WHERE change = 'mechanic' AND revision > $4)",
        )
        .bind(Vec::<u8>::new())
        .bind(entry.at)
        .bind(digest)
        .bind(revision)
        .execute(&mut *transaction)
        .await?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn restore_component(&self, digest: &str, component: &[u8]) -> Result<bool, StoreError> {
        let restored = sqlx::query(
            "UPDATE mechanic_versions SET component = $1, removed_at = NULL
             WHERE digest = $2 AND removed_at IS NOT NULL",
        )
        .bind(component)
        .bind(digest)
        .execute(&self.writer)
        .await?;
        Ok(restored.rows_affected() > 0)
    }
}
