//! Watches the memory of one instance and remembers what it refused.

use wasmtime::{ResourceLimiter, Result};

/// Room for tables: function pointers, which no honest mechanic has more of.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// A request that was turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// How many bytes it would have had.
    pub(crate) wanted_bytes: usize,
    /// How many it may have.
    pub(crate) limit_bytes: usize,
}

/// The memory of one instance. wasmtime reports a refusal only as whatever the guest does next,
/// so the cause is kept here.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit_bytes: usize,
    used_bytes: usize,
    refused: Option<Refused>,
}

impl Limiter {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, used_bytes: 0, refused: None }
    }

    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
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
