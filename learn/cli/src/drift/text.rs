//! What was found, for people and for programs.

use std::fmt::Write as _;

use ::drift::{Departure, MOVED, Uplift};
use causal::curves::Decile;
use serde_json::{Value, json};

use super::compare::Found;
use crate::output;

/// Features that are listed by name even if they have not moved.
const LISTED: usize = 10;

pub(super) fn text(found: &Found) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, found);
    text
}

fn write(text: &mut String, found: &Found) -> std::fmt::Result {
    writeln!(text, "{}\n", sentence(found))?;
    writeln!(text, "{} ({} rows) and {} ({} rows)\n", found.before, found.rows.0, found.after, found.rows.1)?;
    writeln!(text, "feature                               PSI  missing then    now")?;
    let mut features: Vec<_> = found.features.iter().collect();
    features.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let moved = features.iter().filter(|feature| feature.moved).count();
    for feature in features.iter().take(moved.max(LISTED)) {
        let (then, now) = feature.missing;
        let (name, psi) = (&feature.feature, feature.psi);
        let mark = mark(feature.moved);
        writeln!(text, "{name:<36} {psi:>6.3} {:>11.1} % {:>6.1} %{mark}", then * 100.0, now * 100.0)?;
    }
    let more = features.len().saturating_sub(moved.max(LISTED));
    if more > 0 {
        writeln!(text, "and {more} more, which have moved less")?;
    }
    if !found.scores.is_empty() {
        writeln!(text, "\nscores of \"{}\" for                   PSI", found.champion)?;
        for (arm, psi) in &found.scores {
            writeln!(text, "{arm:<36} {psi:>6.3}{}", mark(*psi > MOVED))?;
        }
    }
    let Some(uplift) = &found.uplift else {
        return writeln!(
            text,
            "\n\"{}\" predicts no effects that could be compared with what came true.",
            found.champion
        );
    };
    writeln!(text, "\neffect per member          predicted   realised  (95 %)")?;
    for (name, decile, departs) in places(uplift) {
        let realised = decile.realised;
        writeln!(
            text,
            "{name:<26} {:>9.4}  {:>9.4}  ({:.4} to {:.4}){}",
            decile.predicted,
            realised.estimate,
            realised.low,
            realised.high,
            mark(departs)
        )?;
    }
    Ok(())
}

fn mark(moved: bool) -> &'static str {
    if moved { "  ← moved" } else { "" }
}

/// All rows and each tenth, with its name and whether what came true departs from what was predicted.
fn places(uplift: &Uplift) -> Vec<(String, &Decile, bool)> {
    let departs = |place| uplift.departures.contains(&place);
    let tenths = (1..).zip(&uplift.deciles).map(|(number, decile)| {
        let name = match number {
            1 => "best tenth".to_owned(),
            other => format!("tenth {other}"),
        };
        (name, decile, departs(Departure::Decile(number)))
    });
    std::iter::once(("all".to_owned(), &uplift.all, departs(Departure::All))).chain(tenths).collect()
}

/// The finding in a sentence.
fn sentence(found: &Found) -> String {
    let mut moved: Vec<String> = Vec::new();
    let features: Vec<&str> = found
        .features
        .iter()
        .filter(|feature| feature.moved)
        .map(|feature| feature.feature.as_str())
        .collect();
    if !features.is_empty() {
        moved.push(format!("members have changed ({})", features.join(", ")));
    }
    if found.scores.iter().any(|(_, psi)| *psi > MOVED) {
        moved.push("the champion's scores have moved".to_owned());
    }
    if found.uplift.as_ref().is_some_and(Uplift::drifted) {
        moved.push(format!("what \"{}\" predicted is not what came true", found.champion));
    }
    if moved.is_empty() {
        return "No drift.".to_owned();
    }
    format!("Drift: {}. Train anew before anything is promoted.", moved.join(", and "))
}

pub(super) fn json(found: &Found) -> anyhow::Result<Vec<u8>> {
    let feature = |feature: &::drift::Stability| {
        json!({
            "feature": feature.feature, "psi": rounded(feature.psi), "moved": feature.moved,
            "missing_before": rounded(feature.missing.0), "missing_after": rounded(feature.missing.1),
        })
    };
    let score = |(arm, psi): &(String, f64)| json!({"arm": arm, "psi": rounded(*psi), "moved": *psi > MOVED});
    output::json(&json!({
        "shape": 1,
        "sentence": sentence(found),
        "drifted": found.drifted(),
        "before": found.before,
        "after": found.after,
        "rows": {"before": found.rows.0, "after": found.rows.1},
        "champion": found.champion,
        "moved_above": MOVED,
        "features": found.features.iter().map(feature).collect::<Vec<_>>(),
        "scores": found.scores.iter().map(score).collect::<Vec<_>>(),
        "uplift": found.uplift.as_ref().map(|uplift| places(uplift).into_iter().map(place).collect::<Vec<_>>()),
    }))
}

fn place((name, decile, departs): (String, &Decile, bool)) -> Value {
    let realised = decile.realised;
    json!({
        "rows_of": name, "rows": decile.rows, "predicted": rounded(decile.predicted),
        "realised": rounded(realised.estimate), "low": rounded(realised.low), "high": rounded(realised.high),
        "drifted": departs,
    })
}

/// Nine decimals are enough for anybody.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
