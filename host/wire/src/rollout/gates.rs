//! Gates of a roll-out, and the receipts of its canary. Stored as JSON.

use domain::pos::is_within;
use domain::quantities::Percent;
use domain::sample::in_share;
use serde::{Deserialize, Serialize};

/// Limits of a version's faults, fuel and discounts. Once it has priced `min_receipts`, a version that is
/// beyond one of them is rolled back by the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gates {
    /// Receipts after which the gates are compared. The default is that of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_receipts: Option<u64>,
    /// The largest share of receipts with a fault, in hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_percent: Option<i32>,
    /// The most fuel at the 99th percentile, in hundredths of a percent of that of the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_percent: Option<i32>,
    /// The least and the most discount per receipt on average, in the currency's smallest unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_per_receipt: Option<(Option<i64>, Option<i64>)>,
}

impl Gates {
    /// These gates, with `defaults` for those that are absent.
    pub fn or(&self, defaults: &Self) -> Self {
        Self {
            min_receipts: self.min_receipts.or(defaults.min_receipts),
            fault_percent: self.fault_percent.or(defaults.fault_percent),
            fuel_percent: self.fuel_percent.or(defaults.fuel_percent),
            money_per_receipt: self.money_per_receipt.or(defaults.money_per_receipt),
        }
    }
}

/// The receipts that a canary prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Those of this share of members, and of purchases without a member, in hundredths of a percent. A
    /// member stays in the share as it grows.
    CanaryPercent(i32),
    /// Those of these points of sale, and of all below them.
    Pos(Vec<String>),
}

/// The facts of a receipt by which it belongs to a canary or does not.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// The member, if one was found.
    pub member: Option<&'a str>,
    /// The till's id of the purchase.
    pub purchase_id: &'a str,
    /// The till.
    pub pos: &'a str,
}

impl Who {
    /// True if the canary prices the receipt. `salt` is of the version, so that versions are tried on
    /// different members.
    pub fn has(&self, sale: Sale<'_>, salt: &str) -> bool {
        match self {
            Self::CanaryPercent(percent) => {
                let who = sale.member.unwrap_or(sale.purchase_id);
                in_share(Percent(*percent), salt, who)
            }
            Self::Pos(tills) => tills.iter().any(|place| is_within(sale.pos, place)),
        }
    }
}
