//! `off-policy`: a value, or a refusal that says what to do.

use crate::lab::{Lab, Ran, real_data, run};

const CONFIG: &str = "action = \"item\"\npropensity = \"p\"\noutcome = \"click\"\n";

/// Decisions between tea, drawn with probability 0.8, and milk.
fn log() -> Vec<String> {
    let mut lines = vec!["who,item,p,click,age,new".to_owned()];
    for row in 0..4000 {
        let (item, p) = if row % 10 < 8 { ("tea", "0.8") } else { ("milk", "0.2") };
        let click = u8::from([0, 4, 8].contains(&(row % 10)));
        lines.push(format!("m{},{item},{p},{click},{},milk", row / 2, 20 + row % 7));
    }
    lines
}

fn off_policy(lab: &Lab, more: &[&str]) -> Ran {
    let (data, config) = (lab.text("log.csv"), lab.text("off-policy.toml"));
    let mut arguments = vec!["off-policy", &data, "--config", &config];
    arguments.extend(more);
    run(&arguments)
}

fn lab(lines: &[String], config: &str) -> Lab {
    let lab = Lab::new();
    lab.write("log.csv", lines.join("\n") + "\n");
    lab.write("off-policy.toml", config);
    lab
}

/// What it says as JSON; null if it says anything else.
fn judged(target: &str) -> serde_json::Value {
    let lab = lab(&log(), &format!("{CONFIG}member = \"who\"\nfeatures = [\"age\"]\ntarget = {target}\n"));
    let ran = off_policy(&lab, &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    serde_json::from_str(&ran.output).unwrap_or_default()
}

fn refused(lines: &[String], config: &str, words: &[&str]) {
    let ran = off_policy(&lab(lines, config), &[]);
    assert_eq!(ran.code, 2, "{}{}", ran.output, ran.errors);
    assert_eq!(ran.output, "");
    for word in words {
        assert!(ran.errors.contains(word), "{word:?} is not in: {}", ran.errors);
    }
}

#[test]
fn each_kind_of_policy_has_a_value() {
    for target in ["{ always = \"milk\" }", "{ column = \"new\" }"] {
        let value = judged(target);
        assert_eq!(
            (&value["rows"], &value["members"], &value["matched"]),
            (&4000.into(), &2000.into(), &800.into())
        );
        // Milk is clicked in one of two.
        for estimator in ["ips", "snips"] {
            assert!((value[estimator]["estimate"].as_f64().unwrap() - 0.5).abs() < 1e-9, "{value:#}");
        }
        assert!((value["doubly_robust"]["estimate"].as_f64().unwrap() - 0.5).abs() < 0.05, "{value:#}");
        assert!((value["effective_sample"].as_f64().unwrap() - 800.0).abs() < 1e-6);
    }
    // Half of 0.25, which tea has, and of 0.5.
    let value = judged("\"uniform\"");
    assert!((value["ips"]["estimate"].as_f64().unwrap() - 0.375).abs() < 1e-9, "{value:#}");
    // The log itself, which was drawn with its own probabilities.
    let value = judged("{ probability = \"p\" }");
    assert_eq!(value["ips"], value["logged"]);
    assert!(value["doubly_robust"].is_null());
}

#[test]
fn the_text_names_the_policy_and_two_runs_are_equal() {
    let lab = lab(&log(), &format!("{CONFIG}target = {{ always = \"milk\" }}\n"));
    let ran = off_policy(&lab, &[]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    for part in [
        "policy: always \"milk\"\n",
        "4000 of 4000 members",
        "effective sample  800 (at least 500)\n",
        "\nSNIPS",
    ] {
        assert!(ran.output.contains(part), "{part} is missing:\n{}", ran.output);
    }
    assert_eq!(off_policy(&lab, &[]).output, ran.output);
}

#[test]
fn a_log_that_says_too_little_is_refused() {
    let lines: Vec<String> = log().iter().map(|line| line.replace(",0.2,", ",0.00001,")).collect();
    let config = format!("{CONFIG}target = \"uniform\"\n");
    refused(
        &lines,
        &config,
        &["no value is given", "largest weight is 50000", "Set a floor for exploration"],
    );
}

#[test]
fn bad_input_is_refused_where_it_is() {
    let with = |more: &str| format!("{CONFIG}{more}");
    let uniform = with("target = \"uniform\"\n");
    let change = |line: usize, from: &str, to: &str| {
        let mut lines = log();
        lines[line] = lines[line].replace(from, to);
        lines
    };
    let log = log();
    refused(
        &log,
        &uniform.replace("\"item\"", "\"itme\""),
        &["log.csv", "no column \"itme\"", "did you mean \"item\"?"],
    );
    refused(&log, &with("target = \"best\"\n"), &["`target`", "\"best\" is no policy", "uniform"]);
    refused(
        &log,
        &with("target = { always = \"mlik\" }\n"),
        &["no decision was \"mlik\"", "did you mean \"milk\"?"],
    );
    refused(&log, &with("target = { column = \"nwe\" }\n"), &["no column \"nwe\"", "did you mean \"new\"?"]);
    refused(&log, &with("traget = \"uniform\"\n"), &["traget", "did you mean \"target\"?"]);
    refused(&log, CONFIG, &["off-policy.toml", "target"]);
    refused(
        &log,
        &with("target = \"uniform\"\nfeatures = [\"click\"]\n"),
        &["`features`", "\"click\" is the outcome"],
    );
    refused(&log, &with("target = \"uniform\"\nthreads = 0\n"), &["`threads`"]);
    refused(
        &change(3, ",0.8,", ",0,"),
        &uniform,
        &["log.csv, line 4, column \"p\"", "\"0\" is not a number above 0"],
    );
    refused(&change(3, ",0.8,", ",NaN,"), &uniform, &["line 4", "\"NaN\""]);
    refused(&change(3, ",0.8,", ",,"), &uniform, &["line 4", "column \"p\""]);
    refused(&change(5, "tea", ""), &uniform, &["line 6, column \"item\": the action is missing"]);
    refused(&change(5, "tea,", ""), &uniform, &["line 6", "5 fields where the heading has 6"]);
    refused(&log[..1], &uniform, &["there are no rows"]);
}

#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn a_real_bandits_log_tells_what_the_uniform_policy_is_worth() {
    let folder = real_data();
    let lab = Lab::new();
    let columns = "action = \"item_id\"\npropensity = \"propensity_score\"\noutcome = \"click\"\n";
    let value = |policy: &str, more: &str| -> serde_json::Value {
        lab.write("off-policy.toml", format!("{columns}{more}"));
        let data = folder.join(format!("open-bandit-men-{policy}.csv.gz"));
        let ran =
            run(&["off-policy", data.to_str().unwrap(), "--config", &lab.text("off-policy.toml"), "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.errors);
        serde_json::from_str(&ran.output).unwrap()
    };
    let truth = value("random", "target = { probability = \"propensity_score\" }\n");
    let found = value("bts", "target = \"uniform\"\nfeatures = [\"position\", \"user_feature_0\"]\n");
    let number = |value: &serde_json::Value, key: &str| value[key].as_f64().unwrap();
    for estimator in ["ips", "snips", "doubly_robust"] {
        let distance = number(&found[estimator], "estimate") - number(&truth["logged"], "estimate");
        let errors =
            number(&found[estimator], "standard_error").hypot(number(&truth["logged"], "standard_error"));
        assert!(distance.abs() < 2.0 * errors, "{estimator}: {found:#}");
    }
}

/// The same log, had the bandit hardly drawn what it liked less.
#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn a_real_bandits_log_without_exploration_is_refused() {
    let folder = real_data();
    let packed = std::fs::File::open(folder.join("open-bandit-men-bts.csv.gz")).unwrap();
    let mut log = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(packed));
    let headings = log.headers().unwrap().clone();
    let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let (item, propensity, click) = (place("item_id"), place("propensity_score"), place("click"));
    let mut lines = vec!["item,p,click".to_owned()];
    for row in log.records() {
        let row = row.unwrap();
        let p: f64 = row[propensity].parse().unwrap();
        let p = if p < 0.03 { p / 1000.0 } else { p };
        lines.push(format!("{},{p:.12},{}", &row[item], &row[click]));
    }
    let words =
        ["no value is given, since this log says too little", "at least 500", "Set a floor for exploration"];
    refused(&lines, &format!("{CONFIG}target = \"uniform\"\n"), &words);
}
