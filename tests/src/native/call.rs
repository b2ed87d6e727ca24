//! What a mechanic is handed: `domain` to the SDK's types.

use domain::mechanics as domain;

pub(super) fn receipt(receipt: &domain::ReceiptCall) -> mechanic_sdk::Receipt {
    let time = &receipt.time;
    mechanic_sdk::Receipt {
        phase: phase(receipt.phase),
        money_exponent: receipt.money_exponent,
        points_exponent: receipt.points_exponent,
        time: mechanic_sdk::LocalTime {
            year: time.year,
            month: time.month,
            day: time.day,
            weekday: time.weekday,
            hour: time.hour,
            minute: time.minute,
            second: time.second,
        },
        has_member: receipt.has_member,
        lines: lines(&receipt.lines),
    }
}

pub(super) fn offer(offer: &domain::OfferCall) -> mechanic_sdk::Offer {
    mechanic_sdk::Offer {
        id: offer.id,
        items: offer.items.iter().map(item).collect(),
        extras: extras(&offer.extras),
        params: offer.params.clone(),
    }
}

pub(super) fn fact(fact: &domain::Fact) -> mechanic_sdk::Fact {
    mechanic_sdk::Fact {
        need: fact.need,
        line: fact.line,
        value: match &fact.value {
            domain::FactValue::Number(number) => mechanic_sdk::FactValue::Number(*number),
            domain::FactValue::Text(text) => mechanic_sdk::FactValue::Text(text.clone()),
        },
    }
}

fn lines(lines: &domain::LineColumns) -> mechanic_sdk::Lines {
    let lines = lines.clone();
    mechanic_sdk::Lines {
        position: lines.position,
        product: lines.product,
        category: lines.category,
        quantity: lines.quantity,
        price: lines.price,
        gross: lines.gross,
        amount: lines.amount,
        net: lines.net,
        cash: lines.cash,
        rewardable: lines.rewardable,
        counts: lines.counts,
    }
}

fn item(item: &domain::ItemCall) -> mechanic_sdk::Item {
    mechanic_sdk::Item {
        target_kind: match item.target_kind {
            domain::TargetKind::Product => mechanic_sdk::TargetKind::Product,
            domain::TargetKind::Category => mechanic_sdk::TargetKind::Category,
            domain::TargetKind::Group => mechanic_sdk::TargetKind::Group,
            domain::TargetKind::Receipt => mechanic_sdk::TargetKind::Receipt,
        },
        target: item.target,
        scope: match &item.scope {
            domain::Scope::WholeReceipt => mechanic_sdk::Scope::WholeReceipt,
            domain::Scope::Lines(lines) => mechanic_sdk::Scope::Lines(lines.clone()),
        },
        reward: phase(item.reward),
        benefit: match item.benefit {
            domain::Benefit::Percent(percent) => mechanic_sdk::Benefit::Percent(percent.0),
            domain::Benefit::Amount(sum) => mechanic_sdk::Benefit::Amount(sum),
            domain::Benefit::AmountPerUnit(sum) => mechanic_sdk::Benefit::AmountPerUnit(sum),
            domain::Benefit::AmountPerLine(sum) => mechanic_sdk::Benefit::AmountPerLine(sum),
            domain::Benefit::UnitPrice(price) => mechanic_sdk::Benefit::UnitPrice(price),
        },
        threshold: item
            .threshold
            .map(|tier| mechanic_sdk::Threshold { sum: tier.sum, exclusive: tier.exclusive }),
        min_units: item.min_units,
        min_sum: item.min_sum,
        max_units: item.limits.max_units,
        unit_multiple: item.limits.unit_multiple,
        pick: item.limits.pick.map(pick),
        cap: item.limits.cap,
        extras: extras(&item.extras),
    }
}

fn phase(phase: domain::Phase) -> mechanic_sdk::Phase {
    match phase {
        domain::Phase::Discount => mechanic_sdk::Phase::Discount,
        domain::Phase::Accrual => mechanic_sdk::Phase::Accrual,
    }
}

fn pick(pick: domain::Pick) -> mechanic_sdk::Pick {
    match pick {
        domain::Pick::Listed => mechanic_sdk::Pick::Listed,
        domain::Pick::Cheapest => mechanic_sdk::Pick::Cheapest,
        domain::Pick::Dearest => mechanic_sdk::Pick::Dearest,
    }
}

fn extras(extras: &[(u32, i64)]) -> Vec<mechanic_sdk::Extra> {
    extras.iter().map(|&(parameter, value)| mechanic_sdk::Extra { parameter, value }).collect()
}
