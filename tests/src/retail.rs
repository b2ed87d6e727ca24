//! A year of real receipts, as a plan file and a stream of receipts.
//!
//! `tests/retail/prepare.py` fetches the data, and `tests/retail/README.md` describes it. Where it is
//! silent or hostile, this is how it is read:
//!
//! | in the data | here |
//! |---|---|
//! | `gross`, `retail_disc` | what the till charges, `amount`, is `gross − retail_disc`: the till's own discount is already in it |
//! | `coupon_disc`, `coupon_match` | left out of the amount: coupons are offers, and it is our work to price them |
//! | `unit_price`, `qty`, `scale` | `price` and an exact quantity, `qty / 10^scale`; where no whole-cent price exists (`unit_exact: false`), `price` stays the nearest one and `amount` counts |
//! | zero-quantity lines (`anomalies`) | added at the end of their receipt with price 0.00 and the amount they have; those of receipts that are not in the slice are left out |
//! | products missing from the catalogue | sent as they are: the host prices unknown goods |
//! | blank levels in a product's path | left out: the product hangs on the deepest level it names |
//! | `ts` | an instant; the stores are in [`TIME_ZONE`], where every redemption falls on the day of a receipt of its household (in UTC one in seven does not) |
//! | coupon of a campaign | a group offer with the coupon's number as code, for the audience and period of the campaign; what it gives depends on the type of the campaign, see [`coupon_terms`], since the data does not say |
//! | campaign given to households | an item, with the campaign's dates, of their personal offer: points on everything the campaign's coupons name |
//! | redemption | the coupon is shown on the household's receipt of that local day, on one that holds goods of the coupon if there is one |

mod plan;
mod receipts;
mod source;
pub mod uploads;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

pub use plan::{campaign_group, coupon_offer, coupon_terms, plan_file};
pub use receipts::receipt_rows;
pub use source::{Campaign, Coupon, Product, Receipt, Redemption, Retail, SourceLine, Stats};

use crate::workspace;

/// Time zone of all stores.
pub const TIME_ZONE: &str = "America/New_York";

/// The external id of the offer that carries the campaigns of each household.
pub const CAMPAIGN_OFFER: &str = "campaign-points";

/// The attribute with the terms of that offer.
pub const CAMPAIGNS: &str = "campaigns";

/// The external id of the offer that every member has.
pub const CLUB_OFFER: &str = "club-points";

/// Names the folder that holds `retail` with other receipts.
const VARIABLE: &str = "OFFER_HOST_DATA";

/// Fetches the receipts if they are not there, and prints their folder.
const SCRIPT: &str = "tests/retail/prepare.py";

/// The folder with the data, prepared if need be. It is an error if that fails: a test that needs the
/// data must not pass without it.
pub fn folder() -> anyhow::Result<PathBuf> {
    let Some(data) = std::env::var_os(VARIABLE) else {
        return prepared();
    };
    let folder = PathBuf::from(data).join("retail");
    ensure!(
        folder.is_dir(),
        "no receipts at {}: set {VARIABLE} to the folder that holds `retail`, or unset it to use those of PyPI",
        folder.display()
    );
    Ok(folder)
}

/// Runs the script, which returns at once if nothing is to do; tests that run at the same time wait
/// for each other in it.
fn prepared() -> anyhow::Result<PathBuf> {
    let answer = Command::new("python3")
        .arg(SCRIPT)
        .current_dir(workspace::root())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| {
            format!("running `python3 {SCRIPT}`, which makes the receipts; it needs Python 3.9 or newer")
        })?;
    ensure!(answer.status.success(), "`python3 {SCRIPT}` failed ({}); what it says is above", answer.status);
    let folder = String::from_utf8(answer.stdout).context("the folder with the receipts")?;
    Ok(PathBuf::from(folder.trim_end()))
}

/// Writes `plan.json` and `receipts.ndjson`.
pub fn write(retail: &Retail, folder: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let (plan, receipts) = (folder.join("plan.json"), folder.join("receipts.ndjson"));
    std::fs::write(&plan, serde_json::to_vec(&plan_file(retail))?)?;
    let mut rows = Vec::new();
    for row in receipt_rows(retail)? {
        serde_json::to_writer(&mut rows, &row)?;
        rows.push(b'\n');
    }
    std::fs::write(&receipts, rows)?;
    Ok((plan, receipts))
}

/// Cents as a decimal.
fn money(cents: i64) -> String {
    domain::decimal::format_scaled(cents, 2)
}
