//! Which competitor is worth how much.

use choose::{Competitor, Verdict};

use crate::number::{Figure, Units};
use crate::whiskers::{Text, Whiskers};

/// One competitor in figures.
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) value: Figure,
    pub(crate) at_equal_spend: Figure,
    pub(crate) against_best_constant: Figure,
    pub(crate) outcome: String,
    pub(crate) spend: String,
}

/// Values on rows that no choice was made on, with the best constant as the line to beat.
pub(crate) fn chart(verdict: &Verdict, units: Units) -> Whiskers {
    let lines = verdict.competitors.iter().map(|competitor| {
        let text = Text {
            name: competitor.title.clone(),
            about: competitor.about.clone(),
            badge: badge(verdict, competitor),
            class: class(verdict, competitor),
            value: units.amount(competitor.report.value.estimate),
            interval: units.between(competitor.report.value),
        };
        (text, competitor.report.value)
    });
    let best = verdict.competitor(&verdict.choice.best_constant);
    Whiskers::new(lines.collect(), best.map(|best| best.report.value.estimate), |value| units.tick(value))
}

fn badge(verdict: &Verdict, competitor: &Competitor) -> &'static str {
    let choice = &verdict.choice;
    match &competitor.name {
        name if *name == choice.champion => "runs now",
        name if *name == choice.best_constant => "best constant",
        name if *name == choice.candidate => "best model",
        _ => "",
    }
}

fn class(verdict: &Verdict, competitor: &Competitor) -> &'static str {
    if competitor.name == verdict.choice.champion {
        "more"
    } else if competitor.model {
        "ink"
    } else {
        "pale"
    }
}

pub(crate) fn rows(verdict: &Verdict, units: Units) -> Vec<Row> {
    let row = |competitor: &Competitor| {
        let figures = &competitor.report;
        Row {
            title: competitor.title.clone(),
            value: units.amount_figure(figures.value),
            at_equal_spend: units.change_figure(figures.at_equal_spend),
            against_best_constant: units.change_figure(figures.against_best_constant),
            outcome: units.amount(figures.outcome.estimate),
            spend: units.amount(figures.spend),
        }
    };
    verdict.competitors.iter().map(row).collect()
}
