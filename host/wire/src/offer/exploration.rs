//! The exploration of an offer.

use domain::decimal::format_trimmed;
use domain::exploration::{EVERYBODY, Exploration};
use domain::offer::Terms;

use super::keys;
use crate::reader::{Node, Object};

/// Decimal places of a percentage that is a whole number of millionths.
const PERCENT_PLACES: u32 = 4;
/// The most bytes of a salt.
const SALT_BYTES_MAX: usize = 64;

/// Reads an exploration. The default of `salt` is the offer's id.
pub(super) fn read(document: &Object<'_, '_>, external_id: &str) -> Option<Exploration> {
    document.field("exploration")?.read_new(|field| {
        let object = field.object()?;
        let share = object.required("percent").and_then(share);
        let salt = object.field("salt").map_or_else(|| Some(external_id), salt);
        keys::refuse_unknown(&object);
        Some(Exploration { share: share?, salt: salt?.to_owned() })
    })
}

/// Warns where there is nothing to draw among. Personal terms are another list for each member.
pub(super) fn check_choice(document: &Object<'_, '_>, terms: &Terms) {
    if let (Terms::Configured(items), Some(field)) = (terms, document.field("exploration"))
        && items.len() < 2
    {
        let detail =
            format!("draws one of the offer's items, and there are {}: nothing is drawn", items.len());
        field.warn("nothing_to_explore", detail);
    }
}

fn share(field: Node<'_, '_>) -> Option<u32> {
    let share = field.scaled(PERCENT_PLACES)?;
    u32::try_from(share).ok().filter(|share| *share <= EVERYBODY).or_else(|| {
        let found = format_trimmed(share, PERCENT_PLACES);
        field.refuse("out_of_range", format!("must be from 0 to 100 percent, and is {found}"))
    })
}

fn salt<'v>(field: Node<'v, '_>) -> Option<&'v str> {
    let salt = field.text()?;
    if salt.len() <= SALT_BYTES_MAX {
        return Some(salt);
    }
    field.refuse("too_long", format!("has {} bytes; at most {SALT_BYTES_MAX} are taken", salt.len()))
}
