//! What purchases are credited by: messages, and what members did after them.

use std::collections::BTreeMap;

use super::super::bulk::{ROWS_MAX, push_texts, statement};
use super::super::dialect::QueryBuilder;
use super::events::Row as Event;
use super::{Communications, member_number};
use crate::{CreditPage, CreditedMessage, StoreError};

/// Kinds of events that crediting reads.
const KINDS: [&str; 6] =
    ["message_sent", "purchase", "return", "message_delivered", "message_opened", "message_clicked"];

type Message = (String, String, i64, String, String, i64);

impl Communications {
    pub(crate) async fn credit_page(
        &self,
        cause: &str,
        after: i64,
        most: i64,
        since: i64,
    ) -> Result<CreditPage, StoreError> {
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT number FROM messages
             WHERE cause = $1 AND number > $2 AND state IN ('sent', 'unknown', 'ghost')
             ORDER BY number LIMIT $3",
        )
        .bind(cause)
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let mut page = CreditPage::default();
        for numbers in numbers.chunks(ROWS_MAX) {
            page.messages.extend(self.credited_messages(numbers, since).await?);
            let mut query = statement("SELECT * FROM events WHERE number IN ");
            push_numbers(&mut query, numbers);
            query.push(" AND kind IN ");
            push_texts(&mut query, KINDS);
            query.push(" AND at >= ");
            query.push_bind(since);
            query.push(" ORDER BY seq");
            let events: Vec<Event> = query.build_query_as().fetch_all(&self.pool).await?;
            page.events.extend(events.into_iter().map(|row| row.0));
        }
        page.numbers = numbers.into_iter().map(member_number).collect::<Result<_, _>>()?;
        Ok(page)
    }

    /// Messages of any cause that were sent to some members, or would have been, with the offers that they promised.
    async fn credited_messages(
        &self,
        numbers: &[i64],
        since: i64,
    ) -> Result<Vec<CreditedMessage>, StoreError> {
        let mut query = statement(
            "SELECT id, cause, number, channel, state,
                 CASE WHEN sent_at IS NOT NULL THEN sent_at
                      WHEN state = 'ghost' AND not_before > planned_at THEN not_before
                      WHEN state = 'ghost' THEN planned_at
                      ELSE changed_at END
             FROM messages WHERE number IN ",
        );
        push_numbers(&mut query, numbers);
        query.push(" AND state IN ('sent', 'unknown', 'ghost') AND changed_at >= ");
        query.push_bind(since);
        query.push(" ORDER BY id");
        let rows: Vec<Message> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut query = statement("SELECT message_id, offer FROM promises WHERE number IN ");
        push_numbers(&mut query, numbers);
        query.push(" ORDER BY message_id, offer");
        let promised: Vec<(String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut offers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (message, offer) in promised {
            offers.entry(message).or_default().push(offer);
        }
        let message = |(id, cause, number, channel, state, at): Message| {
            let (number, offers) = (member_number(number)?, offers.remove(&id).unwrap_or_default());
            Ok(CreditedMessage { id, cause, number, channel, is_ghost: state == "ghost", at, offers })
        };
        rows.into_iter().map(message).collect()
    }
}

/// Adds a list of numbers in parentheses, as `IN` takes it.
fn push_numbers(query: &mut QueryBuilder, numbers: &[i64]) {
    query.push("(");
    let mut list = query.separated(", ");
    for number in numbers {
        list.push_bind(*number);
    }
    query.push(")");
}
