//! Real experiments, whose answers are known (the folder `uplift` of `OFFER_HOST_DATA`), with few and small trees so that it
//! does not take long.

use crate::lab::{Lab, real_data, run};

const HILLSTROM: &str = r#"treatment = "segment"
control = "No E-Mail"
outcome = "visit"
id = "row"
features = ["recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel"]
"#;

const TREES: &str = "[trees]\ntrees = 20\ndepth = 2\nrate = 0.16\n";

fn judged(data: &str, config: &str) -> serde_json::Value {
    let data = real_data().join(data);
    let lab = Lab::new();
    lab.write("config.toml", config);
    let (config, out) = (lab.text("config.toml"), lab.text("out"));
    let ran =
        run(&["experiment", data.to_str().unwrap(), "--config", &config, "--out", &out, "--threads", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    lab.json("out/leaderboard.json")
}

/// The best estimate among models of a figure of their first ranking.
fn best(verdict: &serde_json::Value, figure: &str) -> f64 {
    let models = verdict["competitors"].as_array().unwrap().iter();
    models.filter_map(|one| one["ranking"][0][figure]["estimate"].as_f64()).fold(f64::MIN, f64::max)
}

#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn extra_visits_by_womens_mail_are_found() {
    let config = format!("arms = [\"Womens E-Mail\"]\n{HILLSTROM}{TREES}");
    let verdict = judged("hillstrom.csv.gz", &config);
    let share = best(&verdict, "share_in_best_30");
    assert!(share >= 0.48, "{share}");
    // The model to go by if not all can be treated is no response model.
    assert_ne!(verdict["choice"]["ranks_best"][0]["name"], "response");
}

#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn three_mails_at_no_cost_are_answered_with_one_for_all() {
    let verdict = judged("hillstrom.csv.gz", &format!("{HILLSTROM}{TREES}"));
    let champion = verdict["choice"]["champion"].as_str().unwrap();
    assert!(["always Mens E-Mail", "response"].contains(&champion), "{champion}");
}
