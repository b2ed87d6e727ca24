//! `offer-host compile-mechanic`: what the host starts to compile a mechanic in a process of its
//! own. Not for people.

use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use engine::{CompileLimits, Compiler, Worker};

/// What `offer-host compile-mechanic` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address space that the process may have.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time that it may take.
    #[arg(long)]
    cpu_seconds: u64,
}

/// A compiler that starts this very program with this command.
pub fn compiler(limits: CompileLimits) -> io::Result<Compiler> {
    Ok(Compiler::child(worker(own_program()?, limits)))
}

/// The same for a program that lies elsewhere.
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
    match engine::worker::run(args.memory_bytes, args.cpu_seconds, input, output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            writeln!(io::stderr(), "{error}")?;
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
