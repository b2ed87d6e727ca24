//! Entries by an event, and their effect on an earlier run of the same member.

use sha2::{Digest as _, Sha256};

use super::document::{DATE_REACHED, POINTS_EXPIRING, Reentry, Trigger, Version};
use super::matching::text_at;
use crate::event::Event;

/// The longest value of an entry key that is kept as it is, in bytes; a longer one becomes its digest.
const KEY_BYTES_MAX: usize = 24;

/// A member who may be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place of the trigger.
    pub trigger: usize,
    /// The key of the entry: nothing, or the cart, the purchase and the like.
    pub key: String,
}

/// An earlier run of the member with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// The number after that of the latest run; 0 if there was none.
    pub runs: u32,
    /// One of them is still under way.
    pub active: bool,
}

/// The outcome of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// A run begins under this key, which is unique in the chain for the member.
    Enter(String),
    /// The active run ends, and a run begins under this key.
    Restart(String),
    /// It belongs to the active run.
    Joined,
    /// The member has been there.
    Refused,
}

/// The trigger that an event fires. `earlier` counts the member's events before this one that match a trigger; it is only
/// asked for triggers with a number. Days and points fire by events of the host's own that name the trigger.
pub fn entry(version: &Version, event: &Event, earlier: &mut dyn FnMut(&Trigger) -> u32) -> Option<Entry> {
    let fires = |trigger: &Trigger, place: usize, earlier: &mut dyn FnMut(&Trigger) -> u32| match trigger {
        Trigger::Event { of, number } => {
            of.is(event, "") && number.is_none_or(|number| earlier(trigger).saturating_add(1) == number)
        }
        Trigger::Date(_) => event.kind == DATE_REACHED && names(event, place),
        Trigger::PointsExpire { .. } => event.kind == POINTS_EXPIRING && names(event, place),
    };
    let mut triggers = (0_usize..).zip(&version.triggers);
    let (trigger, _) = triggers.find(|(place, trigger)| fires(trigger, *place, earlier))?;
    let value = version.entry_key.as_ref().map(|pointer| text_at(&event.payload, pointer));
    let key = match value {
        // Without the value that makes runs different there is nothing to let in.
        Some(None) => return None,
        // Numbers of runs are told after a `#`.
        Some(Some(value)) if value.len() > KEY_BYTES_MAX || value.contains('#') => short(&value),
        Some(Some(value)) => value,
        None => String::new(),
    };
    Some(Entry { trigger, key })
}

fn names(event: &Event, place: usize) -> bool {
    let named = event.payload.get("trigger").and_then(serde_json::Value::as_u64);
    named.and_then(|named| usize::try_from(named).ok()) == Some(place)
}

/// Decides about an entry. `event_id` is the event's source and id, which are unique together.
pub fn admit(reentry: Reentry, entry: &Entry, event_id: (&str, &str), earlier: Earlier) -> Admission {
    let key = &entry.key;
    // The number of the run: two events that are let in at the same time want the same key, and one of them gets it.
    let numbered = || format!("{key}#{}", earlier.runs);
    match reentry {
        Reentry::Once if earlier.runs > 0 => Admission::Refused,
        Reentry::Once => Admission::Enter(key.clone()),
        Reentry::Always => {
            Admission::Enter(format!("{key}#{}", short(&format!("{}\0{}", event_id.0, event_id.1))))
        }
        Reentry::AfterExit if earlier.active => Admission::Joined,
        Reentry::Restart if earlier.active => Admission::Restart(numbered()),
        Reentry::AfterExit | Reentry::Restart => Admission::Enter(numbered()),
    }
}

/// The first half of a digest, in hex: 64 bits.
fn short(text: &str) -> String {
    hex::encode(Sha256::digest(text)).chars().take(16).collect()
}
