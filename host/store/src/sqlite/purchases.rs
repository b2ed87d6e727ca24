use super::Sqlite;
use crate::{Purchase, Revision, StoreError};

type Row = (String, String, String, String, String, Revision, Option<String>, String);

impl Sqlite {
    pub(crate) async fn put_purchase(&self, purchase: &Purchase, at: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO purchases
                 (id, state, request, answer, plan, revision, member_id, attributes, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (id) DO UPDATE
             SET state = excluded.state, request = excluded.request, answer = excluded.answer,
                 plan = excluded.plan, revision = excluded.revision, member_id = excluded.member_id,
                 attributes = excluded.attributes, updated_at = excluded.updated_at",
        )
        .bind(&purchase.id)
        .bind(&purchase.state)
        .bind(&purchase.request)
        .bind(&purchase.answer)
        .bind(&purchase.plan)
        .bind(purchase.revision)
        .bind(&purchase.member_id)
        .bind(&purchase.attributes)
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(crate) async fn purchase(&self, id: &str) -> Result<Option<Purchase>, StoreError> {
        let found: Option<Row> = sqlx::query_as(
            "SELECT id, state, request, answer, plan, revision, member_id, attributes
             FROM purchases WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.map(|(id, state, request, answer, plan, revision, member_id, attributes)| Purchase {
            id,
            state,
            request,
            answer,
            plan,
            revision,
            member_id,
            attributes,
        }))
    }
}
