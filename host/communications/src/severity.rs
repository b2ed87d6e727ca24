//! Statuses of a sent message. Reports come late and in any order; a status only rises in severity, so that a late
//! "delivered" does not hide a complaint.

use serde::{Deserialize, Serialize};

/// The status of a message after it was handed over, from the least to the most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The provider has it.
    Sent,
    /// It did not arrive, for now; it may yet.
    SoftBounced,
    /// It arrived.
    Delivered,
    /// It was opened.
    Opened,
    /// A link was clicked.
    Clicked,
    /// The member answered that it wants no more of these.
    Unsubscribed,
    /// It did not arrive, and none ever will at this address.
    HardBounced,
    /// The member called it unwanted.
    Complained,
}

impl Status {
    /// All of them, the least severe first.
    pub const ALL: [Self; 8] = [
        Self::Sent,
        Self::SoftBounced,
        Self::Delivered,
        Self::Opened,
        Self::Clicked,
        Self::Unsubscribed,
        Self::HardBounced,
        Self::Complained,
    ];

    /// The status once another is reported: the more severe of the two.
    #[must_use]
    pub fn with(self, reported: Self) -> Self {
        self.max(reported)
    }

    /// The name that rows and events have.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::SoftBounced => "soft_bounced",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Unsubscribed => "unsubscribed",
            Self::HardBounced => "hard_bounced",
            Self::Complained => "complained",
        }
    }

    /// The status with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All orders of a list.
    fn permutations(statuses: &[Status]) -> Vec<Vec<Status>> {
        if statuses.is_empty() {
            return vec![Vec::new()];
        }
        let one = |index: usize| {
            let mut rest = statuses.to_vec();
            let first = rest.remove(index);
            permutations(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
        };
        (0..statuses.len()).flat_map(one).collect()
    }

    #[test]
    fn the_order_of_reports_changes_nothing() {
        let subsets = (0_u32..256).map(|set| {
            let is_in = |status: &Status| {
                set & (1 << Status::ALL.iter().position(|one| one == status).expect("a status")) != 0
            };
            Status::ALL.into_iter().filter(is_in).collect::<Vec<_>>()
        });
        // All 40,320 orders of all eight, and those of each smaller set.
        for reports in subsets {
            let wanted = reports.last().copied().unwrap_or(Status::Sent);
            for order in permutations(&reports) {
                let found = order.iter().fold(Status::Sent, |status, report| status.with(*report));
                assert_eq!(found, wanted, "{order:?}");
            }
        }
    }

    #[test]
    fn a_late_delivered_does_not_hide_a_complaint() {
        assert_eq!(Status::Complained.with(Status::Delivered), Status::Complained);
        assert_eq!(Status::SoftBounced.with(Status::Delivered), Status::Delivered);
        assert_eq!(Status::Delivered.with(Status::HardBounced), Status::HardBounced);
    }

    #[test]
    fn names_are_those_of_documents() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).expect("a value"), status.name());
            assert_eq!(Status::named(status.name()), Some(status));
        }
        assert_eq!(Status::named("seen"), None);
    }
}
