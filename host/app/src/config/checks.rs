//! Checks of the values that the types of the settings allow.

use std::net::SocketAddr;

use domain::id::CHARACTERS_MAX;
use engine::Class;

use super::sections::{Config, hundredths};

/// The longest of the database's time-outs: a day.
const DATABASE_SECONDS_MAX: u64 = 24 * 60 * 60;
/// Below this, SQLite would write its log back into the file all the time.
const LOG_BYTES_MIN: u64 = 65_536;

impl Config {
    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, address, may_be_empty) in [
            ("server.listen", &self.server.listen, false),
            ("server.operations_listen", &self.server.operations_listen, true),
        ] {
            let is_empty = address.is_empty() && may_be_empty;
            if !is_empty && address.parse::<SocketAddr>().is_err() {
                problems.push(format!("{key}: `{address}` is not an address with a port, as 127.0.0.1:8080"));
            }
        }
        problems.extend(self.tls.problems());
        problems.extend(self.connections.problems());
        problems.extend(self.communications.problems());
        problems.extend(self.contacts.problems());
        problems.extend(self.collect.problems());
        for (key, value) in [
            ("pricing.queue", self.pricing.queue),
            ("limits.body_bytes", self.limits.body_bytes),
            ("limits.document_memory_bytes", self.limits.document_memory_bytes),
            ("limits.import_bytes", self.limits.import_bytes),
            ("limits.import_rows", self.limits.import_rows),
            ("limits.row_bytes", self.limits.row_bytes),
            ("limits.receipt_lines", self.limits.receipt_lines),
            ("coupons.code_length", self.coupons.code_length),
        ] {
            if value == 0 {
                problems.push(format!("{key}: must be above 0"));
            }
        }
        for (key, value, least) in [
            ("points.activation_minutes", self.points.activation_minutes, 0),
            ("points.lifetime_minutes", self.points.lifetime_minutes, 0),
            ("purchases.timeout_seconds", self.purchases.timeout_seconds, 1),
            ("purchases.till_behind_seconds", self.purchases.till_behind_seconds, 0),
            ("purchases.till_ahead_seconds", self.purchases.till_ahead_seconds, 0),
            ("keys.member_token_seconds", self.keys.member_token_seconds, 1),
            ("coupons.kept_days", self.coupons.kept_days, 0),
        ] {
            if value < least {
                problems.push(format!("{key}: must be at least {least}"));
            }
        }
        for (key, seconds) in [
            ("database.statement_seconds", self.database.statement_seconds),
            ("database.lock_seconds", self.database.lock_seconds),
        ] {
            if seconds == 0 || seconds > DATABASE_SECONDS_MAX {
                problems.push(format!("{key}: must be from 1 to {DATABASE_SECONDS_MAX}"));
            }
        }
        if self.database.log_bytes < LOG_BYTES_MIN {
            problems.push(format!("database.log_bytes: must be at least {LOG_BYTES_MIN}"));
        }
        for (key, value) in [
            ("rollout.fault_percent", &self.rollout.fault_percent),
            ("rollout.fuel_percent", &self.rollout.fuel_percent),
        ] {
            if !value.is_empty() && hundredths(value).is_none_or(|percent| percent <= 0) {
                problems.push(format!("{key}: `{value}` is not a percentage above 0, as \"5\", nor empty"));
            }
        }
        if self.rollout.min_receipts == 0 {
            problems.push("rollout.min_receipts: must be above 0".to_owned());
        }
        if self.coupons.code_length > CHARACTERS_MAX {
            problems.push(format!("coupons.code_length: must be at most {CHARACTERS_MAX}"));
        }
        problems.extend(self.offers.problems());
        problems.extend(self.recommendations.problems());
        for class in &self.mechanics.partner_classes {
            if Class::of_name(class).is_none() {
                problems.push(format!(
                    "mechanics.partner_classes: `{class}` is not `fast`, `standard` or `slow`"
                ));
            }
        }
        for (key, value) in [
            ("nodes.poll_seconds", self.nodes.poll_seconds),
            ("nodes.lost_seconds", self.nodes.lost_seconds),
            ("imports.kept_days", self.imports.kept_days.into()),
        ] {
            if value == 0 {
                problems.push(format!("{key}: must be above 0"));
            }
        }
        if self.nodes.lease_seconds < self.nodes.poll_seconds {
            problems.push("nodes.lease_seconds: must not be below nodes.poll_seconds".to_owned());
        }
        problems.extend(self.retention.problems());
        // The reader of plans checks its part, so that plan files and settings have the same rules.
        if let Err(refused) = wire::plan::build(&self.plan_settings(), Vec::new()) {
            problems.extend(refused.iter().map(|problem| {
                let place = problem.pointer.trim_start_matches('/').replace('/', ".");
                format!("{place}: {}", problem.detail)
            }));
        }
        problems
    }
}
