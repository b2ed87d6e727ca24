//! One receipt on one calculation thread.

use std::sync::Arc;

use domain::member::Member;
use domain::pricing::{Calculation, PricedReceipt, price};
use domain::usage::Usage;

use crate::error::ApiError;
use crate::live::Live;
use crate::results;
use crate::state::App;
use crate::wire::answer;
use crate::wire::problem::Problems;
use crate::wire::receipt::ReadReceipt;

/// What a receipt is priced with.
pub(super) struct Input {
    pub live: Arc<Live>,
    pub read: Arc<ReadReceipt>,
    pub member: Option<Arc<Member>>,
    pub usage: Usage,
    pub offline: bool,
}

/// What came of it.
pub(super) struct Output {
    pub priced: PricedReceipt,
    /// What the till gets.
    pub answer: String,
    /// What the results feed gets, once the purchase is confirmed.
    pub events: String,
}

/// Prices a receipt, and writes all that there is to say about it.
pub(super) async fn run(app: &App, input: Input) -> Result<Output, ApiError> {
    let priced = app.threads.run(move || {
        let (priced, plan) = (priced(&input), &input.live.plan.plan);
        let answer = answer::write(plan, &input.read, &priced)?;
        let events = results::of_purchase(plan, &input.read.receipt, input.member.as_deref(), &priced);
        let events = results::events::write(&events)?;
        Ok::<_, Problems>(Output { priced, answer, events })
    });
    let priced = priced.await.inspect_err(|error| {
        if matches!(error, ApiError::Overloaded) {
            app.metrics.overload();
        }
    })?;
    priced.map_err(refused)
}

pub(super) fn priced(input: &Input) -> PricedReceipt {
    price(Calculation {
        plan: &input.live.plan.plan,
        mechanics: &input.live.mechanics,
        receipt: &input.read.receipt,
        member: input.member.as_deref(),
        usage: &input.usage,
        offline: input.offline,
    })
}

pub(super) fn refused(problems: Problems) -> ApiError {
    ApiError::Refused { code: "receipt_refused", what: "the receipt has problems", problems }
}
