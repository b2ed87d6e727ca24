//! Purchases, returns, the limits that they use, and answers under idempotency keys.

use crate::{
    Backend, Confirmation, ConfirmationTexts, Confirmed, Exceeded, FoundPurchase, Grant, Idempotent,
    NamedPurchase, Purchase, PurchaseSearch, PurchaseUpdate, ReturnRecord, Store, StoreError, StoreFuture,
    StoredAnswer, TakeBack, Usage, Written,
};

impl Store {
    /// A purchase with its latest calculation.
    pub fn purchase<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Purchase>> {
        on_backend!(self, purchase(id))
    }

    /// True if a purchase is stored under this id.
    pub fn has_purchase<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        on_backend!(self, has_purchase(id))
    }

    /// Purchases that a till's id may mean: those stored under one of `ids`, and those with this till's id whose scope
    /// lies below one of `places`; with any scope if `places` is absent. At most `most`, in no particular order.
    pub fn purchases_named<'a>(
        &'a self,
        till_id: &'a str,
        ids: &'a [String],
        places: Option<&'a [String]>,
        most: i64,
    ) -> StoreFuture<'a, Vec<NamedPurchase>> {
        on_backend!(self, purchases_named(till_id, ids, places, most))
    }

    /// Finds purchases, newest first by the time of the receipt.
    pub fn find_purchases<'a>(&'a self, search: &'a PurchaseSearch) -> StoreFuture<'a, Vec<FoundPurchase>> {
        on_backend!(self, find_purchases(search))
    }

    /// The ids of the latest calculated purchases, oldest first, at most `most`.
    pub fn last_purchases(&self, most: i64) -> StoreFuture<'_, Vec<String>> {
        on_backend!(self, last_purchases(most))
    }

    /// The parts of limits that a purchase has taken or reserved; [`Grant::most`] is left empty.
    pub fn grants<'a>(&'a self, purchase_id: &'a str) -> StoreFuture<'a, Vec<Grant>> {
        on_backend!(self, grants(purchase_id))
    }

    /// The counts of the counters with these scopes, taken or reserved by all purchases but one.
    pub fn usage<'a>(
        &'a self,
        scopes: &'a [String],
        except_purchase: &'a str,
        now: i64,
    ) -> StoreFuture<'a, Vec<Usage>> {
        on_backend!(self, usage(scopes, except_purchase, now))
    }

    /// The scopes of counters that hold something and begin with `start`, which has no wildcards of `LIKE`: the first
    /// ones after `after`.
    pub fn counter_scopes<'a>(
        &'a self,
        start: &'a str,
        after: &'a str,
        most: i64,
    ) -> StoreFuture<'a, Vec<String>> {
        on_backend!(self, counter_scopes(start, after, most))
    }

    /// Moves what counters of one scope hold to those of another.
    pub fn move_counters<'a>(&'a self, from: &'a str, into: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, move_counters(from, into))
    }

    /// Stores a calculation in place of the one before, and reserves `grants` and
    /// [`Purchase::points_spent`] until [`Purchase::expires_at`]. [`Purchase::version`] is the version that
    /// was read, 0 if there was no purchase.
    pub fn put_calculation<'a>(
        &'a self,
        purchase: &'a Purchase,
        grants: &'a [Grant],
        key: Option<&'a Idempotent>,
        at: i64,
    ) -> StoreFuture<'a, Written> {
        on_backend!(self, put_calculation(purchase, grants, key, at))
    }

    /// Confirms a purchase: commits the stored calculation, spends and earns points, and moves the counters
    /// of limits. `texts` makes the answer to the call from what was taken beyond what was left, which
    /// reservations rule out before the time-out.
    pub fn confirm<'a>(
        &'a self,
        confirmation: &'a Confirmation<'a>,
        texts: &'a (dyn Fn(&Exceeded) -> Result<ConfirmationTexts, StoreError> + Send + Sync),
    ) -> StoreFuture<'a, Confirmed> {
        on_backend!(self, confirm(confirmation, texts))
    }

    /// Cancels a purchase: releases the reservations of the stored calculation.
    pub fn cancel<'a>(&'a self, update: &'a PurchaseUpdate) -> StoreFuture<'a, Written> {
        on_backend!(self, cancel(update))
    }

    /// All returns of a purchase, oldest first.
    pub fn returns<'a>(&'a self, purchase_id: &'a str) -> StoreFuture<'a, Vec<ReturnRecord>> {
        on_backend!(self, returns(purchase_id))
    }

    /// Stores a calculated return. `purchase_version` is the version of the purchase that was read.
    pub fn put_return<'a>(
        &'a self,
        new: &'a ReturnRecord,
        purchase_version: i64,
        key: Option<&'a Idempotent>,
        at: i64,
    ) -> StoreFuture<'a, Written> {
        on_backend!(self, put_return(new, purchase_version, key, at))
    }

    /// Confirms a return: [`PurchaseUpdate::id`] is the return's, [`PurchaseUpdate::version`] the
    /// purchase's. `answer` makes the body from the points that were taken back, which may be fewer than
    /// the return asks for. [`Written::NoRoom`] if the policy forbids taking back points that are spent.
    pub fn confirm_return<'a>(
        &'a self,
        update: &'a PurchaseUpdate,
        policy: TakeBack,
        grants: &'a [Grant],
        answer: &'a (dyn Fn(i64) -> Result<String, StoreError> + Send + Sync),
    ) -> StoreFuture<'a, Written> {
        on_backend!(self, confirm_return(update, policy, grants, answer))
    }

    /// Cancels a return that is not confirmed; ids as in [`Store::confirm_return`].
    pub fn cancel_return<'a>(&'a self, update: &'a PurchaseUpdate) -> StoreFuture<'a, Written> {
        on_backend!(self, cancel_return(update))
    }

    /// Stores the answer to a call that changed nothing. False if the key is taken.
    pub fn remember<'a>(&'a self, key: &'a Idempotent, body: &'a str, at: i64) -> StoreFuture<'a, bool> {
        on_backend!(self, remember(key, body, at))
    }

    /// The stored answer to a call with this idempotency key.
    pub fn stored_answer<'a>(
        &'a self,
        caller: &'a str,
        key: &'a str,
    ) -> StoreFuture<'a, Option<StoredAnswer>> {
        on_backend!(self, stored_answer(caller, key))
    }
}
