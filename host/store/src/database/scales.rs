use super::Database;
use crate::{Scales, StoreError};

impl Database {
    /// The scales of this database; none before the first start.
    pub(crate) async fn scales(&self) -> Result<Option<Scales>, StoreError> {
        let query = "SELECT currency_code, currency_exponent, points_exponent FROM scales WHERE id = 1";
        let row: Option<(String, i64, i64)> = sqlx::query_as(query).fetch_optional(&self.pool).await?;
        let read = |(currency, money, points)| Scales { currency, money, points };
        Ok(row.map(read))
    }

    /// Writes the scales, unless there are some.
    pub(crate) async fn write_scales(&self, scales: &Scales) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO scales (id, currency_code, currency_exponent, points_exponent) VALUES (1, $1, $2, $3)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&scales.currency)
        .bind(scales.money)
        .bind(scales.points)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
