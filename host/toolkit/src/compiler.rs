//! Compiling for an author, who waits for it: several threads, at normal priority, with a cache for the next command.

use std::io;

use app::mechanics::compiler::{own_program, worker};
use engine::{CodeCache, CompileLimits, Compiler, Runtime};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use crate::threads;

/// The most threads that compile one component; more would gain little.
const THREADS_MAX: usize = 4;
/// Memory of each further thread, so that an author is not refused what a host admits. Four took between 1.2 and
/// 1.4 GB for an interpreter, where one took between 0.5 and 0.8.
const THREAD_BYTES: u64 = 320 << 20;
/// Bytes of compiled code that the cache of an author keeps: some builds in JavaScript or Python, many in Rust.
const ROOM_BYTES: u64 = 512 << 20;

/// A compiler in a process of its own, at normal priority and with several threads. Fails if the path of this program
/// is unknown.
pub fn foreground_compiler(limits: CompileLimits) -> io::Result<Compiler> {
    let threads = threads::cores().min(THREADS_MAX);
    let more = u64::try_from(threads.saturating_sub(1)).unwrap_or(0).saturating_mul(THREAD_BYTES);
    let memory_bytes = limits.memory_bytes.saturating_add(more);
    let mut worker = worker(own_program()?, CompileLimits { memory_bytes, ..limits });
    worker.arguments.push("--foreground".into());
    worker.environment.push(("RAYON_NUM_THREADS".into(), threads.to_string().into()));
    Ok(Compiler::child(worker))
}

/// Folder of the cache, by the limits that code was compiled within. They are kept apart, or a file that was compiled
/// without limits would be admitted where limits count.
#[derive(Debug, Clone, Copy)]
pub enum CacheFolder {
    /// Compiled within the limits of a host.
    Limited,
    /// Compiled without limits, because the file is trusted.
    Trusted,
}

/// Adds a cache in the user's cache folder, so that `test` need not compile again what `check` has. Without a home
/// folder, or with one that cannot be written, the compiler is answered as it is.
pub fn with_user_cache(compiler: Compiler, folder: CacheFolder, runtime: &Runtime) -> Compiler {
    let name = match folder {
        CacheFolder::Limited => "offer-host/code",
        CacheFolder::Trusted => "offer-host/trusted-code",
    };
    let folder = choose_base_strategy().map(|places| places.cache_dir().join(name));
    let cache = folder.ok().and_then(|folder| CodeCache::open(&folder, runtime).ok());
    match cache {
        Some(cache) => compiler.with_cache(cache.with_room(ROOM_BYTES)),
        None => compiler,
    }
}
