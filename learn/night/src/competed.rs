//! The fourth stage: models compete, if there is something to judge.
//!
//! Writes what `experiment` writes. Where the last champion's effects have drifted, no other model is promoted: the
//! champion so far stays, or the best constant runs.

use choose::{PREVIOUS, Verdict};
use experiment::champion::{self, Champion};
use experiment::output::{Files, json};
use experiment::{Inputs, Told, judge, manifest};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::drifted::Drift;
use crate::outcomes::{DRIFT, EXPERIMENT, JUDGED_BY, LEARNED, Learned};
use crate::state::{Run, Stage};
use crate::tonight::FEATURES;

pub(crate) const CHOSEN: &str = "chosen.json";
pub(crate) const SCORES: &str = "scores.csv";
pub(crate) const LEADERBOARD: &str = "leaderboard.json";

/// What runs from tonight on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    /// Names as in `scores.csv`; none as long as arms are drawn at random.
    pub(crate) champion: Option<String>,
    pub(crate) challenger: Option<String>,
    /// For people.
    pub(crate) sentence: String,
}

pub(crate) fn compete(config: &Config, run: &Run, progress: Told<'_>) -> anyhow::Result<()> {
    let learned: Learned = run.json(Stage::Outcomes, LEARNED)?;
    let mut files = Files::default();
    if let Some(waits) = learned.waits {
        let sentence = format!("No models compete yet, and arms are drawn at random: {waits}.");
        files.add(CHOSEN, json(&Chosen { champion: None, challenger: None, sentence })?);
        return run.write(Stage::Compete, &files);
    }
    let inputs = Inputs {
        data: run.file(Stage::Outcomes, EXPERIMENT),
        config: run.file(Stage::Outcomes, JUDGED_BY),
        score: Some(run.file(Stage::Features, FEATURES)),
        threads: Some(config.threads),
    };
    let judged = judge(&inputs, progress)?;
    let red = run.file(Stage::Outcomes, DRIFT).exists() && run.json::<Drift>(Stage::Outcomes, DRIFT)?.red;
    let leaderboard = judged.files.iter().find(|(name, _)| *name == LEADERBOARD).map(|(_, bytes)| bytes);
    let verdict: Verdict = serde_json::from_slice(leaderboard.unwrap_or_default())?;
    let chosen = choose(&verdict, red);
    for (name, bytes) in
        judged.files.iter().filter(|(name, _)| *name != manifest::NAME && *name != champion::NAME)
    {
        files.add(name, bytes.to_vec());
    }
    // A champion that was not promoted is none for the next night.
    if chosen.champion.as_deref() == Some(verdict.choice.champion.as_str()) {
        let bytes =
            judged.files.iter().find(|(name, _)| *name == champion::NAME).map(|(_, bytes)| bytes.to_vec());
        files.add(champion::NAME, bytes.unwrap_or_default());
    } else if chosen.champion.as_deref() == Some(PREVIOUS) {
        let (_, bytes) = Champion::read(&run.file(Stage::Outcomes, champion::NAME))?;
        files.add(champion::NAME, bytes);
    }
    files.add(CHOSEN, json(&chosen)?);
    run.write(Stage::Compete, &files)
}

fn choose(verdict: &Verdict, red: bool) -> Chosen {
    let choice = &verdict.choice;
    let mut sentence = verdict.sentence.clone();
    let champion = if red && choice.promoted && choice.champion != PREVIOUS {
        let stays =
            if verdict.competitor(PREVIOUS).is_some() { PREVIOUS } else { choice.best_constant.as_str() };
        sentence = format!(
            "{sentence} It is not promoted, since the effects of the champion so far have drifted: \"{stays}\" runs."
        );
        stays
    } else {
        choice.champion.as_str()
    };
    // The model that is worth most of those that do not run; competitors are in that order.
    let mut others = verdict
        .competitors
        .iter()
        .filter(|other| other.model && other.name != champion && other.name != PREVIOUS);
    let challenger = if choice.candidate == champion {
        others.next().map(|other| other.name.clone())
    } else {
        Some(choice.candidate.clone())
    };
    Chosen { champion: Some(champion.to_owned()), challenger, sentence }
}
