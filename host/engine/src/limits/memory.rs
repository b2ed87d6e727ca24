//! Limits the memory of one instance, and keeps the request that was refused. Holds the clock of the call at hand.

use wasmtime::{ResourceLimiter, Result};

use super::CallClock;

/// Most elements of a table. Tables hold function pointers; no mechanic that we know has as many.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// A request for memory that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Size of the memory after the request, in bytes.
    pub(crate) wanted_bytes: usize,
    /// Largest size of the memory, in bytes.
    pub(crate) limit_bytes: usize,
}

/// The memory of one instance. After a refusal wasmtime reports only how the guest failed because of
/// it, so the request is kept here.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit_bytes: usize,
    used_bytes: usize,
    refused: Option<Refused>,
    clock: Option<CallClock>,
}

impl Limiter {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, used_bytes: 0, refused: None, clock: None }
    }

    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// Sets the clock of the next call.
    pub(crate) fn begin_call(&mut self, clock: CallClock) {
        self.clock = Some(clock);
    }

    /// The clock of the call at hand.
    pub(crate) fn clock(&self) -> Option<&CallClock> {
        self.clock.as_ref()
    }

    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let wanted_bytes = self.used_bytes.saturating_sub(current).saturating_add(desired);
        if wanted_bytes > self.limit_bytes {
            self.refused = Some(Refused { wanted_bytes, limit_bytes: self.limit_bytes });
            return Ok(false);
        }
        // Its own maximum, set when it was built, binds as well.
        if let Some(own) = maximum
            && desired > own
        {
            self.refused = Some(Refused { wanted_bytes: desired, limit_bytes: own });
            return Ok(false);
        }
        self.used_bytes = wanted_bytes;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|own| desired <= own))
    }
}
