//! What can be chosen about a chain, with its limits.

use crate::dates::{FIRST_DAY, LAST_FIRST_DAY};
use crate::draw::ONE;
use crate::error::SimulateError;
use crate::features::HISTORY;

/// Most members.
pub const MOST_MEMBERS: u32 = 10_000_000;

/// Most weeks: two years.
pub const MOST_WEEKS: u32 = 104;

/// Most arms, with the control.
pub const MOST_ARMS: usize = 8;

/// Most members times weeks.
pub(crate) const MOST_ROWS: u64 = 100_000_000;

/// A level of the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Percent off the favourite category; 0 is the control. A multiple of 5, and so are prices in minor
    /// units, times four: every discount is a whole number, and no rule of rounding can matter.
    pub percent: u32,
    /// Probability of getting it where arms are drawn at random, in millionths.
    pub share: u32,
}

/// From some week on the effects of the offer are other ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// First week with the new effects, from 1.
    pub week: u32,
}

/// What can be chosen about a chain. Two chains of the same settings are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// From 1 to [`MOST_MEMBERS`].
    pub members: u32,
    /// From 1 to [`MOST_WEEKS`].
    pub weeks: u32,
    pub seed: u64,
    /// The control first.
    pub arms: Vec<Arm>,
    /// Part of members, in millionths, whose kind goes with nothing that models see.
    pub hidden: u32,
    pub shift: Option<Shift>,
    /// First day of week 1, in days since 1 January 1970: see [`crate::day`]. It moves dates and nothing else.
    pub first_day: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let arm = |percent| Arm { percent, share: 250_000 };
        Self {
            members: 10_000,
            weeks: 4,
            seed: 1,
            arms: [0, 5, 10, 15].map(arm).to_vec(),
            hidden: 40_000,
            shift: None,
            first_day: FIRST_DAY,
        }
    }
}

impl Settings {
    /// # Errors
    ///
    /// A number out of its range, or arms that cannot be drawn from.
    pub(crate) fn check(&self) -> Result<(), SimulateError> {
        if self.members == 0 || self.members > MOST_MEMBERS {
            return Err(SimulateError::Members { found: self.members });
        }
        if self.weeks == 0 || self.weeks > MOST_WEEKS {
            return Err(SimulateError::Weeks { found: self.weeks });
        }
        if u64::from(self.members) * u64::from(self.weeks) > MOST_ROWS {
            return Err(SimulateError::Rows { members: self.members, weeks: self.weeks });
        }
        if self.hidden > ONE {
            return Err(SimulateError::Hidden { found: self.hidden });
        }
        if let Some(shift) = self.shift
            && (shift.week == 0 || shift.week > self.weeks)
        {
            return Err(SimulateError::Shift { found: shift.week, weeks: self.weeks });
        }
        if self.first_day < HISTORY * 7 || self.first_day > LAST_FIRST_DAY {
            return Err(SimulateError::FirstDay { found: self.first_day });
        }
        self.check_arms()
    }

    fn check_arms(&self) -> Result<(), SimulateError> {
        let Some((control, others)) = self.arms.split_first() else {
            return Err(SimulateError::Arms { found: 0 });
        };
        if others.is_empty() || self.arms.len() > MOST_ARMS {
            return Err(SimulateError::Arms { found: self.arms.len() });
        }
        if control.percent != 0 {
            return Err(SimulateError::Control { found: control.percent });
        }
        for (number, (before, arm)) in self.arms.iter().zip(others).enumerate() {
            if arm.percent % 5 != 0 || arm.percent > 50 || arm.percent <= before.percent {
                return Err(SimulateError::Level { arm: number + 1, found: arm.percent });
            }
        }
        let sum = self.arms.iter().map(|arm| u64::from(arm.share)).sum();
        if sum != u64::from(ONE) || self.arms.iter().any(|arm| arm.share == 0) {
            return Err(SimulateError::Shares { found: sum });
        }
        Ok(())
    }
}
