//! `scores.csv`: what each competitor predicts for rows that were not part of the experiment.

use choose::{ChooseError, Model};
use trees::Bins;

use super::prepare::Prepared;
use crate::input::rows::Unseen;

/// What a competitor says of rows.
pub(super) struct Scored {
    pub(super) name: String,
    /// Effects over the control, `[arm - 1][row]`.
    pub(super) effects: Vec<Vec<f64>>,
    /// The arm that it would give each row.
    pub(super) chosen: Vec<u8>,
}

/// What the competitors say, trained on all rows of the experiment.
pub(super) fn columns(bins: &Bins, models: &[Model], prepared: &Prepared) -> Result<Vec<Scored>, ChooseError> {
    let rows: Vec<u32> = (0_u32..).take(bins.rows()).collect();
    let scored = |model: &Model| {
        Ok(Scored {
            name: model.entrant.name.clone(),
            effects: model.fitted.effects(bins, &rows)?,
            chosen: model.arms(bins, &rows, &prepared.costs)?,
        })
    };
    models.iter().map(scored).collect()
}

/// The file: the row's id, a column `competitor:arm` with the predicted effect of the arm over the control
/// for each competitor and arm but the control, and `chosen`, the arm that the champion gives the row.
pub(super) fn file(
    unseen: &Unseen,
    scored: &[Scored],
    champion: &str,
    arms: &[String],
) -> anyhow::Result<Vec<u8>> {
    let treated = || arms.iter().skip(1);
    let names = scored.iter().flat_map(|scored| treated().map(move |arm| format!("{}:{arm}", scored.name)));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once(unseen.heading.clone()).chain(names).chain(["chosen".to_owned()]))?;
    let columns: Vec<&Vec<f64>> = scored.iter().flat_map(|scored| &scored.effects).collect();
    let chosen = scored.iter().find(|scored| scored.name == champion);
    for (row, id) in unseen.ids.iter().enumerate() {
        let effects = columns.iter().map(|column| format!("{:.9}", column.get(row).copied().unwrap_or(0.0)));
        let arm = chosen.and_then(|scored| scored.chosen.get(row));
        let arm = arm.and_then(|arm| arms.get(usize::from(*arm))).cloned().unwrap_or_default();
        writer.write_record(std::iter::once(id.clone()).chain(effects).chain([arm]))?;
    }
    Ok(writer.into_inner()?)
}
