//! Intervals by a bootstrap over members.
//!
//! In each replicate every member counts 0, 1, 2, … times, drawn from a Poisson distribution with mean 1
//! (the Poisson bootstrap: Chamandy et al., Estimating Uncertainty for Massive Data Streams, 2012). The
//! draw is a hash of member, replicate and seed, so that it depends neither on the order of rows nor on
//! the number of threads, and is the same for all models: differences between models are paired.
//!
//! Intervals are the estimate ± `z` standard errors of the replicates, as in the R package grf: all
//! statistics here are means or smooth functions of means over thousands of members, so they are close
//! to normal; a standard error is stable with 200 replicates, while percentiles so far out need thousands,
//! and would move a gate that asks for a lower bound above 0 by chance.

use std::thread;

use crate::error::CausalError;
use crate::folds::{split_mix, uniform};
use crate::numbers::count;

/// Standard errors to each side of a 95 % interval of a normal distribution.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Fewest members that an interval is given for.
pub const LEAST_CLUSTERS: usize = 10;

/// Most replicates.
pub const MOST_REPLICATES: u32 = 10_000;

/// `floor(2⁶⁴ · P(N ≤ n))` for n = 0, 1, … of a Poisson distribution with mean 1.
const POISSON: [u64; 17] = [
    6_786_177_901_268_885_274,
    13_572_355_802_537_770_549,
    16_965_444_753_172_213_186,
    18_096_474_403_383_694_065,
    18_379_231_815_936_564_285,
    18_435_783_298_447_138_329,
    18_445_208_545_532_234_003,
    18_446_555_009_401_533_385,
    18_446_723_317_385_195_808,
    18_446_742_018_272_269_410,
    18_446_743_888_360_976_771,
    18_446_744_058_369_041_076,
    18_446_744_072_536_379_768,
    18_446_744_073_626_175_052,
    18_446_744_073_704_017_573,
    18_446_744_073_709_207_074,
    18_446_744_073_709_531_418,
];

/// A figure with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
    /// Standard error.
    pub error: f64,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Between 20 and [`MOST_REPLICATES`].
    pub replicates: u32,
    pub seed: u64,
    /// Does not change any figure; 0 counts as 1.
    pub threads: u32,
    /// Standard errors to each side of the estimate.
    pub z: f64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 200, seed: 1, threads: 1, z: Z_95 }
    }
}

impl Interval {
    fn new(estimate: f64, error: f64, z: f64) -> Self {
        Self { estimate, low: estimate - z * error, high: estimate + z * error, error }
    }
}

impl Bootstrap {
    /// How often each row counts in a replicate: one weight per entry of `clusters`.
    pub fn weights(&self, clusters: &[u64], replicate: u32) -> Vec<f64> {
        let salt = split_mix(self.seed ^ split_mix(u64::from(replicate)));
        clusters.iter().map(|cluster| poisson(uniform(*cluster, salt))).collect()
    }

    /// A mean over rows.
    ///
    /// # Errors
    /// Too few members, a setting out of range, a value that is not finite, columns of different lengths.
    pub fn mean(&self, clusters: &[u64], values: &[f64]) -> Result<Interval, CausalError> {
        crate::experiment::length("the values", values.len(), clusters.len())?;
        self.statistic(clusters, &|weights| mean(weights, values))
    }

    /// Any statistic of weighted rows. It is called with all weights 1 for the estimate, and with the
    /// weights of each replicate.
    ///
    /// # Errors
    /// Too few members, a setting out of range, a statistic that is not finite.
    pub fn statistic(
        &self,
        clusters: &[u64],
        statistic: &(dyn Fn(&[f64]) -> f64 + Sync),
    ) -> Result<Interval, CausalError> {
        let all = self.statistics(clusters, &|weights| vec![statistic(weights)])?;
        all.into_iter().next().ok_or(CausalError::NotFinite { what: "a statistic" })
    }

    /// Several statistics of the same weighted rows at once, always the same number of them.
    ///
    /// # Errors
    /// As of [`Bootstrap::statistic`].
    pub fn statistics(
        &self,
        clusters: &[u64],
        statistics: &(dyn Fn(&[f64]) -> Vec<f64> + Sync),
    ) -> Result<Vec<Interval>, CausalError> {
        self.check(clusters)?;
        let estimates = finite(statistics(&vec![1.0; clusters.len()]))?;
        let replicates = self.all_replicates(clusters, statistics)?;
        Ok(estimates
            .iter()
            .enumerate()
            .map(|(place, estimate)| {
                let values: Vec<f64> =
                    replicates.iter().filter_map(|of_one| of_one.get(place).copied()).collect();
                Interval::new(*estimate, deviation(&values), self.z)
            })
            .collect())
    }

    fn check(&self, clusters: &[u64]) -> Result<(), CausalError> {
        if self.replicates < 20 || self.replicates > MOST_REPLICATES {
            return Err(CausalError::Setting {
                what: "the number of bootstrap replicates",
                found: self.replicates.to_string(),
                wanted: "between 20 and 10,000",
            });
        }
        if !(self.z > 0.0 && self.z.is_finite()) {
            return Err(CausalError::Setting {
                what: "the width of intervals",
                found: self.z.to_string(),
                wanted: "above 0",
            });
        }
        let mut members = clusters.to_vec();
        members.sort_unstable();
        members.dedup();
        if members.len() < LEAST_CLUSTERS {
            return Err(CausalError::TooFew {
                what: "an interval",
                found: members.len(),
                wanted: LEAST_CLUSTERS,
            });
        }
        Ok(())
    }

    /// The statistics of each replicate, in the order of replicates.
    fn all_replicates(
        &self,
        clusters: &[u64],
        statistics: &(dyn Fn(&[f64]) -> Vec<f64> + Sync),
    ) -> Result<Vec<Vec<f64>>, CausalError> {
        let threads = self.threads.clamp(1, 64);
        let each = self.replicates.div_ceil(threads);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|thread| {
                    let range = thread * each..((thread + 1) * each).min(self.replicates);
                    scope.spawn(move || {
                        range
                            .map(|replicate| finite(statistics(&self.weights(clusters, replicate))))
                            .collect::<Result<Vec<_>, _>>()
                    })
                })
                .collect();
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().map_err(|_| CausalError::Thread)??);
            }
            Ok(all)
        })
    }
}

/// A weighted mean.
pub(crate) fn mean(weights: &[f64], values: &[f64]) -> f64 {
    let (sum, total) = weights
        .iter()
        .zip(values)
        .fold((0.0, 0.0), |(sum, total), (weight, value)| (sum + weight * value, total + weight));
    sum / total
}

fn poisson(uniform: u64) -> f64 {
    count(POISSON.partition_point(|limit| *limit <= uniform))
}

fn finite(values: Vec<f64>) -> Result<Vec<f64>, CausalError> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(CausalError::NotFinite { what: "a statistic" })
    }
}

/// Standard deviation of a sample.
fn deviation(values: &[f64]) -> f64 {
    let size = count(values.len());
    let mean = values.iter().sum::<f64>() / size;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (size - 1.0)).sqrt()
}
