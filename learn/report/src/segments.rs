//! Effects by segment: what each arm does with members of one kind, and what they get.

use choose::{Interval, Segment, Segments, Verdict};

use crate::number::{Figure, Units, count, percent};

/// Most sentences on where effects differ.
const MOST_SENTENCES: usize = 10;

/// A column of few values.
pub(crate) struct Panel {
    pub(crate) column: String,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) value: String,
    pub(crate) rows: String,
    /// Each arm but the control, and its effect.
    pub(crate) effects: Vec<(String, Figure)>,
    /// Each arm, and the share of them that gets it; empty if everybody gets the same.
    pub(crate) shares: Vec<(String, String)>,
}

pub(crate) fn panels(verdict: &Verdict, units: Units) -> Vec<Panel> {
    let effects = |segment: &Segment| {
        let arms = verdict.arms.iter().skip(1).zip(&segment.effects);
        arms.map(|(arm, effect)| (arm.name.clone(), units.change_figure(*effect))).collect()
    };
    let shares = |segment: &Segment| {
        let arms = verdict.arms.iter().zip(&segment.shares).filter(|_| verdict.choice.promoted);
        arms.map(|(arm, share)| (arm.name.clone(), percent(*share, 0))).collect()
    };
    let row = |segment: &Segment| Row {
        value: segment.value.clone(),
        rows: count(segment.rows),
        effects: effects(segment),
        shares: shares(segment),
    };
    let panel = |column: &Segments| Panel {
        column: column.column.clone(),
        rows: column.values.iter().map(row).collect(),
    };
    verdict.segments.iter().map(panel).collect()
}

/// Where an arm does clearly more or less than with all, in sentences, the clearest first.
pub(crate) fn strongest(verdict: &Verdict, units: Units) -> Vec<String> {
    let mut found: Vec<(f64, String)> = Vec::new();
    for column in &verdict.segments {
        for segment in &column.values {
            for (arm, effect) in verdict.arms.iter().skip(1).zip(&segment.effects) {
                let Some(all) = arm.effect else { continue };
                if let Some(distance) = distance(effect, all.estimate) {
                    found
                        .push((distance, sentence(&column.column, segment, &arm.name, (effect, all), units)));
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(MOST_SENTENCES).map(|(_, sentence)| sentence).collect()
}

/// How far the effect on all is from this interval, in halves of its width; none if it is inside.
fn distance(effect: &Interval, all: f64) -> Option<f64> {
    let half = (effect.high - effect.low) / 2.0;
    let distance = (effect.estimate - all).abs() / half;
    (distance.is_finite() && distance > 1.0).then_some(distance)
}

fn sentence(
    column: &str,
    segment: &Segment,
    arm: &str,
    (effect, all): (&Interval, Interval),
    units: Units,
) -> String {
    let more = if effect.estimate > all.estimate { "more" } else { "less" };
    format!(
        "Where {column} is {}, {arm} brings {} ({}), {more} than with all rows ({}).",
        segment.value,
        units.change(effect.estimate),
        units.between_changes(*effect),
        units.change(all.estimate)
    )
}
