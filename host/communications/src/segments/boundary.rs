//! When a rule may change without an event: at a midnight in the member's zone.

use domain::audience::{Rule as AttributeRule, Test};

use super::days::{date_of, day_of, start_of};
use super::facts::Facts;
use super::rule::{AttributeTest, EventTest, Fold, Rule};

/// Days that are looked at for a change of an attribute's test; a test that has not changed by then is looked at again.
const DAYS_AHEAD: i64 = 366;

/// The next instant (milliseconds since 1970) at which the rule may come to hold, or cease to, without an event; none
/// if only events can change it.
pub fn next_boundary(rule: &Rule, facts: &Facts<'_>, now_ms: i64) -> Option<i64> {
    let today = day_of(now_ms, facts.zone);
    let days = rule.leaves().into_iter().filter_map(|leaf| match leaf {
        Rule::Events(test) => {
            let facts = facts.of_measure(&test.measure);
            let days = facts
                .iter()
                .flat_map(|fact| test.offsets().into_iter().map(|offset| fact.day.saturating_add(offset)));
            days.filter(|day| *day > today).min()
        }
        Rule::Attribute(test) if test.is_of_today() => {
            let value = facts.attributes.get(&test.name);
            let now = test.passes(value, date_of(today));
            let last = today.saturating_add(DAYS_AHEAD);
            let ahead = today.saturating_add(1)..last;
            Some(ahead.into_iter().find(|day| test.passes(value, date_of(*day)) != now).unwrap_or(last))
        }
        _ => None,
    });
    days.min().map(|day| start_of(day, facts.zone))
}

impl EventTest {
    /// How many days after a fact's day the test may change by itself: 0 for a fact of a day to come, then when the fact
    /// is as old as a bound says, or too old to be counted.
    pub fn offsets(&self) -> Vec<i64> {
        let mut offsets = vec![0];
        offsets.extend(self.within_days);
        if let Fold::LastDays(bounds) | Fold::FirstDays(bounds) = self.fold {
            offsets.extend([bounds.least, bounds.most.saturating_add(1)]);
        }
        // Further away than any calendar reaches.
        offsets.retain(|offset| (0..=4_000_000).contains(offset));
        offsets.sort_unstable();
        offsets.dedup();
        offsets
    }
}

impl AttributeTest {
    /// True if the test depends on the day.
    pub fn is_of_today(&self) -> bool {
        is_of_today(&self.rule)
    }
}

fn is_of_today(rule: &AttributeRule) -> bool {
    match rule {
        AttributeRule::All(rules) | AttributeRule::Any(rules) => rules.iter().any(is_of_today),
        AttributeRule::Not(rule) => is_of_today(rule),
        AttributeRule::Field { test, .. } => match test {
            Test::Month(None) | Test::Birthday { .. } | Test::Age(_) => true,
            Test::Some(rule) => is_of_today(rule),
            Test::Exists
            | Test::In(_)
            | Test::Contains(_)
            | Test::Number(_)
            | Test::Date(_)
            | Test::Month(Some(_)) => false,
        },
    }
}
