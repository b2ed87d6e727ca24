//! A trained learner, which can be stored and read back.

use serde::{Deserialize, Serialize};
use trees::{Bins, Feature};

use crate::error::CausalError;
use crate::experiment::MOST_ARMS;
use crate::learner::Fitted;
use crate::learner::baseline::{Flat, Response};
use crate::learner::meta::{S, T, X};
use crate::learner::ridge::Ridge;
use crate::learner::rule::Fixed;
use crate::learner::single::Forests;
use crate::target::EffectForest;

/// A trained learner with the features it needs. It predicts the same, bit for bit, after it was written
/// with serde and read back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stored {
    features: Vec<StoredFeature>,
    model: Model,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredFeature {
    name: String,
    cuts: Vec<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Model {
    Flat(Flat),
    Rule(Fixed),
    Response(Response),
    S(S),
    T(T),
    X(X),
    Forests(Forests),
    Ridge(Ridge),
}

impl Stored {
    pub(super) fn new(features: &[Feature], model: Model) -> Self {
        let stored =
            |feature: &Feature| StoredFeature { name: feature.name.clone(), cuts: feature.cuts.clone() };
        Self { features: features.iter().map(stored).collect(), model }
    }

    /// A learner that was trained elsewhere: for each arm but the control a forest of its effect, all on the
    /// same features.
    ///
    /// # Errors
    /// No forest, or forests of different features.
    pub fn of_effects(forests: Vec<EffectForest>) -> Result<Self, CausalError> {
        Self::of(forests, |forests| Model::Forests(Forests(forests)))
    }

    /// The same with a forest of the outcome under each arm, the control first: effects are differences.
    ///
    /// # Errors
    /// No forest of an arm, or forests of different features.
    pub fn of_outcomes(forests: Vec<EffectForest>) -> Result<Self, CausalError> {
        Self::of(forests, |forests| Model::T(T(forests)))
    }

    fn of(
        forests: Vec<EffectForest>,
        model: impl Fn(Vec<EffectForest>) -> Model,
    ) -> Result<Self, CausalError> {
        let features = forests.first().map(|first| first.forest.features().to_vec()).unwrap_or_default();
        let stored = Self::new(&features, model(forests));
        stored.clone().fitted()?;
        Ok(stored)
    }

    /// The learner, after a check that its parts belong together.
    ///
    /// # Errors
    /// Parts of different numbers of arms or features.
    pub fn fitted(self) -> Result<Box<dyn Fitted>, CausalError> {
        let features = self.features.len();
        let sound = match &self.model {
            Model::Flat(flat) => arms(flat.arms()),
            Model::Rule(rule) => arms(rule.arms()) && rule.fits(features),
            Model::Response(response) => arms(response.arms()) && self.has(response.forest(), 0),
            Model::S(s) => arms(s.arms()) && self.has(s.forest(), s.arms()),
            Model::T(T(forests)) => arms(forests.len().saturating_sub(1)) && self.have(forests),
            Model::X(x) => arms(x.arms()) && x.forests().all(|forest| self.has(forest, 0)),
            Model::Forests(Forests(forests)) => arms(forests.len()) && self.have(forests),
            Model::Ridge(ridge) => arms(ridge.arms()) && ridge.fits(features),
        };
        if sound { Ok(Box::new(self)) } else { Err(CausalError::StoredModel) }
    }

    fn have(&self, forests: &[EffectForest]) -> bool {
        forests.iter().all(|forest| self.has(forest, 0))
    }

    /// Whether a forest has these features and `more` behind them, and a unit.
    fn has(&self, forest: &EffectForest, more: usize) -> bool {
        let own = forest.forest.features();
        forest.scale > 0
            && own.len() == self.features.len() + more
            && self.features.iter().zip(own).all(|(a, b)| same(a, b))
    }

    fn model(&self) -> &dyn Fitted {
        match &self.model {
            Model::Flat(model) => model,
            Model::Rule(model) => model,
            Model::Response(model) => model,
            Model::S(model) => model,
            Model::T(model) => model,
            Model::X(model) => model,
            Model::Forests(model) => model,
            Model::Ridge(model) => model,
        }
    }
}

fn arms(found: usize) -> bool {
    (1..MOST_ARMS).contains(&found)
}

fn same(stored: &StoredFeature, feature: &Feature) -> bool {
    stored.name == feature.name && stored.cuts == feature.cuts
}

impl Fitted for Stored {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let found = bins.features();
        crate::experiment::length("the features", found.len(), self.features.len())?;
        if let Some((feature, _)) =
            self.features.iter().zip(found).find(|(stored, found)| !same(stored, found))
        {
            return Err(CausalError::OtherFeature { wanted: feature.name.clone() });
        }
        if let Some(row) = rows.iter().find(|row| crate::numbers::index(**row) >= bins.rows()) {
            return Err(CausalError::NoSuchRow { row: *row, rows: bins.rows() });
        }
        self.model().effects(bins, rows)
    }

    fn fixed_arm(&self) -> Option<u8> {
        self.model().fixed_arm()
    }

    fn forests(&self) -> Option<&[EffectForest]> {
        self.model().forests()
    }

    fn stored(&self) -> Option<Stored> {
        Some(self.clone())
    }
}
