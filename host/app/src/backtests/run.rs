//! Running a back-test: each page of purchases is read while the page before is priced. Tills go first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::pricing::PricedReceipt;
use domain::time::Period;
use store::{Purchase, Store};
use tokio::sync::oneshot;
use wire::backtest::Selection;

use super::PlanComparison;
use super::inputs::{self, Known};
use super::report::{Report, Subject};
use super::tally::{Both, Priced, Tally};
use crate::calculation::CalculationThreads;
use crate::error::Error;
use crate::live::{Live, PlanVariant};
use crate::outage::Outage;
use crate::purchases::pricing;
use crate::purchases::pricing::Input;

/// Purchases of a page. Two pages are in memory: one that is priced, and one that is read.
const PAGE: usize = 100;
/// Time to wait when the queue of low priority is full.
const QUEUE_WAIT: Duration = Duration::from_millis(20);

/// A back-test to run.
pub struct Backtest {
    /// The plans to compare.
    pub comparison: PlanComparison,
    /// The purchases that were asked for.
    pub selection: Selection,
    /// Ids of the purchases, in the order in which they are read.
    pub purchases: Vec<String>,
    /// The longest outage of the database that is waited for.
    pub longest_outage: Duration,
}

/// The progress of a back-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Receipts in all.
    pub receipts: usize,
    /// Receipts done.
    pub done: usize,
}

/// The two plans.
#[derive(Clone)]
struct Variants {
    /// All live plans.
    live: Arc<Live>,
    before: Arc<PlanVariant>,
    after: Arc<PlanVariant>,
    /// The period of each offer of the candidate that has one, by external id.
    periods: Arc<[(String, Period)]>,
}

impl Backtest {
    /// Prices every purchase by both plans, and reports the differences.
    pub async fn run(
        self,
        store: &Store,
        threads: &CalculationThreads,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report, Error> {
        let started = Instant::now();
        let PlanComparison { live, candidate, changes, warnings, periods } = self.comparison;
        let before = Arc::clone(&live.active);
        let variants = Variants { live, before, after: candidate, periods: periods.into() };
        let mut outage = Outage::none_yet(self.longest_outage);
        let mut sum = Tally::default();
        let mut done = 0_usize;
        let mut under_way = Vec::new();
        for ids in self.purchases.chunks(PAGE) {
            let page = read_patiently(store, ids, &mut outage).await?;
            // The page before was priced meanwhile.
            collect(std::mem::take(&mut under_way), &mut sum).await?;
            progress(Progress { receipts: self.purchases.len(), done });
            for inputs in page {
                under_way.push(begin(threads, &variants, inputs).await);
            }
            done = done.saturating_add(ids.len());
        }
        collect(under_way, &mut sum).await?;
        progress(Progress { receipts: self.purchases.len(), done });
        let warnings = warnings.iter().map(ToString::to_string).collect();
        let subject = Subject { changes, warnings, selection: self.selection };
        Ok(Report::of(&sum, (&variants.before, &variants.after), subject, started.elapsed()))
    }
}

/// The purchases of a page, also after an outage of the database.
async fn read_patiently(
    store: &Store,
    ids: &[String],
    outage: &mut Outage,
) -> Result<Vec<Option<Known>>, Error> {
    loop {
        match read(store, ids).await {
            Ok(page) => {
                outage.is_over();
                return Ok(page);
            }
            Err(error) => outage.wait(error).await?,
        }
    }
}

/// The purchases of a page, in order; `None` for one that is gone or cannot be read.
async fn read(store: &Store, ids: &[String]) -> Result<Vec<Option<Known>>, Error> {
    let purchases = store.purchases(ids).await?;
    let mut by_id: BTreeMap<String, Purchase> =
        purchases.into_iter().map(|purchase| (purchase.id.clone(), purchase)).collect();
    let mut page = Vec::with_capacity(ids.len());
    for id in ids {
        page.push(match by_id.remove(id) {
            Some(purchase) => inputs::of(store, purchase).await?,
            None => None,
        });
    }
    Ok(page)
}

type Answer = oneshot::Receiver<Tally>;

/// Prices a receipt once a calculation thread has nothing else to do.
async fn begin(threads: &CalculationThreads, variants: &Variants, inputs: Option<Known>) -> Answer {
    let inputs = Arc::new(inputs);
    loop {
        let (answer, answered) = oneshot::channel();
        let (variants, inputs) = (variants.clone(), Arc::clone(&inputs));
        let job = move || {
            // Fails only if the back-test was given up.
            drop(answer.send(compare(&variants, inputs.as_ref().as_ref())));
        };
        if threads.run_in_background(job) {
            return answered;
        }
        // The queue of low priority is full.
        tokio::time::sleep(QUEUE_WAIT).await;
    }
}

async fn collect(under_way: Vec<Answer>, sum: &mut Tally) -> Result<(), Error> {
    for answer in under_way {
        let one = answer.await.map_err(|lost| Error::internal(&lost))?;
        sum.merge(one).ok_or_else(|| {
            let detail =
                "the sums of these purchases do not fit into 64 bits: choose fewer of them".to_owned();
            Error::State { code: "amount_too_large", detail }
        })?;
    }
    Ok(())
}

fn compare(variants: &Variants, known: Option<&Known>) -> Tally {
    compared(variants, known).unwrap_or_else(Tally::unreadable)
}

fn compared(variants: &Variants, known: Option<&Known>) -> Option<Tally> {
    let Known { recorded, approximated } = known?;
    let input = |variant| recorded.input(&variants.live, variant).ok();
    let (before, after) = (input(&variants.before)?, input(&variants.after)?);
    let (priced_before, priced_after) = (priced(&before), priced(&after));
    let tally = Tally::of(&Priced {
        receipt: &before.read.receipt,
        variants: Both { before: &variants.before, after: &variants.after },
        priced: Both { before: &priced_before, after: &priced_after },
    })?;
    let made = &before.read.receipt.at;
    let is_outside = |(_, period): &&(String, Period)| !period.contains(made);
    let outside_period =
        variants.periods.iter().filter(is_outside).map(|(offer, _)| (offer.clone(), 1)).collect();
    Some(Tally { approximated: i64::from(*approximated), outside_period, ..tally })
}

/// Prices without counting towards the health of mechanics.
fn priced(input: &Input) -> PricedReceipt {
    pricing::reprice(input, &[])
}
