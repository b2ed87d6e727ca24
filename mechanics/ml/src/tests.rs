use mechanic_sdk::testing::{item, offer, paying_items, proposals, receipt_item, reference_receipt};
use mechanic_sdk::{Benefit, Item, Mechanic, Phase, Receipt, TargetKind};

use crate::Ml;

const BENEFIT: Benefit = Benefit::Percent(1500);

#[test]
fn items_of_every_kind_live_in_one_offer() {
    let of_kind = |target_kind, lines: &[u32]| Item { target_kind, ..item(BENEFIT, lines.iter().copied()) };
    let offer = offer([
        of_kind(TargetKind::Product, &[0]),
        of_kind(TargetKind::Category, &[1, 3]),
        of_kind(TargetKind::Group, &[]),
        receipt_item(BENEFIT),
        Item { min_sum: Some(200_000), ..receipt_item(BENEFIT) },
    ]);
    for phase in [Phase::Discount, Phase::Accrual] {
        let verdict = Ml::evaluate_offer(&Receipt { phase, ..reference_receipt() }, &offer, &[]);
        assert_eq!(paying_items(&verdict), [Some(0), Some(1), Some(3)]);
    }
}

#[test]
fn every_reason_has_a_text() {
    let reasons: Vec<u32> = Ml::describe().reasons.iter().map(|reason| reason.id).collect();
    let bordered = |item: Item| Item { min_sum: Some(1), ..item };
    let mut items = Vec::new();
    for benefit in [BENEFIT, Benefit::UnitPrice(1)] {
        items.extend([item(benefit, [0]), bordered(item(benefit, [0]))]);
        items.extend([receipt_item(benefit), bordered(receipt_item(benefit))]);
    }
    for phase in [Phase::Discount, Phase::Accrual] {
        let verdict =
            Ml::evaluate_offer(&Receipt { phase, ..reference_receipt() }, &offer(items.clone()), &[]);
        assert_eq!(proposals(&verdict).len(), items.len());
        for proposal in proposals(&verdict) {
            assert!(reasons.contains(&proposal.reason), "{proposal:?}");
        }
    }
}

#[test]
fn the_names_of_payloads_are_in_the_schema() {
    let schema = Ml::describe().params_schema;
    for name in ["\"border\":{", "\"display_order\":{", "\"target_kind\":{"] {
        assert!(schema.contains(name), "{name} in {schema}");
    }
}
