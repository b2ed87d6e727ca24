//! Messages and events that purchases are credited by.

use super::{Backend, Communications};
use crate::{CreditPage, CreditedCause, StoreFuture};

impl Communications {
    /// The members after a number, at most `most`, that a mailing or chain has sent messages to, or would have, with their
    /// messages and events from an instant on.
    pub fn credit_page<'a>(
        &'a self,
        cause: CreditedCause<'a>,
        after: i64,
        most: i64,
        since: i64,
    ) -> StoreFuture<'a, CreditPage> {
        on_backend!(self, credit_page(cause, after, most, since))
    }
}
