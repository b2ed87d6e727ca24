//! Ranges of phone numbers with the operator and the zone of their owners: a national numbering plan as a table.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use thiserror::Error;

/// Ranges of a table at most.
pub const RANGES_MAX: usize = 1_000_000;
/// The largest number that E.164 has: fifteen digits.
const NUMBER_MAX: u64 = 999_999_999_999_999;
/// Bytes of the name of an operator or a region at most.
const NAME_MAX: usize = 200;

/// A range of phone numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    /// The first number, with the code of its country and without `+`, such as `79160000000`.
    pub first: u64,
    /// The last number.
    pub last: u64,
    /// The operator that was given the range; empty if the table does not say.
    pub operator: String,
    /// The region that the range is of; empty if the table does not say.
    pub region: String,
    /// IANA name of the zone of the region; empty if the table does not say.
    pub zone: String,
}

/// Why a range, or a table of them, is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RangeProblem {
    /// A bound is no number.
    #[error("must be from 1 to {NUMBER_MAX}, with the code of the country and without +")]
    Number,
    /// The bounds are the wrong way round.
    #[error("ends with {last}, before it begins with {first}: write the smaller number first")]
    Order {
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
    },
    /// There is no such zone.
    #[error(
        "has the zone {0:?}, which is not in the IANA database: write one such as Asia/Vladivostok, or none"
    )]
    Zone(String),
    /// A name is too long.
    #[error("has a name of more than {NAME_MAX} bytes")]
    Name,
    /// Two ranges have numbers in common.
    #[error(
        "{first} to {last} and the range from {other} have numbers in common: a number belongs to one range"
    )]
    Overlap {
        /// The first number of the earlier range.
        first: u64,
        /// The last number of the earlier range.
        last: u64,
        /// The first number of the later range.
        other: u64,
    },
    /// There are more ranges than are kept.
    #[error("the table has more than {RANGES_MAX} ranges: join neighbours with the same operator and zone")]
    TooMany,
}

impl NumberRange {
    /// Checks a range by itself.
    pub fn check(&self) -> Result<(), RangeProblem> {
        let Self { first, last, .. } = *self;
        if !(1..=NUMBER_MAX).contains(&first) || !(1..=NUMBER_MAX).contains(&last) {
            return Err(RangeProblem::Number);
        }
        if last < first {
            return Err(RangeProblem::Order { first, last });
        }
        if self.operator.len() > NAME_MAX || self.region.len() > NAME_MAX || self.zone.len() > NAME_MAX {
            return Err(RangeProblem::Name);
        }
        if !self.zone.is_empty() && TimeZone::get(&self.zone).is_err() {
            return Err(RangeProblem::Zone(self.zone.clone()));
        }
        Ok(())
    }
}

/// A table of ranges that have no number in common.
#[derive(Debug, Clone, Default)]
pub struct NumberRanges {
    /// By the first number.
    ranges: Vec<NumberRange>,
    /// The zone of each region whose ranges all have the same, by its name in small letters.
    regions: BTreeMap<String, Option<String>>,
}

impl NumberRanges {
    /// Makes a table of ranges in any order. Refused as a whole if one of them is, or two have a number in common.
    pub fn new(mut ranges: Vec<NumberRange>) -> Result<Self, RangeProblem> {
        if ranges.len() > RANGES_MAX {
            return Err(RangeProblem::TooMany);
        }
        ranges.sort_by_key(|range| (range.first, range.last));
        let mut regions: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut before: Option<&NumberRange> = None;
        for range in &ranges {
            range.check()?;
            if let Some(NumberRange { first, last, .. }) = before.filter(|before| before.last >= range.first)
            {
                return Err(RangeProblem::Overlap { first: *first, last: *last, other: range.first });
            }
            before = Some(range);
            if range.region.is_empty() || range.zone.is_empty() {
                continue;
            }
            let known =
                regions.entry(range.region.to_lowercase()).or_insert_with(|| Some(range.zone.clone()));
            // Regions of two zones tell none.
            known.take_if(|known| *known != range.zone);
        }
        Ok(Self { ranges, regions })
    }

    /// The range that a number in the form E.164 is in.
    pub fn find(&self, e164: &str) -> Option<&NumberRange> {
        let number: u64 = e164.strip_prefix('+')?.parse().ok()?;
        let after = self.ranges.partition_point(|range| range.first <= number);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (number <= range.last).then_some(range)
    }

    /// The zone of a region by its name, if all ranges of the region say the same.
    pub fn zone_of_region(&self, region: &str) -> Option<&str> {
        self.regions.get(&region.trim().to_lowercase())?.as_deref()
    }

    /// The number of ranges.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// True if there is no table.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(first: u64, last: u64, operator: &str, region: &str, zone: &str) -> NumberRange {
        let [operator, region, zone] = [operator, region, zone].map(str::to_owned);
        NumberRange { first, last, operator, region, zone }
    }

    fn plan() -> NumberRanges {
        NumberRanges::new(vec![
            range(79_510_000_000, 79_510_299_999, "East", "Primorsky Krai", "Asia/Vladivostok"),
            range(79_160_000_000, 79_169_999_999, "West", "Moscow", "Europe/Moscow"),
            range(79_510_300_000, 79_510_300_000, "Lone", "", ""),
            range(79_990_000_000, 79_990_000_009, "East", "Sakha", "Asia/Yakutsk"),
            range(79_990_000_010, 79_990_000_019, "East", "Sakha", "Asia/Magadan"),
        ])
        .expect("a plan")
    }

    #[test]
    fn a_number_is_found_up_to_both_ends_of_its_range() {
        let plan = plan();
        for (number, operator) in [
            ("+79160000000", Some("West")),
            ("+79169999999", Some("West")),
            ("+79159999999", None),
            ("+79170000000", None),
            ("+79510299999", Some("East")),
            ("+79510300000", Some("Lone")),
            ("+79510300001", None),
            ("+1", None),
            ("+99999999999999999999999", None),
            ("79160000000", None),
            ("", None),
        ] {
            assert_eq!(plan.find(number).map(|range| range.operator.as_str()), operator, "{number}");
        }
        assert_eq!((plan.len(), plan.is_empty()), (5, false));
        assert!(NumberRanges::default().find("+79160000000").is_none());
    }

    #[test]
    fn a_region_tells_its_zone_if_it_has_one() {
        let plan = plan();
        assert_eq!(plan.zone_of_region(" moscow "), Some("Europe/Moscow"));
        assert_eq!(plan.zone_of_region("PRIMORSKY KRAI"), Some("Asia/Vladivostok"));
        assert_eq!(plan.zone_of_region("Sakha"), None);
        assert_eq!(plan.zone_of_region("Atlantis"), None);
    }

    #[test]
    fn a_wrong_table_is_refused_with_what_is_wrong() {
        let ranges = |ranges: &[(u64, u64)]| {
            let ranges = ranges.iter().map(|(first, last)| range(*first, *last, "", "", ""));
            NumberRanges::new(ranges.collect()).map(|table| table.len())
        };
        assert_eq!(ranges(&[(5, 9), (1, 4)]), Ok(2));
        assert_eq!(ranges(&[(5, 9), (1, 5)]), Err(RangeProblem::Overlap { first: 1, last: 5, other: 5 }));
        assert_eq!(ranges(&[(5, 9), (5, 9)]), Err(RangeProblem::Overlap { first: 5, last: 9, other: 5 }));
        assert_eq!(ranges(&[(9, 5)]), Err(RangeProblem::Order { first: 9, last: 5 }));
        assert_eq!(ranges(&[(0, 5)]), Err(RangeProblem::Number));
        assert_eq!(ranges(&[(1, 1_000_000_000_000_000)]), Err(RangeProblem::Number));
        let zoned = range(1, 2, "", "", "Europe/Atlantis");
        assert_eq!(zoned.check(), Err(RangeProblem::Zone("Europe/Atlantis".to_owned())));
        assert_eq!(range(1, 2, &"x".repeat(201), "", "").check(), Err(RangeProblem::Name));
    }

    proptest! {
        #[test]
        fn finding_is_looking_at_every_range(
            cuts in proptest::collection::btree_set(1_u64..2_000, 2..40),
            numbers in proptest::collection::vec(1_u64..2_100, 1..50),
        ) {
            let cuts: Vec<u64> = cuts.into_iter().collect();
            // Every second stretch between two cuts is a range; those between them are nobody's.
            let all: Vec<_> = cuts.chunks_exact(2).map(|cut| range(cut[0], cut[1], &cut[0].to_string(), "", "")).collect();
            let table = NumberRanges::new(all.iter().rev().cloned().collect()).expect("no overlap");
            for number in numbers {
                let slow = all.iter().find(|range| (range.first..=range.last).contains(&number));
                prop_assert_eq!(table.find(&format!("+{number}")), slow);
            }
        }
    }
}
