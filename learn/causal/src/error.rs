//! Why an experiment cannot be judged, in words for people.

/// What went wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum CausalError {
    #[error("{what}: {found} entries instead of {wanted}")]
    Length { what: &'static str, found: usize, wanted: usize },
    #[error("an experiment has between 2 and {most} arms, the control first; this one has {found}")]
    Arms { found: usize, most: usize },
    #[error("{found} rows are more than the {most} that can be judged at once: take a sample of members")]
    TooManyRows { found: usize, most: usize },
    #[error("row {row} has arm number {arm}, but there are only {arms} arms, numbered from 0")]
    UnknownArm { row: usize, arm: u8, arms: usize },
    #[error(
        "arm {arm:?} has no rows among the {rows} looked at: nothing can be said about it; take it out of the experiment, or add its rows"
    )]
    ArmWithoutRows { arm: String, rows: usize },
    #[error(
        "the outcome is the same in all {rows} rows: nothing can be learned from it; check the outcome column and its period"
    )]
    ConstantOutcome { rows: usize },
    #[error("the scale of the outcome is {scale}; it must be above 0")]
    Scale { scale: i64 },
    #[error("the propensity of arm {arm:?}{place} is {millionths} millionths; it must be above 0 and below 1,000,000, since an arm that nobody or everybody gets cannot be compared", place = at_row(*.row))]
    Propensity { arm: String, row: Option<usize>, millionths: u32 },
    #[error("the propensities of all arms{place} add up to {millionths} millionths instead of 1,000,000", place = at_row(*.row))]
    PropensitySum { row: Option<usize>, millionths: u64 },
    #[error(
        "treatment is not random: features tell who got arm {arm:?} (AUC {auc:.3}, 99.9 % interval {low:.3} to {high:.3}; chance is 0.5). No verdict is given, since differences between arms may come from who was chosen. Either the draw was not random, or a feature was measured after the treatment: leave such features out, or state the true propensity of each row"
    )]
    NotRandom { arm: String, auc: f64, low: f64, high: f64 },
    #[error("no feature is called {name:?}; there are: {known}")]
    UnknownFeature { name: String, known: String },
    #[error("a rule needs at least one of recency, frequency and monetary")]
    EmptyRule,
    #[error("row {row} does not exist: there are {rows}")]
    NoSuchRow { row: u32, rows: usize },
    #[error("{what} cannot be computed from {found} rows or members; at least {wanted} are needed")]
    TooFew { what: &'static str, found: usize, wanted: usize },
    #[error("{what} is not a finite number")]
    NotFinite { what: &'static str },
    #[error("{what} is {found}; it must be {wanted}")]
    Setting { what: &'static str, found: String, wanted: &'static str },
    #[error(
        "feature {wanted:?}, which the model was trained with, is missing, in another place, or has other cuts"
    )]
    OtherFeature { wanted: String },
    #[error("the parts of the stored model do not belong together: train it again")]
    StoredModel,
    #[error("outcome models belong to other rows than the ones to be scored")]
    OtherRows,
    #[error("the rows cannot be used for training")]
    Bins(#[source] trees::BinsError),
    #[error("training failed")]
    Train(#[from] trees::TrainError),
    #[error("a thread that computed intervals died")]
    Thread,
}

fn at_row(row: Option<usize>) -> String {
    row.map(|row| format!(" in row {row}")).unwrap_or_default()
}
