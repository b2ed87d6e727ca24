//! Settings of a plan: currency, points, caps and locale.

use domain::mechanics::Unit;
use domain::plan::{Currency, LargestGrants, PointsCurrency};
use domain::quantities::{Money, Percent, Points};
use domain::rounding::Rounding;

use super::reader::{Node, Object, Scales};

const ROUNDINGS: [(&str, Rounding); 4] = [
    ("half_up", Rounding::HalfUp),
    ("half_down", Rounding::HalfDown),
    ("half_even", Rounding::HalfEven),
    ("down", Rounding::Down),
];

const MAX_EXPONENT: i64 = 4;
const DEFAULT_EXPONENT: u32 = 2;
/// Digits after the point that a rate of points may have.
const RATE_PLACES: u32 = 6;

/// Settings of a plan.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The currency of every receipt.
    pub currency: Currency,
    /// The points currency.
    pub points: PointsCurrency,
    /// The most that all discounts together may take off a receipt, as a share of its sum.
    pub receipt_max_discount: Option<Percent>,
    /// The most that a purchase may get.
    pub largest_grants: LargestGrants,
    /// The locale of reasons, and of messages where neither receipt nor till has one.
    pub locale: String,
}

impl Settings {
    /// Scales of the plan's decimals.
    pub fn scales(&self) -> Scales {
        Scales { money: self.currency.exponent, points: self.points.exponent }
    }
}

/// Reads `currency`, `points`, `money`, `caps` and `locale` of a plan.
///
/// There is always a result, so that the rest of the plan can be read after a problem.
pub fn read(plan: &Object<'_, '_>) -> Settings {
    let currency = currency(plan.required("currency").and_then(Node::object));
    let (points, most_points) = points(plan.object("points"), currency.exponent);
    let scales = Scales { money: currency.exponent, points: points.exponent };
    let most_discount = plan.object("money").and_then(|money| {
        let most = money.measure("max_discount", Unit::Money, scales).map(Money);
        money.refuse_unknown();
        most
    });
    let largest_grants = LargestGrants {
        discount: most_discount,
        points: most_points.unwrap_or(LargestGrants::default().points),
    };
    let receipt_max_discount = plan.object("caps").and_then(|caps| {
        let most = caps.field("receipt_max_percent").and_then(Node::percent);
        caps.refuse_unknown();
        most
    });
    let locale = plan.text("locale").unwrap_or("en").to_owned();
    Settings { currency, points, receipt_max_discount, largest_grants, locale }
}

fn currency(object: Option<Object<'_, '_>>) -> Currency {
    let Some(object) = object else {
        return Currency { code: String::new(), exponent: DEFAULT_EXPONENT, rounding: Rounding::default() };
    };
    let currency = Currency {
        code: object.required("code").and_then(Node::text).unwrap_or_default().to_owned(),
        exponent: object.required("exponent").and_then(exponent).unwrap_or(DEFAULT_EXPONENT),
        rounding: object.choice("rounding", &ROUNDINGS).unwrap_or_default(),
    };
    object.refuse_unknown();
    currency
}

/// The points currency, and the most points of a purchase.
fn points(object: Option<Object<'_, '_>>, money_exponent: u32) -> (PointsCurrency, Option<Points>) {
    let Some(object) = object else {
        let points = PointsCurrency {
            exponent: DEFAULT_EXPONENT,
            rounding: Rounding::default(),
            rate: rate(one(), money_exponent, DEFAULT_EXPONENT),
            max_burn: Percent::HUNDRED,
        };
        return (points, None);
    };
    let exponent = object.field("exponent").and_then(exponent).unwrap_or(DEFAULT_EXPONENT);
    let rounding = object.choice("rounding", &ROUNDINGS).unwrap_or_default();
    let (written_rate, max_burn) = burn(object.object("burn"));
    let scales = Scales { money: money_exponent, points: exponent };
    let most = object.measure("max_per_purchase", Unit::Points, scales).map(Points);
    object.refuse_unknown();
    let rate = rate(written_rate, money_exponent, exponent);
    (PointsCurrency { exponent, rounding, rate, max_burn }, most)
}

fn burn(object: Option<Object<'_, '_>>) -> (i64, Percent) {
    let Some(object) = object else { return (one(), Percent::HUNDRED) };
    let rate = object.field("rate").and_then(|field| {
        let rate = field.scaled(RATE_PLACES)?;
        if (1..=1_000_000 * one()).contains(&rate) {
            return Some(rate);
        }
        field.refuse("out_of_range", "must be above 0, and at most 1000000")
    });
    let max_burn = object.field("max_percent").and_then(Node::percent);
    object.refuse_unknown();
    (rate.unwrap_or(one()), max_burn.unwrap_or(Percent::HUNDRED))
}

/// Minor units of money per smallest step of points, as a reduced fraction.
fn rate(written: i64, money_exponent: u32, points_exponent: u32) -> (i64, i64) {
    let numerator = written.saturating_mul(power_of_ten(money_exponent));
    let denominator = one().saturating_mul(power_of_ten(points_exponent));
    let divisor = greatest_common_divisor(numerator, denominator).max(1);
    (numerator / divisor, denominator / divisor)
}

fn one() -> i64 {
    power_of_ten(RATE_PLACES)
}

fn power_of_ten(exponent: u32) -> i64 {
    10_i64.saturating_pow(exponent)
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn exponent(node: Node<'_, '_>) -> Option<u32> {
    let exponent = node.integer()?;
    if !(0..=MAX_EXPONENT).contains(&exponent) {
        return node.refuse("out_of_range", format!("must be from 0 to {MAX_EXPONENT}"));
    }
    u32::try_from(exponent).ok()
}
