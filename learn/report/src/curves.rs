//! Qini curves: how much of the extra outcome comes from the best-scored rows.

use std::fmt::Write as _;

use choose::{Competitor, Ranking, RanksBest, Verdict};

use crate::number::{Figure, UNKNOWN, Units, fixed, percent};
use crate::scale::{Place, Scale};

/// Where the curves stand in their drawing of 360 × 250.
const LEFT: f64 = 66.0;
const RIGHT: f64 = 348.0;
const TOP: f64 = 14.0;
const GROUND: f64 = 206.0;

/// The curves of one arm.
pub(crate) struct Panel {
    pub(crate) arm: String,
    /// Title of the model in colour.
    pub(crate) shown: String,
    /// Pale ones first, so that those with a colour lie on top.
    pub(crate) lines: Vec<Curve>,
    /// A random order, from corner to corner.
    pub(crate) straight: String,
    pub(crate) zero: Place,
    pub(crate) marks: Vec<Mark>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Curve {
    pub(crate) class: &'static str,
    pub(crate) path: String,
}

/// A number at the left of a drawing.
pub(crate) struct Mark {
    pub(crate) y: Place,
    pub(crate) label: String,
}

/// How well one model ranks.
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) share: Figure,
    pub(crate) qini: Figure,
    pub(crate) autoc: Figure,
}

/// The model whose ranking of an arm is shown in colour: the one that ranks best, or the first that does at all.
pub(crate) fn shown<'a>(verdict: &'a Verdict, arm: &str) -> Option<&'a Competitor> {
    let ranks = |competitor: &&Competitor| competitor.ranking.iter().any(|ranking| ranking.arm == arm);
    let best = verdict.choice.ranks_best.iter().find(|best| best.arm == arm);
    let best = best.and_then(|best| verdict.competitor(&best.name)).filter(ranks);
    best.or_else(|| verdict.competitors.iter().find(ranks))
}

/// For each arm which model ranks best, in sentences.
pub(crate) fn best(verdict: &Verdict) -> Vec<String> {
    let sentence = |best: &RanksBest| {
        let competitor = verdict.competitor(&best.name)?;
        let share = competitor.ranking.iter().find(|ranking| ranking.arm == best.arm)?.share_in_best_30;
        let found = share.map_or_else(String::new, |share| {
            format!(
                ": {} of all that {} brings is found in its best 30 % ({} to {})",
                percent(share.estimate, 1),
                best.arm,
                fixed(share.low * 100.0, 1),
                percent(share.high, 1)
            )
        });
        Some(format!(
            "If only a part of the members can get {}, go by the {}{found}. It is the best of several on these rows, which \
             flatters it a little. Its scores are the column best:{} of scores.csv.",
            best.arm, competitor.title, best.arm
        ))
    };
    verdict.choice.ranks_best.iter().filter_map(sentence).collect()
}

/// A panel for each arm that any model ranks.
pub(crate) fn panels(verdict: &Verdict, units: Units) -> Vec<Panel> {
    let arms = verdict.arms.iter().map(|arm| arm.name.as_str());
    arms.filter_map(|arm| panel(verdict, arm, units)).collect()
}

fn panel(verdict: &Verdict, arm: &str, units: Units) -> Option<Panel> {
    let of_arm: Vec<(&Competitor, &Ranking)> = verdict
        .competitors
        .iter()
        .filter_map(|competitor| {
            let ranking = competitor.ranking.iter().find(|ranking| ranking.arm == arm)?;
            Some((competitor, ranking))
        })
        .collect();
    let total = of_arm.first()?.1.curve.last().map_or(0.0, |point| point.extra);
    let points = of_arm.iter().flat_map(|(_, ranking)| ranking.curve.iter().map(|point| point.extra));
    let scale = Scale::around(points.chain([0.0, total]), GROUND, TOP);
    let across = Scale::exact(0.0, 1.0, LEFT, RIGHT);
    let mut lines: Vec<Curve> = of_arm
        .iter()
        .map(|(competitor, ranking)| Curve {
            class: class(verdict, arm, competitor),
            path: path(ranking.curve.iter().map(|point| (across.at(point.treated), scale.at(point.extra)))),
        })
        .collect();
    lines.sort_by_key(|line| ["pale", "less", "more"].iter().position(|class| *class == line.class));
    Some(Panel {
        arm: arm.to_owned(),
        shown: shown(verdict, arm).map_or_else(String::new, |shown| shown.title.clone()),
        lines,
        straight: path([(across.at(0.0), scale.at(0.0)), (across.at(1.0), scale.at(total))]),
        zero: scale.at(0.0),
        marks: marks(&scale, total, units),
        rows: of_arm.iter().map(|(competitor, ranking)| row(competitor, ranking, units)).collect(),
    })
}

/// Zero, and what treating everybody brings, unless they stand too near to each other.
fn marks(scale: &Scale, total: f64, units: Units) -> Vec<Mark> {
    let mark = |value: f64| Mark { y: Place(scale.at(value).0 + 5.0), label: units.tick(value) };
    let (zero, all) = (mark(0.0), mark(total));
    if (zero.y.0 - all.y.0).abs() < 18.0 { vec![zero] } else { vec![zero, all] }
}

fn class(verdict: &Verdict, arm: &str, competitor: &Competitor) -> &'static str {
    match shown(verdict, arm) {
        Some(shown) if shown.name == competitor.name => "more",
        _ if competitor.name == "response" => "less",
        _ => "pale",
    }
}

fn row(competitor: &Competitor, ranking: &Ranking, units: Units) -> Row {
    Row {
        title: competitor.title.clone(),
        share: ranking.share_in_best_30.map_or_else(
            || Figure::text(UNKNOWN),
            |share| {
                let ends = format!("{} to {}", fixed(share.low * 100.0, 1), percent(share.high, 1));
                Figure { estimate: percent(share.estimate, 1), interval: Some(ends) }
            },
        ),
        qini: units.area_figure(ranking.qini),
        autoc: units.area_figure(ranking.autoc),
    }
}

fn path(points: impl IntoIterator<Item = (Place, Place)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        // Writing to a text cannot fail.
        let _ = write!(path, "{letter}{x} {y}");
    }
    path
}
