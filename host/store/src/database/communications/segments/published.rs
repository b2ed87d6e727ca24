//! Members of segments that the tills have as audiences of offers.

use super::super::Communications;
use crate::StoreError;

impl Communications {
    pub(crate) async fn published_sets(&self, segment: &str) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let query = "SELECT container, members FROM segment_published WHERE segment = $1 ORDER BY container";
        Ok(sqlx::query_as(query).bind(segment).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn segment_published(
        &self,
        segment: &str,
        sets: &[(i64, Vec<u8>)],
        revision: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (container, members) in sets {
            sqlx::query(
                "INSERT INTO segment_published (segment, container, members) VALUES ($1, $2, $3)
                 ON CONFLICT (segment, container) DO UPDATE SET members = $3",
            )
            .bind(segment)
            .bind(container)
            .bind(members)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("UPDATE segments SET published = $1 WHERE name = $2")
            .bind(revision)
            .bind(segment)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
