//! The uplift of an offer: members who get it compared with members of its control group, buyers or not, by what they
//! bought while it ran. In the same way, the uplift of all that is said to members: those of the universal control group
//! compared with all others.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use domain::offer::ControlGroup;
use rust_decimal::Decimal;
use store::{MemberResult, OfferRecord, OfferState, ResultKind, ResultPeriod, Store};

use super::arm::{Arm, Member};
use super::basis::{Basis, moment};
use super::decisions::{Decided, Decisions};
use super::population::{Population, Side};
use super::power;
use super::statistics::{
    Estimate, Sample, difference_of_means, difference_of_ratios, difference_of_shares,
    relative_difference_of_means,
};
use super::stretches::{Stretch, counted};
use crate::clock::now;

/// Members that are read at once.
const PAGE: i64 = 200;
const MEMBERS_NEEDED: i64 = 2;

/// The groups that a report compares.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The control group of an offer with this external id.
    Offer(String),
    /// The universal control group of communications.
    Program(ControlGroup),
}

/// The subject of a report, and its period.
#[derive(Debug, Clone)]
pub struct Query {
    /// The groups that it compares.
    pub subject: Subject,
    /// The first second of the period; if it is absent, from the offer's first run on, or from the beginning.
    pub since: Option<i64>,
    /// The first second after the period. Computed audiences are those of this time; if it is absent, those of the
    /// offer's last stop, or of now.
    pub until: Option<i64>,
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
    /// The offer; none if the report is about the program.
    pub(super) offer: Option<OfferRecord>,
    pub(super) population: Population,
    pub(super) basis: Basis,
    /// The stretches of time in which the offer ran, at least one; none if the report is about the program.
    pub(super) stretches: Vec<Stretch>,
    pub(super) treated: Arm,
    pub(super) control: Arm,
    /// Members by what chose their items.
    pub(super) decisions: Decisions,
    /// Number of members that are in neither arm, because they were in both before they were merged.
    left_out: i64,
}

/// Estimates of treated less control; absent where there is no honest one.
pub(super) struct Differences {
    /// Difference of shares, as a share.
    pub conversion: Difference,
    /// Smallest steps of money.
    pub revenue: Difference,
    /// In proportion to the control group's revenue.
    pub revenue_relative: Difference,
    /// Smallest steps of money.
    pub average_receipt: Difference,
    /// Revenue before the offer's discount, of all members who get it, in smallest steps of money.
    pub extra_revenue: Difference,
    /// Extra revenue less the cost of the offer, in smallest steps of money.
    pub net_effect: Difference,
}

/// A difference, and the number of members that tell it from chance.
#[derive(Clone, Copy)]
pub(super) struct Difference {
    pub estimate: Option<Estimate>,
    /// Members of both sides in all; absent if there is no difference.
    pub needed: Option<i64>,
    /// Members of both sides as they are.
    members: i64,
}

impl Difference {
    /// The number of members that are missing; 0 if the difference is told from chance already.
    pub(super) fn missing(&self) -> Option<i64> {
        if self.estimate?.is_clear() {
            return Some(0);
        }
        self.needed.map(|needed| needed.saturating_sub(self.members).max(1))
    }

    pub(super) fn map(self, change: impl FnOnce(Estimate) -> Option<Estimate>) -> Self {
        Self { estimate: self.estimate.and_then(change), ..self }
    }
}

impl Uplift {
    /// Reads members and the results feed page by page. An error if the offer has never run.
    pub async fn read(
        store: &Store,
        query: Query,
        progress: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<Self> {
        let mut uplift = match query.subject.clone() {
            Subject::Offer(offer) => Self::of_offer(store, query, &offer).await?,
            Subject::Program(group) => Self::of_program(store, query, group).await?,
        };
        uplift.add_members(store, progress).await?;
        Ok(uplift)
    }

    /// The report about the program, without members yet.
    async fn of_program(store: &Store, query: Query, group: ControlGroup) -> anyhow::Result<Self> {
        if group.percent.0 == 0 {
            bail!(
                "there is no universal control group, so that there is nobody to compare with: set \
                 `communications.control_percent`"
            );
        }
        let basis = Basis::read(store, false).await?;
        let population = Population::of_program(group, moment(query.until.unwrap_or_else(now))?)?;
        Ok(Self::new(query, (None, population), basis, Vec::new()))
    }

    /// The report about an offer, without members yet.
    async fn of_offer(store: &Store, query: Query, id: &str) -> anyhow::Result<Self> {
        let versions = store.offer_versions(id).await?;
        let latest = versions.last().with_context(|| format!("there is no offer `{id}`"))?;
        let stretches = Stretch::all(&store.offer_runs(id).await?, &versions)?;
        let last = stretches.last().with_context(|| never_ran(latest))?.run;
        let offer = versions.iter().find(|offer| offer.version == last.version).unwrap_or(latest).clone();
        let basis = Basis::read(store, stretches.iter().any(Stretch::needs_clocks)).await?;
        let at = query.until.or(last.end.map(|(_, at)| at)).unwrap_or_else(now);
        let audiences = store.audiences().await?;
        let population = Population::of(&offer, &audiences, moment(at)?)?.with_context(|| {
            let earlier = stretches.iter().rev().find(|stretch| stretch.control_group.is_some());
            no_control_group(id, last.version, earlier.map(|stretch| stretch.run.version))
        })?;
        Ok(Self::new(query, (Some(offer), population), basis, stretches))
    }

    fn new(
        query: Query,
        (offer, population): (Option<OfferRecord>, Population),
        basis: Basis,
        stretches: Vec<Stretch>,
    ) -> Self {
        let (treated, control, decisions) = (Arm::default(), Arm::default(), Decisions::default());
        Self { query, offer, population, basis, stretches, treated, control, decisions, left_out: 0 }
    }

    /// The two sides, for people.
    pub(super) fn sides(&self) -> [&'static str; 2] {
        match self.offer {
            Some(_) => ["with the offer", "control group"],
            None => ["written to", "control group"],
        }
    }

    async fn add_members(&mut self, store: &Store, progress: &mut dyn FnMut(Progress)) -> anyhow::Result<()> {
        let Query { since, until, .. } = self.query;
        let period = ResultPeriod { since: since.unwrap_or(i64::MIN), until: until.unwrap_or(i64::MAX) };
        let attributes = self.population.attributes();
        let (mut after, mut seen) = (String::new(), Progress::default());
        loop {
            let page = store.member_results(&after, PAGE, &attributes, period).await?;
            let Some(last) = page.members.last() else { return Ok(()) };
            after.clone_from(&last.id);
            let offer = self.offer.as_ref().map_or("", |offer| &offer.external_id);
            let counted = match self.offer {
                Some(_) => counted(&self.stretches, (store, &self.basis), &page.results).await?,
                None => purchases(&page.results),
            };
            let mut bought: BTreeMap<&str, (Member, Decided)> = BTreeMap::new();
            for result in &page.results {
                let (member, decided) = bought.entry(&result.member_id).or_default();
                // A return counts with its purchase.
                if result.purchase_id.as_deref().is_some_and(|id| counted.contains(id)) {
                    let events = &result.results.events;
                    let added = member.add(events, offer, &self.basis);
                    added.and_then(|()| decided.add(events, offer)).with_context(|| {
                        format!("the results of member `{}` cannot be read", result.member_id)
                    })?;
                } else if result.kind == ResultKind::Purchase {
                    member.leave_out();
                }
            }
            for member in &page.members {
                let (did, decided) = bought.remove(member.id.as_str()).unwrap_or_default();
                let side = self.population.side(member);
                if let Some(side) = side {
                    self.decisions.add(&decided, side);
                }
                match side {
                    Some(Side::Treated) => self.treated.add(&did, &self.basis),
                    Some(Side::Control) => self.control.add(&did, &self.basis),
                    Some(Side::Both) => self.left_out = self.left_out.saturating_add(1),
                    None => {}
                }
            }
            seen.members = seen.members.saturating_add(u64::try_from(page.members.len())?);
            seen.results = seen.results.saturating_add(u64::try_from(page.results.len())?);
            progress(seen);
        }
    }

    /// The differences between the arms; `None` if one arm is too small to compare.
    pub(super) fn difference(&self) -> Option<Differences> {
        if [self.treated, self.control].iter().any(|arm| arm.conversion.all < MEMBERS_NEEDED) {
            return None;
        }
        let (treated, control) = (&self.treated, &self.control);
        let members = treated.conversion.all.saturating_add(control.conversion.all);
        let with = |estimate, needed| Difference { estimate, needed, members };
        let means = |of: fn(&Arm) -> &Sample| {
            let (first, second) = (of(treated), of(control));
            with(difference_of_means(first, second), power::for_means(first, second, members))
        };
        let of_all = |estimate: Estimate| estimate.times(Decimal::from(treated.conversion.all));
        let revenue = means(|arm| &arm.revenue);
        Some(Differences {
            conversion: with(
                difference_of_shares(treated.conversion, control.conversion),
                power::for_shares(treated.conversion, control.conversion, members),
            ),
            revenue,
            revenue_relative: with(
                relative_difference_of_means(&treated.revenue, &control.revenue),
                revenue.needed,
            ),
            average_receipt: with(
                difference_of_ratios(&treated.average_receipt, &control.average_receipt),
                power::for_ratios(&treated.average_receipt, &control.average_receipt, members),
            ),
            extra_revenue: means(|arm| &arm.gross).map(of_all),
            net_effect: means(|arm| &arm.net).map(of_all),
        })
    }

    /// Receipts in the period that are left out because they were not sold while the offer ran.
    pub(super) fn receipts_left_out(&self) -> i64 {
        self.treated.left_out.saturating_add(self.control.left_out)
    }

    /// Notes for the reader: reasons for missing numbers, and doubts about the comparison.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let treated = if self.offer.is_some() { "members who get the offer" } else { "members written to" };
        for (name, arm) in [(treated, &self.treated), ("members of the control group", &self.control)] {
            let all = arm.conversion.all;
            if all < MEMBERS_NEEDED {
                notes.push(format!("{name}: {all}; at least {MEMBERS_NEEDED} are needed to compare"));
            } else if arm.receipts == 0 {
                notes.push(format!("{name}: none of them bought anything in the period"));
            }
        }
        if self.receipts_left_out() > 0 {
            notes.push(format!(
                "{} receipts of these members are left out: they were not sold while the offer ran, within its period",
                self.receipts_left_out()
            ));
        }
        if self.left_out > 0 {
            notes.push(format!(
                "{} members are left out: they were merged of {treated} and members of the control group",
                self.left_out
            ));
        }
        if self.control.fired > 0 {
            notes.push(format!(
                "{} members of the control group got the offer in the period: was the group changed since?",
                self.control.fired
            ));
        }
        notes.extend(self.other_groups());
        notes
    }

    /// A note if a version that is counted had another control group than the one that is compared.
    fn other_groups(&self) -> Option<String> {
        let group = Some(&self.population.control_group);
        let other = |stretch: &&Stretch| stretch.control_group.as_ref() != group;
        let version = self.stretches.iter().rev().find(other)?.run.version;
        Some(format!(
            "version {version} ran with another control group than version {}, by whose group all receipts are \
             compared; give a time after it with `--since`",
            self.offer.as_ref()?.version
        ))
    }

    /// An amount of minor units as a decimal, with `more` places than the currency has.
    pub(super) fn money(&self, steps: Decimal, more: u32) -> String {
        let places = self.basis.currency().exponent;
        let unit = Decimal::new(1, places);
        fixed(steps.checked_mul(unit).unwrap_or(steps), places.saturating_add(more))
    }

    /// A whole number of minor units as a decimal, if it is in range.
    pub(super) fn sum_of_money(&self, steps: i128) -> Option<String> {
        let steps = Decimal::try_from_i128_with_scale(steps, 0).ok()?;
        Some(self.money(steps, 0))
    }

    /// A whole number of smallest steps of points as a decimal, if it is in range.
    pub(super) fn sum_of_points(&self, steps: i128) -> Option<String> {
        let places = self.basis.points().exponent;
        Some(fixed(Decimal::try_from_i128_with_scale(steps, places).ok()?, places))
    }
}

/// The ids of all purchases.
fn purchases(results: &[MemberResult]) -> BTreeSet<&str> {
    let purchases = results.iter().filter(|result| result.kind == ResultKind::Purchase);
    purchases.filter_map(|result| result.purchase_id.as_deref()).collect()
}

/// `version` is the one that ran last, `earlier` the latest before it that had a control group.
fn no_control_group(offer: &str, version: u32, earlier: Option<u32>) -> String {
    let had =
        earlier.map(|earlier| format!("; version {earlier}, which ran before, had one")).unwrap_or_default();
    format!(
        "version {version} of offer `{offer}`, which ran last, has no control group, so there is nobody to compare \
         with{had}; give it one, as `\"control_group\": {{\"percent\": \"10\"}}`"
    )
}

fn never_ran(latest: &OfferRecord) -> String {
    let OfferRecord { external_id, version, state, .. } = latest;
    let why = match state {
        OfferState::Draft => format!(
            "its latest version, {version}, is a draft; `POST /v1/offers/{external_id}/run` makes it live"
        ),
        state => format!("its latest version, {version}, is {}", state.name()),
    };
    format!("offer `{external_id}` has never run, so that there is nothing to report: {why}")
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
