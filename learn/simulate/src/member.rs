//! Members: what models see of them, and what nobody does.

use crate::catalog::{CATEGORIES, COUNT, Category};
use crate::draw::{Draws, Purpose};

/// How a member responds to the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Does as always; a discount only costs.
    Unmoved,
    /// Buys oftener with any discount, a little more so with a larger one.
    Persuadable,
    /// Buys oftener, but only for 15 % or more.
    LargeOnly,
    /// Is annoyed by offers, and buys less often.
    PutOff,
}

impl Kind {
    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unmoved => "unmoved",
            Self::Persuadable => "persuadable",
            Self::LargeOnly => "large_only",
            Self::PutOff => "put_off",
        }
    }

    /// What a member of this kind becomes when the effects shift: who could be persuaded has got used to
    /// it and who could not is won, who waited for a large discount is put off and the other way round.
    #[must_use]
    pub fn shifted(self) -> Self {
        match self {
            Self::Unmoved => Self::Persuadable,
            Self::Persuadable => Self::Unmoved,
            Self::LargeOnly => Self::PutOff,
            Self::PutOff => Self::LargeOnly,
        }
    }
}

/// A member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Years, 18 to 85. Models do not see it of every member.
    pub age: u32,
    /// Whether the chain knows the age.
    pub age_known: bool,
    /// Whether they have the app.
    pub app: bool,
    /// Way to the store, in hundreds of metres, 1 to 120.
    pub distance: u32,
    /// Persons, 1 to 4. Models do not see it of every member.
    pub household: u32,
    /// Whether the chain knows the household.
    pub household_known: bool,
    /// Place of the favourite category in [`CATEGORIES`].
    pub favourite: u32,
    /// Store, 1 to 5, where they shop. It has no effect.
    pub store: u32,
    /// Probability of buying in a week before season and offer, in millionths. Nobody sees it.
    pub rate: u32,
    /// Percent of the usual effects, 60 to 140. Nobody sees it.
    pub sensitivity: u32,
    /// Before any shift. Nobody sees it.
    pub kind: Kind,
}

impl Member {
    pub(crate) fn new(draws: Draws, hidden: u32) -> Self {
        let draw = |purpose| draws.ever(purpose, 0);
        let age = draw(Purpose::Age).between(18, 85);
        let app = draw(Purpose::App).happens(if age < 45 { 650_000 } else { 350_000 });
        let distance = draw(Purpose::Distance).between(1, 120);
        let by_traits = match (app, age, distance) {
            (true, ..45, _) => Kind::Persuadable,
            (true, ..) => Kind::LargeOnly,
            (false, 65.., _) => Kind::PutOff,
            (false, _, 80..) => Kind::Persuadable,
            (false, ..) => Kind::Unmoved,
        };
        let kind = if draw(Purpose::OtherKind).happens(hidden) {
            match draw(Purpose::Kind).below(4) {
                0 => Kind::Unmoved,
                1 => Kind::Persuadable,
                2 => Kind::LargeOnly,
                _ => Kind::PutOff,
            }
        } else {
            by_traits
        };
        // The square of a uniform number: most shop seldom.
        let lively = u64::from(draw(Purpose::Rate).below(1_000));
        let rate = 100_000 + u32::try_from(lively * lively * 55 / 100).unwrap_or_default();
        Self {
            age,
            age_known: draws.ever(Purpose::Hidden, 0).happens(970_000),
            app,
            distance,
            household: draw(Purpose::Household).between(1, 4),
            household_known: draws.ever(Purpose::Hidden, 1).happens(900_000),
            favourite: draw(Purpose::Favourite).below(COUNT),
            store: draw(Purpose::Store).between(1, 5),
            rate,
            sensitivity: draw(Purpose::Sensitivity).between(60, 140),
            kind,
        }
    }

    /// The favourite category.
    pub fn favourite_category(&self) -> &'static Category {
        let [first, ..] = &CATEGORIES;
        CATEGORIES.get(usize::try_from(self.favourite).unwrap_or_default()).unwrap_or(first)
    }
}
