//! Chance: hashes of seed, member, week and purpose.

use causal::folds::split_mix;

/// One in millionths.
pub(crate) const ONE: u32 = 1_000_000;

/// What a draw is for. Two purposes never share a draw.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Rate,
    Household,
    Age,
    App,
    Distance,
    Favourite,
    Sensitivity,
    Kind,
    OtherKind,
    Hidden,
    Store,
    Buys,
    Moment,
    InBasket,
    Product,
    Quantity,
    Extra,
    Arm,
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Self::Rate => 1,
            Self::Household => 2,
            Self::Age => 3,
            Self::App => 4,
            Self::Distance => 5,
            Self::Favourite => 6,
            Self::Sensitivity => 7,
            Self::Kind => 8,
            Self::OtherKind => 9,
            Self::Hidden => 10,
            Self::Store => 11,
            Self::Buys => 12,
            Self::Moment => 13,
            Self::InBasket => 14,
            Self::Product => 15,
            Self::Quantity => 16,
            Self::Extra => 17,
            Self::Arm => 18,
        }
    }
}

/// All draws of a member.
#[derive(Clone, Copy)]
pub(crate) struct Draws(u64);

/// One draw, uniform over all `u64`.
#[derive(Clone, Copy)]
pub(crate) struct Draw(u64);

impl Draws {
    pub(crate) fn new(seed: u64, member: u32) -> Self {
        Self(split_mix(split_mix(seed) ^ u64::from(member)))
    }

    /// A hash of the member, for folds and intervals.
    pub(crate) fn cluster(self) -> u64 {
        split_mix(self.0)
    }

    /// A draw that holds for all weeks.
    pub(crate) fn ever(self, purpose: Purpose, item: u32) -> Draw {
        self.at(0, purpose, item)
    }

    /// A draw of a week, counted from the first week of the past, which is 1. `item` tells draws of the
    /// same purpose apart.
    pub(crate) fn at(self, clock: u32, purpose: Purpose, item: u32) -> Draw {
        let place = (u64::from(clock) << 32) | (purpose.number() << 16) | u64::from(item);
        Draw(split_mix(self.0 ^ split_mix(place)))
    }
}

impl Draw {
    /// Whether something of this probability, in millionths, happens.
    pub(crate) fn happens(self, millionths: u32) -> bool {
        self.below(ONE) < millionths
    }

    /// A whole number below `bound`, each with the same probability but for 2⁻³².
    pub(crate) fn below(self, bound: u32) -> u32 {
        let wide = (u128::from(self.0) * u128::from(bound)) >> 64;
        u32::try_from(wide).unwrap_or_default()
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }
}
