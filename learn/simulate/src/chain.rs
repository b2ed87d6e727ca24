//! The chain: its members' weeks, as drawn and as expected.

use crate::catalog::{CATEGORIES, Category, Product};
use crate::draw::{Draw, Draws, Purpose};
use crate::error::SimulateError;
use crate::features::HISTORY;
use crate::member::{Kind, Member};
use crate::settings::{Arm, Settings};
use crate::truth::{Effect, Expected, effect, expected};

/// A made-up chain. Members are numbered from 0, weeks from 1. A member or a week beyond those of the
/// settings can be asked too: they are more of the same chain.
#[derive(Clone, Debug)]
pub struct Chain {
    settings: Settings,
}

/// A line of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub category: &'static Category,
    pub product: &'static Product,
    pub quantity: u32,
    /// Price times quantity, in minor units.
    pub amount: i64,
    /// What the offer takes off, in minor units.
    pub discount: i64,
}

/// What a member bought in a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// Minutes since the begin of the week.
    pub minute: u32,
    /// At least one, the favourite category among them.
    pub lines: Vec<Line>,
}

/// What came of a member's week, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub bought: bool,
    /// Price of the goods before discount.
    pub amount: i64,
    pub discount: i64,
    /// Margin less discount: what counts.
    pub net: i64,
}

impl Chain {
    /// # Errors
    ///
    /// A setting out of its range; the message says which, and what the range is.
    pub fn new(settings: Settings) -> Result<Self, SimulateError> {
        settings.check()?;
        Ok(Self { settings })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The levels of the offer, the control first.
    pub fn arms(&self) -> &[Arm] {
        &self.settings.arms
    }

    /// First day of a week, in days since 1 January 1970.
    pub fn first_day(&self, week: u32) -> u32 {
        self.settings.first_day + week.saturating_sub(1) * 7
    }

    /// The arm that gets so many percent off the favourite category; none if there is no such arm.
    pub fn arm_of(&self, percent: u32) -> Option<u8> {
        (0..).zip(self.arms()).find(|(_, arm)| arm.percent == percent).map(|(number, _)| number)
    }

    /// Hash of a member, for folds and intervals.
    pub fn cluster(&self, member: u32) -> u64 {
        self.draws(member).cluster()
    }

    /// A member's traits, those that nobody sees included.
    pub fn member(&self, member: u32) -> Member {
        Member::new(self.draws(member), self.settings.hidden)
    }

    /// How a member responds in a week.
    pub fn kind(&self, member: &Member, week: u32) -> Kind {
        match self.settings.shift {
            Some(shift) if week >= shift.week => member.kind.shifted(),
            _ => member.kind,
        }
    }

    /// The arm of a member's week, drawn with the shares of the settings.
    pub fn assign(&self, member: u32, week: u32) -> u8 {
        self.assign_by(member, week, self.arms().iter().map(|arm| arm.share))
    }

    /// The arm of a member's week, drawn with probabilities in millionths, one for each arm, that add up to
    /// 1,000,000. A policy with exploration is such probabilities.
    pub fn assign_by(&self, member: u32, week: u32, chances: impl IntoIterator<Item = u32>) -> u8 {
        let drawn = self.draws(member).at(week + HISTORY, Purpose::Arm, 0).below(crate::draw::ONE);
        let mut below = 0;
        let mut last = 0;
        for (arm, chance) in (0..).zip(chances) {
            below += chance;
            if drawn < below {
                return arm;
            }
            last = arm;
        }
        last
    }

    /// What a member's week would bring under an arm; an arm that does not exist is the control.
    pub fn outcome(&self, member: u32, week: u32, arm: u8) -> Outcome {
        self.outcome_of(&self.member(member), member, week + HISTORY, arm)
    }

    /// What is expected of a member's week under an arm; an arm that does not exist is the control.
    pub fn truth(&self, member: u32, week: u32, arm: u8) -> Expected {
        let traits = self.member(member);
        expected(&traits, self.kind(&traits, week), week + HISTORY, self.percent(arm))
    }

    /// The arm of a member's week with the largest expected net outcome, the lowest of equal ones: what
    /// somebody who knew everything would give.
    pub fn oracle(&self, member: u32, week: u32) -> u8 {
        let net = |arm| self.truth(member, week, arm).net;
        (0..).take(self.arms().len()).fold(0, |best, arm| if net(arm) > net(best) { arm } else { best })
    }

    /// Mean of what is expected, net, of a member's week if members get the arms of `policy`, over all members
    /// and some weeks, in millionths of a minor unit.
    pub fn value(&self, weeks: std::ops::Range<u32>, policy: impl Fn(u32, u32) -> u8) -> i64 {
        let mut rows = 0_i128;
        let mut sum = 0_i128;
        for week in weeks {
            for member in 0..self.settings.members {
                rows += 1;
                sum += i128::from(self.truth(member, week, policy(member, week)).net);
            }
        }
        i64::try_from(sum.div_euclid(rows.max(1))).unwrap_or(i64::MAX)
    }

    /// What a member would buy in a week under an arm; none who does not buy.
    pub fn basket(&self, member: u32, week: u32, arm: u8) -> Option<Basket> {
        self.basket_at(member, week + HISTORY, arm)
    }

    /// What a member bought in a week of the past: 0 is the last one before week 1, 11 the first one.
    pub(crate) fn past_basket(&self, member: u32, weeks_before: u32) -> Option<Basket> {
        self.basket_at(member, HISTORY.checked_sub(weeks_before)?, 0)
    }

    fn basket_at(&self, member: u32, clock: u32, arm: u8) -> Option<Basket> {
        let traits = self.member(member);
        let draws = self.draws(member);
        let mut lines = Vec::new();
        self.buy(&traits, draws, clock, arm, |line| lines.push(line)).then(|| Basket {
            // From 8:00 to 19:59 on any day.
            minute: {
                let drawn = draws.at(clock, Purpose::Moment, 0).below(7 * 720);
                drawn / 720 * 1_440 + 480 + drawn % 720
            },
            lines,
        })
    }

    pub(crate) fn outcome_of(&self, traits: &Member, member: u32, clock: u32, arm: u8) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.bought = self.buy(traits, self.draws(member), clock, arm, |line| {
            outcome.amount += line.amount;
            outcome.discount += line.discount;
            outcome.net += line.amount * i64::from(line.category.margin) / 100 - line.discount;
        });
        outcome
    }

    /// Draws a week and hands over its lines; whether the member buys at all.
    fn buy(&self, traits: &Member, draws: Draws, clock: u32, arm: u8, mut line: impl FnMut(Line)) -> bool {
        let percent = self.percent(arm);
        let kind = self.kind(traits, clock.saturating_sub(HISTORY));
        let Effect { buys, extra } = effect(traits, kind, clock, percent);
        if !draws.at(clock, Purpose::Buys, 0).happens(buys) {
            return false;
        }
        for (number, category) in (0_u32..).zip(&CATEGORIES) {
            let favourite = number == traits.favourite;
            let draw = |purpose| -> Draw { draws.at(clock, purpose, number) };
            if !favourite && !draw(Purpose::InBasket).happens(category.chance(clock)) {
                continue;
            }
            let more = u32::from(favourite && draw(Purpose::Extra).happens(extra));
            let quantity = draw(Purpose::Quantity).between(1, traits.household) + more;
            let [first, second, third, fourth] = &category.products;
            let product = match draw(Purpose::Product).below(4) {
                0 => first,
                1 => second,
                2 => third,
                _ => fourth,
            };
            let amount = i64::from(product.price * quantity);
            let discount = if favourite { amount * i64::from(percent) / 100 } else { 0 };
            line(Line { category, product, quantity, amount, discount });
        }
        true
    }

    fn percent(&self, arm: u8) -> u32 {
        self.arms().get(usize::from(arm)).map_or(0, |arm| arm.percent)
    }

    fn draws(&self, member: u32) -> Draws {
        Draws::new(self.settings.seed, member)
    }
}
