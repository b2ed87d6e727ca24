//! Previews of rules: how many members they hold for now, and some of them. Somebody waits for the answer, so that it is an
//! estimate where there are too many members to count.

use std::time::Duration;

use communications::segments::members::RoaringBitmap;
use communications::segments::{Parsed, Rule, read};
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Report};

use super::build::{by_container, fill};
use super::catalogue::Catalogue;
use super::changes::worked_in;
use super::estimate::estimate;
use super::rules::{add_measures, limits, refused, unknown_attributes, unknown_segments};
use crate::error::Error;
use crate::state::App;

/// Members that are shown at most.
const SAMPLE_MAX: i64 = 100;
/// Members that are shown if the caller does not say.
const SAMPLE: i64 = 10;

/// What a rule holds for.
pub struct Preview {
    /// How many members.
    pub count: u64,
    /// Of how many that are known.
    pub of: u64,
    /// None if they were counted; if the numbers are estimated, by how many the first may be off in 19 of 20 cases.
    pub margin: Option<u64>,
    /// Members who were imported or changed before are still being worked in, and do not count as they are now.
    pub is_behind: bool,
    /// Ids of some of them, the longest known first.
    pub sample: Vec<String>,
}

/// A preview that is asked for.
struct Asked {
    parsed: Parsed,
    sample: i64,
    /// However long it takes.
    exact: bool,
}

/// Counts the members that a rule holds for.
pub async fn preview(app: &App, body: &Value) -> Result<Preview, Error> {
    let Asked { parsed, sample, exact } = request(app, body)?;
    let rows = app.communications.segments().await?;
    let mut problems: Problems = unknown_segments(&parsed, &rows, None);
    problems.append(unknown_attributes(app, &parsed).await?);
    problems.or(()).map_err(refused)?;
    let is_behind = !worked_in(app, app.config.communications.segment_preview_ms).await?;
    let now = app.communications.now_ms().await?;
    let (found, count, of, margin) = if exact {
        let (found, of) = members_at(app, &parsed.rule, now).await?;
        let count = found.len();
        (found, count, of, None)
    } else {
        about(app, &parsed.rule, now).await?
    };
    let numbers: Vec<u32> = found.iter().take(usize::try_from(sample).unwrap_or(0)).collect();
    let sample = app.communications.members_of(&numbers).await?;
    let sample = sample.into_iter().map(|member| member.member_id).collect();
    Ok(Preview { count, of, margin, is_behind, sample })
}

/// Members that a rule holds for at an instant, the number of them, that of all members, and the margin of the first number;
/// within the time that a setting allows.
pub async fn about(
    app: &App,
    rule: &Rule,
    now: i64,
) -> Result<(RoaringBitmap, u64, u64, Option<u64>), Error> {
    let catalogue = catalogue(app, rule, now).await?;
    let Some(last) = app.communications.last_segment_member().await? else {
        return Ok((RoaringBitmap::new(), 0, 0, None));
    };
    let within = Duration::from_millis(app.config.communications.segment_preview_ms);
    let found = estimate(app, &catalogue, rule, last, within).await?;
    Ok((found.found, found.count, found.of, found.margin))
}

/// The members that a rule holds for at an instant, by the statements of the database, and the number of all members.
pub async fn members_at(app: &App, rule: &Rule, now: i64) -> Result<(RoaringBitmap, u64), Error> {
    let catalogue = catalogue(app, rule, now).await?;
    let mut found = RoaringBitmap::new();
    let mut of = 0_u64;
    for (_, members, size) in by_container(app, &catalogue, rule).await? {
        found |= members;
        of = of.saturating_add(size);
    }
    Ok((found, of))
}

/// The catalogue with all that a rule measures.
async fn catalogue(app: &App, rule: &Rule, now: i64) -> Result<Catalogue, Error> {
    add_measures(app, rule).await?;
    fill(app).await?;
    Catalogue::load(app, now).await
}

fn request(app: &App, body: &Value) -> Result<Asked, Error> {
    let report = Report::of_new();
    let read = |node: Node<'_, '_>| {
        let document = node.object()?;
        let sample = match document.field("sample") {
            None => Some(SAMPLE),
            Some(node) => match node.integer()? {
                sample if (0..=SAMPLE_MAX).contains(&sample) => Some(sample),
                _ => node.refuse("out_of_range", format!("must be from 0 to {SAMPLE_MAX}")),
            },
        };
        let exact = document.field("exact").map_or(Some(false), |node| node.boolean());
        let rule = document.required("rule").and_then(|node| read(node, limits(app)));
        document.refuse_unknown();
        Some(Asked { parsed: rule?, sample: sample?, exact: exact? })
    };
    let request = read(report.root(body));
    report.finish(request).map(|(request, _)| request).map_err(refused)
}
