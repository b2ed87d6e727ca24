//! What can go wrong between the chain and a host.

use super::week::MOST_TILLS;

/// Why a week was not sent to its end, or a chain not imported.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("\"{0}\" is no address of a host, such as http://127.0.0.1:8080")]
    Address(String),
    #[error("a key of a host is plain text on one line")]
    Key,
    #[error("there is no week {found}: the chain has weeks 1 to {weeks}")]
    Week { found: u32, weeks: u32 },
    #[error("{found} tills: from 1 to {MOST_TILLS} can send at the same time")]
    Tills { found: usize },
    #[error("receipts per second must be at least 1")]
    PerSecond,
    #[error("{call}: the host cannot be reached: {error}")]
    Unreachable { call: String, error: Box<ureq::Error> },
    /// The host took the call and said no.
    #[error("{call}: the host answers {status} {code}: {detail}{}", hint(.code))]
    Refused { call: String, status: u16, code: String, detail: String },
    #[error("{call}: the host's answer cannot be understood: {detail}")]
    Answer { call: String, detail: String },
    /// Rows that the host did not take.
    #[error("{call}: the host has taken {taken} of {rows} rows: {detail}")]
    Rows { call: String, rows: usize, taken: u64, detail: String },
    /// Members of the simulation respond to its levels only.
    #[error(
        "the host takes {discount} off {price} of the favourite goods of {member}, and the levels of the chain are \
         {levels}: stop other offers on these goods, or name the levels that are used"
    )]
    Level { member: String, discount: String, price: String, levels: String },
}

fn hint(code: &str) -> &'static str {
    match code {
        "till_clock" => {
            ". Start the host with OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS=1000000000 and \
             OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS=1000000000"
        }
        "forbidden" => {
            ". Importing needs a key of role integration, tills need one of role pos; admin may do both"
        }
        _ => "",
    }
}
