//! The work: page after page of purchases is read while the one before is priced. Tills go first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::member::Member;
use domain::pricing::{Calculation, PricedReceipt, price};
use store::{Purchase, Store};
use tokio::sync::oneshot;

use super::Candidate;
use super::inputs::{self, Inputs};
use super::report::{Report, Subject};
use super::tally::{Both, Priced, Tally};
use crate::calculation::CalculationThreads;
use crate::error::ApiError;
use crate::live::Edition;

/// Purchases that are in memory at once, twice: those that are priced, and those that are read.
const PAGE: usize = 100;
/// How long to wait for room among what is done when there is nothing else to do.
const PATIENCE: Duration = Duration::from_millis(20);

/// A back-test to run.
pub struct Backtest {
    /// What is compared.
    pub candidate: Candidate,
    /// Ids, in the order in which they are read.
    pub purchases: Vec<String>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Receipts in all.
    pub receipts: usize,
    /// Of them done.
    pub done: usize,
}

/// The two plans, for a receipt of its own.
#[derive(Clone)]
struct Editions {
    before: Arc<Edition>,
    after: Arc<Edition>,
}

impl Backtest {
    /// Prices every purchase by both plans, and says what differs.
    pub async fn run(
        self,
        store: &Store,
        threads: &CalculationThreads,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report, ApiError> {
        let started = Instant::now();
        let Candidate { baseline, candidate, changes, warnings } = self.candidate;
        let editions = Editions { before: baseline, after: candidate };
        let mut sum = Tally::default();
        let mut done = 0_usize;
        let mut under_way = Vec::new();
        for ids in self.purchases.chunks(PAGE) {
            let page = read(store, &editions, ids).await?;
            // The one before was priced meanwhile.
            collect(std::mem::take(&mut under_way), &mut sum).await?;
            progress(Progress { receipts: self.purchases.len(), done });
            for inputs in page {
                under_way.push(begin(threads, &editions, inputs).await);
            }
            done = done.saturating_add(ids.len());
        }
        collect(under_way, &mut sum).await?;
        progress(Progress { receipts: self.purchases.len(), done });
        let subject = Subject { changes, warnings: warnings.iter().map(ToString::to_string).collect() };
        Ok(Report::of(&sum, (&editions.before, &editions.after), subject, started.elapsed()))
    }
}

/// The purchases of a page, in their order; nothing for one that is gone or cannot be read.
async fn read(store: &Store, editions: &Editions, ids: &[String]) -> Result<Vec<Option<Inputs>>, ApiError> {
    let purchases = store.purchases(ids).await?;
    let mut page = Vec::with_capacity(ids.len());
    for id in ids {
        let place = purchases.binary_search_by(|purchase: &Purchase| purchase.id.cmp(id));
        page.push(match place.ok().and_then(|place| purchases.get(place)) {
            Some(purchase) => inputs::of(store, &editions.before, purchase).await?,
            None => None,
        });
    }
    Ok(page)
}

type Answer = oneshot::Receiver<Tally>;

/// Prices a receipt once there is time.
async fn begin(threads: &CalculationThreads, editions: &Editions, inputs: Option<Inputs>) -> Answer {
    let inputs = Arc::new(inputs);
    loop {
        let (answer, answered) = oneshot::channel();
        let (editions, inputs) = (editions.clone(), Arc::clone(&inputs));
        let job = move || {
            // Nobody waits any more if the back-test was given up.
            drop(answer.send(compare(&editions, inputs.as_ref().as_ref())));
        };
        if threads.run_later(job) {
            return answered;
        }
        // Too much waits to be done when there is nothing else to do.
        tokio::time::sleep(PATIENCE).await;
    }
}

async fn collect(under_way: Vec<Answer>, sum: &mut Tally) -> Result<(), ApiError> {
    for answer in under_way {
        sum.merge(answer.await.map_err(|lost| ApiError::internal(&lost))?);
    }
    Ok(())
}

fn compare(editions: &Editions, inputs: Option<&Inputs>) -> Tally {
    let Some(inputs) = inputs else { return Tally::unreadable() };
    let (before, after) = (priced(&editions.before, inputs), priced(&editions.after, inputs));
    Tally::of(&Priced {
        receipt: &inputs.read.receipt,
        editions: Both { before: &editions.before, after: &editions.after },
        priced: Both { before: &before, after: &after },
    })
}

/// By the very mechanics, without a trace in what is seen of them.
fn priced(edition: &Edition, inputs: &Inputs) -> PricedReceipt {
    let receipt = &inputs.read.receipt;
    let member: Option<Member> =
        inputs.member.as_ref().map(|member| member.resolve(&edition.plan, &receipt.at));
    price(Calculation {
        plan: &edition.plan.plan,
        mechanics: &edition.mechanics,
        receipt,
        member: member.as_ref(),
        usage: &inputs.usage,
        offline: inputs.offline,
    })
}
