//! What can be wrong with members and limits.

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum AllocateError {
    #[error("member {member} comes twice: put all that the member may get into one list")]
    MemberTwice { member: u64 },
    #[error(
        "member {member} comes after a member with a larger key: a source must hand members over in order"
    )]
    OutOfOrder { member: u64 },
    #[error("member {member} has level {level} twice: keep one of them")]
    LevelTwice { member: u64, level: u16 },
    #[error("the levels of member {member} are not in ascending order at level {level}")]
    LevelsOutOfOrder { member: u64, level: u16 },
    #[error("member {member} has {count} choices: at most {most} are possible")]
    TooManyChoices { member: u64, count: usize, most: usize },
    #[error("member {member}, level {level}: the {what} {value} is not between −10¹² and 10¹²")]
    OutOfRange { member: u64, level: u16, what: &'static str, value: i64 },
    #[error("the budget is {budget}: it must not be below 0")]
    NegativeBudget { budget: i64 },
    #[error("the cap of {name} is {limit}: it must not be below 0")]
    NegativeCap { name: String, limit: i64 },
    #[error("the caps of {first} and {second} are on the same thing: keep one of them")]
    CapTwice { first: String, second: String },
    #[error("{count} caps are too many: at most {most} are possible")]
    TooManyCaps { count: usize, most: usize },
    #[error("there is a cap on {name}, but no choice of any member falls under it: check the name")]
    UnknownGroup { name: String },
    #[error("the sum of {what} is too large for 64 bits: use a coarser unit")]
    Overflow { what: &'static str },
    #[error("{count} different prices are close to the cut: at most {most} are possible; round the gains")]
    TooManyPrices { count: usize, most: usize },
    #[error("gamma, floor and share of an exploration are millionths: {what} is {value}, but at most {most}")]
    Millionths { what: &'static str, value: u64, most: u64 },
    #[error(
        "member {member} has {arms} arms, nothing among them: with a floor of {floor} millionths each, that is \
         more than everything"
    )]
    FloorTooHigh { member: u64, arms: usize, floor: u32 },
    #[error(
        "exploration alone would use {used} of {name}, of which there is {limit}: raise it, or let fewer members \
         be explored"
    )]
    ExplorationTooDear { name: String, used: i128, limit: i64 },
    /// The members cannot be read; the words are the reader's.
    #[error("{0}")]
    Source(String),
}
