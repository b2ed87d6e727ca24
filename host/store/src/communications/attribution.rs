//! What purchases are credited by.

use super::{Backend, Communications};
use crate::{CreditPage, StoreFuture};

impl Communications {
    /// The members after a number, at most `most`, that a cause has sent messages to, or would have, with their messages
    /// and events from an instant on.
    pub fn credit_page<'a>(
        &'a self,
        cause: &'a str,
        after: i64,
        most: i64,
        since: i64,
    ) -> StoreFuture<'a, CreditPage> {
        on_backend!(self, credit_page(cause, after, most, since))
    }
}
