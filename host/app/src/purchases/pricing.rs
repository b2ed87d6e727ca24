//! The calculation of one receipt, on a calculation thread.

use std::sync::Arc;
use std::time::Instant;

use domain::mechanics::{MechanicId, Mechanics};
use domain::member::Member;
use domain::offer::OfferId;
use domain::pricing::{Calculation, Explanation, FilledMessages, PricedReceipt, price};
use domain::usage::Usage;
use wire::answer;
use wire::problem::Problems;
use wire::receipt::ReadReceipt;

use super::coupons;
use crate::error::Error;
use crate::live::PlanVariant;
use crate::mechanics::guard;
use crate::mechanics::health::Observation;
use crate::mechanics::instrumented::{Instrumented, Use};
use crate::mechanics::lineup::MonitoredVersion;
use crate::metrics::Metrics;
use crate::results;
use crate::state::App;

/// The input of a calculation.
pub struct Input {
    /// The plan.
    pub variant: Arc<PlanVariant>,
    /// The receipt.
    pub read: Arc<ReadReceipt>,
    /// The buyer, if known.
    pub member: Option<Arc<Member>>,
    /// The parts of limits that other purchases have taken.
    pub usage: Usage,
    /// True for the receipt of a till that was cut off: it is confirmed at once.
    pub offline: bool,
    /// Messages of communications, which come after those of offers.
    pub messages: FilledMessages,
}

/// The output of a calculation.
pub(super) struct Output {
    pub priced: PricedReceipt,
    /// The answer to the till, as JSON text.
    pub answer: String,
    /// The events that confirming adds to the results feed, as JSON text.
    pub events: String,
    /// The mechanics that were not asked, because their circuit was open.
    pub open_circuits: Vec<MechanicId>,
}

/// Prices a receipt on a calculation thread, and writes its answer and its events.
pub(super) async fn run(app: &App, input: Arc<Input>) -> Result<Output, Error> {
    let monitored = input.clone();
    let counting = app.clone();
    let priced = app.threads.run(move || {
        let (priced, open_circuits) = price_and_count(&counting.metrics, &input);
        let plan = &input.variant.plan.plan;
        let answer = answer::write(plan, &input.read, &priced)?;
        let receipt = &input.read.receipt;
        let answer = answer::with_calculation(receipt, &answer);
        let mut events = results::of_purchase(plan, receipt, input.member.as_deref(), &priced);
        events.extend(coupons::events(plan, receipt, input.usage.coupons(), &priced));
        let events = results::events::write(&events)?;
        Ok::<_, Problems>(Output { priced, answer, events, open_circuits })
    });
    let priced = priced.await.inspect_err(|error| {
        if matches!(error, Error::Overloaded) {
            app.metrics.overload();
        }
    })?;
    guard::check_gates(app, &monitored.variant.monitored);
    priced.map_err(refused)
}

/// Prices a receipt and counts the outcomes and times of its mechanics. Also returns the mechanics that were not
/// asked, because their circuit was open.
fn price_and_count(metrics: &Metrics, input: &Input) -> (PricedReceipt, Vec<MechanicId>) {
    let (monitored, now) = (&input.variant.monitored, Instant::now());
    let may_be_asked = |mechanic: MechanicId| {
        monitored.get(mechanic.0).is_none_or(|monitored| monitored.health.may_be_asked(now))
    };
    let mechanics = Instrumented::new(&input.variant.mechanics, monitored.len(), &may_be_asked);
    let priced = input.with_messages(price(input.calculation(&mechanics)));
    let uses = mechanics.uses();
    count(metrics, monitored, &priced, &uses);
    let not_asked = (0..).map(MechanicId).zip(&uses).filter(|(_, used)| used.may_be_asked == Some(false));
    (priced, not_asked.map(|(mechanic, _)| mechanic).collect())
}

fn count(metrics: &Metrics, monitored: &[MonitoredVersion], priced: &PricedReceipt, uses: &[Use]) {
    for report in &priced.mechanics {
        let Some(monitored) = monitored.get(report.mechanic.0) else { continue };
        let took = uses.get(report.mechanic.0).map(|used| used.took).unwrap_or_default();
        guard::record(metrics, &monitored.health, Observation::of(report, priced, took));
    }
}

impl Input {
    /// The result with the messages of communications.
    fn with_messages(&self, mut priced: PricedReceipt) -> PricedReceipt {
        priced.messages.cashier.extend(self.messages.cashier.iter().cloned());
        priced.messages.receipt.extend(self.messages.receipt.iter().cloned());
        priced
    }

    /// The calculation, with these mechanics.
    pub(super) fn calculation<'a>(&'a self, mechanics: &'a dyn Mechanics) -> Calculation<'a> {
        Calculation {
            plan: &self.variant.plan.plan,
            mechanics,
            receipt: &self.read.receipt,
            member: self.member.as_deref(),
            usage: &self.usage,
            offline: self.offline,
        }
    }
}

/// Prices a receipt once more, without asking the versions with these digests, whose circuit was open the first
/// time. Nothing is counted.
pub fn reprice(input: &Input, open_circuits: &[String]) -> PricedReceipt {
    input.with_messages(again(input, open_circuits, price))
}

/// Explains an offer on a receipt, likewise; nothing if the plan does not have it.
pub(super) fn explain(input: &Input, open_circuits: &[String], offer: OfferId) -> Option<Explanation> {
    again(input, open_circuits, |calculation| domain::pricing::explain(calculation, offer))
}

fn again<T>(input: &Input, open_circuits: &[String], run: impl FnOnce(Calculation<'_>) -> T) -> T {
    let mechanics = &input.variant.plan.plan.mechanics;
    let may_be_asked = |mechanic: MechanicId| {
        mechanics.get(mechanic.0).is_none_or(|mechanic| !open_circuits.contains(&mechanic.digest))
    };
    run(input.calculation(&Instrumented::new(&input.variant.mechanics, mechanics.len(), &may_be_asked)))
}

pub(super) fn priced(input: &Input) -> PricedReceipt {
    price(input.calculation(&input.variant.mechanics))
}

pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "receipt_refused", what: "the receipt has problems", problems }
}
