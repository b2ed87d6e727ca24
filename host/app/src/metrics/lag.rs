//! How far sending and chains are behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// The lag of each queue that has something due. A cheap handle.
#[derive(Debug, Clone, Default)]
pub struct LagMetrics {
    gauges: Family<QueueLabels, Gauge>,
    seconds: Arc<Mutex<BTreeMap<String, i64>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: String,
}

impl LagMetrics {
    /// Replaces what is known: seconds by queue.
    pub fn set(&self, seconds: BTreeMap<String, i64>) {
        self.gauges.clear();
        for (queue, seconds) in &seconds {
            self.gauges.get_or_create(&QueueLabels { queue: queue.clone() }).set(*seconds);
        }
        *self.seconds.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    /// The queues that are behind by more than some seconds, with their lags.
    pub fn beyond(&self, seconds: i64) -> BTreeMap<String, i64> {
        let mut lags = self.seconds.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lags.retain(|_, lag| *lag > seconds);
        lags
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "communications_lag",
            "How long what is due in a queue of communications has waited in vain",
            Unit::Seconds,
            self.gauges.clone(),
        );
    }
}
