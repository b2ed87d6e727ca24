//! What is expected of a member's week under an arm: the truth that models are held against.

use crate::catalog::{CATEGORIES, RATE_SEASON, period};
use crate::draw::ONE;
use crate::member::{Kind, Member};

/// A lower discount than this does not move [`Kind::LargeOnly`], in percent.
const LARGE: u32 = 15;

/// Bounds of the probability of buying in a week, in millionths.
const LEAST_RATE: u32 = 20_000;
const MOST_RATE: u32 = 980_000;

/// Expected outcomes of a member's week under an arm. They are exact but for lowering to the next millionth
/// of a minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Probability of buying, in millionths.
    pub buys: u32,
    /// Price of the goods before discount, in millionths of a minor unit.
    pub amount: i64,
    /// In millionths of a minor unit.
    pub discount: i64,
    /// Margin less discount, in millionths of a minor unit: what counts.
    pub net: i64,
}

/// What an arm does to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Probability of buying in the week, in millionths.
    pub(crate) buys: u32,
    /// Probability, in millionths, of one more unit of favourite goods in a basket.
    pub(crate) extra: u32,
}

/// The probabilities of a member's week. `kind` is that of the week.
pub(crate) fn effect(member: &Member, kind: Kind, clock: u32, percent: u32) -> Effect {
    let rate = member.rate / 100 * RATE_SEASON.get(period(clock)).copied().unwrap_or(100);
    let of = |usual: u32| usual / 100 * member.sensitivity;
    // More discount has less and less effect.
    let saturating = |most: u32| most * percent / (percent + 5);
    let (up, down, extra) = match (kind, percent) {
        (Kind::Unmoved, _) | (_, 0) => (0, 0, 0),
        (Kind::Persuadable, _) => (of(saturating(260_000)), 0, of(percent * 10_000)),
        (Kind::LargeOnly, LARGE..) => (of(280_000), 0, of(percent * 10_000)),
        (Kind::LargeOnly, _) => (0, 0, 0),
        (Kind::PutOff, _) => (0, of(100_000), 0),
    };
    let buys = (rate + up).saturating_sub(down).clamp(LEAST_RATE, MOST_RATE);
    Effect { buys, extra: extra.min(ONE) }
}

/// Sums over the basket of a buyer, then times the probability of buying.
pub(crate) fn expected(member: &Member, kind: Kind, clock: u32, percent: u32) -> Expected {
    let effect = effect(member, kind, clock, percent);
    // In millionths of a minor unit, the margin and the discount also times 100.
    let (mut amount, mut margin, mut discount) = (0_i128, 0_i128, 0_i128);
    for (number, category) in (0_u32..).zip(&CATEGORIES) {
        let favourite = number == member.favourite;
        // A quarter of the sum of prices for each unit, and (1 + household) / 2 units.
        let units = i128::from(category.prices()) * i128::from(member.household + 1) / 8;
        let of_category = if favourite {
            units * i128::from(ONE) + i128::from(category.prices()) / 4 * i128::from(effect.extra)
        } else {
            units * i128::from(category.chance(clock))
        };
        amount += of_category;
        margin += of_category * i128::from(category.margin);
        if favourite {
            discount += of_category * i128::from(percent);
        }
    }
    let of_member = |of_buyer: i128, divisor: i128| {
        let exact = of_buyer * i128::from(effect.buys);
        i64::try_from(exact.div_euclid(divisor * i128::from(ONE))).unwrap_or(i64::MAX)
    };
    Expected {
        buys: effect.buys,
        amount: of_member(amount, 1),
        discount: of_member(discount, 100),
        net: of_member(margin - discount, 100),
    }
}
