//! Files of a chain: the same bytes each time, and in the formats of the host and the learner.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use simulate::{Chain, HISTORY, Settings, Shift, files, host};

fn chain(seed: u64) -> Chain {
    Chain::new(Settings {
        members: 300,
        weeks: 3,
        seed,
        shift: Some(Shift { week: 3 }),
        ..Settings::default()
    })
    .unwrap()
}

fn written(seed: u64) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    files::write(&chain(seed), folder.path()).unwrap();
    let read = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    fs::read_dir(folder.path()).unwrap().map(|entry| read(entry.unwrap())).collect()
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let files = written(5);
    assert_eq!(files, written(5));
    let other = written(6);
    assert_eq!(
        files.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "attributes.json",
            "catalog.ndjson",
            "experiment.csv",
            "experiment.toml",
            "history.csv",
            "levels.ndjson",
            "members.ndjson",
            "offers.json",
            "profiles.csv",
            "receipts.ndjson",
            "truth.csv"
        ]
    );
    for name in ["experiment.csv", "truth.csv", "members.ndjson", "receipts.ndjson"] {
        assert_ne!(files[name], other[name], "{name}");
    }
}

#[test]
fn receipts_are_those_of_the_experiment() {
    let files = written(5);
    let receipts: BTreeMap<String, Value> = rows(&files["receipts.ndjson"])
        .into_iter()
        .map(|receipt| (receipt["purchase_id"].as_str().unwrap().to_owned(), receipt))
        .collect();
    let mut lines = files["experiment.csv"].lines();
    let heading: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| heading.iter().position(|column| *column == name).unwrap();
    let (mut buyers, mut seen) = (0, 0);
    for line in lines {
        seen += 1;
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), heading.len(), "{line}");
        let week: u32 = fields[column("week")].parse().unwrap();
        let purchase = format!("w{week:03}-{}", fields[column("member")]);
        let receipt = receipts.get(&purchase);
        assert_eq!(receipt.is_some(), fields[column("bought")] == "1", "{line}");
        let Some(receipt) = receipt else { continue };
        buyers += 1;
        let cents = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        let amount: i64 =
            receipt["lines"].as_array().unwrap().iter().map(|line| cents(&line["amount"])).sum();
        assert_eq!(host::money(amount), fields[column("amount")]);
        let at = receipt["at"].as_str().unwrap();
        let week_of_day = |day: &str| {
            ["2026-01-05", "2026-01-12", "2026-01-19"].iter().filter(|first| day >= **first).count()
        };
        assert_eq!(u32::try_from(week_of_day(&at[..10])).unwrap(), week);
        assert!(&at[..10] < "2026-01-26");
    }
    assert_eq!((seen, buyers), (900, receipts.len()));
    assert!(buyers > 200);
    let times: Vec<String> =
        rows(&files["receipts.ndjson"]).iter().map(|receipt| receipt["at"].to_string()).collect();
    assert!(times.is_sorted());
}

#[test]
fn the_levels_of_members_are_the_arms_of_the_experiment() {
    let files = written(5);
    let chain = chain(5);
    let offers: Value = serde_json::from_str(&files["offers.json"]).unwrap();
    assert_eq!(offers[0]["attribute"], host::ATTRIBUTE);
    let attributes: Value = serde_json::from_str(&files["attributes.json"]).unwrap();
    assert_eq!(attributes[host::ATTRIBUTE]["type"], "json");
    let mut levels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(&files["levels.ndjson"]) {
        let items = row["value"]["items"].as_array().unwrap().iter();
        let texts = items
            .map(|item| format!("{} {}", item["start"].as_str().unwrap(), item["value"].as_str().unwrap()));
        levels.insert(row["identifier"].as_str().unwrap().to_owned(), texts.collect());
    }
    for member in 0..300 {
        let given: Vec<String> = (1..)
            .zip(["2026-01-05", "2026-01-12", "2026-01-19"])
            .map(|(week, start)| (start, chain.arms()[usize::from(chain.assign(member, week))].percent))
            .filter(|(_, percent)| *percent > 0)
            .map(|(start, percent)| format!("{start} {percent}"))
            .collect();
        assert_eq!(levels.remove(&host::member_id(member)).unwrap_or_default(), given);
    }
    assert!(levels.is_empty());
}

#[test]
fn members_are_the_same_for_host_and_learner() {
    let files = written(5);
    let chain = chain(5);
    let profiles: Vec<&str> = files["profiles.csv"].lines().skip(1).collect();
    let members = rows(&files["members.ndjson"]);
    assert_eq!((profiles.len(), members.len()), (300, 300));
    for (number, (profile, row)) in (0..).zip(profiles.iter().zip(members)) {
        assert_eq!(row["id"], host::member_id(number));
        assert_eq!(row["identifiers"][0]["value"], host::card(number));
        let known = &row["attributes"];
        let text = |name: &str| match &known[name] {
            Value::Null => String::new(),
            Value::Bool(yes) => u8::from(*yes).to_string(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let fields = ["age", "app", "distance", "household", "favourite"].map(text).join(",");
        assert_eq!(**profile, format!("{},{fields}", host::member_id(number)));
        assert_eq!(known["distance"], chain.member(number).distance);
    }
}

/// What models see of the first week is what the receipts before it say.
#[test]
fn the_history_is_that_of_the_features() {
    let files = written(5);
    let chain = chain(5);
    let mut spent: BTreeMap<&str, i64> = BTreeMap::new();
    let mut receipts: BTreeMap<&str, &str> = BTreeMap::new();
    for line in files["history.csv"].lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        *spent.entry(fields[1]).or_default() += fields[4].replace('.', "").parse::<i64>().unwrap();
        receipts.insert(fields[0], fields[1]);
        assert!(fields[2] > "2025-10-13" && fields[2] < "2026-01-05", "{line}");
    }
    for member in 0..300 {
        let id = host::member_id(member);
        let [.., bought, _, sum] = chain.features(member, 1, |_| 0);
        let found = receipts.values().filter(|of| **of == id).count();
        assert_eq!(
            (Some(i64::try_from(found).unwrap()), Some(spent.get(&*id).copied().unwrap_or_default())),
            (bought, sum)
        );
    }
    assert_eq!(HISTORY, 12);
}

#[test]
fn what_cannot_be_written_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = files::write(&chain(5), &folder.path().join("file")).unwrap_err().to_string();
    assert!(error.contains("file"), "{error}");
    fs::create_dir(folder.path().join(".truth.csv.part")).unwrap();
    files::write(&chain(5), folder.path()).unwrap_err();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        left.iter()
            .all(|name| !Path::new(name).extension().is_some_and(|end| end == "csv" || end == "ndjson"))
    );
    assert_eq!(left.len(), 2, "{left:?}");
}
