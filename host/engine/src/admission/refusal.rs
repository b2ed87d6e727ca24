//! Why a file is refused, and what its author can do.

use std::borrow::Cow;

use domain::mechanics::{Blame, Fault, Outcome};

use super::text::Text;
use crate::fault::advice;
use crate::limits::LARGEST_FILE_BYTES;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file has too many bytes.
    #[error("the file has {bytes} bytes; the limit is {limit}")]
    FileTooLarge {
        /// Size of the file.
        bytes: usize,
        /// Largest size in the class.
        limit: usize,
    },
    /// The file is a text, probably of this language.
    #[error("the file is {0}, not a binary component")]
    Text(Text),
    /// The file is a library or program of this operating system.
    #[error("the file is a native library for {0}, built for the machine and not for the sandbox")]
    NativeLibrary(&'static str),
    /// The file is an archive of this format.
    #[error("the file is a {0} archive, not a component")]
    Archive(&'static str),
    /// The file is something else.
    #[error("the file is not WebAssembly")]
    NotWasm,
    /// The file is a core module.
    #[error("the file is a core module, not a component")]
    Module,
    /// The file is a core module that imports functions of WASI.
    #[error(
        "the file is a core module built for WASI (it imports `wasi_snapshot_preview1`), not a component"
    )]
    WasiModule,
    /// The file is incomplete, or not valid WebAssembly.
    #[error("the file is broken at byte {offset}: {detail}")]
    Malformed {
        /// Position in the file, in bytes.
        offset: usize,
        /// The parser's message.
        detail: String,
    },
    /// The component imports these names; a mechanic may import nothing.
    #[error("it imports {}; a mechanic may import nothing", .0.join(", "))]
    Imports(Vec<String>),
    /// The component imports these names of WASI.
    #[error("it imports WASI ({}); a mechanic may import nothing", first(.0))]
    ImportsWasi(Vec<String>),
    /// The component does not export the interface `rules`, but these names.
    #[error("it does not export `loyalty:mechanic/rules`; it exports {}", listed(.0))]
    NoRules(Vec<String>),
    /// The component is built for a version of the contract that this host does not speak.
    #[error("it targets {version} of loyalty:mechanic; this host supports {supported}")]
    UnsupportedAbi {
        /// The version that the component is built for.
        version: String,
        /// The versions that this host speaks, separated by commas.
        supported: String,
    },
    /// The component has too many functions.
    #[error("it has {functions} functions; the limit is {limit}")]
    TooManyFunctions {
        /// Number of functions up to where the count was stopped.
        functions: u32,
        /// Most functions in the class.
        limit: u32,
    },
    /// One function is too large, so that compiling it would cost too much.
    #[error("function {function} has {size} {what}; the limit is {limit}")]
    FunctionTooLarge {
        /// Index of the function, from 0, over all modules inside.
        function: u32,
        /// The unit of `size` and `limit`: bytes, local variables or nested blocks.
        what: &'static str,
        /// Size of the function.
        size: u64,
        /// Largest size in the class.
        limit: u64,
    },
    /// The component does not compile; the compiler's message.
    #[error("it does not compile: {0}")]
    Invalid(String),
    /// Compiling the component went over this limit.
    #[error("compiling it takes too much: {0}")]
    CompileTooExpensive(String),
    /// The host could not compile the component, for a reason that is not in the file.
    #[error("the host could not compile it: {0}")]
    CompilerFailed(String),
    /// The component exports the interface with other types than the contract has.
    #[error("its exports do not have the types of the contract: {0}")]
    WrongTypes(String),
    /// The types of the component's exports have floats, at this place.
    #[error("{0}; the contract has integers only, so that sums are exact")]
    Float(String),
    /// The function `describe` failed.
    #[error("`describe` failed ({}): {}", .0.outcome.name(), .0.detail)]
    Describe(Fault),
    /// The description is not acceptable, for these reasons.
    #[error("its description is not acceptable: {}", .0.join("; "))]
    Description(Vec<String>),
    /// The JSON Schema of the parameters cannot be used, for this reason.
    #[error("its `params_schema` is not a usable JSON Schema 2020-12: {0}")]
    ParamsSchema(String),
    /// The mechanic failed on a receipt of the dry run.
    #[error("on {receipt} it failed ({}): {}", .fault.outcome.name(), .fault.detail)]
    Rehearsal {
        /// Description of the receipt, with the phase.
        receipt: String,
        /// How the call failed.
        fault: Fault,
        /// True if no class allows more than the call had.
        is_largest: bool,
    },
}

impl Refusal {
    /// Who can mend it: the author, or the host's operator.
    pub fn blame(&self) -> Blame {
        match self {
            Self::CompilerFailed(_) => Blame::Host,
            Self::Describe(fault) | Self::Rehearsal { fault, .. } => fault.blame,
            _ => Blame::Mechanic,
        }
    }

    /// True if the file is too large for its class, so that a larger class may take it.
    pub fn is_of_size(&self) -> bool {
        matches!(
            self,
            Self::FileTooLarge { .. } | Self::TooManyFunctions { .. } | Self::FunctionTooLarge { .. }
        )
    }

    /// A short code for programs. Codes never change.
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

    /// Advice to the one to blame.
    pub fn advice(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Describe(fault) | Self::Rehearsal { fault, .. } if fault.blame == Blame::Host => {
                "the mechanic is not at fault: give the sandbox more room, and try again"
            }
            Self::Empty | Self::Malformed { .. } => "build it again and upload the whole file",
            Self::FileTooLarge { limit, .. } => return Cow::Owned(advice_on_size(*limit)),
            Self::Text(Text::Wat) => {
                "turn it into the binary with `wasm-tools parse FILE.wat -o FILE.wasm`, and upload that"
            }
            Self::Text(Text::JavaScript) => {
                "build it with componentize-js (`npm run build` in a project of `offer-host mechanic new --lang js`), and upload the `.wasm`"
            }
            Self::Text(Text::Python) => {
                "build a component with `componentize-py --wit-path wit --world mechanic componentize --stub-wasi NAME --output NAME.wasm`, and upload that"
            }
            Self::Text(Text::Rust) => {
                "build it with `cargo build --release --target wasm32-unknown-unknown` in a project of `offer-host mechanic new`, and upload the `.wasm`"
            }
            Self::Text(Text::Other) | Self::NotWasm => "upload the `.wasm` component that the build leaves",
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
            Self::Rehearsal { fault, is_largest, .. } => advice(fault.outcome, *is_largest),
        })
    }
}

/// Advice on a file that is larger than `limit`, in bytes.
fn advice_on_size(limit: usize) -> String {
    let largest = LARGEST_FILE_BYTES >> 20;
    if limit >= LARGEST_FILE_BYTES {
        format!(
            "no class takes more than {largest} MiB: build for size (opt-level, lto, strip), and leave out what is not needed"
        )
    } else {
        format!(
            "name no class, and it goes into the smallest one that takes it (`slow` takes {largest} MiB); or build for size (opt-level, lto, strip)"
        )
    }
}

/// All names, or `nothing`.
fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The first three names, and the number of the others.
fn first(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
