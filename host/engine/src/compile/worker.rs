//! What the process that compiles does: the other end of [`crate::Worker`].

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use wasmtime::{Engine, OutOfMemory};

use crate::runtime::code_config;

/// How far the process steps back behind the tills.
const NICENESS: i32 = 10;

/// Who waits for the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nobody: it steps back behind the tills, on one thread, since more would only count against the same
    /// limits.
    Background,
    /// A person: it takes the threads that there are, or so many as `RAYON_NUM_THREADS` says.
    Foreground,
}

/// How the process ends when a file does not compile.
pub(super) const EXIT_INVALID: u8 = 65;
/// How it ends when wasmtime finds no memory; if anything else does, it aborts.
pub(super) const EXIT_OUT_OF_MEMORY: u8 = 71;
/// How it ends when the host is at fault.
const EXIT_HOST: u8 = 70;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The file does not compile.
    #[error("{0}")]
    Invalid(String),
    /// It takes more memory than allowed.
    #[error("out of memory")]
    OutOfMemory,
    /// The process cannot do its work, whatever the file.
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

/// Limits this very process, for good, then compiles the component in `input` and writes the code
/// to `output`. Call it first thing, on the main thread of a process that does nothing else.
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

/// Sets a limit, or leaves what is lower already.
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
