//! One entry of `items`: configured in an offer, or personal in a member's attribute.

use std::sync::Arc;

use domain::mechanics::{
    Benefit, Description, ParameterPlace, Phase, Pick, TargetKind, Threshold, Unit, UnitLimits,
};
use domain::offer::{Item, Target};
use domain::quantities::{Money, Quantity};

use serde_json::Value;

use super::target::{self, IdSpace, Taker};
use super::{Context, extras, keys};
use crate::reader::{Node, Object};
use crate::time;

/// Code of the warning about a decision that cannot be told on.
pub(crate) const BAD_DECISION: &str = "bad_decision";
/// The most bytes of a decision.
const DECISION_BYTES_MAX: usize = 200;

pub(crate) const REWARDS: [(&str, Phase); 2] = [("discount", Phase::Discount), ("points", Phase::Accrual)];

/// Reads the items of one offer.
pub(crate) struct ItemReader<'a> {
    /// The plan that the items refer to.
    pub(crate) context: &'a Context<'a>,
    /// The mechanic of the items, if the plan has it.
    pub(crate) description: Option<&'a Description>,
    /// Kinds of targets that the items may have; empty for all kinds.
    pub(crate) kinds: &'a [TargetKind],
    /// Id space of their targets.
    pub(crate) id_space: IdSpace,
    /// The reward of an item without `reward`.
    pub(crate) reward: Option<Phase>,
    /// True if unknown fields are refused.
    pub(crate) strict: bool,
}

impl ItemReader<'_> {
    /// Reads an item of an offer. An unknown target is a problem, or a warning if it is a product.
    pub(crate) fn configured(&self, node: Node<'_, '_>) -> Option<Item> {
        let (item, document) = self.read(node)?;
        if let (Target::Unknown(kind), Some(field)) = (&item.target, document.field("target")) {
            let taker = Taker::Item(self.kinds);
            target::report_unknown(&field, &item.target_text, *kind, self.context, self.id_space, taker);
        }
        Some(item)
    }

    /// Reads a personal item. Its target may be unknown.
    pub(crate) fn personal(&self, node: Node<'_, '_>, needs_acceptance: bool) -> Option<Item> {
        let (mut item, document) = self.read(node)?;
        let accepted = document.boolean("accepted").unwrap_or(false);
        item.accepted = needs_acceptance.then_some(accepted);
        item.decision = document.field("decision").and_then(decision);
        Some(item)
    }

    fn read<'v, 'b>(&'b self, node: Node<'v, 'b>) -> Option<(Item, Object<'v, 'b>)> {
        let document = node.object()?;
        let target = target::read(&document, self.context, self.id_space, self.kinds, self.strict);
        let reward = self.reward(&document);
        let presumed = reward.unwrap_or(Phase::Discount);
        let benefit = self.benefit(&document, presumed);
        let limits = self.limits(&document, presumed);
        let threshold = self.threshold(&document);
        // Read also after a problem, since a field that is not read is reported as unknown.
        let min_units = self.quantity(&document, "min_units").map(Quantity);
        let min_sum = self.either_sum(&document, "min_sum", "border").map(Money);
        let unit_price = self.unit_price(&document);
        let (period, order) = (time::period(&document), order(&document));
        let extras = extras::extras(&document, self.context, self.description, ParameterPlace::Item);
        let item = target.zip(reward).zip(benefit).map(|(((target, target_text), reward), benefit)| Item {
            reward,
            target,
            target_text,
            benefit,
            threshold,
            min_units,
            min_sum,
            unit_price,
            limits,
            period,
            order,
            extras,
            accepted: None,
            decision: None,
        });
        if self.strict {
            keys::refuse_unknown_params(&document, self.description, true);
        }
        Some((item?, document))
    }

    fn reward(&self, document: &Object<'_, '_>) -> Option<Phase> {
        let Some(field) = document.field("reward") else {
            if self.reward.is_none() {
                document.required("reward");
            }
            return self.reward;
        };
        let reward = field.choice(&REWARDS)?;
        let takes_part = self.description.is_none_or(|mechanic| mechanic.phases.contains(&reward));
        if takes_part {
            Some(reward)
        } else {
            field.refuse("wrong_reward", "the mechanic does not give this")
        }
    }

    fn benefit(&self, document: &Object<'_, '_>, reward: Phase) -> Option<Benefit> {
        const METHODS: [(&str, Method); 5] = [
            ("percent", Method::Percent),
            ("amount", Method::Amount),
            ("amount_per_unit", Method::AmountPerUnit),
            ("amount_per_line", Method::AmountPerLine),
            ("unit_price", Method::UnitPrice),
        ];
        let method_field = document.field("method");
        let method = method_field.map_or(Some(Method::Percent), |field| field.choice(&METHODS));
        let value = document.required("value");
        let (method, value) = (method?, value?);
        let sum = |unit| value.measure(unit, self.context.scales);
        match method {
            Method::Percent => value.percent().map(Benefit::Percent),
            Method::Amount => sum(unit_of(reward)).map(Benefit::Amount),
            Method::AmountPerUnit => sum(unit_of(reward)).map(Benefit::AmountPerUnit),
            Method::AmountPerLine => sum(unit_of(reward)).map(Benefit::AmountPerLine),
            Method::UnitPrice if reward == Phase::Accrual => {
                value.refuse("wrong_method", "`unit_price` is a discount; it cannot give points")
            }
            Method::UnitPrice => sum(Unit::Money).map(Benefit::UnitPrice),
        }
    }

    fn threshold(&self, document: &Object<'_, '_>) -> Option<Threshold> {
        threshold(document, self.context)
    }

    fn limits(&self, document: &Object<'_, '_>, reward: Phase) -> UnitLimits {
        const PICKS: [(&str, Pick); 3] =
            [("first", Pick::Listed), ("cheapest", Pick::Cheapest), ("dearest", Pick::Dearest)];
        UnitLimits {
            max_units: self.positive_quantity(document, "max_units"),
            unit_multiple: self.positive_quantity(document, "unit_multiple"),
            pick: document.choice("pick", &PICKS),
            cap: document.measure("cap", unit_of(reward), self.context.scales),
        }
    }

    fn unit_price(&self, document: &Object<'_, '_>) -> Option<(Option<Money>, Option<Money>)> {
        let range = document.object("unit_price")?;
        let bound = |name| range.measure(name, Unit::Money, self.context.scales).map(Money);
        let (from, to) = (bound("from"), bound("to"));
        if self.strict {
            keys::refuse_unknown(&range);
        } else {
            range.refuse_unknown_as_before();
        }
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            range.node().problem("empty_range", "`from` is above `to`");
        }
        Some((from, to))
    }

    fn quantity(&self, document: &Object<'_, '_>, name: &'static str) -> Option<i64> {
        document.measure(name, Unit::Quantity, self.context.scales)
    }

    fn positive_quantity(&self, document: &Object<'_, '_>, name: &'static str) -> Option<i64> {
        let quantity = self.quantity(document, name)?;
        if quantity == 0 {
            return document.field(name)?.refuse("out_of_range", "must be above zero");
        }
        Some(quantity)
    }

    fn either_sum(&self, document: &Object<'_, '_>, name: &'static str, alias: &'static str) -> Option<i64> {
        let (first, second) = (document.field(name), document.field(alias));
        if let (Some(_), Some(second)) = (first, second) {
            second.problem("conflicting_fields", format!("`{alias}` is another name of `{name}`; give one"));
        }
        first.or(second)?.measure(Unit::Money, self.context.scales)
    }
}

/// The text of whoever chose a personal item. One that cannot be told on costs no reward: it is left out, with a warning.
fn decision(field: Node<'_, '_>) -> Option<Arc<str>> {
    let problem = match field.value() {
        Value::String(text) if text.is_empty() => "is empty".to_owned(),
        Value::String(text) if text.len() > DECISION_BYTES_MAX => {
            format!("has {} bytes; at most {DECISION_BYTES_MAX} are taken", text.len())
        }
        Value::String(text) => match text.chars().find(|letter| letter.is_control()) {
            None => return Some(Arc::from(text.as_str())),
            Some(control) => format!("has the control character U+{:04X}", u32::from(control)),
        },
        _ => "is no text".to_owned(),
    };
    field.warn(BAD_DECISION, format!("{problem}; the item counts without it"));
    None
}

/// `from` with an optional `operator`, or `above`; nothing without either.
pub(super) fn threshold(document: &Object<'_, '_>, context: &Context<'_>) -> Option<Threshold> {
    const OPERATORS: [(&str, bool); 2] = [("from", false), ("above", true)];
    let (from, above) = (document.field("from"), document.field("above"));
    let exclusive = document.choice("operator", &OPERATORS);
    match (from, above) {
        (Some(_), Some(above)) => {
            above.refuse("conflicting_fields", "give a threshold as `from` or as `above`, not both")
        }
        (from, above) => {
            let sum = from.or(above)?.measure(Unit::Money, context.scales)?;
            Some(Threshold { sum, exclusive: exclusive.unwrap_or(above.is_some()) })
        }
    }
}

#[derive(Clone, Copy)]
enum Method {
    Percent,
    Amount,
    AmountPerUnit,
    AmountPerLine,
    UnitPrice,
}

fn unit_of(reward: Phase) -> Unit {
    match reward {
        Phase::Discount => Unit::Money,
        Phase::Accrual => Unit::Points,
    }
}

fn order(document: &Object<'_, '_>) -> i64 {
    let (order, display_order) = (document.integer("order"), document.integer("display_order"));
    order.or(display_order).unwrap_or(0)
}
