//! The limits of a plan.

use crate::{AllocateError, Choice, Member};

/// The most caps beside the budget.
pub const MOST_CAPS: usize = 16;

/// What a plan may use up.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The largest sum of costs, in minor units; costs below 0 give room for others.
    pub budget: i64,
    /// At most [`MOST_CAPS`].
    pub caps: Vec<Cap>,
}

/// A limit beside the budget.
#[derive(Clone, Debug)]
pub struct Cap {
    /// The name by which people know it, for messages.
    pub name: String,
    pub of: Of,
    pub measure: Measure,
    pub limit: i64,
}

/// The choices that fall under a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Category(u16),
    Brand(u16),
    All,
}

/// What a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Members who get one of the choices.
    Members,
    /// Costs, in minor units. One below 0 counts as 0: it gives no room to others.
    Spend,
    /// Messages.
    Contacts,
}

impl Cap {
    fn holds(&self, choice: &Choice) -> bool {
        match self.of {
            Of::Category(category) => choice.category == category,
            Of::Brand(brand) => choice.brand == brand,
            Of::All => true,
        }
    }

    /// What a choice uses of the cap; never below 0.
    pub(crate) fn used(&self, choice: &Choice) -> i64 {
        if !self.holds(choice) {
            return 0;
        }
        match self.measure {
            Measure::Members => 1,
            Measure::Spend => choice.cost.max(0),
            Measure::Contacts => i64::from(choice.contacts),
        }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), AllocateError> {
        if self.budget < 0 {
            return Err(AllocateError::NegativeBudget { budget: self.budget });
        }
        if self.caps.len() > MOST_CAPS {
            return Err(AllocateError::TooManyCaps { count: self.caps.len(), most: MOST_CAPS });
        }
        for (place, cap) in self.caps.iter().enumerate() {
            if cap.limit < 0 {
                return Err(AllocateError::NegativeCap { name: cap.name.clone(), limit: cap.limit });
            }
            let same = |other: &&Cap| other.of == cap.of && other.measure == cap.measure;
            if let Some(first) = self.caps.iter().take(place).find(same) {
                return Err(AllocateError::CapTwice { first: first.name.clone(), second: cap.name.clone() });
            }
        }
        Ok(())
    }

    /// The cap of a coordinate; coordinate 0 is the budget and has none.
    pub(crate) fn cap(&self, coordinate: usize) -> Option<&Cap> {
        coordinate.checked_sub(1).and_then(|place| self.caps.get(place))
    }

    /// The number of coordinates: the budget, then the caps.
    pub(crate) const fn coordinates(&self) -> usize {
        self.caps.len().saturating_add(1)
    }

    pub(crate) fn limit(&self, coordinate: usize) -> i64 {
        self.cap(coordinate).map_or(self.budget, |cap| cap.limit)
    }

    pub(crate) fn name(&self, coordinate: usize) -> String {
        self.cap(coordinate).map_or_else(|| "the budget".to_owned(), |cap| cap.name.clone())
    }

    /// What a choice uses of a coordinate.
    pub(crate) fn used(&self, coordinate: usize, choice: &Choice) -> i64 {
        self.cap(coordinate).map_or(choice.cost, |cap| cap.used(choice))
    }

    /// Whether any choice of a member falls under a cap.
    pub(crate) fn met(cap: &Cap, member: &Member<'_>) -> bool {
        member.choices.iter().any(|choice| cap.holds(choice))
    }
}
