//! Tenths of rows by predicted effect: what was predicted, and what came of it.

use choose::{ArmSummary, Decile, Verdict};

use crate::curves::{Mark, shown};
use crate::number::{Figure, Units, count};
use crate::scale::{Place, Scale};

/// Where the bars stand in their drawing of 360 × 250.
const LEFT: f64 = 66.0;
const STEP: f64 = 28.5;
const WIDTH: f64 = 18.0;
const TOP: f64 = 14.0;
const GROUND: f64 = 206.0;

/// The tenths of one arm.
pub(crate) struct Panel {
    pub(crate) arm: String,
    /// Title of the model.
    pub(crate) shown: String,
    pub(crate) bars: Vec<Bar>,
    pub(crate) zero: Place,
    pub(crate) marks: Vec<Mark>,
    pub(crate) rows: Vec<Row>,
}

/// One tenth: a bar of what came of it with its whisker, and a dot where it was predicted.
pub(crate) struct Bar {
    pub(crate) number: usize,
    pub(crate) x: Place,
    pub(crate) y: Place,
    pub(crate) height: Place,
    pub(crate) middle: Place,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) predicted: Place,
}

/// One tenth in figures.
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) rows: String,
    pub(crate) predicted: String,
    pub(crate) realised: Figure,
}

impl Bar {
    pub(crate) fn width(&self) -> Place {
        Place(WIDTH)
    }
}

/// For each arm the panel of the model that [`shown`] names.
pub(crate) fn panels(verdict: &Verdict, units: Units) -> Vec<Panel> {
    let of_arm = |arm: &ArmSummary| {
        let model = shown(verdict, &arm.name)?;
        let ranking = model.ranking.iter().find(|ranking| ranking.arm == arm.name)?;
        (!ranking.deciles.is_empty()).then(|| panel((&arm.name, &model.title), &ranking.deciles, units))
    };
    verdict.arms.iter().filter_map(of_arm).collect()
}

fn panel((arm, shown): (&str, &str), deciles: &[Decile], units: Units) -> Panel {
    let ends = deciles.iter().flat_map(|decile| {
        [decile.predicted, decile.realised.estimate, decile.realised.low, decile.realised.high]
    });
    let highest = deciles.iter().map(|decile| decile.realised.high).fold(0.0, f64::max);
    let lowest = deciles.iter().map(|decile| decile.realised.low).fold(0.0, f64::min);
    let scale = Scale::around(ends.chain([0.0]), GROUND, TOP);
    let zero = scale.at(0.0);
    let mut left = LEFT + 4.0;
    let bars = deciles.iter().enumerate().map(|(place, decile)| {
        let top = scale.at(decile.realised.estimate);
        let x = left;
        left += STEP;
        Bar {
            number: place.saturating_add(1),
            x: Place(x),
            y: Place(top.0.min(zero.0)),
            height: Place((top.0 - zero.0).abs()),
            middle: Place(x + WIDTH / 2.0),
            from: scale.at(decile.realised.low),
            to: scale.at(decile.realised.high),
            predicted: scale.at(decile.predicted),
        }
    });
    let bars = bars.collect();
    let mark = |value: f64| Mark { y: Place(scale.at(value).0 + 5.0), label: units.tick(value) };
    let mut marks = vec![mark(0.0)];
    for value in [highest, lowest] {
        let next = mark(value);
        if marks.iter().all(|other| (other.y.0 - next.y.0).abs() >= 18.0) {
            marks.push(next);
        }
    }
    let rows = deciles.iter().enumerate().map(|(place, decile)| Row {
        number: place.saturating_add(1),
        rows: count(decile.rows),
        predicted: units.change(decile.predicted),
        realised: units.change_figure(decile.realised),
    });
    Panel { arm: arm.to_owned(), shown: shown.to_owned(), bars, zero, marks, rows: rows.collect() }
}
