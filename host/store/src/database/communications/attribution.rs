//! Messages and later events of their members, by which purchases are credited.

use std::collections::BTreeMap;

use super::super::bulk::{ROWS_MAX, push_numbers, push_texts, statement};
use super::events::Row as Event;
use super::{Communications, member_number};
use crate::{CreditPage, CreditedCause, CreditedMessage, StoreError};

/// Kinds of events that crediting reads.
const KINDS: [&str; 6] =
    ["message_sent", "purchase", "return", "message_delivered", "message_opened", "message_clicked"];

type Message = (String, String, i64, String, String, String, i64);

impl Communications {
    pub(crate) async fn credit_page(
        &self,
        cause: CreditedCause<'_>,
        after: i64,
        most: i64,
        since: i64,
    ) -> Result<CreditPage, StoreError> {
        let mut query = statement("SELECT DISTINCT number FROM messages WHERE ");
        match cause {
            CreditedCause::Mailing(cause) => query.push("cause = ").push_bind(cause.to_owned()),
            CreditedCause::Chain(queue) => {
                query.push("cause_kind = 'chain' AND queue = ").push_bind(queue.to_owned())
            }
        };
        query.push(" AND number > ").push_bind(after);
        query.push(" AND state IN ('sent', 'unknown', 'ghost') ORDER BY number LIMIT ").push_bind(most);
        let numbers: Vec<i64> = query.build_query_scalar().fetch_all(&self.pool).await?;
        let mut page = CreditPage::default();
        for numbers in numbers.chunks(ROWS_MAX) {
            page.messages.extend(self.credited_messages(numbers, since).await?);
            let mut query = statement("SELECT * FROM events WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied());
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
            "SELECT id, cause, number, channel, state, reason,
                 CASE WHEN sent_at IS NOT NULL THEN sent_at
                      WHEN state = 'ghost' AND not_before > planned_at THEN not_before
                      WHEN state = 'ghost' THEN planned_at
                      ELSE changed_at END
             FROM messages WHERE number IN ",
        );
        push_numbers(&mut query, numbers.iter().copied());
        query.push(" AND state IN ('sent', 'unknown', 'ghost') AND changed_at >= ");
        query.push_bind(since);
        query.push(" ORDER BY id");
        let rows: Vec<Message> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut query = statement("SELECT message_id, offer FROM promises WHERE number IN ");
        push_numbers(&mut query, numbers.iter().copied());
        query.push(" ORDER BY message_id, offer");
        let promised: Vec<(String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut offers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (message, offer) in promised {
            offers.entry(message).or_default().push(offer);
        }
        let message = |(id, cause, number, channel, state, reason, at): Message| {
            let (number, offers) = (member_number(number)?, offers.remove(&id).unwrap_or_default());
            let is_ghost = state == "ghost";
            Ok(CreditedMessage { id, cause, number, channel, is_ghost, reason, at, offers })
        };
        rows.into_iter().map(message).collect()
    }
}
