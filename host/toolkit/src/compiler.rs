//! Compiling for an author, who waits for it: several threads, in the foreground, and kept for the next command.

use std::io;

use app::mechanics::compiler::{own_program, worker};
use engine::{CodeCache, CompileLimits, Compiler, Runtime};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use crate::sandbox::threads;

/// More threads would gain little.
const THREADS_MAX: usize = 4;
/// Memory of each further thread, so that an author is not refused what a host admits. Four took between 1.2 and
/// 1.4 GB for an interpreter, where one took between 0.5 and 0.8.
const THREAD_BYTES: u64 = 320 << 20;
/// Compiled code that is kept for an author: some builds in JavaScript or Python, many in Rust.
const ROOM_BYTES: u64 = 512 << 20;

/// A compiler in the foreground: it does not step back behind other processes, and takes several threads.
pub fn foreground_compiler(limits: CompileLimits) -> io::Result<Compiler> {
    let threads = threads().min(THREADS_MAX);
    let more = u64::try_from(threads.saturating_sub(1)).unwrap_or(0).saturating_mul(THREAD_BYTES);
    let memory_bytes = limits.memory_bytes.saturating_add(more);
    let mut worker = worker(own_program()?, CompileLimits { memory_bytes, ..limits });
    worker.arguments.push("--foreground".into());
    worker.environment.push(("RAYON_NUM_THREADS".into(), threads.to_string().into()));
    Ok(Compiler::child(worker))
}

/// The limits that code was compiled within. Each has a folder of its own, or a file that passed without limits would
/// be admitted where they count.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// The limits of a host.
    Limited,
    /// No limits: the file is trusted.
    Trusted,
}

/// Keeps what the compiler makes in the user's cache folder: `test` need not compile again what `check` has. Without a
/// home, or with one that cannot be written, everything takes a little longer.
pub fn keeping(compiler: Compiler, kept: Kept, runtime: &Runtime) -> Compiler {
    let name = match kept {
        Kept::Limited => "offer-host/code",
        Kept::Trusted => "offer-host/trusted-code",
    };
    let folder = choose_base_strategy().map(|places| places.cache_dir().join(name));
    let cache = folder.ok().and_then(|folder| CodeCache::open(&folder, runtime).ok());
    match cache {
        Some(cache) => compiler.with_cache(cache.with_room(ROOM_BYTES)),
        None => compiler,
    }
}
