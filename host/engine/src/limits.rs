//! Limits on the file of a mechanic and on each call. All of them are parameters; the defaults of
//! each class are here.

mod clock;
mod memory;

use std::time::Duration;

use domain::mechanic_class::Class;
use domain::mechanics::{OfferCall, ReceiptCall, Scope};

pub(crate) use clock::CallClock;
pub(crate) use memory::Limiter;

/// Size of the largest file that any class takes, in bytes.
pub(crate) const LARGEST_FILE_BYTES: usize = 24 << 20;

/// All limits of a mechanic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Limits of the file, checked before it is compiled.
    pub file: FileLimits,
    /// Limits of each call.
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

/// Limits of a mechanic's file, which keep compiling it cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLimits {
    /// Largest size of the file, in bytes.
    pub bytes: usize,
    /// Most functions, over all modules inside.
    pub functions: u32,
    /// Largest size of the body of one function, in bytes.
    pub function_bytes: usize,
    /// Most local variables of one function.
    pub function_locals: u32,
    /// Greatest depth of nested blocks in one function.
    pub function_nesting: u32,
    /// Factor on the time limits of compiling: an interpreter is a large program.
    pub compile_times: u32,
}

impl FileLimits {
    /// The defaults of a class.
    pub fn of(class: Class) -> Self {
        let (bytes, functions, function_bytes, compile_times) = match class {
            Class::Fast => (1 << 20, 5_000, 64 << 10, 1),
            Class::Standard => (4 << 20, 20_000, 128 << 10, 2),
            Class::Slow => (LARGEST_FILE_BYTES, 100_000, 512 << 10, 8),
        };
        let (function_locals, function_nesting) = (5_000, 1_000);
        Self { bytes, functions, function_bytes, function_locals, function_nesting, compile_times }
    }
}

/// Limits of one call.
///
/// Fuel is the contract: it does not depend on the machine, and grows with the work. The deadline
/// only backs it up, far above what the fuel allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLimits {
    /// Fuel of every call.
    pub fuel_base: u64,
    /// Fuel for each line of the receipt.
    pub fuel_per_line: u64,
    /// Fuel for each offer of the batch.
    pub fuel_per_offer: u64,
    /// Fuel for each line that an item of an offer has in its scope.
    pub fuel_per_scoped_line: u64,
    /// Memory of an instance over all its memories, in bytes.
    pub memory_bytes: usize,
    /// Processor time of one call.
    pub deadline: Duration,
    /// Wall-clock time of one call. A busy machine gives a call its processor time in pieces, so this is longer: to
    /// reach it first is not the mechanic's fault.
    pub wall_deadline: Duration,
    /// Size of the answer to every call, in bytes.
    pub returned_bytes_base: usize,
    /// Additional size of the answer for each offer of the batch, in bytes.
    pub returned_bytes_per_offer: usize,
    /// Longest text of a failure, code and detail together, in bytes.
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
            wall_deadline: Duration::from_secs(2),
            returned_bytes_base: 1 << 20,
            returned_bytes_per_offer: 32 << 10,
            text_bytes: 4 << 10,
        };
        match class {
            Class::Fast => fast,
            Class::Standard => fast.with_fuel_times(10),
            Class::Slow => {
                let (deadline, wall_deadline) = (Duration::from_secs(1), Duration::from_secs(8));
                Self { memory_bytes: 64 << 20, deadline, wall_deadline, ..fast.with_fuel_times(100) }
            }
        }
    }

    /// True if no class allows more than this.
    pub fn are_largest(&self) -> bool {
        let largest = Self::of(Class::Slow);
        self.fuel_base >= largest.fuel_base && self.memory_bytes >= largest.memory_bytes
    }

    /// Fuel for a call with this work.
    pub(crate) fn fuel(&self, work: Work) -> u64 {
        let share = |each: u64, count: usize| each.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
        self.fuel_base
            .saturating_add(share(self.fuel_per_line, work.lines))
            .saturating_add(share(self.fuel_per_offer, work.offers))
            .saturating_add(share(self.fuel_per_scoped_line, work.scoped_lines))
    }

    /// Largest answer to a call with this work, in bytes.
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

/// The memory that a call is expected to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Footprint {
    /// At most what is kept of an instance.
    Usual,
    /// More than that.
    Large,
}

/// The amount of work in a call, by which its limits grow. The default is a call without a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Work {
    /// Lines of the receipt.
    pub(crate) lines: usize,
    /// Offers of the batch.
    pub(crate) offers: usize,
    /// Lines in the scopes of all items of these offers.
    pub(crate) scoped_lines: usize,
}

impl Work {
    /// The work of evaluating these offers.
    pub(crate) fn of(receipt: &ReceiptCall, offers: &[OfferCall]) -> Self {
        let lines = receipt.lines.len();
        let scoped_lines = offers.iter().map(|offer| scoped_lines(offer, lines)).sum();
        Self { lines, offers: offers.len(), scoped_lines }
    }

    /// Estimated by the bytes that a mechanic of the SDK allocates: its memory is handed out once
    /// and not reused, not even between the two phases. At most half of the memory that is kept of
    /// an instance counts as usual, which leaves the other half for stack and data.
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

/// Number of lines in the scopes of an offer's items, at least one for each item.
fn scoped_lines(offer: &OfferCall, lines_in_receipt: usize) -> usize {
    let of_items = offer.items.iter().map(|item| match &item.scope {
        Scope::Lines(lines) => lines.len(),
        Scope::WholeReceipt => lines_in_receipt,
    });
    of_items.map(|lines| lines.max(1)).sum()
}
