//! Dots with whiskers: one line for each figure, all on one scale.

use choose::Interval;

use crate::scale::{Place, Scale};

/// Width of a drawing, and the room for half a dot at both ends.
const WIDTH: f64 = 400.0;
const EDGE: f64 = 8.0;

/// Lines on one scale.
pub(crate) struct Whiskers {
    pub(crate) lines: Vec<Line>,
    /// Where the number stands that all are compared with.
    pub(crate) reference: Option<Place>,
    /// What the scale begins and ends with.
    pub(crate) low: String,
    pub(crate) high: String,
}

/// One figure.
pub(crate) struct Line {
    pub(crate) name: String,
    /// A sentence below the name; may be empty.
    pub(crate) about: String,
    /// A word beside the name; may be empty.
    pub(crate) badge: &'static str,
    /// Its colour.
    pub(crate) class: &'static str,
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) dot: Place,
    pub(crate) from: Place,
    pub(crate) to: Place,
}

/// What a line says.
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) badge: &'static str,
    pub(crate) class: &'static str,
    pub(crate) value: String,
    pub(crate) interval: String,
}

impl Whiskers {
    /// Lines with their figures, compared with `reference`; `tick` writes the ends of the scale.
    pub(crate) fn new(
        lines: Vec<(Text, Interval)>,
        reference: Option<f64>,
        tick: impl Fn(f64) -> String,
    ) -> Self {
        let ends = lines.iter().flat_map(|(_, figure)| [figure.estimate, figure.low, figure.high]);
        let scale = Scale::around(ends.chain(reference), EDGE, WIDTH - EDGE);
        let lines = lines.into_iter().map(|(text, figure)| Line {
            name: text.name,
            about: text.about,
            badge: text.badge,
            class: text.class,
            value: text.value,
            interval: text.interval,
            dot: scale.at(figure.estimate),
            from: scale.at(figure.low),
            to: scale.at(figure.high),
        });
        Self {
            lines: lines.collect(),
            reference: reference.map(|value| scale.at(value)),
            low: tick(scale.low),
            high: tick(scale.high),
        }
    }
}
