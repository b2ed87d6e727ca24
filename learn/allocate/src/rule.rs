//! By what rule a member gets what: prices, cuts, and a few exceptions.

use std::collections::BTreeMap;

use crate::cut::Cut;
use crate::hash::turn;
use crate::hull::{Pick, Point, Work};
use crate::limits::Limits;
use crate::{Choice, Member};

/// Worths and prices are in 1/2³² of the unit of gain.
pub(crate) const SHIFT: u32 = 32;

/// The highest price, so that no worth leaves 128 bits: at 2·10¹² gain for the smallest unit, nothing is bought.
pub(crate) const HIGHEST: i128 = 1 << 74;

/// Which limits other than its own a cut must not use more of than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    Caps,
    All,
}

/// What a stage looks at: one limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) coordinate: usize,
    pub(crate) held: Held,
}

/// One stage of the rule; each starts from what the stage before has given.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    Cut(View, Cut),
    /// Members who get something else.
    Exceptions(BTreeMap<u64, Pick>),
}

/// The whole rule. Who knows it and the choices of a member knows what the member gets.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) limits: Limits,
    /// A price per coordinate, the budget first.
    pub(crate) prices: Vec<i128>,
    pub(crate) salt: u64,
    pub(crate) stages: Vec<Stage>,
}

impl Rule {
    /// The choice that a pick stands for.
    pub(crate) fn choice<'a>(member: &Member<'a>, pick: Pick) -> Option<&'a Choice> {
        pick.and_then(|place| member.choices.get(usize::from(place)))
    }

    /// What a pick uses of a coordinate.
    pub(crate) fn used(&self, coordinate: usize, member: &Member<'_>, pick: Pick) -> i64 {
        Self::choice(member, pick).map_or(0, |choice| self.limits.used(coordinate, choice))
    }

    /// What a pick brings less the prices of what it uses, but for the coordinates for which `free` is false.
    pub(crate) fn worth(&self, member: &Member<'_>, pick: Pick, free: impl Fn(usize) -> bool) -> i128 {
        let Some(choice) = Self::choice(member, pick) else { return 0 };
        let priced =
            self.prices.iter().enumerate().filter(|(coordinate, price)| **price > 0 && free(*coordinate));
        let less: i128 = priced
            .map(|(coordinate, price)| price.saturating_mul(i128::from(self.limits.used(coordinate, choice))))
            .sum();
        (i128::from(choice.gain) << SHIFT).saturating_sub(less)
    }

    /// Fills in the points that a stage may choose from, if the stage before has given `current`.
    pub(crate) fn view(&self, view: View, current: Pick, member: &Member<'_>, work: &mut Work) {
        let held = |other: usize| {
            other != view.coordinate
                && match view.held {
                    Held::Nothing => false,
                    Held::Caps => other > 0,
                    Held::All => true,
                }
        };
        let coordinates = self.limits.coordinates();
        work.points.clear();
        for pick in picks(member) {
            let allowed = (0..coordinates)
                .filter(|other| held(*other))
                .all(|other| self.used(other, member, pick) <= self.used(other, member, current));
            if allowed {
                let used = self.used(view.coordinate, member, pick);
                let worth = self.worth(member, pick, |other| other != view.coordinate && !held(other));
                work.points.push(Point { used, worth, pick });
            }
        }
    }

    /// What a member gets.
    pub(crate) fn pick(&self, member: &Member<'_>, work: &mut Work) -> Pick {
        let mut current = None;
        for stage in &self.stages {
            match stage {
                Stage::Cut(view, cut) => {
                    self.view(*view, current, member, work);
                    work.corner();
                    current = cut.pick(work, turn(member.key, self.salt));
                }
                Stage::Exceptions(others) => {
                    current = others.get(&member.key).copied().unwrap_or(current);
                }
            }
        }
        current
    }
}

/// Nothing, and each choice of a member.
pub(crate) fn picks(member: &Member<'_>) -> impl Iterator<Item = Pick> {
    let places = (0..=u8::MAX).zip(member.choices).map(|(place, _)| Some(place));
    std::iter::once(None).chain(places)
}
