//! A randomised experiment: who got what, with which probability, and what came of it.

use trees::Bins;

use crate::error::CausalError;
use crate::numbers::{index, millionths, real};

/// Most arms of an experiment, with the control.
pub const MOST_ARMS: usize = 16;

/// Most rows of an experiment.
pub const MOST_ROWS: usize = 20_000_000;

/// A randomised experiment. Every column has one entry per row of `bins`.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What models may see.
    pub bins: Bins,
    /// The arm of each row, as a position in `arms`; 0 is the control.
    pub arm: Vec<u8>,
    /// Names of the arms, the control first.
    pub arms: Vec<String>,
    /// Outcome of each row, in units of `1 / scale`.
    pub outcome: Vec<i32>,
    /// Units of `outcome` in 1.0; above 0.
    pub scale: i64,
    /// With which probability the arms were drawn. It must be known: it is never estimated here.
    pub propensity: Propensity,
    /// Hash of the member of each row. Rows of one member stay together in folds and intervals.
    pub cluster: Vec<u64>,
}

/// The probabilities with which arms were drawn, in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Propensity {
    /// The same for all rows: one entry per arm, the control first.
    PerArm(Vec<u32>),
    /// One column per arm, the control first, each with one entry per row.
    PerRow(Vec<Vec<u32>>),
}

impl Experiment {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.bins.rows()
    }

    /// Outcome of a row, in units of 1.0; 0 for a row that does not exist.
    pub fn outcome(&self, row: u32) -> f64 {
        self.outcome.get(index(row)).map_or(0.0, |value| f64::from(*value) / real(self.scale))
    }

    /// Arm of a row; the control for a row that does not exist.
    pub(crate) fn arm_of(&self, row: u32) -> usize {
        self.arm.get(index(row)).copied().map_or(0, usize::from)
    }

    /// Name of an arm.
    pub(crate) fn name(&self, arm: usize) -> String {
        self.arms.get(arm).cloned().unwrap_or_default()
    }

    /// Probability with which a row was drawn into an arm; [`Experiment::check`] makes sure that it is
    /// inside (0, 1).
    pub fn probability(&self, row: u32, arm: usize) -> f64 {
        let found = match &self.propensity {
            Propensity::PerArm(arms) => arms.get(arm),
            Propensity::PerRow(columns) => columns.get(arm).and_then(|column| column.get(index(row))),
        };
        found.map_or(f64::NAN, |value| millionths(*value))
    }

    /// Whether the experiment can be judged at all.
    ///
    /// # Errors
    /// Columns of different lengths, too many rows or arms, an arm that does not exist or has no rows, an
    /// outcome that is the same everywhere, a propensity outside (0, 1) or propensities that do not add up.
    pub fn check(&self) -> Result<(), CausalError> {
        if self.arms.len() < 2 || self.arms.len() > MOST_ARMS {
            return Err(CausalError::Arms { found: self.arms.len(), most: MOST_ARMS });
        }
        if self.rows() > MOST_ROWS {
            return Err(CausalError::TooManyRows { found: self.rows(), most: MOST_ROWS });
        }
        if self.scale <= 0 {
            return Err(CausalError::Scale { scale: self.scale });
        }
        length("the column of arms", self.arm.len(), self.rows())?;
        length("the column of outcomes", self.outcome.len(), self.rows())?;
        length("the column of members", self.cluster.len(), self.rows())?;
        self.check_arms()?;
        let first = self.outcome.first();
        if self.outcome.iter().all(|value| Some(value) == first) {
            return Err(CausalError::ConstantOutcome { rows: self.rows() });
        }
        self.check_propensity()
    }

    fn check_arms(&self) -> Result<(), CausalError> {
        let unknown = self.arm.iter().enumerate().find(|(_, arm)| usize::from(**arm) >= self.arms.len());
        if let Some((row, arm)) = unknown {
            return Err(CausalError::UnknownArm { row, arm: *arm, arms: self.arms.len() });
        }
        for (number, name) in self.arms.iter().enumerate() {
            if !self.arm.iter().any(|arm| usize::from(*arm) == number) {
                return Err(CausalError::ArmWithoutRows { arm: name.clone(), rows: self.rows() });
            }
        }
        Ok(())
    }

    fn check_propensity(&self) -> Result<(), CausalError> {
        match &self.propensity {
            Propensity::PerArm(arms) => {
                length("the propensities", arms.len(), self.arms.len())?;
                self.check_probabilities(None, arms.iter().copied())
            }
            Propensity::PerRow(columns) => {
                length("the columns of propensities", columns.len(), self.arms.len())?;
                for column in columns {
                    length("a column of propensities", column.len(), self.rows())?;
                }
                for row in 0..self.rows() {
                    let of_row = columns.iter().map(|column| column.get(row).copied().unwrap_or_default());
                    self.check_probabilities(Some(row), of_row)?;
                }
                Ok(())
            }
        }
    }

    /// Thirds cannot add up to 1,000,000 exactly: each arm may be off by one millionth.
    fn check_probabilities(
        &self,
        row: Option<usize>,
        values: impl Iterator<Item = u32>,
    ) -> Result<(), CausalError> {
        let mut sum = 0_u64;
        for (value, arm) in values.zip(&self.arms) {
            if value == 0 || value >= 1_000_000 {
                return Err(CausalError::Propensity { arm: arm.clone(), row, millionths: value });
            }
            sum += u64::from(value);
        }
        let room = u64::try_from(self.arms.len()).unwrap_or_default();
        if sum.abs_diff(1_000_000) > room {
            return Err(CausalError::PropensitySum { row, millionths: sum });
        }
        Ok(())
    }

    /// Whether all of `rows` exist and every arm is among them.
    pub(crate) fn check_rows(&self, rows: &[u32]) -> Result<(), CausalError> {
        if let Some(row) = rows.iter().find(|row| index(**row) >= self.rows()) {
            return Err(CausalError::NoSuchRow { row: *row, rows: self.rows() });
        }
        for (number, name) in self.arms.iter().enumerate() {
            if !rows.iter().any(|row| self.arm_of(*row) == number) {
                return Err(CausalError::ArmWithoutRows { arm: name.clone(), rows: rows.len() });
            }
        }
        Ok(())
    }

    /// The rows among `rows` that are in an arm.
    pub(crate) fn rows_of(&self, rows: &[u32], arm: usize) -> Vec<u32> {
        rows.iter().copied().filter(|row| self.arm_of(*row) == arm).collect()
    }
}

/// An error unless both are equal.
pub(crate) fn length(what: &'static str, found: usize, wanted: usize) -> Result<(), CausalError> {
    if found == wanted { Ok(()) } else { Err(CausalError::Length { what, found, wanted }) }
}
