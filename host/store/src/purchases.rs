//! Purchases, returns, the limits that they use, and answers under idempotency keys.

use crate::{
    Backend, Confirmation, ConfirmationTexts, Confirmed, Exceeded, FoundPurchase, Grant, Idempotent,
    NamedPurchase, Purchase, PurchaseSearch, PurchaseUpdate, ReturnRecord, Store, StoreError, StoredAnswer,
    TakeBack, Usage, Written,
};

impl Store {
    /// A purchase with its latest calculation.
    pub async fn purchase(&self, id: &str) -> Result<Option<Purchase>, StoreError> {
        on_backend!(self, purchase(id))
    }

    /// True if a purchase is stored under this id.
    pub async fn has_purchase(&self, id: &str) -> Result<bool, StoreError> {
        on_backend!(self, has_purchase(id))
    }

    /// Purchases that a till's id may mean: those stored under one of `ids`, and those with this till's id whose scope
    /// lies below one of `places`; with any scope if `places` is absent. At most `most`, in no particular order.
    pub async fn purchases_named(
        &self,
        till_id: &str,
        ids: &[String],
        places: Option<&[String]>,
        most: i64,
    ) -> Result<Vec<NamedPurchase>, StoreError> {
        on_backend!(self, purchases_named(till_id, ids, places, most))
    }

    /// Finds purchases, newest first by the time of the receipt.
    pub async fn find_purchases(&self, search: &PurchaseSearch) -> Result<Vec<FoundPurchase>, StoreError> {
        on_backend!(self, find_purchases(search))
    }

    /// The ids of the latest calculated purchases, oldest first, at most `most`.
    pub async fn last_purchases(&self, most: i64) -> Result<Vec<String>, StoreError> {
        on_backend!(self, last_purchases(most))
    }

    /// The parts of limits that a purchase has taken or reserved; [`Grant::most`] is left empty.
    pub async fn grants(&self, purchase_id: &str) -> Result<Vec<Grant>, StoreError> {
        on_backend!(self, grants(purchase_id))
    }

    /// The counts of the counters with these scopes, taken or reserved by all purchases but one.
    pub async fn usage(
        &self,
        scopes: &[String],
        except_purchase: &str,
        now: i64,
    ) -> Result<Vec<Usage>, StoreError> {
        on_backend!(self, usage(scopes, except_purchase, now))
    }

    /// The scopes of counters that hold something and begin with `start`, which has no wildcards of `LIKE`: the first
    /// ones after `after`.
    pub async fn counter_scopes(
        &self,
        start: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<String>, StoreError> {
        on_backend!(self, counter_scopes(start, after, most))
    }

    /// Moves what counters of one scope hold to those of another.
    pub async fn move_counters(&self, from: &str, into: &str) -> Result<(), StoreError> {
        on_backend!(self, move_counters(from, into))
    }

    /// Stores a calculation in place of the one before, and reserves `grants` and
    /// [`Purchase::points_spent`] until [`Purchase::expires_at`]. [`Purchase::version`] is the version that
    /// was read, 0 if there was no purchase.
    pub async fn put_calculation(
        &self,
        purchase: &Purchase,
        grants: &[Grant],
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        on_backend!(self, put_calculation(purchase, grants, key, at))
    }

    /// Confirms a purchase: commits the stored calculation, spends and earns points, and moves the counters
    /// of limits. `texts` makes the answer to the call from what was taken beyond what was left, which
    /// reservations rule out before the time-out.
    pub async fn confirm(
        &self,
        confirmation: &Confirmation<'_>,
        texts: &(dyn Fn(&Exceeded) -> Result<ConfirmationTexts, StoreError> + Send + Sync),
    ) -> Result<Confirmed, StoreError> {
        on_backend!(self, confirm(confirmation, texts))
    }

    /// Cancels a purchase: releases the reservations of the stored calculation.
    pub async fn cancel(&self, update: &PurchaseUpdate) -> Result<Written, StoreError> {
        on_backend!(self, cancel(update))
    }

    /// All returns of a purchase, oldest first.
    pub async fn returns(&self, purchase_id: &str) -> Result<Vec<ReturnRecord>, StoreError> {
        on_backend!(self, returns(purchase_id))
    }

    /// Stores a calculated return. `purchase_version` is the version of the purchase that was read.
    pub async fn put_return(
        &self,
        new: &ReturnRecord,
        purchase_version: i64,
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        on_backend!(self, put_return(new, purchase_version, key, at))
    }

    /// Confirms a return: [`PurchaseUpdate::id`] is the return's, [`PurchaseUpdate::version`] the
    /// purchase's. `answer` makes the body from the points that were taken back, which may be fewer than
    /// the return asks for. [`Written::NoRoom`] if the policy forbids taking back points that are spent.
    pub async fn confirm_return(
        &self,
        update: &PurchaseUpdate,
        policy: TakeBack,
        grants: &[Grant],
        answer: &(dyn Fn(i64) -> Result<String, StoreError> + Send + Sync),
    ) -> Result<Written, StoreError> {
        on_backend!(self, confirm_return(update, policy, grants, answer))
    }

    /// Cancels a return that is not confirmed; ids as in [`Store::confirm_return`].
    pub async fn cancel_return(&self, update: &PurchaseUpdate) -> Result<Written, StoreError> {
        on_backend!(self, cancel_return(update))
    }

    /// Stores the answer to a call that changed nothing. False if the key is taken.
    pub async fn remember(&self, key: &Idempotent, body: &str, at: i64) -> Result<bool, StoreError> {
        on_backend!(self, remember(key, body, at))
    }

    /// The stored answer to a call with this idempotency key.
    pub async fn stored_answer(&self, caller: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        on_backend!(self, stored_answer(caller, key))
    }
}
