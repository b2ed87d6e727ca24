//! What can be wrong with what was sent.

/// Why there is no advice.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChannelError {
    #[error("row {row}: {answers} answers to {sends} messages: there cannot be more answers than messages")]
    TooManyAnswers { row: usize, sends: u32, answers: u32 },
    #[error(
        "nothing was sent in this segment on this channel, so nothing is known of it: leave the channel out"
    )]
    NothingSent,
    #[error("the {what} must be a number that is not below 0, but is {value}")]
    NotAmount { what: &'static str, value: f64 },
    #[error("the {what} must be a share from 0 to 1, but is {value}")]
    NotShare { what: &'static str, value: f64 },
    #[error("{found} {what}: at most {most} can be compared")]
    TooMany { what: &'static str, found: usize, most: usize },
    #[error("there are no channels to choose from")]
    NoChannels,
}
