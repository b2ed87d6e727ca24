//! What a roll-out says besides versions: its gates, and the receipts of a canary. Stored as JSON.

use domain::pos::is_within;
use domain::quantities::Percent;
use domain::share::in_share;
use serde::{Deserialize, Serialize};

/// What takes a version back by itself. Compared once a version has priced enough receipts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gates {
    /// Fewer receipts prove nothing. The default is that of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_receipts: Option<u64>,
    /// Most receipts with a fault, in hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_percent: Option<i32>,
    /// Most fuel of the 99th percentile, in hundredths of a percent of what the version before takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_percent: Option<i32>,
    /// Least and most discount a receipt on average, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_per_receipt: Option<(Option<i64>, Option<i64>)>,
}

impl Gates {
    /// With those of the settings where nothing else is said.
    pub fn or(&self, defaults: &Self) -> Self {
        Self {
            min_receipts: self.min_receipts.or(defaults.min_receipts),
            fault_percent: self.fault_percent.or(defaults.fault_percent),
            fuel_percent: self.fuel_percent.or(defaults.fuel_percent),
            money_per_receipt: self.money_per_receipt.or(defaults.money_per_receipt),
        }
    }
}

/// Some receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Those of this share of members, and of purchases without one; in hundredths of a percent. Whoever
    /// is in it stays in it as the share grows.
    CanaryPercent(i32),
    /// Those of these tills, and of all below them.
    Pos(Vec<String>),
}

/// What decides whether a receipt belongs to a canary.
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
    /// Whether a receipt is one of them. `salt` belongs to the version, so that each is tried on others.
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
