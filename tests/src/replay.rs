//! Receipts replayed against a running host, through its doors alone: goods, members, campaigns and all
//! coupons are imported, every receipt is calculated and confirmed, a few come back. Then the books
//! are compared with what the tills were answered, with the data, and with themselves.
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

/// How to replay.
pub struct Replay<'a> {
    /// The receipts, and what they are priced by.
    pub retail: &'a Retail,
    /// Tills that send at the same time.
    pub clients: usize,
    /// An empty database; none is a SQLite file of its own.
    pub database: Option<&'a str>,
    /// Settings of the host that differ from the defaults, as environment variables.
    pub settings: &'a [(&'a str, &'a str)],
    /// Hears what goes on.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// What goes on.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// The host runs; the plan is being imported.
    Loading,
    /// The plan is live, after so long.
    Loaded(Duration),
    /// One more purchase is confirmed.
    Sold,
    /// All is sent; the books are compared.
    Checking,
}

/// What came of it.
pub struct Report {
    /// Tills that sent at the same time.
    pub clients: usize,
    /// From the first call of a till to the last answer.
    pub took: Duration,
    /// How long `calculate` took, as the tills see it.
    pub calculate: Spread,
    /// How long `confirm` took.
    pub confirm: Spread,
    /// How long it took to make and confirm a return.
    pub returns: Spread,
    /// What was sold and given back.
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
    /// What the members can spend in the end.
    pub points_left: i64,
}

/// Replays, and checks the books. It is an error if anything does not add up.
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

/// A host that has sold the first so many receipts of the year, and of the same year again if it has fewer;
/// nothing came back.
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
        for steps in &mut schedule.tills {
            steps.retain(|step| matches!(step, schedule::Step::Buy(number) if *number < receipts - sold));
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

/// What was sent in parts makes the same plan as the file in which all of it stands.
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

/// All tills at once, each on a connection of its own.
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
