//! `scores.csv`: what each competitor predicts for rows that were not part of the experiment.

use choose::{ChooseError, Model, RanksBest};
use trees::Bins;

use crate::input::rows::Unseen;
use crate::prepare::Prepared;

/// What a competitor says of rows.
pub(crate) struct Scored {
    pub(crate) name: String,
    /// Effects over the control, `[arm - 1][row]`.
    pub(crate) effects: Vec<Vec<f64>>,
    /// The arm that it would give each row.
    pub(crate) chosen: Vec<u8>,
}

/// What the competitors say, trained on all rows of the experiment.
pub(crate) fn columns(
    bins: &Bins,
    models: &[Model],
    prepared: &Prepared,
) -> Result<Vec<Scored>, ChooseError> {
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

/// The file: the row's id; a column `competitor:arm` with the predicted effect of the arm over the control for
/// each competitor and arm but the control; a column `best:arm` with that of the competitor that ranks rows best
/// for the arm; and `chosen`, the arm that the champion gives the row.
pub(crate) fn file(
    unseen: &Unseen,
    scored: &[Scored],
    champion: &str,
    ranks_best: &[RanksBest],
    arms: &[String],
) -> anyhow::Result<Vec<u8>> {
    let mut columns: Vec<(String, &[f64])> = Vec::new();
    for one in scored {
        for (arm, effects) in arms.iter().skip(1).zip(&one.effects) {
            columns.push((format!("{}:{arm}", one.name), effects));
        }
    }
    for best in ranks_best {
        let wanted = format!("{}:{}", best.name, best.arm);
        let found = columns.iter().find(|(name, _)| *name == wanted).map(|(_, effects)| *effects);
        if let Some(effects) = found {
            columns.push((format!("best:{}", best.arm), effects));
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = columns.iter().map(|(name, _)| name.as_str());
    writer.write_record(std::iter::once(unseen.heading.as_str()).chain(names).chain(["chosen"]))?;
    let chosen = scored.iter().find(|scored| scored.name == champion);
    for (row, id) in unseen.ids.iter().enumerate() {
        let effects =
            columns.iter().map(|(_, effects)| format!("{:.9}", effects.get(row).copied().unwrap_or(0.0)));
        let arm = chosen.and_then(|scored| scored.chosen.get(row));
        let arm = arm.and_then(|arm| arms.get(usize::from(*arm))).cloned().unwrap_or_default();
        writer.write_record(std::iter::once(id.clone()).chain(effects).chain([arm]))?;
    }
    Ok(writer.into_inner()?)
}
