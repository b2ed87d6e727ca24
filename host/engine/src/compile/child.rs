//! Compiles in a child process, which is stopped when it passes its limits.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::Code;
use super::worker::{EXIT_INVALID, EXIT_OUT_OF_MEMORY};
use crate::admission::Refusal;

/// Bytes of the process's standard error that are read.
const COMPLAINT_BYTES_MAX: u64 = 16 << 10;

/// Limits on compiling one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileLimits {
    /// Address space of the process, in bytes.
    pub memory_bytes: u64,
    /// Processor time, in whole seconds.
    pub cpu_seconds: u64,
    /// Wall-clock time.
    pub time: Duration,
    /// Size of the compiled code, in bytes.
    pub code_bytes: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        // JavaScript and Python took 25 s of it while others built on the same two cores.
        Self { memory_bytes: 2 << 30, cpu_seconds: 60, time: Duration::from_secs(180), code_bytes: 256 << 20 }
    }
}

impl CompileLimits {
    fn times(&self, times: u32) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds.saturating_mul(times.into()),
            time: self.time.saturating_mul(times),
            ..self.clone()
        }
    }
}

/// The program that compiles. It is started once for each file, with no environment but
/// `environment`, and with `arguments` followed by `--memory-bytes` and `--cpu-seconds`. It must pass
/// these two and its standard streams to [`crate::worker::run`], and must be built with the same
/// wasmtime as the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Path of the program.
    pub program: PathBuf,
    /// First arguments, which make the program compile.
    pub arguments: Vec<OsString>,
    /// All variables of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Limits on each file.
    pub limits: CompileLimits,
}

/// The result of one run.
struct Ended {
    status: ExitStatus,
    /// True if the process was killed because it was late.
    timed_out: bool,
    /// Its standard output.
    code: Vec<u8>,
    /// Its standard error.
    complaint: String,
}

/// Compiles a file. `times` is a factor on the worker's time limits.
pub(super) fn compile(worker: &Worker, file: &[u8], times: u32) -> Result<Code, Refusal> {
    let worker = &Worker { limits: worker.limits.times(times), ..worker.clone() };
    let ended = run(worker, file).map_err(|error| Refusal::CompilerFailed(error.to_string()))?;
    judge(ended, &worker.limits)
}

fn judge(ended: Ended, limits: &CompileLimits) -> Result<Code, Refusal> {
    let expensive = |what: String| Err(Refusal::CompileTooExpensive(what));
    let memory = || expensive(format!("more than {} bytes of memory", limits.memory_bytes));
    let Ended { status, timed_out, code, complaint } = ended;
    if timed_out {
        return expensive(format!("more than {} ms", limits.time.as_millis()));
    }
    if code.len() > limits.code_bytes {
        return expensive(format!("more than {} bytes for its code", limits.code_bytes));
    }
    let exit = status.code().and_then(|code| u8::try_from(code).ok());
    match (exit, status.signal()) {
        (Some(0), _) if !code.is_empty() => Ok(Code(code)),
        (Some(EXIT_INVALID), _) => Err(Refusal::Invalid(complaint)),
        (Some(EXIT_OUT_OF_MEMORY), _) => memory(),
        (_, Some(signal)) if signal == Signal::XCPU.as_raw() => {
            expensive(format!("more than {} s of processor time", limits.cpu_seconds))
        }
        (_, Some(signal)) if signal == Signal::KILL.as_raw() => {
            expensive("more memory than the system has left".to_owned())
        }
        // How the standard library says that there is no memory, before it aborts.
        (_, Some(_)) if complaint.contains("memory allocation of") => memory(),
        _ => Err(Refusal::CompilerFailed(format!("the compiler ended with {status}: {complaint}"))),
    }
}

fn run(worker: &Worker, file: &[u8]) -> io::Result<Ended> {
    let mut running = Running::start(worker)?;
    let pid = Pid::from_child(&running.0);
    thread::scope(|scope| {
        let (over, ended) = mpsc::channel();
        let time = worker.limits.time;
        let watch = thread::Builder::new()
            .name("compile-watch".to_owned())
            .spawn_scoped(scope, move || kill_when_late(pid, time, &ended))?;
        let (code, complaint) = running.exchange(file, worker.limits.code_bytes)?;
        // Not reaped yet: until the watch has stopped, its number must stay its own.
        retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT))?;
        drop(over);
        let timed_out = watch.join().unwrap_or(false);
        Ok(Ended { status: running.0.wait()?, timed_out, code, complaint })
    })
}

/// Kills the process unless `ended` is closed within `time`; true if it did.
fn kill_when_late(pid: Pid, time: Duration, ended: &Receiver<()>) -> bool {
    let late = ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    if late {
        // It can only fail if the process is gone, which is as good.
        let _ = kill_process(pid, Signal::KILL);
    }
    late
}

/// A process that does not outlive this value.
struct Running(Child);

impl Running {
    fn start(worker: &Worker) -> io::Result<Self> {
        let limits = &worker.limits;
        let child = Command::new(&worker.program)
            .args(&worker.arguments)
            .args(["--memory-bytes", &limits.memory_bytes.to_string()])
            .args(["--cpu-seconds", &limits.cpu_seconds.to_string()])
            .env_clear()
            .envs(worker.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        child.map(Self).map_err(|error| {
            let program = worker.program.display();
            io::Error::new(error.kind(), format!("{program} cannot be started: {error}"))
        })
    }

    /// Writes the file to the process, and reads its output and errors. Output is cut off one byte above
    /// the limit.
    fn exchange(&mut self, file: &[u8], code_bytes: usize) -> io::Result<(Vec<u8>, String)> {
        if let Some(mut input) = self.0.stdin.take() {
            match input.write_all(file) {
                // It has ended before it had read everything; its status says why.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
        let most = u64::try_from(code_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let code = read(self.0.stdout.take(), most)?;
        let complaint = read(self.0.stderr.take(), COMPLAINT_BYTES_MAX)?;
        Ok((code, String::from_utf8_lossy(&complaint).trim().to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has ended already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads at most `most` bytes of a stream, and closes it.
fn read(stream: Option<impl Read>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
