//! Scores of rows by a stored champion.

use std::path::Path;

use choose::chosen;

use crate::champion::Champion;
use crate::input::encoded;
use crate::input::rows::Unseen;
use crate::input::table::file_name;
use crate::scores::{self, Scored};

/// `scores.csv` of rows: the predicted effect of each arm, and the arm that the champion gives.
///
/// # Errors
///
/// [`Refused`](crate::refused::Refused) if a file is damaged or lacks a column.
pub fn score(champion: &Path, rows: &Path, id: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let file = file_name(champion);
    let (champion, _) = Champion::read(champion)?;
    let fitted = champion.restored(&file)?;
    let unseen = Unseen::read(rows, &champion.columns, id)?;
    let bins = encoded::bins(&champion.features(), &unseen.features)?;
    let numbers: Vec<u32> = (0_u32..).take(unseen.ids.len()).collect();
    let scored = Scored {
        name: champion.name.clone(),
        effects: fitted.effects(&bins, &numbers)?,
        chosen: chosen(fitted.as_ref(), champion.price, &bins, &numbers, &champion.costs)?,
    };
    scores::file(&unseen, &[scored], &champion.name, &[], &champion.arms)
}
