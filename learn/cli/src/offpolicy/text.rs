//! An off-policy value, as text and as JSON.

use std::fmt::Write as _;

use causal::Interval;
use causal::offpolicy::{LEAST_EFFECTIVE_SAMPLE, MOST_WEIGHT, Value};
use serde_json::json;

use super::config::Config;

/// For people.
pub(super) fn text(value: &Value, config: &Config) -> String {
    let mut text = format!("policy: {}\noutcome: {} per decision\n\n", config.policy(), config.outcome);
    let mut line = |name: &str, said: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name:<17} {said}");
    };
    line(
        "decisions",
        format!("{} of {} members; {} could be the policy's own", value.rows, value.members, value.matched),
    );
    line("effective sample", format!("{:.0} (at least {LEAST_EFFECTIVE_SAMPLE:.0})", value.effective_sample));
    let cut = match value.cut_rows {
        0 => String::new(),
        rows => format!(
            "; in {rows} decisions cut to {MOST_WEIGHT:.0}, {:.1} % of all weight",
            value.cut_share * 100.0
        ),
    };
    line("largest weight", format!("{:.1}{cut}", value.largest_weight));
    line("mean weight", format!("{} (1 if the propensities are true)", figure(value.mean_weight)));
    line("", String::new());
    line("the log itself", figure(value.logged));
    line("IPS", figure(value.ips));
    line("SNIPS", figure(value.snips));
    let robust = "none, since a probability of the logged action does not say what else the policy does";
    line("doubly robust", value.doubly_robust.map_or_else(|| robust.to_owned(), figure));
    text
}

fn figure(figure: Interval) -> String {
    let Interval { estimate, low, high, error } = figure;
    format!("{estimate:.5}, 95 % interval {low:.5} to {high:.5}, standard error {error:.5}")
}

/// For programs.
pub(super) fn json(value: &Value) -> String {
    let figure = |figure: Interval| {
        json!({
            "estimate": figure.estimate,
            "low": figure.low,
            "high": figure.high,
            "standard_error": figure.error,
        })
    };
    let value = json!({
        "rows": value.rows,
        "members": value.members,
        "matched": value.matched,
        "effective_sample": value.effective_sample,
        "largest_weight": value.largest_weight,
        "mean_weight": figure(value.mean_weight),
        "cut": {"rows": value.cut_rows, "share": value.cut_share},
        "logged": figure(value.logged),
        "ips": figure(value.ips),
        "snips": figure(value.snips),
        "doubly_robust": value.doubly_robust.map(figure),
    });
    format!("{value:#}\n")
}
