//! Features against a plain computation of the same, tile by tile.

use std::collections::{BTreeMap, BTreeSet};

use features::{Definitions, Key, Limits, NEVER, Sums, text_code};
use proptest::prelude::*;

use crate::world::{Draw, Rows, TODAY, folder, rows, tile};

const CATEGORIES: [[&str; 2]; 5] = [["A", "A1"], ["A", "A2"], ["B", "B1"], ["A", ""], ["", ""]];
const KINDS: [&str; 3] = ["big", "small", ""];

/// A feature as the plain computation understands it.
#[derive(Clone, Copy, Default)]
struct Wanted {
    metric: &'static str,
    /// From so many days ago (exclusive; 0: all) to so many days ago.
    from: i64,
    to: i64,
    upper: Option<&'static str>,
    lower: Option<&'static str>,
    months: &'static [i64],
    weekdays: &'static [i64],
    daypart: Option<i64>,
    kind: Option<&'static str>,
}

/// Definitions, some of all that there can be, and the same features for the plain computation.
fn wanted(draw: &mut Draw) -> (Definitions, Vec<Wanted>) {
    let metrics = ["receipts", "quantity", "spent", "discount", "points", "returned", "recency", "tenure"];
    let several = ["variety", "favourite", "several_outlets"];
    let filters: [(&str, Wanted); 6] = [
        ("", Wanted::default()),
        ("seasons = [\"winter\"]", Wanted { months: &[12, 1, 2], ..Wanted::default() }),
        ("weekdays = [\"weekend\"]", Wanted { weekdays: &[6, 7], ..Wanted::default() }),
        ("dayparts = [\"evening\"]", Wanted { daypart: Some(5), ..Wanted::default() }),
        ("by_outlet_kind = true", Wanted { kind: Some("big"), ..Wanted::default() }),
        (
            "seasons = [\"may\"]\nweekdays = [\"workdays\"]",
            Wanted { months: &[5], weekdays: &[1, 2, 3, 4, 5], ..Wanted::default() },
        ),
    ];
    let mut text =
        "outlet_kinds = [\"big\"]\n[categories]\nlevel_1 = [\"A\", \"B\"]\nlevel_2 = [\"A1\", \"B1\"]\n"
            .to_owned();
    let mut wanted = Vec::new();
    for (days, from, to) in [("0", 0, 0), ("28", 28, 0), ("[28, 364]", 364, 28)] {
        for (lines, filter) in filters {
            for level in 0..=2 {
                let known = metrics.iter().chain(several.iter().filter(|_| level < 2));
                for metric in known.copied().filter(|metric| *metric != "several_outlets" || level == 0) {
                    // All of them at once would take minutes to plan where nothing is optimised.
                    if !wanted.is_empty() && draw.below(25) > 0 {
                        continue;
                    }
                    text += &format!(
                        "[[set]]\ngroup = \"profile\"\nmetrics = [\"{metric}\"]\ndays = [{days}]\n{lines}\n"
                    );
                    let one = Wanted { metric, from, to, ..filter };
                    match level {
                        0 => wanted.push(one),
                        1 => {
                            text += "level = 1\n";
                            wanted.extend(["A", "B"].map(|name| Wanted { upper: Some(name), ..one }));
                        }
                        _ => {
                            text += "level = 2\n";
                            wanted.extend(["A1", "B1"].map(|name| Wanted { lower: Some(name), ..one }));
                        }
                    }
                }
            }
        }
    }
    (Definitions::from_toml(&text).unwrap(), wanted)
}

/// Month of a day since 1970, by the lengths of months.
fn month(day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut left, mut year) = (day, 1970);
    while left >= 365 + i64::from(leap(year)) {
        left -= 365 + i64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, length) in (1..).zip(lengths) {
        if left < length {
            return month;
        }
        left -= length;
    }
    12
}

fn counts(wanted: &Wanted, key: &Key) -> bool {
    let ago = TODAY - key.day;
    // 1 January 1970 was a Thursday.
    let weekday = (key.day + 3) % 7 + 1;
    ago > wanted.to
        && (wanted.from == 0 || ago <= wanted.from)
        && wanted.upper.is_none_or(|name| key.category_1 == text_code(name))
        && wanted.lower.is_none_or(|name| key.category_2 == text_code(name))
        && (wanted.months.is_empty() || wanted.months.contains(&month(key.day)))
        && (wanted.weekdays.is_empty() || wanted.weekdays.contains(&weekday))
        && wanted.daypart.is_none_or(|part| key.daypart == part)
        && wanted.kind.is_none_or(|kind| key.outlet_kind == text_code(kind))
}

fn value(wanted: &Wanted, tiles: &[(Key, Sums)]) -> i64 {
    let these: Vec<_> = tiles.iter().filter(|(key, _)| counts(wanted, key)).collect();
    let sum = |of: fn(&Sums) -> i64| these.iter().map(|(_, sums)| of(sums)).sum::<i64>();
    let bought = || these.iter().filter(|(_, sums)| sums.receipts_2 > 0);
    let by_category = |of: fn(&Sums) -> i64| {
        let mut sums = BTreeMap::new();
        for (key, tile) in &these {
            *sums.entry((key.category_1, key.category_2)).or_insert(0) += of(tile);
        }
        sums.into_values()
    };
    match wanted.metric {
        "receipts" if wanted.lower.is_some() => sum(|sums| sums.receipts_2),
        "receipts" if wanted.upper.is_some() => sum(|sums| sums.receipts_1),
        "receipts" => sum(|sums| sums.receipts),
        "quantity" => sum(|sums| sums.quantity),
        "spent" => sum(|sums| sums.spent),
        "discount" => sum(|sums| sums.discount),
        "points" => sum(|sums| sums.points),
        "returned" => sum(|sums| sums.returned),
        "recency" => bought().map(|(key, _)| TODAY - key.day).min().unwrap_or(NEVER),
        "tenure" => bought().map(|(key, _)| TODAY - key.day).max().unwrap_or(0),
        "variety" => {
            i64::try_from(by_category(|sums| sums.receipts_2).filter(|sum| *sum > 0).count()).unwrap()
        }
        "favourite" => by_category(|sums| sums.spent).max().unwrap_or(0).max(0),
        "several_outlets" => {
            let outlets: BTreeSet<_> =
                bought().map(|(key, _)| key.outlet).filter(|outlet| *outlet > 0).collect();
            i64::from(outlets.len() > 1)
        }
        other => panic!("{other}"),
    }
}

fn plain(tiles: &[(Key, Sums)], wanted: &[Wanted]) -> Rows {
    let mut members: BTreeMap<i64, Vec<(Key, Sums)>> = BTreeMap::new();
    for (key, sums) in tiles.iter().filter(|(key, _)| key.day < TODAY) {
        members.entry(key.member).or_default().push((*key, *sums));
    }
    let values = |tiles: Vec<(Key, Sums)>| wanted.iter().map(|wanted| value(wanted, &tiles)).collect();
    members.into_iter().map(|(member, tiles)| (member, values(tiles))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn features_are_what_a_plain_computation_finds(seed: u64, count in 1..80_usize, portions in 1..3_usize) {
        let mut draw = Draw(seed);
        let members: Vec<i64> = (0..5).map(|_| draw.next().cast_signed()).collect();
        let mut tiles = Vec::new();
        for _ in 0..count {
            let member = members[usize::try_from(draw.below(5)).unwrap()];
            tiles.push(tile(&mut draw, member, &CATEGORIES, &KINDS));
        }
        let (definitions, wanted) = wanted(&mut draw);
        prop_assert_eq!(definitions.features().len(), wanted.len());
        let (_folder, stored) = folder(&tiles, portions);
        let limits = Limits { partitions: 2, buckets_per_query: 2_048, ..Limits::default() };
        let (found, _) = rows(&stored, &definitions, &limits);
        let expected = plain(&tiles, &wanted);
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (member, values) in &expected {
            for ((value, other), feature) in values.iter().zip(&found[member]).zip(definitions.features()) {
                prop_assert_eq!(value, other, "member {}, {}", member, feature.name);
            }
        }
    }
}
