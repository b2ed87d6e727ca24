//! How much of the machine the query may use.

use crate::code::BUCKETS;
use crate::error::FeaturesError;

/// The most partitions.
const MOST_PARTITIONS: usize = 256;
/// The least memory: less does not hold one bucket of a small chain.
const LEAST_MEMORY: u64 = 16 << 20;

/// How much of the machine a query may use. No setting changes a value or the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Parts that a query is worked on in at once, 1 to 256: the most threads.
    pub partitions: usize,
    /// Buckets of a query, 1 to 2,048, at most: where memory does not suffice, fewer are taken.
    pub buckets_per_query: u32,
    /// Memory for the sums of a query, in bytes, at least 16 MiB. What it answers needs about as much again:
    /// eight bytes for each member and feature.
    pub memory_bytes: u64,
}

impl Default for Limits {
    /// Two threads, 64 buckets, 1 GiB.
    fn default() -> Self {
        Self { partitions: 2, buckets_per_query: 64, memory_bytes: 1 << 30 }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), FeaturesError> {
        let wrong = |why: String| Err(FeaturesError::Limits(why));
        if self.partitions == 0 || self.partitions > MOST_PARTITIONS {
            return wrong(format!("{} partitions: there can be 1 to {MOST_PARTITIONS}", self.partitions));
        }
        if self.buckets_per_query == 0 || self.buckets_per_query > BUCKETS {
            return wrong(format!("{} buckets a query: there can be 1 to {BUCKETS}", self.buckets_per_query));
        }
        if self.memory_bytes < LEAST_MEMORY {
            return wrong(format!(
                "{} bytes of memory: a query needs at least {LEAST_MEMORY}",
                self.memory_bytes
            ));
        }
        Ok(())
    }
}
