//! Kinds of rows that are removed when they are old.

/// A kind of rows that retention removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aged {
    /// Answers under idempotency keys, by the time of the call.
    IdempotencyKeys,
    /// Purchases that were cancelled or have expired, with everything of theirs, by their last calculation.
    UnconfirmedPurchases,
    /// The recorded inputs of confirmed purchases, which their replay needs, by their calculation.
    PurchaseInputs,
    /// Requests, answers and amounts of confirmed purchases and of their returns, by the calculation. The row of the
    /// purchase stays, with its state, member and points: the books need it.
    PurchaseTexts,
    /// Rows of the results feed that have a number, from the first one on. The last one stays: numbers go on from it.
    Results,
    /// Imports that have ended, with the problems of their rows, by their last change.
    Imports,
    /// Back-tests that have ended, by their beginning.
    Backtests,
    /// Values of members' attributes that ended at a revision or before.
    AttributeValues,
    /// Members' answers to personal offers that ended at a revision or before.
    PersonalAnswers,
}

/// A version of a mechanic in one trial, as its health and its differences name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrialKey {
    /// Digest of the component.
    pub digest: String,
    /// Number of the trial.
    pub trial: i64,
}
