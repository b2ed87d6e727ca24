//! Previews of rules: how many members they hold for now, and some of them.

use communications::segments::members::RoaringBitmap;
use communications::segments::{Parsed, Rule, read};
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Report};

use super::build::{Part, containers, fill};
use super::catalogue::Catalogue;
use super::rules::{add_measures, limits, refused, unknown_segments};
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
    /// Ids of some of them, the longest known first.
    pub sample: Vec<String>,
}

/// Counts the members that a rule holds for.
pub async fn preview(app: &App, body: &Value) -> Result<Preview, Error> {
    let (parsed, sample) = request(app, body)?;
    let rows = app.communications.segments().await?;
    let problems: Problems = unknown_segments(&parsed, &rows, None);
    problems.or(()).map_err(refused)?;
    let now = app.communications.now_ms().await?;
    let (found, of) = members_at(app, &parsed.rule, now).await?;
    let numbers: Vec<u32> = found.iter().take(usize::try_from(sample).unwrap_or(0)).collect();
    let sample = app.communications.members_of(&numbers).await?;
    let sample = sample.into_iter().map(|member| member.member_id).collect();
    Ok(Preview { count: found.len(), of, sample })
}

/// The members that a rule holds for at an instant, by the statements of the database, and the number of all members.
pub async fn members_at(app: &App, rule: &Rule, now: i64) -> Result<(RoaringBitmap, u64), Error> {
    add_measures(app, rule).await?;
    fill(app).await?;
    let catalogue = Catalogue::load(app, now).await?;
    let mut found = RoaringBitmap::new();
    let mut of = 0_u64;
    for container in containers(app).await? {
        let part = Part::load(app, &catalogue, container).await?;
        found |= part.members(app, rule).await?;
        of = of.saturating_add(part.size());
    }
    Ok((found, of))
}

fn request(app: &App, body: &Value) -> Result<(Parsed, i64), Error> {
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
        let rule = document.required("rule").and_then(|node| read(node, limits(app)));
        document.refuse_unknown();
        Some((rule?, sample?))
    };
    let request = read(report.root(body));
    report.finish(request).map(|(request, _)| request).map_err(refused)
}
