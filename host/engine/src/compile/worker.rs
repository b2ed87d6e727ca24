//! The work of the process that compiles: the other end of [`crate::Worker`].

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use wasmtime::{Engine, OutOfMemory};

use crate::runtime::code_config;

/// Added to the niceness of a process in the background, so that tills come first.
const NICENESS: i32 = 10;

/// The priority of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Low, on one thread: tills come first, and more threads would count against the same limits.
    Background,
    /// Normal, on all threads or on `RAYON_NUM_THREADS`: a person is waiting.
    Foreground,
}

/// Exit code for a file that does not compile.
pub(super) const EXIT_INVALID: u8 = 65;
/// Exit code when wasmtime finds no memory; if an allocation fails anywhere else, the process aborts.
pub(super) const EXIT_OUT_OF_MEMORY: u8 = 71;
/// Exit code when the host is at fault.
const EXIT_HOST: u8 = 70;

/// The reason why a file was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The file does not compile.
    #[error("{0}")]
    Invalid(String),
    /// Compiling takes more memory than allowed.
    #[error("out of memory")]
    OutOfMemory,
    /// The process cannot do its work, for a reason that is not in the file.
    #[error("{0}")]
    Host(String),
}

impl WorkerError {
    /// The code that the process must exit with, having written the error to stderr.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid(_) => EXIT_INVALID,
            Self::OutOfMemory => EXIT_OUT_OF_MEMORY,
            Self::Host(_) => EXIT_HOST,
        }
    }
}

/// Limits this process irrevocably, then compiles the component in `input` and writes the code to
/// `output`. Call it first, on the main thread of a process that does nothing else.
pub fn run(
    memory_bytes: u64,
    cpu_seconds: u64,
    pace: Pace,
    input: impl Read,
    output: impl Write,
) -> Result<(), WorkerError> {
    limit(memory_bytes, cpu_seconds, pace)
        .map_err(|error| WorkerError::Host(format!("cannot limit itself: {error}")))?;
    compile(pace, input, output)
}

fn limit(memory_bytes: u64, cpu_seconds: u64, pace: Pace) -> rustix::io::Result<()> {
    lower(Resource::As, memory_bytes, memory_bytes)?;
    // The soft limit ends the process with a signal of its own, which tells the cause.
    lower(Resource::Cpu, cpu_seconds, cpu_seconds.saturating_add(1))?;
    lower(Resource::Core, 0, 0)?;
    lower(Resource::Fsize, 0, 0)?;
    if pace == Pace::Background {
        nice(NICENESS)?;
    }
    Ok(())
}

/// Sets a limit of this process, unless it is lower already.
fn lower(resource: Resource, soft: u64, hard: u64) -> rustix::io::Result<()> {
    let set = getrlimit(resource);
    let least = |limit: u64, set: Option<u64>| Some(set.map_or(limit, |set| set.min(limit)));
    let maximum = least(hard, set.maximum);
    setrlimit(resource, Rlimit { current: least(soft, set.current), maximum })
}

fn compile(pace: Pace, mut input: impl Read, mut output: impl Write) -> Result<(), WorkerError> {
    let host = |error: io::Error| WorkerError::Host(error.to_string());
    let mut file = Vec::new();
    input.read_to_end(&mut file).map_err(host)?;
    let engine = Engine::new(code_config().parallel_compilation(pace == Pace::Foreground))
        .map_err(|error| WorkerError::Host(format!("{error:#}")))?;
    let code = engine.precompile_component(&file).map_err(|error| {
        if error.is::<OutOfMemory>() {
            WorkerError::OutOfMemory
        } else {
            WorkerError::Invalid(format!("{error:#}"))
        }
    })?;
    output.write_all(&code).and_then(|()| output.flush()).map_err(host)
}
