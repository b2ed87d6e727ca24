//! The sandbox: runs mechanics, which are WebAssembly components, within limits.
//!
//! A component is admitted once ([`Component::admit_with`]): read, screened, compiled in a process
//! of its own ([`Compiler`]) and asked for its description; then it is tried
//! ([`Component::rehearse`]). A [`MechanicSet`] then prices receipts with it. Every receipt gets fresh
//! instances, so nothing of one receipt, nor of its member, is visible to another. Each failure has
//! one named outcome and one to blame; none of them ends the host.
//!
//! No other crate uses wasmtime.

#![deny(missing_docs)]

mod abi;
mod admission;
mod compile;
mod component;
mod conformance;
mod cost;
mod digest;
mod fault;
mod instance;
mod limits;
mod mechanic_set;
mod message;
mod params_schema;
mod profile;
mod rehearsal;
mod runtime;
mod verdict_counts;

pub use admission::{
    GUARD, Inspected, Refusal, Text, frozen_clock, has_function_names, inspect, smallest_class,
};
pub use compile::{CodeCache, CodeOrigin, CompileLimits, Compiled, Compiler, Worker, worker};
pub use component::Component;
pub use conformance::{Check, Conformance};
pub use cost::{Cost, ObservedCall, Observer};
pub use domain::mechanic_class::Class;
pub use fault::advice;
pub use limits::{CallLimits, FileLimits, Limits};
pub use mechanic_set::MechanicSet;
pub use profile::{Profile, ProfiledCall};
pub use rehearsal::{Hint, HintFact, Rehearsal, RehearsedCall, Trial};
pub use runtime::{Runtime, RuntimeSettings, StartError};
pub use verdict_counts::VerdictCounts;
