//! Which purchases came of a mailing or chain. `communications::attribution` says how; here its facts are read, some members at a
//! time, so that memory stays flat however large the mailing is.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use communications::attribution::{Credit, Mode, credits};
use communications::mailing::cause;
use domain::decimal::format_scaled;
use serde_json::{Map, Value, json};
use store::{CreditPage, CreditedCause};

use self::facts::{Facts, Member};
use super::chains;
use super::mailings;
use super::people;
use crate::error::Error;
use crate::state::App;

/// Members of one page.
const PAGE: i64 = 500;
const DAY_MS: i64 = 86_400_000;

/// The modes with their names.
const MODES: [(&str, Mode); 4] = [
    ("click", Mode::Click),
    ("reached", Mode::Reached),
    ("used", Mode::Used),
    ("control_group", Mode::ControlGroup),
];

/// The purchases that are credited to a mailing, by each way of crediting.
pub async fn of_mailing(app: &App, name: &str) -> Result<Value, Error> {
    let known = mailings::find(app, name).await?;
    let days = u16::try_from(known.mailing.attribution_days).unwrap_or(u16::MAX);
    let places = app.live.load().active.plan.scales().money;
    let sums = match known.row.started_at {
        Some(started_at) => sums(app, &Credited::Mailing(cause(name)), days, started_at).await?,
        None => Sums::default(),
    };
    Ok(sums.shown(("mailing", name), days, places))
}

/// The purchases that are credited to the messages of a chain, likewise.
pub async fn of_chain(app: &App, name: &str) -> Result<Value, Error> {
    let (created_at, days) = chains::reports::credited(app, name).await?;
    let places = app.live.load().active.plan.scales().money;
    let sums = sums(app, &Credited::Chain(format!("chain/{name}")), days, created_at).await?;
    Ok(sums.shown(("chain", name), days, places))
}

/// The mailing or chain that purchases are credited to.
enum Credited {
    /// The mailing with this cause.
    Mailing(String),
    /// The chain with this queue, which the causes of its messages begin with.
    Chain(String),
}

impl Credited {
    fn stored(&self) -> CreditedCause<'_> {
        match self {
            Self::Mailing(cause) => CreditedCause::Mailing(cause),
            Self::Chain(queue) => CreditedCause::Chain(queue),
        }
    }

    /// True for the cause of one of its messages.
    fn is(&self, cause: &str) -> bool {
        match self {
            Self::Mailing(own) => cause == own,
            Self::Chain(queue) => {
                cause.strip_prefix(queue.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }
}

/// The sums over all members that have messages of something that has begun at an instant.
async fn sums(app: &App, of: &Credited, days: u16, begun_at: i64) -> Result<Sums, Error> {
    // Another message may be the one that counts: those of the days before are read too.
    let since = begun_at.saturating_sub(i64::from(days).saturating_add(1).saturating_mul(DAY_MS));
    let (mut sums, mut after) = (Sums::default(), -1);
    loop {
        let page = app.communications.credit_page(of.stored(), after, PAGE, since).await?;
        let Some(last) = page.numbers.last() else { return Ok(sums) };
        after = i64::from(*last);
        add_page(app, of, days, page, &mut sums).await?;
    }
}

/// Adds what the members of a page have bought.
async fn add_page(
    app: &App,
    of: &Credited,
    days: u16,
    page: CreditPage,
    sums: &mut Sums,
) -> Result<(), Error> {
    let zones = people::of(app, &page.numbers).await?;
    let zones: BTreeMap<u32, _> = zones.into_iter().map(|profile| (profile.number.0, profile.zone)).collect();
    let facts = Facts::read(app, page).await?;
    for (number, member) in facts.members() {
        sums.count_member(member.group(|cause| of.is(cause)));
        // A member who is gone has no zone, and its days are those of UTC.
        let zone = zones.get(number).cloned().unwrap_or(jiff::tz::TimeZone::UTC);
        for (name, mode) in MODES {
            let credits = credits(mode, days, &zone, &member.touches, &member.purchases, &member.returns);
            let of_cause = credits.into_iter().filter(|credit| of.is(&credit.cause));
            sums.add(name, (*number, member), of_cause);
        }
    }
    Ok(())
}

/// In which group of a mailing a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// The message was sent to it.
    Sent,
    /// It would have been; the member is in the control group of the mailing.
    Ghosts,
    /// It would have been; the member is in the universal control group, and gets nothing that advertises.
    Universal,
}

/// Purchases that were credited.
#[derive(Debug, Default)]
struct Sum {
    members: BTreeSet<u32>,
    orders: u64,
    returned: u64,
    net: i64,
}

/// Sums by the name of the mode and by group.
#[derive(Debug, Default)]
struct Sums {
    members: BTreeMap<Group, u64>,
    credited: BTreeMap<(&'static str, Group), Sum>,
}

impl Sums {
    fn count_member(&mut self, group: Option<Group>) {
        if let Some(group) = group {
            let members = self.members.entry(group).or_default();
            *members = members.saturating_add(1);
        }
    }

    fn add(
        &mut self,
        mode: &'static str,
        (number, member): (u32, &Member),
        credits: impl Iterator<Item = Credit>,
    ) {
        for credit in credits {
            let group = if credit.is_ghost { member.group_of_ghost(&credit.message) } else { Group::Sent };
            let sum = self.credited.entry((mode, group)).or_default();
            if credit.is_returned {
                sum.returned = sum.returned.saturating_add(1);
                continue;
            }
            sum.members.insert(number);
            sum.orders = sum.orders.saturating_add(1);
            sum.net = sum.net.saturating_add(credit.net);
        }
    }

    fn of(&self, mode: &'static str, group: Group, places: u32) -> Value {
        let nothing = Sum::default();
        let sum = self.credited.get(&(mode, group)).unwrap_or(&nothing);
        json!({
            "buyers": sum.members.len(),
            "orders": sum.orders,
            "net": format_scaled(sum.net, places),
            "returned": sum.returned,
        })
    }

    fn shown(&self, (kind, name): (&str, &str), days: u16, places: u32) -> Value {
        let mut shown = Map::new();
        shown.insert(kind.to_owned(), json!(name));
        shown.insert("attribution_days".to_owned(), json!(days));
        for (mode, _) in MODES.into_iter().filter(|(_, mode)| *mode != Mode::ControlGroup) {
            shown.insert(mode.to_owned(), self.of(mode, Group::Sent, places));
        }
        let group = |group: Group| {
            let mut of_group = self.of("control_group", group, places);
            if let Some(fields) = of_group.as_object_mut() {
                let members = self.members.get(&group).copied().unwrap_or(0);
                fields.insert("members".to_owned(), json!(members));
            }
            of_group
        };
        let groups = json!({
            "sent": group(Group::Sent),
            "ghosts": group(Group::Ghosts),
            "universal": group(Group::Universal),
        });
        shown.insert("control_group".to_owned(), groups);
        Value::Object(shown)
    }
}
