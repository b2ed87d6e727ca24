//! The segments as a step works with them.

use std::collections::BTreeMap;

use communications::segments::index::Index;
use communications::segments::{Limits, Measure, Rule, parse};
use store::SegmentRow;

use crate::error::Error;
use crate::state::App;

/// Segments, measures and zones at one state.
pub(super) struct Catalogue {
    /// See [`store::Communications::segment_state`].
    pub(super) state: i64,
    /// By name.
    pub(super) segments: BTreeMap<String, Known>,
    /// The rules that are worked out, and so kept up to date.
    pub(super) index: Index,
    pub(super) measures: Vec<KnownMeasure>,
    /// Zones, with the day up to which midnights are worked out.
    pub(super) days: BTreeMap<String, i64>,
    /// The instant of the step, in milliseconds since 1970.
    pub(super) now: i64,
}

pub(super) struct Known {
    pub(super) row: SegmentRow,
    pub(super) rule: Rule,
}

pub(super) struct KnownMeasure {
    pub(super) number: i64,
    pub(super) digest: String,
    pub(super) measure: Measure,
    pub(super) is_filled: bool,
}

impl Known {
    /// Whether its members are those of its rule.
    pub(super) fn is_built(&self) -> bool {
        self.row.built == self.row.revision
    }
}

impl Catalogue {
    /// Reads it; `now` is the instant of the step.
    pub(super) async fn load(app: &App, now: i64) -> Result<Self, Error> {
        // First, so that whatever changes while the rest is read is noticed when the work is written.
        let state = app.communications.segment_state().await?;
        let mut segments = BTreeMap::new();
        for row in app.communications.segments().await? {
            let rule = rule_of(&row)?;
            segments.insert(row.name.clone(), Known { row, rule });
        }
        let measures = measures(app).await?;
        let days = app.communications.segment_days().await?.into_iter().collect();
        let built = segments.iter().filter(|(_, known)| known.is_built());
        let index = Index::of(built.map(|(name, known)| (name.as_str(), &known.rule)))
            .map_err(|circle| Error::damaged(&format!("segments {}", circle.path.join(", "))))?;
        Ok(Self { state, segments, index, measures, days, now })
    }

    /// The number of a measure.
    pub(super) fn measure(&self, measure: &Measure) -> Option<&KnownMeasure> {
        let digest = measure.digest();
        self.measures.iter().find(|known| known.digest == digest)
    }

    /// The revision of a segment whose members are there; none if there are none yet.
    pub(super) fn built(&self, name: &str) -> Option<i64> {
        self.segments.get(name).map(|known| known.row.built).filter(|built| *built > 0)
    }
}

/// The measures that rules read.
pub(super) async fn measures(app: &App) -> Result<Vec<KnownMeasure>, Error> {
    let rows = app.communications.measures().await?;
    let measure = |row: store::MeasureRow| {
        let damaged = || Error::damaged(&format!("measure {}", row.digest));
        let definition = wire::json::parse(&row.definition).map_err(|_| damaged())?;
        let measure = Measure::parse(&definition).map_err(|_| damaged())?;
        Ok(KnownMeasure { number: row.measure, digest: row.digest, measure, is_filled: row.is_filled })
    };
    rows.into_iter().map(measure).collect()
}

/// The rule of a segment, whatever the limits are now.
pub(super) fn rule_of(row: &SegmentRow) -> Result<Rule, Error> {
    let limits = Limits { depth: usize::MAX, conditions: usize::MAX };
    let document = wire::json::parse(&row.rule);
    let parsed = document.and_then(|document| parse(&document, limits));
    parsed.map(|parsed| parsed.rule).map_err(|_| Error::damaged(&format!("segment {}", row.name)))
}
