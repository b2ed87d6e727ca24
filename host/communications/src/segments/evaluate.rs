//! The pure evaluator of rules.

use std::collections::BTreeMap;

use domain::audience::{Date, Value};

use super::days::{date_of, day_of};
use super::facts::{Fact, Facts};
use super::rule::{AttributeTest, EventTest, Fold, Rule};

/// True if a rule holds for a member at an instant (milliseconds since 1970). Events of days to come do not count yet.
pub fn evaluate(rule: &Rule, facts: &Facts<'_>, now_ms: i64) -> bool {
    holds(rule, facts, day_of(now_ms, facts.zone))
}

/// True if a rule holds on a day.
pub(super) fn holds(rule: &Rule, facts: &Facts<'_>, today: i64) -> bool {
    match rule {
        Rule::All(rules) => rules.iter().all(|rule| holds(rule, facts, today)),
        Rule::Any(rules) => rules.iter().any(|rule| holds(rule, facts, today)),
        Rule::Not(rule) => !holds(rule, facts, today),
        Rule::Attribute(test) => test.passes(facts.attributes.get(&test.name), date_of(today)),
        Rule::Events(test) => test.passes(&facts.of_measure(&test.measure), today),
        Rule::Points(bounds) => facts.points.is_some_and(|points| bounds.contains(points)),
        Rule::Rfm(test) => facts.rfm.is_some_and(|scores| test.passes(scores)),
        Rule::Segment(name) => facts.segments.contains(name),
    }
}

impl AttributeTest {
    /// True if a value of the attribute passes on a day, or its absence does.
    pub fn passes(&self, value: Option<&Value>, today: Date) -> bool {
        let record: BTreeMap<String, Value> =
            value.map(|value| (self.name.clone(), value.clone())).into_iter().collect();
        self.rule.holds(&Value::Record(record), today)
    }
}

impl EventTest {
    /// The first day whose events count on a day.
    pub fn first_day(&self, today: i64) -> i64 {
        match self.within_days {
            Some(days) => today.saturating_sub(days).saturating_add(1),
            None => i64::MIN,
        }
    }

    /// True if facts pass on a day. They are in the order of time.
    fn passes(&self, facts: &[Fact], today: i64) -> bool {
        let first = self.first_day(today);
        let mut counted = facts.iter().filter(|fact| (first..=today).contains(&fact.day));
        let days_ago = |fact: &Fact| today.saturating_sub(fact.day);
        let number = match self.fold {
            Fold::Count(_) => i64::try_from(counted.count()).ok(),
            Fold::Sum(_) => Some(counted.fold(0_i64, |sum, fact| sum.saturating_add(fact.value))),
            Fold::LastDays(_) => counted.next_back().map(days_ago),
            Fold::FirstDays(_) => counted.next().map(days_ago),
            Fold::LastValue(_) => counted.next_back().map(|fact| fact.value),
            Fold::FirstValue(_) => counted.next().map(|fact| fact.value),
        };
        number.is_some_and(|number| self.fold.bounds().contains(number))
    }
}
