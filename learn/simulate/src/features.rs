//! What models see of a member before a week begins.

use crate::chain::Chain;
use crate::member::Member;

/// Weeks before the first one, without offers. Features look back over as many weeks.
pub const HISTORY: u32 = 12;

/// Names of the features, in the order of [`Chain::features`].
pub const FEATURES: [&str; 8] =
    ["age", "app", "distance", "household", "favourite", "weeks_bought", "weeks_since", "spent"];

impl Chain {
    /// The features of a member as of the begin of a week. Missing (`None`) are what the chain does not know,
    /// and the weeks since a purchase if there was none. `given` says which arm the member had in each week before.
    pub fn features(&self, member: u32, week: u32, given: impl Fn(u32) -> u8) -> [Option<i64>; 8] {
        let traits = self.member(member);
        let now = week + HISTORY;
        let (mut bought, mut since, mut spent) = (0, None, 0);
        for clock in now.saturating_sub(HISTORY)..now {
            let arm = match clock.checked_sub(HISTORY) {
                Some(0) | None => 0,
                Some(week) => given(week),
            };
            let outcome = self.outcome_of(&traits, member, clock, arm);
            if outcome.bought {
                bought += 1;
                since = Some(i64::from(now - clock));
                spent += outcome.amount;
            }
        }
        let Member { age, age_known, app, distance, household, household_known, favourite, .. } = traits;
        [
            age_known.then_some(i64::from(age)),
            Some(i64::from(app)),
            Some(i64::from(distance)),
            household_known.then_some(i64::from(household)),
            Some(i64::from(favourite)),
            Some(bought),
            since,
            Some(spent),
        ]
    }
}
