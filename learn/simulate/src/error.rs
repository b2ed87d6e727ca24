//! What can be wrong with a simulation.

use crate::dates::date;
use crate::settings::{MOST_ARMS, MOST_MEMBERS, MOST_ROWS, MOST_WEEKS};

/// Why there is no chain, or none of its data.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Zero members, or too many.
    #[error("{found} members: a chain has from 1 to {MOST_MEMBERS} of them")]
    Members { found: u32 },
    /// Zero weeks, or too many.
    #[error("{found} weeks: a simulation has from 1 to {MOST_WEEKS} of them")]
    Weeks { found: u32 },
    /// Each of both is in order, but not together.
    #[error(
        "{members} members for {weeks} weeks are {} rows, and at most {MOST_ROWS} are simulated: take fewer of one",
        u64::from(*.members) * u64::from(*.weeks)
    )]
    Rows { members: u32, weeks: u32 },
    #[error("{found} arms: an experiment has from 2 to {MOST_ARMS} of them, the control first")]
    Arms { found: usize },
    #[error("the first arm is the control and gets no discount, not {found} %")]
    Control { found: u32 },
    #[error("arm {arm} gets {found} %: levels are multiples of 5 from 5 to 50 and rise from arm to arm")]
    Level { arm: usize, found: u32 },
    #[error(
        "the shares of the arms must be above 0 and add up to 1,000,000 millionths, and add up to {found}"
    )]
    Shares { found: u64 },
    #[error("{found} millionths of members with a hidden kind: at most 1,000,000")]
    Hidden { found: u32 },
    #[error("effects shift in week {found}, and there are weeks 1 to {weeks}")]
    Shift { found: u32, weeks: u32 },
    #[error("week 1 begins on {}, and may begin from 1970-03-26 to 2100-01-01", date(*.found))]
    FirstDay { found: u32 },
    /// A column that models see could not be made.
    #[error("the columns of features: {0}")]
    Columns(String),
    #[error("{path}: {error}")]
    File { path: String, error: std::io::Error },
}
