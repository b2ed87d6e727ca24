//! What each arm does if everybody gets it.

use choose::{ArmSummary, Verdict};

use crate::number::{Figure, Units, count, percent};
use crate::whiskers::{Text, Whiskers};

/// One arm in figures.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) rows: String,
    pub(crate) propensity: String,
    pub(crate) cost: String,
    pub(crate) mean: Figure,
    pub(crate) effect: Figure,
    pub(crate) net: String,
}

/// Effects over the control.
pub(crate) fn chart(verdict: &Verdict, units: Units) -> Whiskers {
    let lines = verdict.arms.iter().filter_map(|arm| {
        let effect = arm.effect?;
        let text = Text {
            name: arm.name.clone(),
            about: String::new(),
            badge: "",
            class: if effect.low > 0.0 {
                "more"
            } else if effect.high < 0.0 {
                "less"
            } else {
                "ink"
            },
            value: units.change(effect.estimate),
            interval: units.between_changes(effect),
        };
        Some((text, effect))
    });
    Whiskers::new(lines.collect(), Some(0.0), |value| units.change_tick(value))
}

pub(crate) fn rows(verdict: &Verdict, units: Units) -> Vec<Row> {
    let control = verdict.arms.first().map_or(0.0, |arm| arm.cost);
    let row = |arm: &ArmSummary| Row {
        name: arm.name.clone(),
        rows: count(arm.rows),
        propensity: percent(arm.propensity, 2),
        cost: units.amount(arm.cost),
        mean: units.amount_figure(arm.mean),
        effect: arm.effect.map_or_else(|| Figure::text("control"), |effect| units.change_figure(effect)),
        net: arm
            .effect
            .map_or_else(String::new, |effect| units.change(effect.estimate - (arm.cost - control))),
    };
    verdict.arms.iter().map(row).collect()
}
