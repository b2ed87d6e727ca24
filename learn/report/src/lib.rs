//! Draws what a competition found: a page for people, `report.html`, and a model card, `card.md`.
//!
//! Both are drawn from [`choose::Verdict`] alone, and the same verdict gives the same bytes. The page is one
//! file that needs nothing else: no scripts, no fonts, no network. Names come from the data and may be
//! hostile: the templates escape all of them.

mod arms;
mod card;
mod curves;
mod deciles;
mod features;
mod gate;
mod leaderboard;
mod markdown;
mod number;
mod page;
mod policy;
mod power;
mod scale;
mod segments;
mod whiskers;
mod words;

use askama::Template as _;
use choose::{SHAPE, Verdict};

/// Why nothing is drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(
        "this leaderboard has shape {found}, and this program draws shape {SHAPE}: run the experiment again with it"
    )]
    Shape { found: u32 },
    #[error("the report cannot be drawn")]
    Template(#[from] askama::Error),
}

/// The page `report.html`.
///
/// # Errors
///
/// A verdict of another shape.
pub fn page(verdict: &Verdict) -> Result<String, ReportError> {
    check(verdict)?;
    Ok(page::Page::new(verdict).render()?)
}

/// The model card `card.md`, in Markdown.
///
/// # Errors
///
/// A verdict of another shape.
pub fn card(verdict: &Verdict) -> Result<String, ReportError> {
    check(verdict)?;
    Ok(card::Card::new(verdict).render()?)
}

fn check(verdict: &Verdict) -> Result<(), ReportError> {
    if verdict.shape == SHAPE { Ok(()) } else { Err(ReportError::Shape { found: verdict.shape }) }
}
