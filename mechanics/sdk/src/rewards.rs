//! Reasons that most mechanics share.

use crate::{Benefit, DescriptionBuilder, Item, Phase, TargetKind};

/// Shared reasons are below; from here on ids are free for the mechanic's own.
pub const FIRST_OWN: u32 = 100;

const DISCOUNT: u32 = 1;
const NEW_PRICE: u32 = 2;
const POINTS: u32 = 3;
const TIER_DISCOUNT: u32 = 4;
const TIER_POINTS: u32 = 5;

/// Added to the ids above if the item is aimed at the receipt as a whole.
const WHOLE_RECEIPT: u32 = 10;

/// The shared reason for what an item gives in a phase.
pub fn reason(phase: Phase, item: &Item) -> u32 {
    let tier = item.threshold.is_some() || item.min_sum.is_some();
    let id = match (phase, item.benefit, tier) {
        (_, Benefit::UnitPrice(_), _) => NEW_PRICE,
        (Phase::Discount, _, false) => DISCOUNT,
        (Phase::Discount, _, true) => TIER_DISCOUNT,
        (Phase::Accrual, _, false) => POINTS,
        (Phase::Accrual, _, true) => TIER_POINTS,
    };
    if item.target_kind == TargetKind::Receipt { id + WHOLE_RECEIPT } else { id }
}

/// Adds the texts of the shared reasons.
#[must_use]
pub fn describe(builder: DescriptionBuilder) -> DescriptionBuilder {
    let texts = [
        (DISCOUNT, "{value} off {target}", "Скидка {value}: {target}"),
        (NEW_PRICE, "{target} for {value}", "Цена {value}: {target}"),
        (POINTS, "{value} in points for {target}", "Баллы {value}: {target}"),
        (TIER_DISCOUNT, "{value} off {target} from {from}", "Скидка {value} от суммы {from}: {target}"),
        (
            TIER_POINTS,
            "{value} in points for {target} from {from}",
            "Баллы {value} от суммы {from}: {target}",
        ),
        (WHOLE_RECEIPT + DISCOUNT, "{value} off the receipt", "Скидка {value} на чек"),
        (WHOLE_RECEIPT + NEW_PRICE, "Every unit for {value}", "Каждая единица по {value}"),
        (WHOLE_RECEIPT + POINTS, "{value} in points for the receipt", "Баллы {value} за чек"),
        (
            WHOLE_RECEIPT + TIER_DISCOUNT,
            "{value} off the receipt from {from}",
            "Скидка {value} на чек от {from}",
        ),
        (
            WHOLE_RECEIPT + TIER_POINTS,
            "{value} in points for the receipt from {from}",
            "Баллы {value} за чек от {from}",
        ),
    ];
    texts.into_iter().fold(builder, |builder, (id, en, ru)| builder.reason(id, &[("en", en), ("ru", ru)]))
}
