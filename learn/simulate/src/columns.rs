//! Members' weeks as columns, and as an experiment.

use std::ops::Range;

use causal::{Experiment, Propensity};
use forest::Feature;
use trees::Bins;

use crate::chain::{Chain, Outcome};
use crate::error::SimulateError;
use crate::features::FEATURES;
use crate::settings::MOST_ARMS;

/// Minor units in 1.0 of an experiment's outcome.
const SCALE: i64 = 100;

/// Probability of each arm in millionths, 0 beyond the arms of the chain. They add up to 1,000,000.
pub type Chances = [u32; MOST_ARMS];

/// Members' weeks: a row each, in columns of the same length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub member: Vec<u32>,
    pub week: Vec<u32>,
    pub arm: Vec<u8>,
    /// With which probabilities the arm was drawn.
    pub chances: Vec<Chances>,
    pub outcome: Vec<Outcome>,
    /// `[feature][row]`, in the order of [`FEATURES`].
    pub features: Vec<Vec<Option<i64>>>,
    pub cluster: Vec<u64>,
}

impl Chain {
    /// The shares of the settings.
    pub fn shares(&self) -> Chances {
        let mut chances = [0; MOST_ARMS];
        for (chance, arm) in chances.iter_mut().zip(self.arms()) {
            *chance = arm.share;
        }
        chances
    }

    /// The rows of some members in some weeks, by week and then by member. `chances` says with which
    /// probability a member gets each arm in a week; it is asked for the weeks before, too.
    pub fn columns(
        &self,
        members: Range<u32>,
        weeks: Range<u32>,
        chances: &dyn Fn(u32, u32) -> Chances,
    ) -> Columns {
        let mut columns = Columns { features: vec![Vec::new(); FEATURES.len()], ..Columns::default() };
        for week in weeks {
            for member in members.clone() {
                let given = |week| self.assign_by(member, week, chances(member, week));
                let arm = given(week);
                columns.member.push(member);
                columns.week.push(week);
                columns.arm.push(arm);
                columns.chances.push(chances(member, week));
                columns.outcome.push(self.outcome(member, week, arm));
                columns.cluster.push(self.cluster(member));
                for (column, value) in columns.features.iter_mut().zip(self.features(member, week, given)) {
                    column.push(value);
                }
            }
        }
        columns
    }

    /// Names of the arms: `nobody`, `5%`, …
    pub fn arm_names(&self) -> Vec<String> {
        let name = |percent| if percent == 0 { "nobody".to_owned() } else { format!("{percent}%") };
        self.arms().iter().map(|arm| name(arm.percent)).collect()
    }
}

impl Columns {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.member.len()
    }

    /// Adds the rows of others behind its own.
    pub fn append(&mut self, others: &Self) {
        self.member.extend(&others.member);
        self.week.extend(&others.week);
        self.arm.extend(&others.arm);
        self.chances.extend(&others.chances);
        self.outcome.extend(&others.outcome);
        self.cluster.extend(&others.cluster);
        self.features.resize(FEATURES.len(), Vec::new());
        for (column, others) in self.features.iter_mut().zip(&others.features) {
            column.extend(others);
        }
    }

    /// Names and cuts for [`Columns::bins`], at most `most` cuts a feature.
    pub fn cuts(&self, most: usize) -> Vec<Feature> {
        FEATURES
            .iter()
            .zip(&self.features)
            .map(|(name, values)| Feature { name: (*name).to_owned(), cuts: trees::cuts(values, most) })
            .collect()
    }

    /// The features as models see them, with cuts of these or of other rows.
    ///
    /// # Errors
    ///
    /// Cuts that are not those of [`Columns::cuts`].
    pub fn bins(&self, cuts: &[Feature]) -> Result<Bins, SimulateError> {
        Bins::from_values(cuts.to_vec(), &self.features)
            .map_err(|error| SimulateError::Columns(error.to_string()))
    }

    /// The rows as an experiment of the chain: outcomes are net, 1.0 is a hundred minor units.
    ///
    /// # Errors
    ///
    /// As of [`Columns::bins`].
    pub fn experiment(&self, chain: &Chain, cuts: &[Feature]) -> Result<Experiment, SimulateError> {
        let arms = chain.arm_names();
        let propensities = (0..arms.len())
            .map(|arm| self.chances.iter().filter_map(|chances| chances.get(arm).copied()).collect())
            .collect();
        let net = |outcome: &Outcome| i32::try_from(outcome.net).unwrap_or(i32::MAX);
        Ok(Experiment {
            bins: self.bins(cuts)?,
            arm: self.arm.clone(),
            arms,
            outcome: self.outcome.iter().map(net).collect(),
            scale: SCALE,
            propensity: Propensity::PerRow(propensities),
            cluster: self.cluster.clone(),
        })
    }
}
