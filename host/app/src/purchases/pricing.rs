//! One receipt on one calculation thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::mechanics::{MechanicId, Mechanics};
use domain::member::Member;
use domain::pricing::{Calculation, PricedReceipt, price};
use domain::usage::Usage;
use wire::answer;
use wire::problem::Problems;
use wire::receipt::ReadReceipt;

use crate::error::Error;
use crate::live::Edition;
use crate::mechanics::guard;
use crate::mechanics::health::Seen;
use crate::mechanics::lineup::Observed;
use crate::mechanics::watched::Watched;
use crate::results;
use crate::state::App;

/// What a receipt is priced with.
pub struct Input {
    /// The plan.
    pub edition: Arc<Edition>,
    /// The receipt.
    pub read: Arc<ReadReceipt>,
    /// Who buys.
    pub member: Option<Arc<Member>>,
    /// What others have taken of limits.
    pub usage: Usage,
    /// Whether the sale is over already.
    pub offline: bool,
}

/// What came of it.
pub(super) struct Output {
    pub priced: PricedReceipt,
    /// What the till gets.
    pub answer: String,
    /// What the results feed gets, once the purchase is confirmed.
    pub events: String,
    /// The mechanics that were not asked, because their circuit was open.
    pub open_circuits: Vec<MechanicId>,
}

/// Prices a receipt, and writes all that there is to say about it.
pub(super) async fn run(app: &App, input: Arc<Input>) -> Result<Output, Error> {
    let observed = input.clone();
    let priced = app.threads.run(move || {
        let (priced, open_circuits) = watched(&input);
        let plan = &input.edition.plan.plan;
        let answer = answer::write(plan, &input.read, &priced)?;
        let events = results::of_purchase(plan, &input.read.receipt, input.member.as_deref(), &priced);
        let events = results::events::write(&events)?;
        Ok::<_, Problems>(Output { priced, answer, events, open_circuits })
    });
    let priced = priced.await.inspect_err(|error| {
        if matches!(error, Error::Overloaded) {
            app.metrics.overload();
        }
    })?;
    guard::look(app, &observed.edition.observed);
    priced.map_err(refused)
}

/// Prices a receipt, and notes how its mechanics did; with those whose circuit was open.
fn watched(input: &Input) -> (PricedReceipt, Vec<MechanicId>) {
    let (observed, now) = (&input.edition.observed, Instant::now());
    let off: Vec<bool> = observed.iter().map(|observed| !observed.health.may_be_asked(now)).collect();
    let mechanics = Watched::new(&input.edition.mechanics, &off);
    let priced = price(input.calculation(&mechanics));
    note(observed, &priced, &mechanics.took());
    let open_circuits =
        (0..).map(MechanicId).zip(&off).filter(|(_, off)| **off).map(|(mechanic, _)| mechanic).collect();
    (priced, open_circuits)
}

fn note(observed: &[Observed], priced: &PricedReceipt, took: &[Duration]) {
    let now = Instant::now();
    for report in &priced.mechanics {
        let Some(observed) = observed.get(report.mechanic.0) else { continue };
        let took = took.get(report.mechanic.0).copied().unwrap_or_default();
        observed.health.note(Seen::of(report, priced, took), now);
    }
}

impl Input {
    /// The calculation, with these mechanics.
    pub(super) fn calculation<'a>(&'a self, mechanics: &'a dyn Mechanics) -> Calculation<'a> {
        Calculation {
            plan: &self.edition.plan.plan,
            mechanics,
            receipt: &self.read.receipt,
            member: self.member.as_deref(),
            usage: &self.usage,
            offline: self.offline,
        }
    }
}

/// Prices a receipt that was priced before, without asking the versions with these digests, whose circuit
/// was open then. Nothing of it is noted.
pub fn again(input: &Input, open_circuits: &[String]) -> PricedReceipt {
    let mechanics = &input.edition.plan.plan.mechanics;
    let off: Vec<bool> = mechanics.iter().map(|mechanic| open_circuits.contains(&mechanic.digest)).collect();
    price(input.calculation(&Watched::new(&input.edition.mechanics, &off)))
}

pub(super) fn priced(input: &Input) -> PricedReceipt {
    price(input.calculation(&input.edition.mechanics))
}

pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "receipt_refused", what: "the receipt has problems", problems }
}
