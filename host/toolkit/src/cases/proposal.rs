//! Proposals in the form of case files: expected ones are read from a file, those of mechanics are written like it.

use domain::decimal::{format_scaled, format_trimmed};
use domain::mechanics::{Benefit, OfferCall, Phase, Pick, Portions, Proposal, ReceiptCall, Scope, Unit};
use serde_json::{Map, Value, json};
use wire::reader::{Node, Object, Scales};

const PICKS: [(&str, Pick); 3] =
    [("listed", Pick::Listed), ("cheapest", Pick::Cheapest), ("dearest", Pick::Dearest)];

/// Keys of a benefit, in the order of the contract.
const BENEFITS: [&str; 5] = ["percent", "amount", "amount_per_unit", "amount_per_line", "unit_price"];

/// Digits after the point of a percentage.
const PERCENT_PLACES: u32 = 2;
/// Digits after the point of a quantity.
const UNIT_PLACES: u32 = 3;

/// Values by key, without those that are defaults.
pub(super) type ProposalText = Map<String, Value>;

/// Writes the proposal of a mechanic. The scope of an item is written as the positions of its lines.
pub(super) fn of(
    proposal: &Proposal,
    offer: &OfferCall,
    receipt: &ReceiptCall,
    scales: Scales,
) -> ProposalText {
    let points = receipt.phase == Phase::Accrual;
    let sum = |sum: i64| format_scaled(sum, if points { scales.points } else { scales.money });
    let units = |units: i64| format_trimmed(units, UNIT_PLACES);
    let mut text = ProposalText::new();
    text.insert("lines".to_owned(), lines(proposal, offer, receipt));
    let (name, value) = match proposal.benefit {
        Benefit::Percent(percent) => ("percent", format_trimmed(percent.0.into(), PERCENT_PLACES)),
        Benefit::Amount(of) => ("amount", sum(of)),
        Benefit::AmountPerUnit(of) => ("amount_per_unit", sum(of)),
        Benefit::AmountPerLine(of) => ("amount_per_line", sum(of)),
        Benefit::UnitPrice(of) => ("unit_price", format_scaled(of, scales.money)),
    };
    text.insert(name.to_owned(), value.into());
    text.insert("reason".to_owned(), proposal.reason.into());
    let limits = &proposal.limits;
    let mut more = |name: &str, value: Option<Value>| value.map(|value| text.insert(name.to_owned(), value));
    more("max_units", limits.max_units.map(|of| units(of).into()));
    more("unit_multiple", limits.unit_multiple.map(|of| units(of).into()));
    let pick = PICKS.iter().find(|(_, pick)| Some(*pick) == limits.pick && *pick != Pick::default());
    more("pick", pick.map(|(name, _)| (*name).into()));
    more("cap", limits.cap.map(|of| sum(of).into()));
    more("points", points.then_some(Value::Bool(true)));
    text
}

fn lines(proposal: &Proposal, offer: &OfferCall, receipt: &ReceiptCall) -> Value {
    let index = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    let position = |line: u32| receipt.lines.position.get(index(line)).copied().unwrap_or(line);
    let item = proposal.item.and_then(|item| offer.items.get(index(item)));
    let lines = match (&proposal.portions, item.map(|item| &item.scope)) {
        (Portions::ItemScope, Some(Scope::Lines(lines))) => {
            lines.iter().map(|line| json!(position(*line))).collect()
        }
        (Portions::ItemScope, _) => receipt.lines.position.iter().map(|position| json!(position)).collect(),
        (Portions::Listed(portions), _) => {
            let portion = |portion: &domain::mechanics::Portion| match portion.quantity {
                None => json!(position(portion.line)),
                Some(units) => {
                    json!({"line": position(portion.line), "units": format_trimmed(units, UNIT_PLACES)})
                }
            };
            portions.iter().map(portion).collect()
        }
    };
    Value::Array(lines)
}

/// Reads an expected proposal. A `reason` that is left out is not compared.
pub(super) fn read(node: Node<'_, '_>, scales: Scales) -> Option<ProposalText> {
    let object = node.object()?;
    let points = object.boolean("points").unwrap_or(false);
    let sums = if points { Unit::Points } else { Unit::Money };
    let mut text = ProposalText::new();
    let lines = object.required("lines").and_then(Node::list)?.read(read_line);
    text.insert("lines".to_owned(), Value::Array(lines));
    let (name, benefit) = benefit(&object, sums, scales)?;
    text.insert(name.to_owned(), benefit.into());
    let reason = object.integer("reason").map(Value::from);
    let units = |name| object.measure(name, Unit::Quantity, scales).map(|of| format_trimmed(of, UNIT_PLACES));
    let pick = object.choice("pick", &PICKS).filter(|pick| *pick != Pick::default());
    let pick = pick.and_then(|pick| PICKS.iter().find(|(_, known)| *known == pick));
    let cap = object.measure("cap", sums, scales).map(|of| format_scaled(of, places(sums, scales)));
    let more = [
        ("reason", reason),
        ("max_units", units("max_units").map(Value::from)),
        ("unit_multiple", units("unit_multiple").map(Value::from)),
        ("pick", pick.map(|(name, _)| Value::from(*name))),
        ("cap", cap.map(Value::from)),
        ("points", points.then_some(Value::Bool(true))),
    ];
    object.refuse_unknown();
    let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    text.extend(more);
    Some(text)
}

fn read_line(node: Node<'_, '_>) -> Option<Value> {
    if !node.value().is_object() {
        return node.integer().map(Value::from);
    }
    let object = node.object()?;
    let line = object.required("line").and_then(Node::integer);
    let units = object.required("units").and_then(|units| units.scaled(UNIT_PLACES));
    object.refuse_unknown();
    Some(json!({"line": line?, "units": format_trimmed(units?, UNIT_PLACES)}))
}

fn benefit(object: &Object<'_, '_>, sums: Unit, scales: Scales) -> Option<(&'static str, String)> {
    let mut given = None;
    for name in BENEFITS {
        let Some(field) = object.field(name) else { continue };
        let value = match name {
            "percent" => format_trimmed(field.scaled(PERCENT_PLACES)?, PERCENT_PLACES),
            "unit_price" => format_scaled(field.measure(Unit::Money, scales)?, scales.money),
            _ => format_scaled(field.measure(sums, scales)?, places(sums, scales)),
        };
        if given.replace((name, value)).is_some() {
            return field.refuse("two_benefits", "a proposal has one benefit");
        }
    }
    given.or_else(|| {
        let names = BENEFITS.map(|name| format!("`{name}`")).join(", ");
        object.node().refuse("missing_field", format!("say what it gives: one of {names}"))
    })
}

fn places(sums: Unit, scales: Scales) -> u32 {
    if sums == Unit::Points { scales.points } else { scales.money }
}
