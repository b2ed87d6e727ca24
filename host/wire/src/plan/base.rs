//! Settings and catalogue of a plan, read once and used for many plans: they stay while offers change.

use std::sync::Arc;

use domain::catalog::Catalog;
use domain::plan::Mechanic;
use serde_json::Value;

use super::hash::Hasher;
use crate::catalog::{self, PointsOfSale, ReadCatalog};
use crate::offer::Context;
use crate::problem::{Problem, Problems};
use crate::reader::{Object, Report};
use crate::settings::{self, Settings};

/// Settings and catalogue of a plan.
#[derive(Debug)]
pub struct PlanBase {
    pub(super) settings: Settings,
    pub(super) catalog: Arc<Catalog>,
    pub(super) points_of_sale: Arc<PointsOfSale>,
    pub(super) hasher: Hasher,
}

/// A base, with the problems and warnings of its document.
#[derive(Debug)]
pub struct ReadBase {
    /// If there are problems, it is only good for reading offers, so that their problems are reported
    /// together with those of the base.
    pub base: PlanBase,
    /// Problems, for which the document is refused.
    pub problems: Problems,
    /// Oddities that do not prevent its use.
    pub warnings: Vec<Problem>,
}

impl PlanBase {
    /// Reads a plan document without its offers. An error if the document is not an object.
    pub fn read(document: &Value) -> Result<ReadBase, Problems> {
        let report = Report::default();
        let base = report.root(document).object().map(|root| Self::of(&root));
        let (problems, warnings) = report.into_parts();
        match base {
            Some(base) => Ok(ReadBase { base, problems, warnings }),
            None => Err(problems),
        }
    }

    pub(super) fn of(document: &Object<'_, '_>) -> Self {
        let settings = settings::read(document);
        let scales = settings.scales();
        let lists = document.object("catalog");
        let ReadCatalog { catalog, points_of_sale } =
            lists.map(|lists| catalog::read(&lists, scales)).unwrap_or_default();
        let hasher = Hasher::of_base(document.node().value(), &settings);
        Self { settings, catalog: Arc::new(catalog), points_of_sale: Arc::new(points_of_sale), hasher }
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The parts of a plan that offers refer to.
    pub fn context<'a>(&'a self, mechanics: &'a [Mechanic]) -> Context<'a> {
        Context {
            scales: self.settings.scales(),
            catalog: &self.catalog,
            points_of_sale: &self.points_of_sale,
            mechanics,
        }
    }
}
