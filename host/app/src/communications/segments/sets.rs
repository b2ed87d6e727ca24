//! Members of segments, as bitmaps of their numbers.

use communications::segments::members::{RoaringBitmap, read};

use crate::error::Error;
use crate::state::App;

/// A set as it was stored.
pub(super) fn read_set(bytes: &[u8]) -> Result<RoaringBitmap, Error> {
    read(bytes).ok_or_else(|| Error::damaged("a part of a segment"))
}

/// All members of a segment; none if there is no such segment, or its members are not worked out yet.
pub async fn members(app: &App, name: &str) -> Result<Option<RoaringBitmap>, Error> {
    let segments = app.communications.segments().await?;
    let Some(segment) = segments.into_iter().find(|segment| segment.name == name && segment.built > 0) else {
        return Ok(None);
    };
    let mut all = RoaringBitmap::new();
    for part in app.communications.segment_sets(name, segment.built).await? {
        all |= read_set(&part.members)?;
    }
    Ok(Some(all))
}

/// Names of the segments that a member is in.
pub async fn of_member(app: &App, number: u32) -> Result<Vec<String>, Error> {
    let container = i64::from(communications::segments::members::place_of(number).0);
    let mut names = Vec::new();
    for segment in app.communications.segments().await? {
        let part = app.communications.segment_set(&segment.name, segment.built, container).await?;
        if let Some(part) = part
            && read_set(&part.members)?.contains(number)
        {
            names.push(segment.name);
        }
    }
    Ok(names)
}
