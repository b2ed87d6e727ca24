//! Segments as audiences of offers: the tills have the members by revision, so that receipts replay with those of their
//! time. Only differences are handed over.

use communications::segments::members::{RoaringBitmap, write};
use serde_json::json;
use store::SegmentRow;
use wire::audience::{MemberName, Upload};

use super::sets::read_set;
use crate::audit::Actor;
use crate::changes::audiences::{self, upload};
use crate::error::Error;
use crate::state::App;

use super::super::workers::Step;

/// Members that are handed over in one revision.
const MEMBERS: u64 = 50_000;

/// Hands the members of segments to the tills, as far as they differ.
pub async fn step(app: App) -> Result<Step, Error> {
    let mut worked = Step::Idle;
    for segment in app.communications.segments().await? {
        if segment.offers && segment.built > 0 && publish(&app, &segment).await? {
            worked = Step::Worked;
        }
    }
    Ok(worked)
}

/// Takes a member out of the audiences that segments have made. Before it is erased: afterwards nobody knows whose its
/// number was.
pub async fn leave(app: &App, member_id: &str) -> Result<(), Error> {
    let Some(number) = app.communications.member_number(member_id).await? else { return Ok(()) };
    let own = i64::from(communications::segments::members::place_of(number).0);
    for segment in app.communications.segments().await? {
        let published = app.communications.published_sets(&segment.name).await?;
        let Some((_, part)) = published.iter().find(|(container, _)| *container == own) else { continue };
        // One that is offered no more keeps its audience, which is somebody else's by now.
        if !segment.offers || !read_set(part)?.contains(number) {
            continue;
        }
        let remove = vec![("/0".to_owned(), MemberName::Id(member_id.to_owned()))];
        let upload = Upload { members: None, add: Vec::new(), remove };
        upload::apply(app.clone(), segment.name, true, upload, Actor::system("erasure")).await?;
    }
    Ok(())
}

/// Makes the audience of a segment. Refused if there is one that the segment has not made.
pub(super) async fn prepare(app: &App, segment: &SegmentRow, actor: &Actor) -> Result<(), Error> {
    if let Some(audience) = audiences::find(app, &segment.name).await? {
        if audience.rule.is_some() || segment.published.is_none() && has_members(app, &segment.name).await? {
            let name = &segment.name;
            let detail = format!("audience `{name}` has a rule, or members, of its own; take another name");
            return Err(Error::State { code: "audience_of_its_own", detail });
        }
        return Ok(());
    }
    let title = segment.title.clone().unwrap_or_else(|| format!("Segment {}", segment.name));
    audiences::put(app.clone(), segment.name.clone(), json!({"title": title}), actor.clone()).await?;
    Ok(())
}

async fn has_members(app: &App, name: &str) -> Result<bool, Error> {
    Ok(app.store.audience_size(name).await? > 0)
}

/// Hands over the first differences. True if there may be more.
async fn publish(app: &App, segment: &SegmentRow) -> Result<bool, Error> {
    let mut published = std::collections::BTreeMap::new();
    for (container, bytes) in app.communications.published_sets(&segment.name).await? {
        published.insert(container, read_set(&bytes)?);
    }
    let (mut add, mut remove) = (RoaringBitmap::new(), RoaringBitmap::new());
    let mut changed = Vec::new();
    let mut is_whole = true;
    for part in app.communications.segment_sets(&segment.name, segment.built).await? {
        let now = read_set(&part.members)?;
        let before = published.remove(&part.container).unwrap_or_default();
        if now == before {
            continue;
        }
        if add.len().saturating_add(remove.len()) > MEMBERS {
            is_whole = false;
            break;
        }
        add |= &now - &before;
        remove |= &before - &now;
        changed.push((part.container, write(&now)));
    }
    if is_whole {
        // Containers that the segment has no more.
        for (container, before) in published.into_iter().filter(|(_, before)| !before.is_empty()) {
            remove |= before;
            changed.push((container, write(&RoaringBitmap::new())));
        }
    }
    if changed.is_empty() && segment.published.is_some() {
        return Ok(false);
    }
    let upload = Upload { members: None, add: names(app, &add).await?, remove: names(app, &remove).await? };
    let actor = Actor::system("segments");
    // Members that the tills do not know are left out.
    let uploaded = upload::apply(app.clone(), segment.name.clone(), true, upload, actor).await?;
    app.communications.segment_published(&segment.name, &changed, uploaded.revision).await?;
    tracing::info!(
        segment = segment.name,
        revision = uploaded.revision,
        added = add.len(),
        removed = remove.len(),
        "segment handed to the tills"
    );
    Ok(!is_whole)
}

async fn names(app: &App, numbers: &RoaringBitmap) -> Result<Vec<(String, MemberName)>, Error> {
    let numbers: Vec<u32> = numbers.iter().collect();
    let members = app.communications.members_of(&numbers).await?;
    let name =
        |(row, member): (usize, store::NumberedMember)| (format!("/{row}"), MemberName::Id(member.member_id));
    Ok(members.into_iter().enumerate().map(name).collect())
}
