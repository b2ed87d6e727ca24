//! Counters for Prometheus.

mod connections;
mod lag;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

pub use connections::ConnectionMetrics;
pub use lag::LagMetrics;

/// The counters of this process.
pub struct Metrics {
    /// Counters of connections.
    pub connections: ConnectionMetrics,
    /// How far communications are behind.
    pub lag: LagMetrics,
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    calculation_seconds: Histogram,
    calculation_lines: Counter,
    refused_overload: Counter,
    removed: Family<RemovedLabels, Counter>,
    mechanics_loaded: Gauge,
    mechanics_compiled: Counter,
    mechanic_faults: Family<FaultLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabels {
    mechanic: String,
    version: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RemovedLabels {
    what: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

impl Metrics {
    /// Counters that start at zero; `mechanics_compiled` counts the components that were compiled.
    pub fn new(mechanics_compiled: Counter) -> Self {
        let metrics = Self {
            connections: ConnectionMetrics::default(),
            lag: LagMetrics::default(),
            registry: Registry::with_prefix("offer_host"),
            requests: Family::default(),
            // From 50 µs to 3 s.
            calculation_seconds: Histogram::new(exponential_buckets(0.000_05, 2.0, 16)),
            calculation_lines: Counter::default(),
            refused_overload: Counter::default(),
            removed: Family::default(),
            mechanics_loaded: Gauge::default(),
            mechanics_compiled,
            mechanic_faults: Family::default(),
        };
        metrics.registered()
    }

    /// Counts an answered request.
    pub fn request(&self, route: &str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route: route.to_owned(), status }).inc();
    }

    /// Counts a priced receipt. `took` is the time from the request's arrival to the stored answer.
    pub fn calculation(&self, lines: usize, took: Duration) {
        self.calculation_seconds.observe(took.as_secs_f64());
        self.calculation_lines.inc_by(u64::try_from(lines).unwrap_or(u64::MAX));
    }

    /// Counts a receipt that was refused because the queue was full.
    pub fn overload(&self) {
        self.refused_overload.inc();
    }

    /// Counts what retention has removed, by its kind.
    pub fn removed(&self, what: &str, rows: u64) {
        self.removed.get_or_create(&RemovedLabels { what: what.to_owned() }).inc_by(rows);
    }

    /// Counts a receipt on which a version of a mechanic failed by its own fault.
    pub fn mechanic_fault(&self, mechanic: &str, version: &str, outcome: &'static str) {
        let (mechanic, version) = (mechanic.to_owned(), version.to_owned());
        self.mechanic_faults.get_or_create(&FaultLabels { mechanic, version, outcome }).inc();
    }

    /// The text that Prometheus reads, with the number of components in memory.
    pub fn text(&self, mechanics_loaded: usize) -> Result<String, fmt::Error> {
        self.mechanics_loaded.set(i64::try_from(mechanics_loaded).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "calculation",
            "Time from a calculate request to its answer",
            Unit::Seconds,
            self.calculation_seconds.clone(),
        );
        registry.register("calculation_lines", "Receipt lines priced", self.calculation_lines.clone());
        registry.register(
            "calculations_refused",
            "Receipts refused because the queue was full",
            self.refused_overload.clone(),
        );
        registry.register(
            "retention_removed",
            "Rows and components that retention removed",
            self.removed.clone(),
        );
        registry.register("mechanics_loaded", "Components in memory", self.mechanics_loaded.clone());
        registry.register("mechanics_compiled", "Components compiled", self.mechanics_compiled.clone());
        registry.register(
            "mechanic_faults",
            "Receipts on which a version of a mechanic failed, by the kind of fault",
            self.mechanic_faults.clone(),
        );
        self.connections.register(registry);
        self.lag.register(registry);
        self
    }
}
