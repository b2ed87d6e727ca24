//! `drift`: two runs of the same offer, at different times.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

use std::fs;

use serde_json::Value;

use crate::lab::{CONFIG, Lab, QUICK, Ran, rows, run};

const EACH: u64 = 5_000;

/// Two runs in one folder: `before`, where mail brings 25 of 100 more in the north and 20 less elsewhere, and `after` on
/// other members, with other gains; `change` changes each of their rows.
fn runs(gains: (i64, i64), change: impl Fn(&str) -> String) -> Lab {
    let lab = Lab::with(EACH, (25, -20), QUICK);
    assert_eq!(lab.experiment("before", &[]).code, 0);
    let later = rows(2 * EACH, gains);
    let (heading, members) = later.split_first().unwrap();
    let members = members.iter().skip(usize::try_from(EACH).unwrap()).map(|row| change(row));
    let text: Vec<String> = std::iter::once(heading.clone()).chain(members).collect();
    lab.write("later.csv", text.join("\n") + "\n");
    let ran = run(&[
        "experiment",
        &lab.text("later.csv"),
        "--config",
        &lab.text("config.toml"),
        "--out",
        &lab.text("after"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    lab
}

fn drift(lab: &Lab, more: &[&str]) -> Ran {
    let (before, after) = (lab.text("before"), lab.text("after"));
    let mut arguments = vec!["drift", &before, &after];
    arguments.extend(more);
    run(&arguments)
}

fn json(lab: &Lab) -> Value {
    let ran = drift(lab, &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    serde_json::from_str(&ran.output).unwrap()
}

#[test]
fn a_world_that_stays_has_no_drift() {
    let lab = runs((25, -20), str::to_owned);
    let found = json(&lab);
    assert_eq!(found["drifted"], false, "{found}");
    assert_eq!(found["rows"]["after"], EACH);
    assert_eq!(found["uplift"].as_array().unwrap().len(), 11);
    assert!(
        found["features"].as_array().unwrap().iter().all(|feature| feature["psi"].as_f64().unwrap() < 0.05)
    );
    let ran = drift(&lab, &[]);
    assert!(ran.output.starts_with("No drift.\n") && ran.output.contains("best tenth"), "{}", ran.output);
    assert_eq!(drift(&lab, &["--threads", "3"]).output, ran.output);
}

/// The same members, who now answer the other way round: no feature tells it.
#[test]
fn members_who_answer_in_other_ways_are_drift() {
    let found = json(&runs((-20, 25), str::to_owned));
    assert!(found["features"].as_array().unwrap().iter().all(|feature| feature["moved"] == false), "{found}");
    assert_eq!(found["drifted"], true, "{found}");
    assert!(found["uplift"].as_array().unwrap().iter().any(|place| place["drifted"] == true));
    assert!(found["sentence"].as_str().unwrap().contains("is not what came true"), "{found}");
}

#[test]
fn other_members_are_drift() {
    // Half of them have lost what they spent, and all are older.
    let change = |row: &str| {
        let mut fields: Vec<String> = row.split(',').map(str::to_owned).collect();
        let age: u32 = fields[3].parse().unwrap();
        fields[3] = (age + 20).to_string();
        if age.is_multiple_of(2) {
            fields[5].clear();
        }
        fields.join(",")
    };
    let lab = runs((25, -20), change);
    let found = json(&lab);
    let moved: Vec<&str> = found["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|feature| feature["moved"] == true)
        .map(|feature| feature["feature"].as_str().unwrap())
        .collect();
    assert_eq!(moved, ["age", "spent"], "{found}");
    assert!(drift(&lab, &[]).output.starts_with("Drift: members have changed (age, spent)"));
}

#[test]
fn runs_that_cannot_be_compared_are_refused() {
    let lab = runs((25, -20), str::to_owned);
    let refused = |arguments: &[&str], words: &str| {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{words}: {}{}", ran.output, ran.errors);
        assert!(ran.errors.contains(words), "{words:?} is not in: {}", ran.errors);
    };
    let (before, after) = (lab.text("before"), lab.text("after"));
    refused(&["drift", &before, &before], "both runs are of the same data, data.csv");
    refused(&["drift", &lab.text("nowhere"), &after], "manifest.json: cannot be read");
    refused(
        &["drift", &before, &after, "--after-data", &lab.text("data.csv")],
        "is not the data that the run was made with; say with --after-data where that is",
    );
    // A champion with a flipped bit.
    let mut champion = lab.read("before/champion.json");
    let place = champion.len() / 2;
    champion[place] ^= 1;
    lab.write("before/champion.json", champion);
    refused(&["drift", &before, &after], "champion.json");
    // The configuration was changed after the runs.
    fs::copy(lab.path("after/champion.json"), lab.path("before/champion.json")).unwrap();
    lab.write("config.toml", format!("{CONFIG}{QUICK}\n"));
    refused(&["drift", &before, &after], "is not the configuration that the run was made with");
}
