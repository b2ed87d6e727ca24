//! The uplift of an offer: members who get it compared with members of its control group, buyers or not.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::time::Moment;
use rust_decimal::Decimal;
use store::{OfferRecord, OfferState, ResultPeriod, Store};
use wire::time::local_time;

use super::arm::{Arm, Member};
use super::population::{Population, Side};
use super::statistics::{
    Estimate, difference_of_means, difference_of_ratios, difference_of_shares, relative_difference_of_means,
};
use crate::clock::now;

/// Members that are read at once.
const PAGE: i64 = 200;
const MEMBERS_NEEDED: i64 = 2;

/// The offer and the period of a report.
#[derive(Debug, Clone)]
pub struct Query {
    /// External id.
    pub offer: String,
    /// The first second of the period; from the first receipt on if absent.
    pub since: Option<i64>,
    /// The first second after the period; computed audiences are those of this time, or of now if absent.
    pub until: Option<i64>,
    /// The currency's code.
    pub currency: String,
    /// Decimal places of the currency.
    pub places: u32,
}

/// The progress of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Members that were read.
    pub members: u64,
    /// Purchases and returns that were read.
    pub results: u64,
}

/// The report.
pub struct Uplift {
    pub(super) query: Query,
    pub(super) offer: OfferRecord,
    pub(super) population: Population,
    pub(super) treated: Arm,
    pub(super) control: Arm,
    /// Number of members that are in neither arm, because they were in both before they were merged.
    left_out: i64,
}

/// Estimates of treated less control; absent where there is no honest one.
pub(super) struct Differences {
    /// Difference of shares, as a share.
    pub conversion: Option<Estimate>,
    /// Smallest steps of money.
    pub revenue: Option<Estimate>,
    /// In proportion to the control group's revenue.
    pub revenue_relative: Option<Estimate>,
    /// Smallest steps of money.
    pub average_receipt: Option<Estimate>,
}

impl Uplift {
    /// Reads members and the results feed page by page.
    pub async fn read(
        store: &Store,
        query: Query,
        progress: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<Self> {
        let versions = store.offer_versions(&query.offer).await?;
        let running = versions.iter().find(|offer| offer.state == OfferState::Running);
        let offer = running.or(versions.last()).cloned();
        let offer = offer.with_context(|| format!("there is no offer `{}`", query.offer))?;
        let at = moment(query.until.unwrap_or_else(now))?;
        let population = Population::of(&offer, &store.audiences().await?, at)?.with_context(|| {
            format!(
                "offer `{}` has no control group, so there is nobody to compare with; give it one, as \
                 `\"control_group\": {{\"percent\": \"10\"}}`",
                query.offer
            )
        })?;
        let (treated, control) = (Arm::default(), Arm::default());
        let mut uplift = Self { query, offer, population, treated, control, left_out: 0 };
        uplift.add_members(store, progress).await?;
        Ok(uplift)
    }

    async fn add_members(&mut self, store: &Store, progress: &mut dyn FnMut(Progress)) -> anyhow::Result<()> {
        let Query { since, until, places, .. } = self.query;
        let period = ResultPeriod { since: since.unwrap_or(i64::MIN), until: until.unwrap_or(i64::MAX) };
        let attributes = self.population.attributes();
        let (mut after, mut seen) = (String::new(), Progress::default());
        loop {
            let page = store.member_results(&after, PAGE, &attributes, period).await?;
            let Some(last) = page.members.last() else { return Ok(()) };
            after.clone_from(&last.id);
            let mut bought: BTreeMap<String, Member> = BTreeMap::new();
            for (member, events) in &page.events {
                let bought = bought.entry(member.clone()).or_default();
                bought
                    .add(events, &self.offer.external_id, places)
                    .with_context(|| format!("the results of member `{member}` cannot be read"))?;
            }
            for member in &page.members {
                let did = bought.get(&member.id).copied().unwrap_or_default();
                match self.population.side(member) {
                    Some(Side::Treated) => self.treated.add(&did),
                    Some(Side::Control) => self.control.add(&did),
                    Some(Side::Both) => self.left_out = self.left_out.saturating_add(1),
                    None => {}
                }
            }
            seen.members = seen.members.saturating_add(u64::try_from(page.members.len())?);
            seen.results = seen.results.saturating_add(u64::try_from(page.events.len())?);
            progress(seen);
        }
    }

    /// The differences between the arms; `None` if one arm is too small to compare.
    pub(super) fn difference(&self) -> Option<Differences> {
        if [self.treated, self.control].iter().any(|arm| arm.conversion.all < MEMBERS_NEEDED) {
            return None;
        }
        let (treated, control) = (&self.treated, &self.control);
        Some(Differences {
            conversion: difference_of_shares(treated.conversion, control.conversion),
            revenue: difference_of_means(&treated.revenue, &control.revenue),
            revenue_relative: relative_difference_of_means(&treated.revenue, &control.revenue),
            average_receipt: difference_of_ratios(&treated.average_receipt, &control.average_receipt),
        })
    }

    /// Notes for the reader: reasons for missing numbers, and doubts about the comparison.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (name, arm) in
            [("members who get the offer", &self.treated), ("members of the control group", &self.control)]
        {
            let all = arm.conversion.all;
            if all < MEMBERS_NEEDED {
                notes.push(format!("{name}: {all}; at least {MEMBERS_NEEDED} are needed to compare"));
            } else if arm.receipts == 0 {
                notes.push(format!("{name}: none of them bought anything in the period"));
            }
        }
        if self.left_out > 0 {
            notes.push(format!(
                "{} members are left out: they were merged of members who got the offer and members of the control \
                 group",
                self.left_out
            ));
        }
        if self.control.fired > 0 {
            notes.push(format!(
                "{} members of the control group got the offer in the period: was the group changed since?",
                self.control.fired
            ));
        }
        notes
    }

    /// An amount of minor units as a decimal, with `more` places than the currency has.
    pub(super) fn money(&self, steps: Decimal, more: u32) -> String {
        let unit = Decimal::new(1, self.query.places);
        fixed(steps.checked_mul(unit).unwrap_or(steps), self.query.places.saturating_add(more))
    }
}

/// A time with its UTC clock: computed audiences depend on the date.
fn moment(at: i64) -> anyhow::Result<Moment> {
    let utc = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(at)?);
    let local = local_time(utc).context("the period ends out of range")?;
    Ok(Moment::new(at, local))
}

/// A number with exactly `places` decimal places.
pub(super) fn fixed(number: Decimal, places: u32) -> String {
    let mut number =
        number.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    number.rescale(places);
    // Zero has no sign, also if the number was below zero before rounding.
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number.to_string()
}
