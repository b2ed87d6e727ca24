//! The settings by section, as `config.default.toml` explains them.

use std::path::PathBuf;
use std::time::Duration;

use domain::decimal::parse_scaled;
use domain::ledger::{Delay, PointsLife, StartOf};
use domain::returns::RefundOrder;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::Options;
use wire::rollout::Gates;

use super::collect::Collect;
use super::communications::Communications;
use super::connections::{Connections, Tls};
use super::contacts::Contacts;
use super::offers::Offers;
use super::recommendations::Recommendations;
use super::retention::Retention;

/// The settings of a process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub tls: Tls,
    pub connections: Connections,
    pub database: Database,
    pub currency: Currency,
    pub points: Points,
    pub money: Money,
    pub purchases: Purchases,
    pub returns: Returns,
    pub offers: Offers,
    pub recommendations: Recommendations,
    pub pricing: Pricing,
    pub limits: Limits,
    pub imports: Imports,
    pub coupons: Coupons,
    pub communications: Communications,
    pub contacts: Contacts,
    pub collect: Collect,
    pub nodes: Nodes,
    pub mechanics: Mechanics,
    pub keys: Keys,
    pub retention: Retention,
    pub rollout: Rollout,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: String,
    pub operations_listen: String,
    pub metrics: Readers,
    pub docs: Readers,
    pub shutdown_seconds: u64,
}

/// Access to a page that shows no personal data: public, or with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readers {
    /// Everybody who reaches the address.
    Public,
    /// Those with a key.
    Key,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub member_token_seconds: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub unverified: UnverifiedServer,
    pub statement_seconds: u64,
    pub lock_seconds: u64,
    pub log_bytes: u64,
}

/// Rule for a database server on another machine whose certificate is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnverifiedServer {
    /// The log tells at start.
    Warn,
    /// The host does not start.
    Refuse,
}

impl Database {
    /// How the service opens it.
    pub fn options(&self) -> Options {
        Options {
            url: self.url.clone(),
            statement: Duration::from_secs(self.statement_seconds),
            lock: Duration::from_secs(self.lock_seconds),
            log_bytes: self.log_bytes,
        }
    }
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
    pub max_per_purchase: String,
    pub activation_minutes: i64,
    pub activation_rounding: LifeRounding,
    pub lifetime_minutes: i64,
    pub lifetime_rounding: LifeRounding,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub max_discount: String,
}

/// Unit that the end of a delay is rounded up to, in the store's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LifeRounding {
    None,
    Day,
    Month,
}

impl From<LifeRounding> for StartOf {
    fn from(rounding: LifeRounding) -> Self {
        match rounding {
            LifeRounding::None => Self::Nothing,
            LifeRounding::Day => Self::Day,
            LifeRounding::Month => Self::Month,
        }
    }
}

impl Points {
    /// When earned points become active, and when they expire.
    pub fn life(&self) -> PointsLife {
        let lifetime = Delay { minutes: self.lifetime_minutes, rounding: self.lifetime_rounding.into() };
        PointsLife {
            activation: Delay { minutes: self.activation_minutes, rounding: self.activation_rounding.into() },
            lifetime: (self.lifetime_minutes > 0).then_some(lifetime),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchases {
    pub timeout_seconds: i64,
    pub till_behind_seconds: i64,
    pub till_ahead_seconds: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returns {
    pub order: ReturnOrder,
    pub take_back: TakeBackPolicy,
}

/// Order in which a return gives back money and points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnOrder {
    ProRata,
    MoneyFirst,
    PointsFirst,
}

/// Rule for a return whose earned points the member has already spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeBackPolicy {
    Block,
    Negative,
    Left,
}

impl Returns {
    /// The order as the domain's type.
    pub fn order(&self) -> RefundOrder {
        match self.order {
            ReturnOrder::ProRata => RefundOrder::ProRata,
            ReturnOrder::MoneyFirst => RefundOrder::MoneyFirst,
            ReturnOrder::PointsFirst => RefundOrder::PointsFirst,
        }
    }
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
    pub document_memory_bytes: usize,
    pub import_bytes: usize,
    pub import_rows: usize,
    pub row_bytes: usize,
    pub receipt_lines: usize,
}

impl Limits {
    /// The most bytes of memory of the values of a row of an upload, of which many are read at once.
    pub fn row_memory_bytes(&self) -> usize {
        self.document_memory_bytes / 4
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    pub folder: String,
    pub folder_bytes: u64,
    pub upload_bytes: u64,
    pub wait_seconds: u64,
    pub kept_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupons {
    pub receipt_codes: usize,
    pub code_length: usize,
    pub pools: usize,
    pub pool_codes: i64,
    pub generate_codes: i64,
    pub kept_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mechanics {
    pub cache: String,
    pub cache_bytes: u64,
    pub signatures: SignaturePolicy,
    pub partner_classes: Vec<String>,
}

/// The folder of compiled mechanics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeFolder {
    pub path: PathBuf,
    /// Its size at most.
    pub bytes: u64,
}

/// Rule for unsigned uploads of mechanics. A wrong signature is refused in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignaturePolicy {
    Optional,
    Required,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    pub min_receipts: u64,
    pub fault_percent: String,
    pub fuel_percent: String,
}

impl Rollout {
    /// The default gates of roll-outs. An empty setting means no gate.
    pub fn gates(&self) -> Gates {
        Gates {
            min_receipts: Some(self.min_receipts),
            fault_percent: hundredths(&self.fault_percent),
            fuel_percent: hundredths(&self.fuel_percent),
            money_per_receipt: None,
        }
    }
}

/// A percentage in hundredths of a percent; none if it is not one.
pub(super) fn hundredths(percent: &str) -> Option<i32> {
    i32::try_from(parse_scaled(percent, 2).ok()?).ok()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    pub poll_seconds: u64,
    pub lease_seconds: u64,
    pub prepare_seconds: u64,
    pub notify: bool,
    pub lost_seconds: u64,
    pub outage_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// The settings that price, as a plan file has them.
    pub fn plan_settings(&self) -> Value {
        let burn = json!({"rate": self.points.burn_rate, "max_percent": self.points.burn_max_percent});
        let mut points = Map::from_iter([
            ("exponent".to_owned(), json!(self.points.exponent)),
            ("rounding".to_owned(), json!(self.points.rounding)),
            ("burn".to_owned(), burn),
        ]);
        let mut settings = Map::from_iter([
            (
                "currency".to_owned(),
                json!({
                    "code": self.currency.code,
                    "exponent": self.currency.exponent,
                    "rounding": self.currency.rounding,
                }),
            ),
            ("caps".to_owned(), json!({"receipt_max_percent": self.pricing.receipt_max_percent})),
            ("locale".to_owned(), json!(self.pricing.locale)),
        ]);
        // Absent where they are not set: earlier releases read these settings too, and do not know them.
        if !self.points.max_per_purchase.is_empty() {
            points.insert("max_per_purchase".to_owned(), json!(self.points.max_per_purchase));
        }
        if !self.money.max_discount.is_empty() {
            settings.insert("money".to_owned(), json!({"max_discount": self.money.max_discount}));
        }
        settings.insert("points".to_owned(), Value::Object(points));
        Value::Object(settings)
    }

    /// The folder of compiled mechanics; none if the database is not a file and no folder is set.
    pub fn code_cache(&self) -> Option<CodeFolder> {
        let folder = |path| CodeFolder { path, bytes: self.mechanics.cache_bytes };
        if !self.mechanics.cache.is_empty() {
            return Some(folder(PathBuf::from(&self.mechanics.cache)));
        }
        let file = self.database.url.strip_prefix("sqlite://")?;
        let file = file.split('?').next().filter(|file| !file.is_empty() && !file.contains(":memory:"))?;
        Some(folder(PathBuf::from(format!("{file}.code"))))
    }
}
