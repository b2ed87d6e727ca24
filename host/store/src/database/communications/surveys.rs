//! Addresses of surveys' pages.

use super::{Communications, member_number};
use crate::{StoreError, SurveyLink};

type Row = (String, String, i64, i64, String, String, i64);

impl Communications {
    pub(crate) async fn keep_survey_link(&self, link: &SurveyLink) -> Result<String, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO survey_links (token, survey, version, number, message_id, language, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id, survey) DO NOTHING",
        )
        .bind(&link.token)
        .bind(&link.survey)
        .bind(link.version)
        .bind(i64::from(link.number))
        .bind(&link.message_id)
        .bind(&link.language)
        .bind(link.created_at)
        .execute(&mut *transaction)
        .await?;
        let token: String =
            sqlx::query_scalar("SELECT token FROM survey_links WHERE message_id = $1 AND survey = $2")
                .bind(&link.message_id)
                .bind(&link.survey)
                .fetch_one(&mut *transaction)
                .await?;
        transaction.commit().await?;
        Ok(token)
    }

    pub(crate) async fn survey_link(&self, token: &str) -> Result<Option<SurveyLink>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT token, survey, version, number, message_id, language, created_at
             FROM survey_links WHERE token = $1",
        )
        .bind(token)
        .fetch_optional(&self.pool)
        .await?;
        row.map(link).transpose()
    }

    pub(crate) async fn remove_survey_links_before(&self, at: i64, most: i64) -> Result<u64, StoreError> {
        let removed = sqlx::query(
            "DELETE FROM survey_links WHERE token IN
                 (SELECT token FROM survey_links WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        )
        .bind(at)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(removed.rows_affected())
    }
}

fn link(
    (token, survey, version, number, message_id, language, created_at): Row,
) -> Result<SurveyLink, StoreError> {
    let number = member_number(number)?;
    Ok(SurveyLink { token, survey, version, number, message_id, language, created_at })
}
