//! Members' answers to their personal offers.

use super::Database;
use super::results::record;
use crate::{NewResult, PersonalAnswer, ResultKind, Results, Revision, StoreError};

impl Database {
    /// Stores an answer in place of the one before, and adds it to the results feed. None if the answer was
    /// the same already.
    pub(crate) async fn answer(
        &self,
        member_id: &str,
        answer: &PersonalAnswer,
        results: Results,
    ) -> Result<Option<Revision>, StoreError> {
        let mut change = self.begin_change("answer", results.at).await?;
        let name = name(answer.accepted);
        let before: Option<String> = sqlx::query_scalar(
            "SELECT answer FROM personal_answers
             WHERE member_id = $1 AND attribute = $2 AND item = $3 AND until_revision IS NULL",
        )
        .bind(member_id)
        .bind(&answer.attribute)
        .bind(&answer.item)
        .fetch_optional(&mut *change.transaction)
        .await?;
        if before.as_deref() == Some(name) {
            return Ok(None);
        }
        sqlx::query(
            "UPDATE personal_answers SET until_revision = $1
             WHERE member_id = $2 AND attribute = $3 AND item = $4 AND until_revision IS NULL",
        )
        .bind(change.revision)
        .bind(member_id)
        .bind(&answer.attribute)
        .bind(&answer.item)
        .execute(&mut *change.transaction)
        .await?;
        sqlx::query(
            "INSERT INTO personal_answers (member_id, attribute, item, answer, from_revision)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(member_id)
        .bind(&answer.attribute)
        .bind(&answer.item)
        .bind(name)
        .bind(change.revision)
        .execute(&mut *change.transaction)
        .await?;
        let new = NewResult {
            // The feed orders the events of one second by these ids.
            id: format!("{member_id}/{}/{}/{:012}", answer.attribute, answer.item, change.revision),
            kind: ResultKind::Member,
            member_id: Some(member_id.to_owned()),
            purchase_id: None,
            results,
        };
        record(&mut change.transaction, &new).await?;
        change.commit().await.map(Some)
    }
}

/// The meaning of a stored answer.
pub(super) fn accepted(answer: &str) -> bool {
    answer == name(true)
}

fn name(accepted: bool) -> &'static str {
    if accepted { "accepted" } else { "declined" }
}
