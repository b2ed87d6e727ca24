//! The champion of an earlier run, which a new one may not be worse than.

use std::path::Path;

use causal::Fitted;
use choose::{PREVIOUS, Previous, chosen};
use trees::Bins;

use crate::champion::Champion;
use crate::input::encoded;
use crate::input::rows::{Rows, Unseen};
use crate::input::table::file_name;
use crate::inputs::Inputs;
use crate::manifest::{Input, digest};
use crate::refused::{Refused, refuse};
use crate::scores::Scored;

/// A champion, and the rows of the experiment as it sees them.
pub(crate) struct Former {
    champion: Champion,
    restored: Box<dyn Fitted>,
    bins: Bins,
    pub(crate) bytes: Vec<u8>,
    pub(crate) input: Input,
}

impl Former {
    /// Reads a champion, and the columns of the experiment that it needs.
    ///
    /// # Errors
    ///
    /// A damaged file; other arms than the experiment's; a column that the data lacks.
    pub(crate) fn read(path: &Path, inputs: &Inputs, rows: &Rows) -> Result<Self, Refused> {
        let file = file_name(path);
        let (champion, bytes) = Champion::read(path)?;
        if champion.arms != rows.arms {
            refuse!(
                "{file}: knows the arms {}, and the experiment has {}; leave `gate.previous` out",
                champion.arms.join(", "),
                rows.arms.join(", ")
            );
        }
        let restored = champion.restored(&file)?;
        let seen = Unseen::read_some(&inputs.data, &champion.columns, None, Some(&rows.kept))?;
        let bins = encoded::bins(&champion.features(), &seen.features)?;
        let input = Input { path: path.to_owned(), sha256: digest(&bytes) };
        Ok(Self { champion, restored, bins, bytes, input })
    }

    pub(crate) fn competitor(&self) -> Previous<'_> {
        Previous { fitted: self.restored.as_ref(), bins: &self.bins, price: self.champion.price }
    }

    /// What it predicts for rows that were not part of the experiment.
    pub(crate) fn scored(&self, path: &Path, costs: &[f64]) -> anyhow::Result<Scored> {
        let unseen = Unseen::read(path, &self.champion.columns, None)?;
        let bins = encoded::bins(&self.champion.features(), &unseen.features)?;
        let rows: Vec<u32> = (0_u32..).take(bins.rows()).collect();
        Ok(Scored {
            name: PREVIOUS.to_owned(),
            effects: self.restored.effects(&bins, &rows)?,
            chosen: chosen(self.restored.as_ref(), self.champion.price, &bins, &rows, costs)?,
        })
    }
}
