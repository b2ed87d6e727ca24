//! `offer-host compile-mechanic`: what the host starts to compile a mechanic in a process of its
//! own. Not for people.

use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use engine::worker::Pace;
use engine::{CodeCache, CompileLimits, Compiler, Runtime, Worker};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use super::sandbox::threads;

/// More would gain little.
const THREADS_MAX: usize = 4;
/// What each further thread may take, so that an author is not refused what a host admits. Four took between 1.2 and
/// 1.4 GB for an interpreter, where one took between 0.5 and 0.8.
const THREAD_BYTES: u64 = 320 << 20;
/// So much compiled code is kept for an author: some builds in JavaScript or Python, many in Rust.
const ROOM_BYTES: u64 = 512 << 20;

/// What `offer-host compile-mechanic` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address space that the process may have.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time that it may take.
    #[arg(long)]
    cpu_seconds: u64,
    /// Somebody waits for it.
    #[arg(long)]
    foreground: bool,
}

/// A compiler that starts this very program with this command.
pub fn compiler(limits: CompileLimits) -> io::Result<Compiler> {
    Ok(Compiler::child(worker(own_program()?, limits)))
}

/// A compiler for an author who is waiting: it keeps its priority, and takes several threads.
pub(super) fn foreground_compiler(limits: CompileLimits) -> io::Result<Compiler> {
    let threads = threads().min(THREADS_MAX);
    let more = u64::try_from(threads.saturating_sub(1)).unwrap_or(0).saturating_mul(THREAD_BYTES);
    let memory_bytes = limits.memory_bytes.saturating_add(more);
    let mut worker = worker(own_program()?, CompileLimits { memory_bytes, ..limits });
    worker.arguments.push("--foreground".into());
    worker.environment.push(("RAYON_NUM_THREADS".into(), threads.to_string().into()));
    Ok(Compiler::child(worker))
}

/// What code was compiled within. Each has a folder of its own, or a file that passed without limits would be admitted
/// where they count.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// The limits of a host.
    Limited,
    /// No limits: the file is trusted.
    Trusted,
}

/// What was compiled before is at hand for whoever runs this program: `test` need not compile again what `check`
/// has. Without a home, or with one that cannot be written, everything takes a little longer.
pub(super) fn keeping(compiler: Compiler, kept: Kept, runtime: &Runtime) -> Compiler {
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

/// What such a compiler starts, where the program lies elsewhere.
pub fn worker(program: PathBuf, limits: CompileLimits) -> Worker {
    // The allocator would take a gigabyte of the address space at once.
    let environment = vec![("MIMALLOC_ARENA_RESERVE".into(), "16384".into())];
    Worker { program, arguments: vec!["compile-mechanic".into()], environment, limits }
}

/// On Linux this finds the program also after another version was put in its place.
pub(super) fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { env::current_exe() }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    let pace = if args.foreground { Pace::Foreground } else { Pace::Background };
    match engine::worker::run(args.memory_bytes, args.cpu_seconds, pace, input, output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            writeln!(io::stderr(), "{error}")?;
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
