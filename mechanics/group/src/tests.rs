use mechanic_sdk::testing::{item, offer, paying_items, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, Verdict};

use crate::Group;

fn group(lines: &[u32]) -> Item {
    item(Benefit::Percent(3000), lines.iter().copied())
}

#[test]
fn overlapping_groups_are_all_proposed() {
    // Which of them pays a line is the host's to decide.
    let verdict = Group::evaluate_offer(&reference_receipt(), &offer([group(&[0, 3]), group(&[3])]), &[]);
    assert_eq!(paying_items(&verdict), [Some(0), Some(1)]);
}

#[test]
fn least_units_are_those_of_the_group() {
    for (min_units, pays) in [(5000, true), (5001, false)] {
        let offer = offer([Item { min_units: Some(min_units), ..group(&[0, 3]) }]);
        let verdict = Group::evaluate_offer(&reference_receipt(), &offer, &[]);
        assert_eq!(verdict != Verdict::Declined(Declined::BelowThreshold), pays);
    }
}
