/// Which kind of reward is being worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Money off the price.
    Discount,
    /// Points earned.
    Accrual,
}

impl Phase {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Accrual => "accrual",
        }
    }
}
