use mechanic_sdk::testing::{item, offer, paying_items, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, TargetKind, Verdict};

use crate::Category;

fn category(lines: &[u32]) -> Item {
    Item { target_kind: TargetKind::Category, ..item(Benefit::Percent(2000), lines.iter().copied()) }
}

#[test]
fn nested_categories_are_all_proposed() {
    // Which of them pays a line is the host's to decide.
    let offer = offer([category(&[1, 3]), category(&[3]), category(&[])]);
    let verdict = Category::evaluate_offer(&reference_receipt(), &offer, &[]);
    assert_eq!(paying_items(&verdict), [Some(0), Some(1)]);
}

#[test]
fn a_least_sum_is_that_of_the_category() {
    for (min_sum, pays) in [(72_264, true), (72_265, false)] {
        let offer = offer([Item { min_sum: Some(min_sum), ..category(&[1, 3]) }]);
        let verdict = Category::evaluate_offer(&reference_receipt(), &offer, &[]);
        assert_eq!(verdict != Verdict::Declined(Declined::BelowThreshold), pays);
    }
}
