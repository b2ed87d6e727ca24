//! Pages that say numbers say those of the code.

use std::time::Duration;

use domain::mechanics::{
    Benefit, Evaluated, ItemCall, LineCall, LocalTime, OfferCall, Phase, Portions, Proposal, Reason,
    ReceiptCall, Scope, TargetKind, UnitKind, UnitLimits, Verdict,
};
use domain::pricing::verify;
use domain::quantities::Percent;
use engine::{CallLimits, Class, FileLimits};
use tests::workspace;

use super::assert_none;

#[test]
fn the_page_on_limits_is_true() {
    let page = page();
    let classes = [Class::Fast, Class::Standard, Class::Slow];
    let file = |number: fn(FileLimits) -> u64| classes.map(|class| number(FileLimits::of(class)));
    let call = |number: fn(CallLimits) -> u64| classes.map(|class| number(CallLimits::of(class)));
    let rows = [
        ("size, bytes", file(|limits| size(limits.bytes))),
        ("functions", file(|limits| limits.functions.into())),
        ("one function, bytes", file(|limits| size(limits.function_bytes))),
        ("local variables of one function", file(|limits| limits.function_locals.into())),
        ("nested blocks in one function", file(|limits| limits.function_nesting.into())),
        ("fuel of every call", call(|limits| limits.fuel_base)),
        ("and for each line of the receipt", call(|limits| limits.fuel_per_line)),
        ("and for each offer", call(|limits| limits.fuel_per_offer)),
        ("and for each line that an item looks at", call(|limits| limits.fuel_per_scoped_line)),
        ("memory, bytes", call(|limits| size(limits.memory_bytes))),
        ("deadline, ms of the processor", call(|limits| milliseconds(limits.deadline))),
        ("deadline, ms of the clock", call(|limits| milliseconds(limits.wall_deadline))),
        ("answer, bytes", call(|limits| size(limits.returned_bytes_base))),
        ("and for each offer", call(|limits| size(limits.returned_bytes_per_offer))),
        ("text of a failure, bytes", call(|limits| size(limits.text_bytes))),
    ];
    let missing: Vec<String> = rows
        .into_iter()
        .map(|(name, [fast, standard, slow])| format!("| {name} | {fast} | {standard} | {slow} |"))
        .filter(|row| !page.contains(row))
        .collect();
    assert_none(&missing, "docs/limits.md says otherwise; these are the limits");
}

/// A value of an answer: its name on the page, the least and the most, and how a proposal states it.
type Value = (&'static str, Phase, i64, i64, fn(&mut Proposal, i64));

#[test]
fn the_page_on_limits_says_which_answers_are_taken() {
    let page = page();
    let sums = "`amount`, `amount-per-unit`, `amount-per-line`, `unit-price`";
    let percent: fn(&mut Proposal, i64) = |proposal, value| {
        proposal.benefit = Benefit::Percent(Percent(value.try_into().expect("a percentage")))
    };
    let values: [Value; 9] = [
        ("`percent` of a discount", Phase::Discount, 0, 10_000, percent),
        ("`percent` in points", Phase::Accrual, 0, 1_000_000, percent),
        (sums, Phase::Discount, 0, 1_000_000_000_000, |proposal, sum| {
            proposal.benefit = Benefit::Amount(sum)
        }),
        (sums, Phase::Accrual, 0, 1_000_000_000_000, |proposal, sum| {
            proposal.benefit = Benefit::AmountPerUnit(sum);
        }),
        (sums, Phase::Accrual, 0, 1_000_000_000_000, |proposal, sum| {
            proposal.benefit = Benefit::AmountPerLine(sum);
        }),
        (sums, Phase::Discount, 0, 1_000_000_000_000, |proposal, sum| {
            proposal.benefit = Benefit::UnitPrice(sum);
        }),
        ("`max-units`", Phase::Discount, 0, 1_000_000_000, |proposal, units| {
            proposal.limits.max_units = Some(units);
        }),
        ("`unit-multiple`", Phase::Discount, 1, 1_000_000_000, |proposal, units| {
            proposal.limits.unit_multiple = Some(units);
        }),
        ("`cap`", Phase::Discount, 0, 1_000_000_000_000, |proposal, sum| proposal.limits.cap = Some(sum)),
    ];
    for (name, phase, least, most, state) in values {
        let row = format!("| {name} | from {least} to {most}");
        assert!(page.contains(&row), "docs/limits.md lacks `{row}`");
        for (value, taken) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
            let mut proposal = proposal();
            state(&mut proposal, value);
            assert_eq!(is_taken(phase, vec![proposal]), taken, "{name} of {value} in {phase:?}");
        }
    }
}

#[test]
fn the_page_on_limits_says_how_many_proposals_are_taken() {
    assert!(page().contains("| at most the number of its items, plus the number of lines, plus 16 |"));
    // No item, one line.
    for (proposals, taken) in [(17, true), (18, false)] {
        assert_eq!(is_taken(Phase::Discount, vec![proposal(); proposals]), taken, "{proposals}");
    }
}

#[test]
fn the_page_on_limits_says_how_many_lines_are_covered() {
    let row = "| at most 16 times the lines of the receipt and of its items' scopes, plus 1000 |";
    assert!(page().contains(row), "docs/limits.md lacks `{row}`");
    // 1,000 lines and an item of them all: 33,000 are allowed.
    for (proposals, taken) in [(33, true), (34, false)] {
        let of_all = Proposal { item: Some(0), portions: Portions::ItemScope, ..proposal() };
        let found = takes(Phase::Discount, 1_000, vec![item()], vec![of_all; proposals]);
        assert_eq!(found, taken, "{proposals} proposals");
    }
}

fn page() -> String {
    std::fs::read_to_string(workspace::root().join("docs/limits.md")).expect("the page")
}

/// An item of the whole receipt.
fn item() -> ItemCall {
    ItemCall {
        target_kind: TargetKind::Receipt,
        target: 0,
        scope: Scope::WholeReceipt,
        reward: Phase::Discount,
        benefit: Benefit::Amount(1),
        threshold: None,
        min_units: None,
        min_sum: None,
        limits: UnitLimits::default(),
        extras: Vec::new(),
    }
}

/// A proposal that is taken.
fn proposal() -> Proposal {
    Proposal {
        item: None,
        portions: Portions::Listed(Vec::new()),
        benefit: Benefit::Amount(1),
        limits: UnitLimits::default(),
        reason: 1,
    }
}

/// True if the host takes an answer with these proposals, on a receipt of one line.
fn is_taken(phase: Phase, proposals: Vec<Proposal>) -> bool {
    takes(phase, 1, Vec::new(), proposals)
}

/// True if the host takes an answer with these proposals for an offer with these items.
fn takes(phase: Phase, lines: usize, items: Vec<ItemCall>, proposals: Vec<Proposal>) -> bool {
    let noon = LocalTime { year: 2026, month: 1, day: 5, weekday: 1, hour: 12, minute: 0, second: 0 };
    let line = LineCall {
        position: 1,
        product: 1,
        category: 1,
        quantity: 1000,
        price: 100,
        gross: 100,
        amount: 100,
        net: 100,
        cash: 100,
        rewardable: true,
        counts: true,
        unit_kind: UnitKind::Piece,
    };
    let (money_exponent, points_exponent, has_member) = (2, 2, true);
    let lines = std::iter::repeat_n(line, lines).collect();
    let receipt = ReceiptCall { phase, money_exponent, points_exponent, time: noon, has_member, lines };
    let offer = OfferCall { id: 0, items, extras: Vec::new(), params: None };
    let reasons = [Reason { id: 1, texts: Vec::new() }];
    let evaluated = Evaluated { verdicts: vec![Verdict::Proposals(proposals)], fuel: 0 };
    verify(&receipt, &[offer], &evaluated, &reasons, &[]).is_ok()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("a time")
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a size")
}
