//! The settings by section, as `config.default.toml` explains them.

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};

/// All of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub currency: Currency,
    pub points: Points,
    pub pricing: Pricing,
    pub limits: Limits,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: String,
    pub shutdown_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    pub code: String,
    pub exponent: i64,
    pub rounding: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    pub exponent: i64,
    pub rounding: String,
    pub burn_rate: String,
    pub burn_max_percent: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pricing {
    pub receipt_max_percent: String,
    pub locale: String,
    pub threads: usize,
    pub queue: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub body_bytes: usize,
    pub import_bytes: usize,
    pub receipt_lines: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// The settings that a plan has, as the plan file writes them.
    pub fn plan_settings(&self) -> Value {
        json!({
            "currency": {
                "code": self.currency.code,
                "exponent": self.currency.exponent,
                "rounding": self.currency.rounding,
            },
            "points": {
                "exponent": self.points.exponent,
                "rounding": self.points.rounding,
                "burn": {"rate": self.points.burn_rate, "max_percent": self.points.burn_max_percent},
            },
            "caps": {"receipt_max_percent": self.pricing.receipt_max_percent},
            "locale": self.pricing.locale,
        })
    }

    /// What the types do not rule out.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.server.listen.parse::<SocketAddr>().is_err() {
            problems.push(format!(
                "server.listen: `{}` is not an address with a port, as 127.0.0.1:8080",
                self.server.listen
            ));
        }
        for (key, value) in [
            ("pricing.queue", self.pricing.queue),
            ("limits.body_bytes", self.limits.body_bytes),
            ("limits.import_bytes", self.limits.import_bytes),
            ("limits.receipt_lines", self.limits.receipt_lines),
        ] {
            if value == 0 {
                problems.push(format!("{key}: must be above 0"));
            }
        }
        // The plan's own reader judges its part, so that files and settings have the same rules.
        if let Err(refused) = crate::wire::plan::build(&self.plan_settings(), Vec::new()) {
            problems.extend(refused.0.iter().map(|problem| {
                let place = problem.pointer.trim_start_matches('/').replace('/', ".");
                format!("{place}: {}", problem.detail)
            }));
        }
        problems
    }
}
