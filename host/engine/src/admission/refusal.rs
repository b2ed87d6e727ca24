//! Why a file is refused, and what its author can do.

use domain::mechanics::{Blame, Fault, Outcome};

use super::kind;
use crate::fault::advice;

/// What the largest class takes.
const LARGEST_FILE_BYTES: usize = 24 << 20;

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
    /// Something to read: what it seems to be.
    #[error("the file is {0}, not a binary component")]
    Text(kind::Text),
    /// A library or program of an operating system.
    #[error("the file is a native library for {0}, built for the machine and not for the sandbox")]
    NativeLibrary(&'static str),
    /// Packed.
    #[error("the file is a {0} archive, not a component")]
    Archive(&'static str),
    /// Something else.
    #[error("the file is not WebAssembly")]
    NotWasm,
    /// A core module.
    #[error("the file is a core module, not a component")]
    Module,
    /// A core module that asks for an operating system.
    #[error(
        "the file is a core module built for WASI (it imports `wasi_snapshot_preview1`), not a component"
    )]
    WasiModule,
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
    #[error("it imports WASI ({}); a mechanic may import nothing", first(.0))]
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
    /// Its types have floats; where.
    #[error("{0}; the contract has integers only, so that sums are exact")]
    Float(String),
    /// It could not say what it is.
    #[error("`describe` failed ({}): {}", .0.outcome.name(), .0.detail)]
    Describe(Fault),
    /// What it says of itself makes no sense.
    #[error("its description is not acceptable: {}", .0.join("; "))]
    Description(Vec<String>),
    /// The JSON Schema of its parameters cannot be used; why, and where in it.
    #[error("its `params_schema` is not a usable JSON Schema 2020-12: {0}")]
    ParamsSchema(String),
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

    /// Whether the file is too large for its class in some way, so that a larger class may take it.
    pub fn is_of_size(&self) -> bool {
        matches!(
            self,
            Self::FileTooLarge { .. } | Self::TooManyFunctions { .. } | Self::FunctionTooLarge { .. }
        )
    }

    /// A short, stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::Text(_) => "text_file",
            Self::NativeLibrary(_) => "native_library",
            Self::Archive(_) => "archive",
            Self::NotWasm => "not_wasm",
            Self::Module => "core_module",
            Self::WasiModule => "wasi_module",
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
            Self::Float(_) => "float",
            Self::Describe(_) => "describe_failed",
            Self::Description(_) => "bad_description",
            Self::ParamsSchema(_) => "bad_params_schema",
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
            Self::FileTooLarge { limit, .. } if *limit >= LARGEST_FILE_BYTES => {
                "no class takes more than 24 MiB: build for size (opt-level, lto, strip), and leave out what is not needed"
            }
            Self::FileTooLarge { .. } => {
                "name no class, and it goes into the smallest one that takes it (`slow` takes 24 MiB); or build for size (opt-level, lto, strip)"
            }
            Self::Text(kind::Text::Wat) => {
                "turn it into the binary with `wasm-tools parse FILE.wat -o FILE.wasm`, and upload that"
            }
            Self::Text(kind::Text::JavaScript) => {
                "build it with componentize-js (`npm run build` in a project of `offer-host mechanic new --lang js`), and upload the `.wasm`"
            }
            Self::Text(kind::Text::Python) => {
                "build a component with `componentize-py --wit-path wit --world mechanic componentize --stub-wasi NAME --output NAME.wasm`, and upload that"
            }
            Self::Text(kind::Text::Rust) => {
                "build it with `cargo build --release --target wasm32-unknown-unknown` in a project of `offer-host mechanic new`, and upload the `.wasm`"
            }
            Self::Text(kind::Text::Other) | Self::NotWasm => {
                "upload the `.wasm` component that the build leaves"
            }
            Self::NativeLibrary(_) => {
                "build with `cargo build --release --target wasm32-unknown-unknown` in a project of `offer-host mechanic new`, which leaves a component"
            }
            Self::Archive(_) => "unpack it, and upload the `.wasm` component inside",
            Self::Module => {
                "wrap it into a component with `wasm-tools component new`, or link it with `wasm-component-ld`, as a project of `offer-host mechanic new` does"
            }
            Self::WasiModule => {
                "build with `--target wasm32-unknown-unknown`, which has no WASI, in a project of `offer-host mechanic new`, which leaves a component"
            }
            Self::Imports(_) => "remove the imports: everything a mechanic may know arrives in the call",
            Self::ImportsWasi(_) => {
                "in Rust build with `--target wasm32-unknown-unknown`, in JavaScript with `--disable all`, in Python with `--stub-wasi`"
            }
            Self::NoRules(_) => "export the interface `rules`; in Rust, `mechanic_sdk::export!` does",
            Self::UnsupportedAbi { .. } => "build with an SDK for a version that this host supports",
            Self::TooManyFunctions { .. } => {
                "leave out what is not needed, or name no class, and it goes into the smallest one that takes it"
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
            Self::Float(_) => {
                "build against the WIT files of this host, unchanged: money, quantities and percentages are whole numbers of the smallest part"
            }
            Self::Describe(fault) if fault.outcome == Outcome::Trap => {
                "`describe` panicked: call it in a test of your own, which shows the message; it gets no input, so it must always succeed"
            }
            Self::Describe(_) => "`describe` must answer within the limits of a call, always the same",
            Self::Description(_) => "correct what `describe` answers",
            Self::ParamsSchema(_) => {
                "correct the schema that `describe` answers; in Rust, leave it to `DescriptionBuilder`, which writes it"
            }
            Self::Rehearsal { fault, .. } => advice(fault.outcome),
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The first few names, and how many more there are.
fn first(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
