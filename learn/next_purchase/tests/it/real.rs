//! Real receipts of 94 households, of which `examples/completejourney` tells more.

use next_purchase::{Settings, day_of, evaluate};

use crate::data::receipts;
use crate::world::settings;

#[test]
#[ignore = "needs shared/data/retail, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn real_receipts_are_guessed_about_as_well_as_by_frequency() {
    let history = receipts().unwrap();
    let day = day_of("2017-10-01").unwrap();
    let settings = Settings { trees: settings().trees, ..Settings::default() };
    let found = evaluate(&history, day, &settings).unwrap();
    // So few households teach little; the goals are measured on all of the package.
    assert!(found.gained_precision.high > 0.0, "{found:?}");
    assert!(found.gained_recall.high > 0.0, "{found:?}");
}
