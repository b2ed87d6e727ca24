//! One pass over the binary, without compiling: reads the names of imports and exports, and refuses
//! parts that are too large.

use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload};

use super::Refusal;
use crate::limits::FileLimits;

/// The names of a component's own imports and exports, without those of the modules inside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
}

pub(super) fn screen(file: &[u8], limits: &FileLimits) -> Result<Found, Refusal> {
    let mut found = Found::default();
    let mut depth = 0_u32;
    let mut functions = 0_u32;
    for payload in Parser::new(0).parse_all(file) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth = depth.saturating_add(1)
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    found.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    found.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::CodeSectionEntry(body) => {
                check_function(functions, &body, limits)?;
                functions = functions.saturating_add(1);
            }
            _ => {}
        }
        if functions > limits.functions {
            return Err(Refusal::TooManyFunctions { functions, limit: limits.functions });
        }
    }
    Ok(found)
}

/// True if a file has a section with the names of its functions.
pub fn has_function_names(file: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(file).filter_map(Result::ok);
    payloads.any(|payload| matches!(payload, Payload::CustomSection(section) if section.name() == "name"))
}

fn check_function(function: u32, body: &FunctionBody<'_>, limits: &FileLimits) -> Result<(), Refusal> {
    let too_large = |what, size, limit| Err(Refusal::FunctionTooLarge { function, what, size, limit });
    let bytes = body.as_bytes().len();
    if bytes > limits.function_bytes {
        return too_large("bytes", wide(bytes), wide(limits.function_bytes));
    }
    let mut locals = 0_u64;
    for group in body.get_locals_reader()? {
        locals = locals.saturating_add(u64::from(group?.0));
    }
    if locals > u64::from(limits.function_locals) {
        return too_large("local variables", locals, u64::from(limits.function_locals));
    }
    let nesting = deepest_nesting(body)?;
    if nesting > u64::from(limits.function_nesting) {
        return too_large("nested blocks", nesting, u64::from(limits.function_nesting));
    }
    Ok(())
}

fn deepest_nesting(body: &FunctionBody<'_>) -> Result<u64, Refusal> {
    let mut depth = 0_u64;
    let mut deepest = 0;
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(deepest)
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

impl From<BinaryReaderError> for Refusal {
    fn from(error: BinaryReaderError) -> Self {
        Self::Malformed { offset: error.offset(), detail: error.message().to_owned() }
    }
}
