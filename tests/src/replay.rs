//! Sells real receipts on a running host over its public API: goods, members, campaigns and all coupons are imported,
//! every receipt is calculated and confirmed, a few are returned. Then the stored purchases and points are compared with
//! the answers to the tills, with the data, and with each other.
//!
//! The plan is that of [`crate::retail`]: every member earns 1 % in points, and more on the goods
//! of their campaigns. Every 20th receipt is paid with points as far as they go. Receipts carry the
//! time of the data, so points have been active since then.

mod books;
pub(crate) mod host;
mod load;
mod schedule;
pub(crate) mod table;
mod till;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::retail::{self, Retail};
use host::Host;
use schedule::Schedule;
use till::Done;

pub use table::{Spread, per_second, speed, totals};
pub use till::Sums;

/// A run of the replay.
pub struct Replay<'a> {
    /// The receipts, and the data that their plan is made of.
    pub retail: &'a Retail,
    /// Tills that send at the same time.
    pub clients: usize,
    /// An empty database; none is a SQLite file of its own.
    pub database: Option<&'a str>,
    /// Settings of the host that differ from the defaults, as environment variables.
    pub settings: &'a [(&'a str, &'a str)],
    /// Called at each event of the run.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// An event of a run.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// The host runs; the plan is being imported.
    Loading,
    /// The plan is live; the time since the start of the import.
    Loaded(Duration),
    /// One more purchase is confirmed.
    Sold,
    /// All receipts are sent; the stored books are compared.
    Checking,
}

/// Results of a run.
pub struct Report {
    /// Tills that sent at the same time.
    pub clients: usize,
    /// Time from the first call of a till to the last answer.
    pub took: Duration,
    /// Times of `calculate`, measured by the tills.
    pub calculate: Spread,
    /// Times of `confirm`.
    pub confirm: Spread,
    /// Times to create and confirm a return.
    pub returns: Spread,
    /// Sums over all receipts and returns.
    pub totals: Totals,
}

/// Sums over all receipts. They do not depend on how many tills there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many purchases were confirmed.
    pub purchases: usize,
    /// How many returns were confirmed.
    pub returns: usize,
    /// Sums of the purchases.
    pub sold: Sums,
    /// Sums of the returns.
    pub returned: Sums,
    /// Points that the members can spend in the end, in hundredths.
    pub points_left: i64,
}

/// Sells all receipts, and checks the books. Fails if anything does not add up.
pub fn run(replay: &Replay<'_>) -> anyhow::Result<Report> {
    let schedule = Schedule::new(replay.retail, replay.clients)?;
    let mut settings = vec![("OFFER_HOST__CURRENCY__CODE".to_owned(), "USD".to_owned())];
    settings.extend(replay.settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    let host = Host::start(replay.database, &settings)?;
    let integration = host.client("integration")?;
    (replay.progress)(Progress::Loading);
    let started = Instant::now();
    load::load(&integration, replay.retail)?;
    let took = started.elapsed();
    is_live_what_the_plan_file_says(&host, &integration, &schedule, replay.retail)?;
    (replay.progress)(Progress::Loaded(took));

    let till = host.client("pos")?;
    let started = Instant::now();
    let done = send(replay, &schedule, &till)?;
    let took = started.elapsed();

    (replay.progress)(Progress::Checking);
    let mut totals = totals_of(&done);
    ensure!(totals.purchases == replay.retail.receipts.len(), "not every receipt was sent: {totals:?}");
    books::amounts_are_those_of_the_data(replay.retail, &totals)?;
    books::purchases_are_stored_as_answered(&till, replay.retail, &schedule.purchases, &done.sold)?;
    totals.points_left = books::members_have_what_they_earned(&integration, replay.retail, &done.sold)?;
    host.run(&["ledger", "verify"])?;
    Ok(Report {
        clients: replay.clients,
        took,
        calculate: Spread::of(done.times.calculate),
        confirm: Spread::of(done.times.confirm),
        returns: Spread::of(done.times.returns),
        totals,
    })
}

/// A host that has sold the first `receipts` receipts of the year, starting over if the year has fewer; nothing was
/// returned.
pub(crate) fn sell(
    retail: &Retail,
    receipts: usize,
    clients: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> anyhow::Result<(Host, usize)> {
    let host = Host::start(None, &[("OFFER_HOST__CURRENCY__CODE".to_owned(), "USD".to_owned())])?;
    progress(Progress::Loading);
    let started = Instant::now();
    load::load(&host.client("integration")?, retail)?;
    progress(Progress::Loaded(started.elapsed()));
    let replay = Replay { retail, clients, database: None, settings: &[], progress };
    let (till, mut sold) = (host.client("pos")?, 0);
    while sold < receipts {
        let mut schedule = Schedule::new(retail, clients)?;
        for actions in &mut schedule.tills {
            actions.retain(
                |action| matches!(action, schedule::TillAction::Buy(number) if *number < receipts - sold),
            );
        }
        if sold > 0 {
            schedule
                .purchases
                .iter_mut()
                .for_each(|purchase| purchase.id = format!("{sold}-{}", purchase.id));
        }
        sold += send(&replay, &schedule, &till)?.sold.len();
    }
    Ok((host, sold))
}

/// Fails unless the plan that was imported in parts prices a receipt like the plan file with all of it.
fn is_live_what_the_plan_file_says(
    host: &Host,
    integration: &host::Client,
    schedule: &Schedule,
    retail: &Retail,
) -> anyhow::Result<()> {
    let live: Value = serde_json::from_str(&integration.get("/v1/plan")?)?;
    let receipt = schedule.purchases.first().context("there are receipts")?;
    let offline = host.calculate(&retail::plan_file(retail), &receipt.body)?;
    ensure!(
        live["plan"] == offline["plan"],
        "{} is live, but the file says {}",
        live["plan"],
        offline["plan"]
    );
    Ok(())
}

/// Runs all tills at once, each on a connection of its own.
fn send(replay: &Replay<'_>, schedule: &Schedule, client: &host::Client) -> anyhow::Result<Done> {
    let tills: Vec<anyhow::Result<Done>> = thread::scope(|scope| {
        let send = |steps| {
            let client = client.another();
            let sold_one = || (replay.progress)(Progress::Sold);
            scope.spawn(move || till::send(&client, &schedule.purchases, steps, sold_one))
        };
        let running: Vec<_> = schedule.tills.iter().map(Vec::as_slice).map(send).collect();
        running.into_iter().map(|till| till.join().expect("a till does not panic")).collect()
    });
    let mut all = Done::default();
    for done in tills {
        let mut done = done?;
        all.sold.append(&mut done.sold);
        all.times.calculate.append(&mut done.times.calculate);
        all.times.confirm.append(&mut done.times.confirm);
        all.times.returns.append(&mut done.times.returns);
    }
    Ok(all)
}

fn totals_of(done: &Done) -> Totals {
    let mut totals = Totals { purchases: done.sold.len(), ..Totals::default() };
    for sold in &done.sold {
        totals.sold += sold.sums;
        if let Some(returned) = sold.returned {
            totals.returns += 1;
            totals.returned += returned;
        }
    }
    totals
}
