//! The one place where wasmtime is configured.

mod swap;
mod ticker;

use std::hash::{Hash as _, Hasher};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::Footprint;
use ticker::Ticker;

pub(crate) use ticker::ticks;

/// Most modules in one component: one of componentize-py has 38. Their number costs nothing; memory,
/// tables and fuel are limited elsewhere.
const CORE_INSTANCES_MAX: u32 = 64;

/// Bytes of each table that are kept for the next instance; the tables of mechanics are smaller.
const TABLE_BYTES_KEPT: usize = 64 << 10;

/// Size of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeSettings {
    /// Most instances that live at the same time: calculation threads × mechanics.
    pub instances: u32,
    /// Largest memory of an instance in any class, in bytes.
    pub memory_bytes_max: usize,
    /// Bytes of an instance's memory that are kept, wiped, for the next instance. Enough for the
    /// stack, the data and a usual receipt.
    pub memory_bytes_kept: usize,
    /// Bytes of the memory of an instance for a large receipt that are kept, wiped, for the next one.
    pub large_memory_bytes_kept: usize,
    /// Interval at which deadlines are checked.
    pub tick: Duration,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            instances: 256,
            memory_bytes_max: 64 << 20,
            memory_bytes_kept: 256 << 10,
            large_memory_bytes_kept: 1 << 20,
            tick: Duration::from_millis(1),
        }
    }
}

/// The sandbox could not be set up on this machine.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot start: {0:#}; lower `instances` if address space is short")]
pub struct StartError(wasmtime::Error);

impl StartError {
    /// A short, stable code.
    pub fn code(&self) -> &'static str {
        "sandbox_start"
    }
}

/// A running sandbox. Clones are the same sandbox.
///
/// It has two pools of instances. Memory that was written stays with its place in the pool, to be
/// wiped for every later instance, so one large receipt would slow down all that come after it;
/// and wasmtime 48 asks the system to take memory back at every instance once a place has as much
/// as may be kept, which stops all threads. Large receipts therefore have a pool of their own.
#[derive(Clone)]
pub struct Runtime {
    usual: Engine,
    large: Engine,
    ticker: Arc<Ticker>,
}

impl Runtime {
    /// Sets the sandbox up.
    pub fn new(settings: &RuntimeSettings) -> Result<Self, StartError> {
        let engine = |kept| Engine::new(&config(settings, kept)).map_err(StartError);
        let (usual, large) = (engine(settings.memory_bytes_kept)?, engine(settings.large_memory_bytes_kept)?);
        let ticker = Ticker::start([&usual, &large], settings.tick)
            .map_err(|error| StartError(wasmtime::Error::new(error)))?;
        Ok(Self { usual, large, ticker: Arc::new(ticker) })
    }

    pub(crate) fn engine(&self, footprint: Footprint) -> &Engine {
        match footprint {
            Footprint::Usual => &self.usual,
            Footprint::Large => &self.large,
        }
    }

    /// A hash of everything that compiled code depends on: sandboxes with the same hash can run each
    /// other's code.
    pub(crate) fn code_hash(&self) -> [u8; 32] {
        let mut digest = Digesting(Sha256::new());
        self.usual.precompile_compatibility_hash().hash(&mut digest);
        digest.0.finalize().into()
    }

    /// The interval at which deadlines are checked.
    pub(crate) fn tick(&self) -> Duration {
        self.ticker.tick()
    }
}

fn config(settings: &RuntimeSettings, memory_bytes_kept: usize) -> Config {
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings, memory_bytes_kept)));
    config
}

/// The settings that compiled code depends on, in the host and in the process that compiles.
pub(crate) fn code_config() -> Config {
    let mut config = Config::new();
    // Fuel is the contract with authors: the same number on every machine. Epochs are only the
    // wall-clock backstop behind it.
    config.consume_fuel(true).epoch_interruption(true);
    // One receipt, one answer, on any machine.
    config.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
    // Calls are synchronous, each on one calculation thread.
    config.concurrency_support(false);
    // Nothing that a mechanic needs; less to go wrong.
    config.wasm_memory64(false).wasm_multi_memory(false).wasm_tail_call(false);
    config.memory_init_cow(true).generate_address_map(false);
    config
}

/// Takes SHA-256 of a value that implements only [`Hash`](std::hash::Hash): unlike the hashers of the
/// standard library, it gives the same digest in every process.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the digest is taken from the field.
    fn finish(&self) -> u64 {
        0
    }
}

fn pool(settings: &RuntimeSettings, memory_bytes_kept: usize) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(settings.instances)
        .total_core_instances(settings.instances.saturating_mul(CORE_INSTANCES_MAX))
        .total_memories(settings.instances)
        .total_tables(settings.instances.saturating_mul(2))
        .max_memories_per_component(1)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_tables_per_component(8)
        .max_memory_size(settings.memory_bytes_max)
        .linear_memory_keep_resident(memory_bytes_kept)
        .table_keep_resident(TABLE_BYTES_KEPT);
    // Wiping only the pages that were written is what makes a fresh instance cheap. wasmtime 48
    // misses written pages that were swapped out, so it is used only where nothing is swapped.
    let wipes_written_only = PoolingAllocationConfig::is_pagemap_scan_available() && !swap::can_be_swapped();
    pool.pagemap_scan(if wipes_written_only { Enabled::Yes } else { Enabled::No });
    pool
}
