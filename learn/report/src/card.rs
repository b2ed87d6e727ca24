//! The model card `card.md` (Mitchell et al., Model Cards for Model Reporting, 2019).

use askama::Template;
use choose::{Choice, Verdict};

use crate::number::Units;
use crate::page::{made, subject};
use crate::{arms, curves, leaderboard, policy, segments};

#[derive(Template)]
#[template(path = "card.md")]
pub(crate) struct Card<'a> {
    name: &'a str,
    sentence: &'a str,
    champion: &'a str,
    about: &'a str,
    choice: &'a Choice,
    warnings: &'a [String],
    subject: Vec<String>,
    arms: Vec<arms::Row>,
    competitors: Vec<leaderboard::Row>,
    curves: Vec<curves::Panel>,
    strongest: Vec<String>,
    nothing: Vec<String>,
    features: Vec<&'a str>,
    made: Vec<String>,
}

impl<'a> Card<'a> {
    pub(crate) fn new(verdict: &'a Verdict) -> Self {
        let units = Units::new(verdict);
        let champion = verdict.champion();
        Self {
            name: &verdict.experiment.name,
            sentence: &verdict.sentence,
            champion: champion.map_or(verdict.choice.champion.as_str(), |champion| champion.title.as_str()),
            about: champion.map_or("", |champion| champion.about.as_str()),
            choice: &verdict.choice,
            warnings: &verdict.warnings,
            subject: subject(verdict),
            arms: arms::rows(verdict, units),
            competitors: leaderboard::rows(verdict, units),
            curves: curves::panels(verdict, units),
            strongest: segments::strongest(verdict, units),
            nothing: policy::nothing(verdict, units),
            features: verdict.features.iter().map(|feature| feature.name.as_str()).collect(),
            made: made(verdict),
        }
    }
}
