//! The versions of the contract that this host speaks, each in a module of its own.
//!
//! A version converts straight to and from `domain::mechanics`, never through another version, so
//! that a later one cannot change what an earlier one means. The conversions are written once, as
//! macros over a module of generated types (`call`, `answer`, `exports`); a version's own module
//! states where it differs. There are no wildcard arms here: a version that is forgotten somewhere
//! does not compile.

mod answer;
mod call;
mod exports;
mod v0_1;
mod v1_0;
mod v1_1;

use domain::mechanics::{Description, Fact, OfferCall, ParamsProblem, ReceiptCall, Verdict};
use wasmtime::component::Component;
use wasmtime::{Engine, Result, Store};

use crate::limits::Limiter;

/// The name of the interface that a mechanic exports, without the version of the contract.
pub(crate) const RULES: &str = "loyalty:mechanic/rules";

/// A version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abi {
    V0_1,
    V1_0,
    V1_1,
}

impl Abi {
    /// Every version that this host speaks, oldest first.
    pub(crate) const ALL: [Self; 3] = [Self::V0_1, Self::V1_0, Self::V1_1];

    /// The full version, as in the name of the export.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1.0",
            Self::V1_0 => "1.0.0",
            Self::V1_1 => "1.1.0",
        }
    }

    /// The full name of the interface that a mechanic of this version exports.
    fn export(self) -> String {
        format!("{RULES}@{}", self.version())
    }

    /// The version with this number, if this host speaks it.
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|abi| abi.version() == version)
    }
}

/// A compiled mechanic whose types were checked against its version of the contract.
pub(crate) enum Template {
    V0_1(v0_1::Template),
    V1_0(v1_0::Template),
    V1_1(v1_1::Template),
}

impl Template {
    pub(crate) fn new(abi: Abi, engine: &Engine, component: &Component) -> Result<Self> {
        match abi {
            Abi::V0_1 => v0_1::Template::new(engine, component).map(Self::V0_1),
            Abi::V1_0 => v1_0::Template::new(engine, component).map(Self::V1_0),
            Abi::V1_1 => v1_1::Template::new(engine, component).map(Self::V1_1),
        }
    }

    pub(crate) fn instantiate(&self, store: &mut Store<Limiter>) -> Result<Exports> {
        match self {
            Self::V0_1(template) => template.instantiate(store).map(Exports::V0_1),
            Self::V1_0(template) => template.instantiate(store).map(Exports::V1_0),
            Self::V1_1(template) => template.instantiate(store).map(Exports::V1_1),
        }
    }
}

/// The exports of one instance.
pub(crate) enum Exports {
    V0_1(v0_1::Exports),
    V1_0(v1_0::Exports),
    V1_1(v1_1::Exports),
}

impl Exports {
    pub(crate) fn describe(&self, store: &mut Store<Limiter>) -> Result<Description> {
        match self {
            Self::V0_1(exports) => exports.describe(store),
            Self::V1_0(exports) => exports.describe(store),
            Self::V1_1(exports) => exports.describe(store),
        }
    }

    pub(crate) fn validate(
        &self,
        store: &mut Store<Limiter>,
        params: &str,
        offer: &OfferCall,
    ) -> Result<Vec<ParamsProblem>> {
        match self {
            Self::V0_1(exports) => exports.validate(store, params, offer),
            Self::V1_0(exports) => exports.validate(store, params, offer),
            Self::V1_1(exports) => exports.validate(store, params, offer),
        }
    }

    pub(crate) fn evaluate(
        &self,
        store: &mut Store<Limiter>,
        receipt: &ReceiptCall,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Vec<Verdict>> {
        match self {
            Self::V0_1(exports) => exports.evaluate(store, receipt, offers, facts),
            Self::V1_0(exports) => exports.evaluate(store, receipt, offers, facts),
            Self::V1_1(exports) => exports.evaluate(store, receipt, offers, facts),
        }
    }
}
