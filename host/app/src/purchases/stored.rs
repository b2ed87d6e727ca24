//! The amounts of stored purchases and returns: those that were stored with them, or, of an earlier release,
//! those that their texts say. Amounts that cannot be read are an error, never left out.

use std::collections::BTreeMap;

use domain::returns::{ReturnedLine, ReturnedSoFar};
use store::{Purchase, PurchaseState, ReturnRecord, till_id};
use wire::reader::Scales;

use super::sold::{Document, Sold};
use super::sums::sum;
use super::{answer_text, legacy, returned, state_at};
use crate::error::Error;
use crate::state::App;

/// The amounts of a purchase.
pub(super) fn sold(app: &App, purchase: &Purchase) -> Result<Sold, Error> {
    let Some(text) = &purchase.sold else { return legacy::sold(app, purchase) };
    let document = Document::read(text)
        .map_err(|error| Error::damaged(&format!("amounts of purchase {}: {error}", purchase.id)))?;
    if document.answer == answer_text::digest(&purchase.answer, till_id(&purchase.id)) {
        return Ok(document.sold);
    }
    // The amounts belong to an older answer: a node of an earlier release has since calculated the purchase again.
    legacy::sold(app, purchase)
}

/// The lines that a return brings back. `scales` are those of its purchase.
pub(super) fn lines(record: &ReturnRecord, scales: Scales) -> Result<Vec<ReturnedLine>, Error> {
    let Some(text) = &record.lines else { return legacy::lines(record, scales) };
    returned::read(text).map_err(|error| Error::damaged(&format!("lines of return {}: {error}", record.id)))
}

/// The sums of returns by position: of the confirmed ones, and with `open` also of those that can still be
/// confirmed.
pub(super) fn returned_so_far(
    returns: &[ReturnRecord],
    scales: Scales,
    open: bool,
    now: i64,
) -> Result<BTreeMap<u32, ReturnedSoFar>, Error> {
    let mut so_far: BTreeMap<u32, ReturnedSoFar> = BTreeMap::new();
    for record in returns {
        match state_at(record.state, record.expires_at, now) {
            PurchaseState::Confirmed => {}
            PurchaseState::Calculated if open => {}
            _ => continue,
        }
        for line in lines(record, scales)? {
            let so_far = so_far.entry(line.position).or_default();
            for (so_far, more) in [
                (&mut so_far.quantity.0, line.quantity.0),
                (&mut so_far.payable.0, line.payable.0),
                (&mut so_far.points_paid.0, line.points_paid.0),
                (&mut so_far.points_earned.0, line.points_earned.0),
            ] {
                *so_far = sum([*so_far, more])?;
            }
        }
    }
    Ok(so_far)
}
