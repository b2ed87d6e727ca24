//! Counters of connections.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The connections of a process. A cheap handle.
#[derive(Debug, Clone, Default)]
pub struct ConnectionMetrics {
    open: Gauge,
    opened: Counter,
    refused: Family<ReasonLabels, Counter>,
    closed: Family<ReasonLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

impl ConnectionMetrics {
    /// Counts a new connection.
    pub fn opened(&self) {
        self.open.inc();
        self.opened.inc();
    }

    /// Counts the end of one, which had been counted as opened.
    pub fn closed(&self, reason: &'static str) {
        self.open.dec();
        self.closed.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// Counts a connection or call that found no place.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("connections_open", "Connections that are open now", self.open.clone());
        registry.register("connections_opened", "Connections that were let in", self.opened.clone());
        registry.register(
            "connections_refused",
            "Connections and calls that found no place, by the limit",
            self.refused.clone(),
        );
        registry.register(
            "connections_closed",
            "Connections that were let in and have ended, by the reason",
            self.closed.clone(),
        );
    }
}
