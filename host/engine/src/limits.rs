//! What a mechanic may use. Everything is a parameter; the defaults are here.

mod memory;

use std::time::Duration;

use domain::mechanics::{OfferCall, ReceiptCall, Scope};

pub(crate) use memory::Limiter;

use crate::admission::inspect;
use crate::runtime::Footprint;

/// How much a mechanic is trusted to need. The operator decides which ones partners may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Class {
    /// Built with the Rust SDK: a call takes microseconds.
    #[default]
    Fast,
    /// Compiled, with a runtime or a heap of its own.
    Standard,
    /// An interpreter inside: JavaScript, Python.
    Slow,
}

impl Class {
    /// All of them, the one that may use least first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Standard, Self::Slow];

    /// As people and documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Standard => "standard",
            Self::Slow => "slow",
        }
    }

    /// The class of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The first class that a file is not too large for; the last one if it is too large for all.
    pub fn of_file(file: &[u8]) -> Self {
        let takes = |class: &Self| match inspect(file, &FileLimits::of(*class)) {
            Ok(_) => true,
            Err(refusal) => !refusal.is_of_size(),
        };
        Self::ALL.into_iter().find(takes).unwrap_or(Self::Slow)
    }
}

/// Everything that is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of the file, before it is compiled.
    pub file: FileLimits,
    /// Of each call.
    pub call: CallLimits,
}

impl Limits {
    /// The defaults of a class.
    pub fn of(class: Class) -> Self {
        Self { file: FileLimits::of(class), call: CallLimits::of(class) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(Class::default())
    }
}

/// What a file may be, so that compiling it stays cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLimits {
    /// Size of the file.
    pub bytes: usize,
    /// Number of functions, over all modules inside.
    pub functions: u32,
    /// Size of the body of one function.
    pub function_bytes: usize,
    /// Number of local variables of one function.
    pub function_locals: u32,
    /// Depth of nested blocks in one function.
    pub function_nesting: u32,
    /// How many times the usual time compiling it may take: an interpreter is a large program.
    pub compile_times: u32,
}

impl FileLimits {
    /// The defaults of a class.
    pub fn of(class: Class) -> Self {
        let (bytes, functions, function_bytes, compile_times) = match class {
            Class::Fast => (1 << 20, 5_000, 64 << 10, 1),
            Class::Standard => (4 << 20, 20_000, 128 << 10, 2),
            Class::Slow => (24 << 20, 100_000, 512 << 10, 8),
        };
        let (function_locals, function_nesting) = (5_000, 1_000);
        Self { bytes, functions, function_bytes, function_locals, function_nesting, compile_times }
    }
}

/// What one call may use.
///
/// Fuel is the contract: it does not depend on the machine, and grows with the work. The deadline
/// only backs it up, far above what the fuel allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLimits {
    /// Fuel of every call, whatever it is about.
    pub fuel_base: u64,
    /// Fuel for each line of the receipt.
    pub fuel_per_line: u64,
    /// Fuel for each offer of the batch.
    pub fuel_per_offer: u64,
    /// Fuel for each line that an item of an offer has in its scope.
    pub fuel_per_scoped_line: u64,
    /// Memory of an instance, in bytes; over all its memories.
    pub memory_bytes: usize,
    /// Wall-clock time of one call.
    pub deadline: Duration,
    /// What every call may hand back, in bytes.
    pub returned_bytes_base: usize,
    /// What a call may hand back for each offer of the batch, in bytes.
    pub returned_bytes_per_offer: usize,
    /// The longest text that a failure may carry, in bytes.
    pub text_bytes: usize,
}

impl CallLimits {
    /// The defaults of a class.
    pub fn of(class: Class) -> Self {
        let fast = Self {
            fuel_base: 2_000_000,
            fuel_per_line: 20_000,
            fuel_per_offer: 20_000,
            fuel_per_scoped_line: 1_000,
            memory_bytes: 16 << 20,
            deadline: Duration::from_millis(250),
            returned_bytes_base: 1 << 20,
            returned_bytes_per_offer: 32 << 10,
            text_bytes: 4 << 10,
        };
        match class {
            Class::Fast => fast,
            Class::Standard => fast.with_fuel_times(10),
            Class::Slow => {
                Self { memory_bytes: 64 << 20, deadline: Duration::from_secs(1), ..fast.with_fuel_times(100) }
            }
        }
    }

    /// Fuel for a call about so much.
    pub(crate) fn fuel(&self, work: Work) -> u64 {
        let share = |each: u64, count: usize| each.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
        self.fuel_base
            .saturating_add(share(self.fuel_per_line, work.lines))
            .saturating_add(share(self.fuel_per_offer, work.offers))
            .saturating_add(share(self.fuel_per_scoped_line, work.scoped_lines))
    }

    /// What a call about so much may hand back.
    pub(crate) fn returned_bytes(&self, work: Work) -> usize {
        self.returned_bytes_base.saturating_add(self.returned_bytes_per_offer.saturating_mul(work.offers))
    }

    fn with_fuel_times(self, times: u64) -> Self {
        Self {
            fuel_base: self.fuel_base.saturating_mul(times),
            fuel_per_line: self.fuel_per_line.saturating_mul(times),
            fuel_per_offer: self.fuel_per_offer.saturating_mul(times),
            fuel_per_scoped_line: self.fuel_per_scoped_line.saturating_mul(times),
            ..self
        }
    }
}

/// What a call is about. The default is a call that is not about a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Work {
    pub(crate) lines: usize,
    pub(crate) offers: usize,
    pub(crate) scoped_lines: usize,
}

impl Work {
    /// Verdicts on these offers.
    pub(crate) fn of(receipt: &ReceiptCall, offers: &[OfferCall]) -> Self {
        let lines = receipt.lines.len();
        let scoped_lines = offers.iter().map(|offer| scoped_lines(offer, lines)).sum();
        Self { lines, offers: offers.len(), scoped_lines }
    }

    /// What a mechanic of the SDK writes, roughly: its memory is handed out once and not reused,
    /// also not between the two phases. Of what is kept, that leaves half for stack and data.
    pub(crate) fn footprint(self) -> Footprint {
        const USUAL_BYTES: usize = 128 << 10;
        let bytes = self
            .lines
            .saturating_mul(160)
            .saturating_add(self.offers.saturating_mul(1024))
            .saturating_add(self.scoped_lines.saturating_mul(16));
        if bytes <= USUAL_BYTES { Footprint::Usual } else { Footprint::Large }
    }
}

/// How many lines the items of an offer are given to look at, at least one each.
fn scoped_lines(offer: &OfferCall, lines_in_receipt: usize) -> usize {
    let of_items = offer.items.iter().map(|item| match &item.scope {
        Scope::Lines(lines) => lines.len(),
        Scope::WholeReceipt => lines_in_receipt,
    });
    of_items.map(|lines| lines.max(1)).sum()
}
