use super::{Change, Database, audit, dialect};
use crate::{AuditEntry, MechanicVersion, Revision, RolloutRecord, StoreError};

/// Name, version, digest, class, origin, description, steps and time; then its uploader, the uploader's
/// role, the signing key, the signature, and when the component was removed.
type VersionRow = (
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

impl Database {
    /// False if there is one with this digest.
    pub(crate) async fn add_mechanic_version(
        &self,
        version: &MechanicVersion,
        component: &[u8],
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let added = sqlx::query(
            "INSERT INTO mechanic_versions
                 (digest, name, version, class, origin, description, steps, component, created_at,
                  uploader, uploader_role, signing_key, signature)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(&version.digest)
        .bind(&version.name)
        .bind(&version.version)
        .bind(&version.class)
        .bind(&version.origin)
        .bind(&version.description)
        .bind(&version.steps)
        .bind(component)
        .bind(version.created_at)
        .bind(&version.uploader)
        .bind(&version.uploader_role)
        .bind(&version.signing_key)
        .bind(&version.signature)
        .execute(&mut *transaction)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn mechanic_versions(&self) -> Result<Vec<MechanicVersion>, StoreError> {
        let mut rows: Vec<VersionRow> = sqlx::query_as(
            "SELECT name, version, digest, class, origin, description, steps, created_at,
                    uploader, uploader_role, signing_key, signature, removed_at
             FROM mechanic_versions",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.sort_by(|one, other| (&one.0, &one.1, &one.2).cmp(&(&other.0, &other.1, &other.2)));
        Ok(rows.into_iter().map(read_version).collect())
    }

    /// The class and the component of the version with this digest.
    pub(crate) async fn mechanic_component(
        &self,
        digest: &str,
    ) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        let query = "SELECT class, component FROM mechanic_versions WHERE digest = $1 AND removed_at IS NULL";
        Ok(sqlx::query_as(query).bind(digest).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn put_rollouts(
        &self,
        rollouts: &[RolloutRecord],
        entry: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("mechanic", entry.at).await?;
        for rollout in rollouts {
            change.put_rollout(rollout).await?;
        }
        change.commit_audited(entry).await
    }

    pub(crate) async fn rollouts_at(&self, revision: Revision) -> Result<Vec<RolloutRecord>, StoreError> {
        let mut rows: Vec<(String, String, Revision)> = sqlx::query_as(
            "SELECT r.name, r.body, r.from_revision
             FROM (SELECT DISTINCT name FROM mechanic_versions) AS m
             JOIN mechanic_rollouts AS r ON r.name = m.name AND r.from_revision =
                 (SELECT MAX(last.from_revision) FROM mechanic_rollouts AS last
                  WHERE last.name = m.name AND last.from_revision <= $1)",
        )
        .bind(revision)
        .fetch_all(&self.pool)
        .await?;
        rows.sort();
        let read = |(name, body, revision)| RolloutRecord { name, body, revision };
        Ok(rows.into_iter().map(read).collect())
    }

    pub(crate) async fn put_settings(&self, body: &str, entry: &AuditEntry) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("settings", entry.at).await?;
        sqlx::query("INSERT INTO plan_settings (revision, body) VALUES ($1, $2)")
            .bind(change.revision)
            .bind(body)
            .execute(&mut *change.transaction)
            .await?;
        change.commit_audited(entry).await
    }

    /// For revisions from before settings were stored: the first ones. None if there are none.
    pub(crate) async fn settings_at(&self, revision: Revision) -> Result<Option<String>, StoreError> {
        let query = "SELECT body FROM plan_settings
                     ORDER BY CASE WHEN revision <= $1 THEN 0 ELSE 1 END,
                              CASE WHEN revision <= $1 THEN -revision ELSE revision END LIMIT 1";
        Ok(sqlx::query_scalar(query).bind(revision).fetch_optional(&self.pool).await?)
    }

    /// The latest revision that changed anything that plans are built from.
    pub(crate) async fn plan_revision(&self) -> Result<Revision, StoreError> {
        self.plan_revision_before(Revision::MAX).await
    }

    /// As [`Database::plan_revision`], before a revision. One search of the index for each kind of change.
    pub(crate) async fn plan_revision_before(&self, revision: Revision) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(last), 0) FROM (
            SELECT MAX(revision) AS last FROM revisions WHERE change = 'audience' AND revision < $1
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'catalog' AND revision < $1
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'mechanic' AND revision < $1
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'offer' AND revision < $1
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'settings' AND revision < $1) AS kinds";
        Ok(sqlx::query_scalar(query).bind(revision).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn catalog_revision_at(&self, revision: Revision) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(revision), 0) FROM revisions
                     WHERE change = 'catalog' AND revision <= $1";
        Ok(sqlx::query_scalar(query).bind(revision).fetch_one(&self.pool).await?)
    }
}

impl Change {
    async fn put_rollout(&mut self, rollout: &RolloutRecord) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE mechanic_rollouts SET until_revision = $1 WHERE name = $2 AND until_revision IS NULL",
        )
        .bind(self.revision)
        .bind(&rollout.name)
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query("INSERT INTO mechanic_rollouts (name, from_revision, body) VALUES ($1, $2, $3)")
            .bind(&rollout.name)
            .bind(self.revision)
            .bind(&rollout.body)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

fn read_version(row: VersionRow) -> MechanicVersion {
    let (name, version, digest, class, origin, description, steps, created_at, ..) = row;
    let (.., uploader, uploader_role, signing_key, signature, removed_at) = row;
    MechanicVersion {
        digest,
        name,
        version,
        class,
        origin,
        description,
        steps,
        created_at,
        uploader,
        uploader_role,
        signing_key,
        signature,
        removed_at,
    }
}
