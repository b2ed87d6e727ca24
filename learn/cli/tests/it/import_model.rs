//! Models of LightGBM as champions. `lightgbm/effect.txt` was written by version 4.7, and `lightgbm/rows.csv` has
//! what that version predicts, on made-up rows with missing values.

use std::path::{Path, PathBuf};

use crate::lab::{Lab, QUICK, Ran, run};

const MINE: &str = r#"control = "none"
title = "my model"
[effects]
mail = "effect.txt"
[digits]
spent = 2
[categories]
region = ["east", "north", "south", "west"]
"#;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/lightgbm").join(name)
}

fn effect() -> String {
    std::fs::read_to_string(fixture("effect.txt")).unwrap()
}

/// A lab with an experiment and a model to import.
fn lab(config: &str, model: &str) -> Lab {
    let lab = Lab::with(3000, (25, -20), QUICK);
    lab.write("mine.toml", config);
    lab.write("effect.txt", model);
    lab
}

fn import(lab: &Lab) -> Ran {
    run(&["import-model", &lab.text("mine.toml"), "--out", &lab.text("mine.json")])
}

fn score(lab: &Lab, rows: &Path, out: &str) -> Ran {
    run(&["score", &lab.text("mine.json"), rows.to_str().unwrap(), "--id", "id", "--out", &lab.text(out)])
}

/// The columns of a table, by row.
fn table(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn scores_are_those_of_lightgbm() {
    let lab = lab(MINE, &effect());
    let ran = import(&lab);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(ran.output.contains("3 features, arms none, mail"), "{}", ran.output);
    assert_eq!(score(&lab, &fixture("rows.csv"), "scores.csv").code, 0);
    let rows = table(&std::fs::read_to_string(fixture("rows.csv")).unwrap());
    let scores = table(&String::from_utf8(lab.read("scores.csv")).unwrap());
    assert_eq!(scores[0], ["id", "imported:mail", "chosen"]);
    assert_eq!(scores.len(), rows.len());
    for (row, score) in rows.iter().zip(&scores).skip(1) {
        let (theirs, ours): (f64, f64) = (row[4].parse().unwrap(), score[1].parse().unwrap());
        assert_eq!(row[0], score[0]);
        assert!((theirs - ours).abs() < 1e-6, "{row:?} {score:?}");
        assert_eq!(score[2] == "mail", ours > 0.0, "{score:?}");
    }
}

#[test]
fn an_imported_model_competes_and_can_be_built() {
    let lab = lab(MINE, &effect());
    assert_eq!(import(&lab).code, 0);
    let gate = format!("{}{QUICK}[gate]\nprevious = \"mine.json\"\n", crate::lab::CONFIG);
    lab.write("config.toml", gate);
    let ran = lab.experiment("judged", &["--score", &lab.text("data.csv")]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let verdict = lab.json("judged/leaderboard.json");
    let mut competitors = verdict["competitors"].as_array().unwrap().iter();
    let mine = competitors.find(|one| one["name"] == "previous").unwrap();
    assert!(mine["report"]["value"]["estimate"].is_number(), "{mine}");
    let scores = String::from_utf8(lab.read("judged/scores.csv")).unwrap();
    assert!(scores.lines().next().unwrap().contains(",previous:mail,"));
    let built =
        run(&["build-mechanic", &lab.text("mine.json"), "--name", "mine", "--out", &lab.text("mine.wasm")]);
    assert_eq!(built.code, 0, "{}", built.errors);
    assert!(built.output.contains("the member's attribute \"spent\""), "{}", built.output);
}

/// One model of the outcome under each arm: here the same twice, so that mail brings nothing.
#[test]
fn effects_are_differences_of_outcomes() {
    let lab = lab(&MINE.replace("[effects]", "[outcomes]\nnone = \"effect.txt\""), &effect());
    let ran = import(&lab);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert_eq!(score(&lab, &fixture("rows.csv"), "scores.csv").code, 0);
    let scores = table(&String::from_utf8(lab.read("scores.csv")).unwrap());
    assert!(scores.iter().skip(1).all(|row| row[1] == "0.000000000" && row[2] == "none"));
}

#[test]
fn what_cannot_be_imported_is_refused() {
    let whole = effect();
    let refused = |config: &str, model: &str, words: &str| {
        let lab = lab(config, model);
        let ran = import(&lab);
        assert_eq!(ran.code, 2, "{words}: {}{}", ran.output, ran.errors);
        assert!(ran.errors.contains(words), "{words:?} is not in: {}", ran.errors);
        assert!(!lab.path("mine.json").exists());
    };
    let with = |from: &str, to: &str| {
        assert!(MINE.contains(from));
        MINE.replace(from, to)
    };
    refused(&with("control", "contrl"), &whole, "unknown key \"contrl\"; did you mean \"control\"?");
    refused(&with("[effects]\nmail = \"effect.txt\"", ""), &whole, "under `effects` or under `outcomes`");
    refused(&with("mail =", "none ="), &whole, "`effects`: \"none\" is the control");
    refused(&with("[effects]", "[outcomes]"), &whole, "there is no model of the control \"none\"");
    refused(&with("effect.txt", "efect.txt"), &whole, "efect.txt: cannot be read");
    refused(
        &with("spent = 2", "spend = 2"),
        &whole,
        "no model has the feature \"spend\"; did you mean \"spent\"?",
    );
    refused(&with("spent = 2", "spent = 99"), &whole, "`digits` of \"spent\": 99");
    refused(
        &with("[digits]", "[cost]\nmial = 1\n[digits]"),
        &whole,
        "no model of \"mial\"; did you mean \"mail\"?",
    );
    refused(&with("\"north\"", "\"east\""), &whole, "`categories` of \"region\"");
    refused(MINE, whole.get(..whole.len() / 2).unwrap(), "effect.txt: line ");
    refused(MINE, &whole.replace("objective=regression", "objective=binary sigmoid:1"), "line 7");
    refused(MINE, &whole.replacen("num_cat=0", "num_cat=1", 1), "categorical splits");
    refused(MINE, "", "it should be `tree`");
}

#[test]
fn a_damaged_model_and_rows_that_lack_a_column_are_refused() {
    let lab = lab(MINE, &effect());
    assert_eq!(import(&lab).code, 0);
    lab.write("few.csv", "id,age,spent\n1,30,2.00\n");
    let ran = score(&lab, &lab.path("few.csv"), "scores.csv");
    assert_eq!(ran.code, 2);
    assert!(ran.errors.contains("few.csv: there is no column \"region\""), "{}", ran.errors);
    let whole = lab.read("mine.json");
    for place in [3, whole.len() / 3, whole.len() - 2] {
        let mut flipped = whole.clone();
        flipped[place] ^= 4;
        lab.write("mine.json", flipped);
        let ran = score(&lab, &fixture("rows.csv"), "scores.csv");
        assert_eq!(ran.code, 2, "byte {place}");
        assert!(ran.errors.contains("mine.json: is damaged"), "byte {place}: {}", ran.errors);
    }
    assert!(!lab.path("scores.csv").exists());
}
