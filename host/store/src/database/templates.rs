use super::Database;
use crate::{AuditEntry, OfferTemplate, Revision, StoreError};

impl Database {
    pub(crate) async fn offer_templates(&self) -> Result<Vec<OfferTemplate>, StoreError> {
        let mut rows: Vec<(String, String)> =
            sqlx::query_as("SELECT name, body FROM offer_templates").fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows.into_iter().map(|(name, body)| OfferTemplate { name, body }).collect())
    }

    pub(crate) async fn put_offer_template(
        &self,
        template: &OfferTemplate,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("offer-template", audit.at).await?;
        sqlx::query(
            "INSERT INTO offer_templates (name, revision, body) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, body = excluded.body",
        )
        .bind(&template.name)
        .bind(change.revision)
        .bind(&template.body)
        .execute(&mut *change.transaction)
        .await?;
        change.commit_audited(audit).await
    }
}
