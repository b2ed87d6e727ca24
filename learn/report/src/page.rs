//! The page `report.html`.

use askama::Template;
use choose::Verdict;

use crate::number::{Units, count, fixed};
use crate::power::Power;
use crate::whiskers::Whiskers;
use crate::words::WORDS;
use crate::{arms, curves, deciles, features, gate, leaderboard, policy, power, segments};

#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page<'a> {
    name: &'a str,
    sentence: &'a str,
    promoted: bool,
    warnings: &'a [String],
    subject: Vec<String>,
    arm_names: Vec<&'a str>,
    leaderboard: Whiskers,
    competitors: Vec<leaderboard::Row>,
    gate: Whiskers,
    reasons: &'a [String],
    effects: Whiskers,
    arms: Vec<arms::Row>,
    curves: Vec<curves::Panel>,
    deciles: Vec<deciles::Panel>,
    ranks_best: Vec<String>,
    treated_names: Vec<&'a str>,
    segments: Vec<segments::Panel>,
    strongest: Vec<String>,
    policies: Vec<policy::Row>,
    nothing: Vec<String>,
    power: Option<Power>,
    features: Vec<features::Row>,
    features_left: usize,
    words: [(&'static str, &'static str); 10],
    made: Vec<String>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(verdict: &'a Verdict) -> Self {
        let units = Units::new(verdict);
        Self {
            name: &verdict.experiment.name,
            sentence: &verdict.sentence,
            promoted: verdict.choice.promoted,
            warnings: &verdict.warnings,
            subject: subject(verdict),
            arm_names: verdict.arms.iter().map(|arm| arm.name.as_str()).collect(),
            leaderboard: leaderboard::chart(verdict, units),
            competitors: leaderboard::rows(verdict, units),
            gate: gate::chart(verdict, units),
            reasons: &verdict.choice.gate.reasons,
            effects: arms::chart(verdict, units),
            arms: arms::rows(verdict, units),
            curves: curves::panels(verdict, units),
            deciles: deciles::panels(verdict, units),
            ranks_best: curves::best(verdict),
            treated_names: verdict.arms.iter().skip(1).map(|arm| arm.name.as_str()).collect(),
            segments: segments::panels(verdict, units),
            strongest: segments::strongest(verdict, units),
            policies: policy::rows(verdict, units),
            nothing: policy::nothing(verdict, units),
            power: power::power(verdict, units),
            features: features::rows(verdict),
            features_left: verdict.features.len().saturating_sub(features::MOST),
            words: WORDS,
            made: made(verdict),
        }
    }
}

/// What was judged, in sentences.
pub(crate) fn subject(verdict: &Verdict) -> Vec<String> {
    let about = &verdict.experiment;
    let kind = if about.binary { "0 or 1 in each row" } else { "an amount" };
    let left_out = match about.left_out {
        0 => String::new(),
        rows => format!(" {} rows of other arms are left out.", count(rows)),
    };
    vec![
        format!(
            "{}: {} rows of {} members; the arm is in column {}, and the control is {}.{left_out}",
            about.data,
            count(about.rows),
            count(about.members),
            about.treatment,
            about.control
        ),
        format!("What counts is {}, {kind}.", about.outcome),
        format!(
            "Models learned from {} rows and were chosen on {}. Figures are of another {} rows, which were opened once, \
             after the choice, unless said otherwise.",
            count(verdict.split.fit.rows),
            count(verdict.split.choose.rows),
            count(verdict.split.report.rows)
        ),
    ]
}

/// How it was made, in sentences.
pub(crate) fn made(verdict: &Verdict) -> Vec<String> {
    let mut made: Vec<String> = verdict
        .randomness
        .arms
        .iter()
        .map(|arm| {
            format!(
                "Features do not tell who got {}: AUC {} (99.9 % interval {} to {}; 0.5 = chance).",
                arm.arm,
                fixed(arm.auc.estimate, 3),
                fixed(arm.auc.low, 3),
                fixed(arm.auc.high, 3)
            )
        })
        .collect();
    made.push(format!(
        "Drawn by offer-host-learn {} with seed {}; the same data, configuration and seed give the same bytes.",
        verdict.experiment.version, verdict.experiment.seed
    ));
    made
}
