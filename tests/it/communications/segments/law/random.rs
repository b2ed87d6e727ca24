//! Rules, events and attributes without a pattern, the same in each run.

use serde_json::{Value, json};

/// Numbers without a pattern, the same in each run.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    pub(super) fn number(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from + 1).unwrap())).unwrap()
    }

    pub(super) fn place(&mut self, of: usize) -> usize {
        usize::try_from(self.below(u64::try_from(of).unwrap())).unwrap()
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.place(of.len())]
    }
}

/// Time zones of members; some of them are a day apart.
pub(super) const ZONES: [&str; 4] = ["UTC", "Asia/Vladivostok", "America/St_Johns", "Pacific/Kiritimati"];
const CELLS: [&str; 4] = ["champions", "new", "hibernating", "loyal"];
const CITIES: [&str; 2] = ["Kazan", "Perm"];
const TAGS: [&str; 3] = ["vegan", "dog", "cat"];

/// A rule with at most so many levels of combinations; `below` are segments that it may read.
pub(super) fn any_rule(chance: &mut Chance, below: &[String], depth: u64) -> Value {
    let combination = if depth == 0 { 9 } else { chance.below(9) };
    let some = |chance: &mut Chance| -> Vec<Value> {
        (0..chance.number(1, 3)).map(|_| any_rule(chance, below, depth - 1)).collect()
    };
    match combination {
        0 | 1 => json!({"all": some(chance)}),
        2 | 3 => json!({"any": some(chance)}),
        4 => json!({"not": any_rule(chance, below, depth - 1)}),
        _ => any_leaf(chance, below),
    }
}

fn any_leaf(chance: &mut Chance, below: &[String]) -> Value {
    match chance.below(16) {
        0..=8 => any_events(chance),
        9..=11 => any_attribute(chance),
        12 | 13 => any_scores(chance),
        14 if !below.is_empty() => json!({"segment": chance.one(below)}),
        _ => json!({"points": {"at_least": chance.number(-1, 1)}}),
    }
}

fn any_events(chance: &mut Chance) -> Value {
    let kind = *chance.one(&["purchase", "return", "page_viewed"]);
    let filter = match chance.below(7) {
        0 => json!({"channel": chance.one(&["app", "till"])}),
        1 => json!({"channel": ["app", "kiosk"], "lines.categories": "all"}),
        2 => json!({"lines.categories": chance.one(&["food", "dairy"])}),
        3 => json!({"lines.categories": "dairy", "lines.amount": {"more_than": chance.number(-5, 30)}}),
        4 => json!({"total": {"at_least": chance.number(0, 40)}}),
        _ => json!({}),
    };
    let least = chance.number(0, 4);
    let bounds = match chance.below(6) {
        0 => json!({"at_least": least}),
        1 => json!({"at_most": least}),
        2 => json!({"at_least": least - 1, "at_most": least + chance.number(0, 3)}),
        3 => json!({"more_than": least}),
        4 => json!({"less_than": least}),
        _ => json!({"exactly": least}),
    };
    let amounts = |chance: &mut Chance| {
        let from = chance.number(-20, 60);
        json!({"at_least": from, "at_most": from + chance.number(0, 60)})
    };
    let of = *chance.one(&["total", "lines.amount", "net"]);
    let mut leaf = match chance.below(10) {
        0..=2 => json!({"event": kind, "where": filter, "count": bounds}),
        3 | 4 => json!({"event": kind, "where": filter, "sum": amounts(chance), "of": of}),
        5 => json!({"event": kind, "where": filter, "last": bounds}),
        6 => json!({"event": kind, "where": filter, "first": bounds}),
        7 => json!({"event": kind, "where": filter, "last": amounts(chance), "of": of}),
        8 => json!({"event": kind, "where": filter, "first": amounts(chance), "of": of}),
        _ => json!({"event": kind, "where": filter}),
    };
    if chance.below(2) == 0 {
        leaf["within_days"] = json!(chance.number(1, 5));
    }
    leaf
}

fn any_attribute(chance: &mut Chance) -> Value {
    let bound = *chance.one(&["from", "above", "to", "below"]);
    match chance.below(12) {
        0 => json!({"attribute": "city", "is_not": chance.one(&CITIES)}),
        1 => json!({"attribute": "city", "in": CITIES}),
        2 => json!({"attribute": "city", "not_in": [chance.one(&CITIES), "Omsk"]}),
        3 => json!({"attribute": *chance.one(&["city", "tags", "vip"]), "exists": chance.below(2) == 0}),
        4 | 5 => {
            json!({"attribute": "born", "birthday_within": {"days_before": chance.number(0, 3), "days_after": 1}})
        }
        6 => json!({"attribute": "born", "birthday_month": "receipt"}),
        7 => json!({"attribute": "born", "age": {bound: chance.number(36, 38)}}),
        8 => json!({"attribute": "visits", bound: chance.number(0, 5)}),
        9 => json!({"attribute": "tags", "contains": chance.one(&TAGS)}),
        10 => json!({"attribute": "vip", "is": chance.below(2) == 0}),
        _ => json!({"attribute": "joined", bound: format!("2026-12-{:02}", chance.number(10, 20))}),
    }
}

fn any_scores(chance: &mut Chance) -> Value {
    let score = *chance.one(&["recency", "frequency", "monetary"]);
    match chance.below(3) {
        0 => json!({"rfm": [chance.one(&CELLS), chance.one(&CELLS)]}),
        1 => json!({"rfm": {"cells": CELLS, score: {"at_least": chance.number(1, 5)}}}),
        _ => json!({"rfm": {score: {"at_most": chance.number(1, 5)}}}),
    }
}

/// The attributes of a member by name; nothing for those that it lacks.
pub(super) fn any_attributes(chance: &mut Chance) -> Vec<(&'static str, Option<Value>)> {
    let day = |chance: &mut Chance| chance.number(10, 28);
    let born = format!("1990-{:02}-{:02}", chance.one(&[1, 1, 1, 2, 12]), day(chance));
    let visits = if chance.below(2) == 0 { json!(chance.number(0, 5)) } else { json!("2.5") };
    let tags: Vec<&str> = TAGS.into_iter().filter(|_| chance.below(2) == 0).collect();
    let all = [
        ("city", json!(chance.one(&CITIES))),
        ("born", json!(born)),
        ("visits", visits),
        ("tags", json!(tags)),
        ("vip", json!(chance.below(2) == 0)),
        ("joined", json!(format!("2026-12-{:02}", day(chance)))),
    ];
    let zone = ("time_zone", Some(json!(chance.one(&ZONES))));
    let some = all.into_iter().map(|(name, value)| (name, (chance.below(3) > 0).then_some(value)));
    std::iter::once(zone).chain(some.collect::<Vec<_>>()).collect()
}

/// The payload of an event: lines, and mostly amounts.
pub(super) fn any_payload(chance: &mut Chance) -> Value {
    let lines: Vec<Value> = (0..chance.number(0, 2))
        .map(|_| json!({"categories": [chance.one(&["food", "dairy"]), "all"], "amount": chance.number(-10, 50).to_string()}))
        .collect();
    let mut payload = json!({"channel": chance.one(&["app", "till"]), "lines": lines});
    for amount in ["total", "net"] {
        if chance.below(4) > 0 {
            payload[amount] = json!(chance.number(-10, 60).to_string());
        }
    }
    payload
}
