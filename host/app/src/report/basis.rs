//! The settings that a report counts with, and the clocks of stores.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::plan::{Currency, PointsCurrency};
use domain::rounding::Rounding;
use domain::time::Moment;
use serde_json::{Value, json};
use store::{Revision, Store};
use wire::json;
use wire::plan::{self, BuiltPlan};
use wire::reader::{Node, Report};
use wire::time;

/// A time with its UTC clock.
pub(super) fn moment(at: i64) -> anyhow::Result<Moment> {
    let utc = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(at)?);
    let local = time::local_time(utc).context("the time is out of range")?;
    Ok(Moment::new(at, local))
}

/// Purchases that are read at once.
const PAGE: usize = 200;

/// Currency, worth of points, and points of sale as they are now.
pub(super) struct Basis {
    plan: BuiltPlan,
}

impl Basis {
    /// Reads the settings, and the points of sale if clocks are needed.
    pub(super) async fn read(store: &Store, needs_clocks: bool) -> anyhow::Result<Self> {
        let settings = store.settings_at(Revision::MAX).await?;
        let settings = settings
            .context("no host has started on this database yet, so that there is nothing to report")?;
        let mut document = json::parse(&settings)?;
        if needs_clocks {
            let rows = store.catalog_rows().await?;
            let rows = rows.iter().filter(|row| row.kind == "pos").map(|row| json::parse(&row.body));
            let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
            if let Some(fields) = document.as_object_mut() {
                fields.insert("catalog".to_owned(), json!({"pos": rows}));
            }
        }
        Ok(Self { plan: plan::build(&document, Vec::new())? })
    }

    /// The currency.
    pub(super) fn currency(&self) -> &Currency {
        &self.plan.plan.currency
    }

    /// The points.
    pub(super) fn points(&self) -> &PointsCurrency {
        &self.plan.plan.points
    }

    /// Most that points pay, in minor units.
    pub(super) fn worth(&self, points: i64) -> i64 {
        let (rate, step) = self.points().rate;
        Rounding::HalfUp.divide(i128::from(points).saturating_mul(i128::from(rate)), i128::from(step))
    }

    /// When each of these purchases was made, by the clock of its store, if that can be read.
    pub(super) async fn times(
        &self,
        store: &Store,
        ids: &[String],
    ) -> anyhow::Result<BTreeMap<String, Moment>> {
        let mut times = BTreeMap::new();
        for ids in ids.chunks(PAGE) {
            let purchases = store.purchases(ids).await?;
            let time = |request: &str| self.time(&json::parse(request).ok()?);
            times.extend(
                purchases.into_iter().filter_map(|purchase| Some((purchase.id, time(&purchase.request)?))),
            );
        }
        Ok(times)
    }

    fn time(&self, receipt: &Value) -> Option<Moment> {
        let report = Report::default();
        let receipt = report.root(receipt).object()?;
        let pos = receipt.field("pos").and_then(Node::id);
        let zone = pos.as_deref().and_then(|pos| self.plan.points_of_sale.zone(pos));
        receipt.field("at").and_then(|at| time::moment(at, zone))
    }
}
