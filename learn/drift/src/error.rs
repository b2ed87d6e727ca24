//! Why drift cannot be told.

/// Why drift cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// A small sample is unlike any other by chance.
    #[error("{found} rows {when} are too few to tell drift from chance; at least {wanted}")]
    TooFew { when: &'static str, found: usize, wanted: usize },
    /// The two samples have been cut in different ways.
    #[error(
        "the bins then and now are not of the same features: {detail}; bin both with the cuts of the model"
    )]
    OtherFeatures { detail: String },
    #[error("a score is not a finite number")]
    NotFinite,
    #[error(transparent)]
    Causal(#[from] causal::CausalError),
}
