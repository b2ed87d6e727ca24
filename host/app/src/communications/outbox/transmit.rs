//! Hands messages to providers, each channel's together, and those of a limited channel each at its time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use senders::{Outcome, Outgoing};
use store::RateSlots;

use super::Slots;
use super::decide::Ready;
use crate::communications::channels::Route;

/// Messages that go out on one route.
struct Bundle {
    route: Arc<Route>,
    outgoing: Vec<Outgoing>,
    /// Their places in the batch.
    places: Vec<usize>,
    /// Their times, if the channel is limited.
    slots: Option<(Instant, RateSlots)>,
}

/// What becomes of messages, in their order.
pub(super) fn all(ready: &[Ready], slots: &Slots) -> Pin<Box<dyn Future<Output = Vec<Outcome>> + Send>> {
    let mut bundles: BTreeMap<&str, Bundle> = BTreeMap::new();
    for (place, ready) in ready.iter().enumerate() {
        let channel = ready.row.channel.as_str();
        let bundle = bundles.entry(channel).or_insert_with(|| Bundle {
            route: Arc::clone(&ready.route),
            outgoing: Vec::new(),
            places: Vec::new(),
            slots: slots.get(channel).copied(),
        });
        bundle.outgoing.push(ready.outgoing.clone());
        bundle.places.push(place);
    }
    let (count, bundles): (usize, Vec<Bundle>) = (ready.len(), bundles.into_values().collect());
    Box::pin(of_bundles(count, bundles))
}

async fn of_bundles(count: usize, bundles: Vec<Bundle>) -> Vec<Outcome> {
    let mut sends = Vec::with_capacity(bundles.len());
    for bundle in bundles {
        sends.push(bundle.send());
    }
    let mut outcomes: BTreeMap<usize, Outcome> = join_all(sends).await.into_iter().flatten().collect();
    let lost = || Outcome::Unknown { reason: "the provider's answer was lost".to_owned() };
    (0..count).map(|place| outcomes.remove(&place).unwrap_or_else(lost)).collect()
}

impl Bundle {
    async fn send(self) -> Vec<(usize, Outcome)> {
        let outcomes = match self.slots {
            None => self.route.send(&self.outgoing).await,
            Some((taken, slots)) => {
                let mut sends = Vec::with_capacity(self.outgoing.len());
                for (place, message) in self.outgoing.into_iter().enumerate() {
                    let after = time_of(place, slots).saturating_sub(taken.elapsed());
                    sends.push(at_its_time(Arc::clone(&self.route), message, after));
                }
                join_all(sends).await.into_iter().flatten().collect()
            }
        };
        self.places.into_iter().zip(outcomes).collect()
    }
}

async fn at_its_time(route: Arc<Route>, message: Outgoing, after: Duration) -> Vec<Outcome> {
    tokio::time::sleep(after).await;
    route.send(&[message]).await
}

/// How long after the times were taken a message may go.
fn time_of(place: usize, slots: RateSlots) -> Duration {
    let place = i64::try_from(place).unwrap_or(0);
    let after = slots.wait_us.saturating_add(slots.every_us.saturating_mul(place));
    Duration::from_micros(u64::try_from(after).unwrap_or(0))
}
