//! The compiler of mechanics: a process of its own, which runs this same program with a hidden command.

use std::path::PathBuf;
use std::{env, io};

use engine::{CompileLimits, Compiler, Worker};

/// The hidden command of `offer-host` that compiles one component.
pub const COMMAND: &str = "compile-mechanic";

/// A compiler that starts this program.
pub fn compiler(limits: CompileLimits) -> io::Result<Compiler> {
    Ok(Compiler::child(worker(own_program()?, limits)))
}

/// The process that compiles, of the `offer-host` at this path.
pub fn worker(program: PathBuf, limits: CompileLimits) -> Worker {
    // The allocator would take a gigabyte of the address space at once.
    let environment = vec![("MIMALLOC_ARENA_RESERVE".into(), "16384".into())];
    Worker { program, arguments: vec![COMMAND.into()], environment, limits }
}

/// The path of this program. On Linux it is found also after another version was put in its place.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { env::current_exe() }
}
