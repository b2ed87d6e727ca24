//! Features by a plain computation: definitions read once more, and tile by tile.

use std::collections::{BTreeMap, BTreeSet};

use features::{Key, NEVER, Sums, text_code};
use toml::{Table, Value};

use crate::world::{Rows, TODAY};

/// A feature as the plain computation understands it.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    metric: String,
    /// From so many days ago (0: from the first day) to so many days ago.
    from: i64,
    to: i64,
    /// Level and name of the category.
    category: Option<(i64, String)>,
    months: Vec<i64>,
    weekdays: Vec<i64>,
    daypart: Option<i64>,
    kind: Option<String>,
}

/// The features of a text of definitions, in their order.
pub(crate) fn wanted(text: &str) -> Vec<Wanted> {
    let document: Table = text.parse().unwrap();
    let mut all = Vec::new();
    for set in document["set"].as_array().unwrap() {
        let set = set.as_table().unwrap();
        let level = set.get("level").and_then(Value::as_integer);
        let categories = level.map(|level| {
            let names = texts(document["categories"].get(format!("level_{level}")));
            names.into_iter().map(|name| (level, name)).collect::<Vec<_>>()
        });
        let by_kind = set.get("by_outlet_kind").is_some_and(|by| by.as_bool() == Some(true));
        let kinds = if by_kind { texts(document.get("outlet_kinds")) } else { Vec::new() };
        let [seasons, weekdays, dayparts] =
            ["seasons", "weekdays", "dayparts"].map(|key| texts(set.get(key)));
        for metric in texts(set.get("metrics")) {
            for window in set["days"].as_array().unwrap() {
                let (to, from) = match window.as_array() {
                    Some(both) => (number(&both[0]), number(&both[1])),
                    None => (0, number(window)),
                };
                let one = Wanted { metric: metric.clone(), from, to, ..Wanted::default() };
                let ones = narrowed(vec![one], &categories.clone().unwrap_or_default(), |one, category| {
                    one.category = Some(category.clone());
                });
                let ones = narrowed(ones, &seasons, |one, season| one.months = months(season));
                let ones = narrowed(ones, &weekdays, |one, days| one.weekdays = days_of_week(days));
                let ones = narrowed(ones, &dayparts, |one, part| one.daypart = Some(daypart(part)));
                all.extend(narrowed(ones, &kinds, |one, kind| one.kind = Some(kind.clone())));
            }
        }
    }
    all
}

fn number(value: &Value) -> i64 {
    value.as_integer().unwrap()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Each of these features for each of the values, as it is if there are no values.
fn narrowed<T>(ones: Vec<Wanted>, values: &[T], set: impl Fn(&mut Wanted, &T)) -> Vec<Wanted> {
    if values.is_empty() {
        return ones;
    }
    let mut all = Vec::new();
    for one in &ones {
        for value in values {
            let mut one = one.clone();
            set(&mut one, value);
            all.push(one);
        }
    }
    all
}

fn months(season: &str) -> Vec<i64> {
    match season {
        "winter" => vec![12, 1, 2],
        "spring" => vec![3, 4, 5],
        "summer" => vec![6, 7, 8],
        "autumn" => vec![9, 10, 11],
        "may" => vec![5],
        "november" => vec![11],
        "december" => vec![12],
        other => panic!("{other}"),
    }
}

/// Monday is 1.
fn days_of_week(name: &str) -> Vec<i64> {
    match name {
        "workdays" => vec![1, 2, 3, 4, 5],
        "weekend" => vec![6, 7],
        other => panic!("{other}"),
    }
}

fn daypart(name: &str) -> i64 {
    let place = ["night", "morning", "midday", "afternoon", "evening"].iter().position(|part| *part == name);
    i64::try_from(place.unwrap()).unwrap() + 1
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
    let of_category = |(level, name): &(i64, String)| {
        text_code(name) == if *level == 1 { key.category_1 } else { key.category_2 }
    };
    ago > wanted.to
        && (wanted.from == 0 || ago <= wanted.from)
        && wanted.category.as_ref().is_none_or(of_category)
        && (wanted.months.is_empty() || wanted.months.contains(&month(key.day)))
        && (wanted.weekdays.is_empty() || wanted.weekdays.contains(&weekday))
        && wanted.daypart.is_none_or(|part| key.daypart == part)
        && wanted.kind.as_ref().is_none_or(|kind| key.outlet_kind == text_code(kind))
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
    match wanted.metric.as_str() {
        "receipts" => match &wanted.category {
            None => sum(|sums| sums.receipts),
            Some((1, _)) => sum(|sums| sums.receipts_1),
            Some(_) => sum(|sums| sums.receipts_2),
        },
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

/// The features of all members with a receipt.
pub(crate) fn plain(tiles: &[(Key, Sums)], wanted: &[Wanted]) -> Rows {
    let mut members: BTreeMap<i64, Vec<(Key, Sums)>> = BTreeMap::new();
    for (key, sums) in tiles.iter().filter(|(key, _)| key.day < TODAY) {
        members.entry(key.member).or_default().push((*key, *sums));
    }
    let values = |tiles: Vec<(Key, Sums)>| wanted.iter().map(|wanted| value(wanted, &tiles)).collect();
    members.into_iter().map(|(member, tiles)| (member, values(tiles))).collect()
}
