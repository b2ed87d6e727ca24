//! Why a file is refused, and what its author can do.

use domain::mechanics::{Blame, Fault};

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Too many bytes.
    #[error("the file has {bytes} bytes; the limit is {limit}")]
    FileTooLarge {
        /// What it has.
        bytes: usize,
        /// What it may have.
        limit: usize,
    },
    /// Something to read, perhaps the text format.
    #[error("the file is text, not binary WebAssembly")]
    Text,
    /// Something else.
    #[error("the file is not WebAssembly")]
    NotWasm,
    /// A core module.
    #[error("the file is a core module, not a component")]
    Module,
    /// Cut short, or broken.
    #[error("the file is broken at byte {offset}: {detail}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What.
        detail: String,
    },
    /// A mechanic may import nothing.
    #[error("it imports {}; a mechanic may import nothing", .0.join(", "))]
    Imports(Vec<String>),
    /// It imports WASI.
    #[error("it imports WASI ({}); a mechanic may import nothing", .0.join(", "))]
    ImportsWasi(Vec<String>),
    /// The interface is not among its exports.
    #[error("it does not export `loyalty:mechanic/rules`; it exports {}", listed(.0))]
    NoRules(Vec<String>),
    /// Built for a version of the contract that this host does not speak.
    #[error("it targets {version} of loyalty:mechanic; this host supports {supported}")]
    UnsupportedAbi {
        /// What it targets.
        version: String,
        /// What would do.
        supported: String,
    },
    /// Too many functions.
    #[error("it has {functions} functions; the limit is {limit}")]
    TooManyFunctions {
        /// What it has.
        functions: u32,
        /// What it may have.
        limit: u32,
    },
    /// One function is too large to compile cheaply.
    #[error("function {function} has {size} {what}; the limit is {limit}")]
    FunctionTooLarge {
        /// Its number.
        function: u32,
        /// What there is too much of.
        what: &'static str,
        /// How much it has.
        size: u64,
        /// How much it may have.
        limit: u64,
    },
    /// It does not compile.
    #[error("it does not compile: {0}")]
    Invalid(String),
    /// Compiling it went over a limit; which one.
    #[error("compiling it takes too much: {0}")]
    CompileTooExpensive(String),
    /// The host could not compile it, and not because of what is in it.
    #[error("the host could not compile it: {0}")]
    CompilerFailed(String),
    /// The interface has the right name and other types.
    #[error("its exports do not have the types of the contract: {0}")]
    WrongTypes(String),
    /// It could not say what it is.
    #[error("`describe` failed ({}): {}", .0.outcome.name(), .0.detail)]
    Describe(Fault),
    /// What it says of itself makes no sense.
    #[error("its description is not acceptable: {}", .0.join("; "))]
    Description(Vec<String>),
    /// It failed on a receipt that was made up to try it.
    #[error("on {receipt} it failed ({}): {}", .fault.outcome.name(), .fault.detail)]
    Rehearsal {
        /// What the receipt was like.
        receipt: String,
        /// How it failed.
        fault: Fault,
    },
}

impl Refusal {
    /// Who is to do something about it: the author, or the host's operator.
    pub fn blame(&self) -> Blame {
        match self {
            Self::CompilerFailed(_) => Blame::Host,
            Self::Describe(fault) | Self::Rehearsal { fault, .. } => fault.blame,
            _ => Blame::Mechanic,
        }
    }

    /// A short, stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::Text => "text_file",
            Self::NotWasm => "not_wasm",
            Self::Module => "core_module",
            Self::Malformed { .. } => "malformed",
            Self::Imports(_) => "imports",
            Self::ImportsWasi(_) => "imports_wasi",
            Self::NoRules(_) => "no_rules",
            Self::UnsupportedAbi { .. } => "unsupported_abi",
            Self::TooManyFunctions { .. } => "too_many_functions",
            Self::FunctionTooLarge { .. } => "function_too_large",
            Self::Invalid(_) => "invalid",
            Self::CompileTooExpensive(_) => "compile_too_expensive",
            Self::CompilerFailed(_) => "compiler_failed",
            Self::WrongTypes(_) => "wrong_types",
            Self::Describe(_) => "describe_failed",
            Self::Description(_) => "bad_description",
            Self::Rehearsal { .. } => "rehearsal_failed",
        }
    }

    /// What the one to blame can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Describe(fault) | Self::Rehearsal { fault, .. } if fault.blame == Blame::Host => {
                "the mechanic is not at fault: give the sandbox more room, and try again"
            }
            Self::Empty | Self::Malformed { .. } => "build it again and upload the whole file",
            Self::FileTooLarge { .. } => {
                "build for size (opt-level, lto, strip), or ask the operator for a larger class"
            }
            Self::Text => "upload the binary; `wasm-tools parse` turns the text format into it",
            Self::NotWasm => "upload the `.wasm` component that the build leaves",
            Self::Module => "wrap it into a component with `wasm-tools component new`",
            Self::Imports(_) => "remove the imports: everything a mechanic may know arrives in the call",
            Self::ImportsWasi(_) => {
                "build for wasm32-unknown-unknown, which has no WASI; in JavaScript and Python switch the WASI features off"
            }
            Self::NoRules(_) => "export the interface `rules`; in Rust, `mechanic_sdk::export!` does",
            Self::UnsupportedAbi { .. } => "build with an SDK for a version that this host supports",
            Self::TooManyFunctions { .. } => {
                "leave out what is not needed, or ask the operator for a larger class"
            }
            Self::FunctionTooLarge { .. } => "split the function, or inline less",
            Self::Invalid(_) => {
                "check it with `wasm-tools validate`; 64-bit memories, several memories, threads and tail calls are switched off"
            }
            Self::CompileTooExpensive(_) => {
                "make it smaller: fewer and shorter functions, less inlined and generated code"
            }
            Self::CompilerFailed(_) => {
                "the file is not at fault: see that the host may start a process of its own program, and try again"
            }
            Self::WrongTypes(_) => "build against the WIT files of this host, unchanged",
            Self::Describe(_) => "`describe` must answer within the limits of a call, always the same",
            Self::Description(_) => "correct what `describe` answers",
            Self::Rehearsal { .. } => {
                "answer every receipt within the limits of a call: one verdict for each offer, decline or `fail` where there is nothing to reward"
            }
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
