//! Features against a plain computation of the same.

use features::{Definition, Definitions, Key, Limits, Sums};
use proptest::prelude::*;
use toml::{Table, Value};

use crate::plain::{plain, wanted};
use crate::world::{Draw, Rows, folder, rows, tile};

const CATEGORIES: [[&str; 2]; 5] = [["A", "A1"], ["A", "A2"], ["B", "B1"], ["A", ""], ["", ""]];
const KINDS: [&str; 3] = ["big", "small", ""];

/// Most features of a query here: planning takes the square of their number, and long where nothing is optimised.
const MOST: usize = 100;

/// Definitions, some of all that there can be.
fn drawn(draw: &mut Draw) -> String {
    let metrics = ["receipts", "quantity", "spent", "discount", "points", "returned", "recency", "tenure"];
    let several = ["variety", "favourite", "several_outlets"];
    let filters = [
        "",
        "seasons = [\"winter\"]",
        "weekdays = [\"weekend\"]",
        "dayparts = [\"evening\"]",
        "by_outlet_kind = true",
        "seasons = [\"may\"]\nweekdays = [\"workdays\"]",
    ];
    let mut text =
        "outlet_kinds = [\"big\"]\n[categories]\nlevel_1 = [\"A\", \"B\"]\nlevel_2 = [\"A1\", \"B1\"]\n"
            .to_owned();
    let mut first = true;
    for days in ["0", "28", "[28, 364]"] {
        for filter in filters {
            for level in 0..=2 {
                let known = metrics.iter().chain(several.iter().filter(|_| level < 2));
                for metric in known.filter(|metric| **metric != "several_outlets" || level == 0) {
                    if !std::mem::take(&mut first) && draw.below(25) > 0 {
                        continue;
                    }
                    text += &format!(
                        "[[set]]\ngroup = \"profile\"\nmetrics = [\"{metric}\"]\ndays = [{days}]\n{filter}\n"
                    );
                    if level > 0 {
                        text += &format!("level = {level}\n");
                    }
                }
            }
        }
    }
    text
}

/// Checks every feature of every member; what was found.
fn same(tiles: &[(Key, Sums)], portions: usize, text: &str) -> Result<(Definitions, Rows), TestCaseError> {
    let definitions = Definitions::from_toml(text).unwrap();
    let wanted = wanted(text);
    prop_assert_eq!(definitions.features().len(), wanted.len());
    let (_folder, stored) = folder(tiles, portions);
    let limits = Limits { partitions: 2, buckets_per_query: 2_048, ..Limits::default() };
    let (found, _) = rows(&stored, &definitions, &limits);
    let expected = plain(tiles, &wanted);
    prop_assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (member, values) in &expected {
        for ((value, other), feature) in values.iter().zip(&found[member]).zip(definitions.features()) {
            prop_assert_eq!(value, other, "member {}, {}", member, feature.name);
        }
    }
    Ok((definitions, found))
}

/// So many tiles of some members.
fn tiles(draw: &mut Draw, members: usize, count: usize, of: &[[&str; 2]], at: &[&str]) -> Vec<(Key, Sums)> {
    let members: Vec<i64> = (0..members).map(|_| draw.next().cast_signed()).collect();
    let any = |draw: &mut Draw| members[usize::try_from(draw.next()).unwrap() % members.len()];
    (0..count)
        .map(|_| {
            let member = any(draw);
            tile(draw, member, of, at)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn features_are_what_a_plain_computation_finds(seed: u64, count in 1..80_usize, portions in 1..3_usize) {
        let mut draw = Draw(seed);
        let tiles = tiles(&mut draw, 5, count, &CATEGORIES, &KINDS);
        same(&tiles, portions, &drawn(&mut draw))?;
    }
}

/// The default set in several texts of at most so many features, which follow each other as they do in the set.
fn parts() -> Vec<String> {
    let mut document: Table = Definitions::embedded_toml().parse().unwrap();
    let sets = document.remove("set").unwrap();
    let text = |sets: &[Value]| {
        let mut part = document.clone();
        part.insert("set".to_owned(), sets.to_vec().into());
        part.to_string()
    };
    let mut parts = Vec::new();
    let mut part: Vec<Value> = Vec::new();
    for set in sets.as_array().unwrap() {
        let lists = ["metrics", "days"].map(|key| set[key].as_array().unwrap());
        for metric in lists[0] {
            for window in lists[1] {
                let mut piece = set.as_table().unwrap().clone();
                piece.insert("metrics".to_owned(), vec![metric.clone()].into());
                piece.insert("days".to_owned(), vec![window.clone()].into());
                part.push(piece.into());
                if wanted(&text(&part)).len() > MOST {
                    let last = part.pop().unwrap();
                    parts.push(text(&std::mem::replace(&mut part, vec![last])));
                }
            }
        }
    }
    parts.push(text(&part));
    parts
}

#[test]
fn all_features_of_the_default_set_are_what_a_plain_computation_finds() {
    let categories = [
        ["DAIRY", "MILK"],
        ["DAIRY", "CHEESE"],
        ["BAKERY", "BREAD"],
        ["DRINKS", "WINE"],
        ["PET", ""],
        ["", ""],
    ];
    let tiles = tiles(&mut Draw(11), 8, 600, &categories, &["supermarket", "online", ""]);
    let mut features: Vec<Definition> = Vec::new();
    let mut told = 0;
    for part in parts() {
        let (definitions, found) = same(&tiles, 1, &part).unwrap();
        assert_eq!(found.len(), 8);
        let differ =
            |column: usize| found.values().any(|row| row[column] != found.values().next().unwrap()[column]);
        told += (0..definitions.features().len()).filter(|column| differ(*column)).count();
        features.extend_from_slice(definitions.features());
    }
    assert_eq!(features, Definitions::embedded().unwrap().features());
    // Of categories that nobody bought all features are the same.
    assert!(told >= 250, "{told}");
}
