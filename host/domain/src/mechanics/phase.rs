/// The kind of reward: discounts are granted in one phase, points in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Discounts, in money.
    Discount,
    /// Points earned.
    Accrual,
}

impl Phase {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Accrual => "accrual",
        }
    }
}
