//! Puts a table into the memory of the mechanic.
//!
//! The mechanic keeps room for a table and exports its address as a global. The room is memory without
//! contents, so that it has no bytes in the component. Here a data segment is added that fills it when an
//! instance starts; everything else stays as it was, byte for byte.

use std::ops::Range;

use till::MAX_BYTES as ROOM;
use wasm_encoder::{Component, ConstExpr, DataCountSection, DataSection, Module, RawSection};
use wasmparser::{
    Data, DataKind, DataSectionReader, Encoding, ExternalKind, Operator, Parser, Payload, Validator, WasmFeatures,
};

use crate::error::ComponentError;

/// The exported global that holds the address of the room.
const SYMBOL: &str = "loyalty_model_table";

/// Of a core module within a component.
const MODULE: u8 = 1;
const DATA_COUNT: u8 = 12;
const DATA: u8 = 11;
const PAGE: u64 = 65_536;

/// The component with a table in its room.
///
/// # Errors
///
/// The table is larger than the room, or the component is not that of the mechanic.
pub(crate) fn with_table(template: &[u8], table: &[u8]) -> Result<Vec<u8>, ComponentError> {
    if table.len() > ROOM {
        return Err(ComponentError::TooLarge { found: table.len(), most: ROOM });
    }
    let mut component = Component::new();
    let mut filled = 0_u32;
    for Section { id, bytes } in sections(template, Encoding::Component)? {
        let module = if id == MODULE { filled_module(bytes, table)? } else { None };
        filled += u32::from(module.is_some());
        component.section(&RawSection { id, data: module.as_deref().unwrap_or(bytes) });
    }
    if filled != 1 {
        return Err(ComponentError::Template("there is not exactly one room for a model in it"));
    }
    let bytes = component.finish();
    Validator::new_with_features(WasmFeatures::default()).validate_all(&bytes)?;
    Ok(bytes)
}

struct Section<'a> {
    id: u8,
    bytes: &'a [u8],
}

/// The sections of a module or of a component, those of what is nested in it left out.
fn sections(file: &[u8], wanted: Encoding) -> Result<Vec<Section<'_>>, ComponentError> {
    let mut sections = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(file) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding != wanted {
                    return Err(ComponentError::Template("it is of the wrong kind"));
                }
                depth += 1;
                continue;
            }
            Payload::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section().filter(|_| depth == 1) {
            sections.push(Section { id, bytes: slice(file, &range)? });
        }
    }
    Ok(sections)
}

/// The module with one more segment; nothing if it has no room for a model.
fn filled_module(module: &[u8], table: &[u8]) -> Result<Option<Vec<u8>>, ComponentError> {
    let Some(address) = address(module)? else { return Ok(None) };
    let end = u64::from(address.unsigned_abs()) + u64::try_from(ROOM).unwrap_or(u64::MAX);
    if address < 0 || end > memory_bytes(module)? {
        return Err(ComponentError::Template("the room for a model is not in its memory"));
    }
    let mut filled = Module::new();
    for Section { id, bytes } in sections(module, Encoding::Module)? {
        match id {
            DATA_COUNT => {
                let (count, _) = data(module)?;
                filled.section(&DataCountSection { count: count + 1 });
            }
            DATA => {
                let (_, segments) = data(module)?;
                let mut section = DataSection::new();
                for segment in segments {
                    if overlaps(&segment, address.unsigned_abs(), end)? {
                        return Err(ComponentError::Template("there is something in the room for a model"));
                    }
                    section.raw(slice(module, &segment.range)?);
                }
                section.active(0, &ConstExpr::i32_const(address), table.iter().copied());
                filled.section(&section);
            }
            _ => {
                filled.section(&RawSection { id, data: bytes });
            }
        }
    }
    Ok(Some(filled.finish()))
}

/// The address of the room.
fn address(module: &[u8]) -> Result<Option<i32>, ComponentError> {
    let mut initials = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(_) => {
                return Err(ComponentError::Template("it imports something"));
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    initials.push(constant(&global?.init_expr)?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Global && export.name == SYMBOL {
                        let place = usize::try_from(export.index).ok().and_then(|place| initials.get(place));
                        return Ok(place.copied().flatten());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<Option<i32>, ComponentError> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value),
        _ => None,
    })
}

/// Bytes of the memory when an instance starts; 0 for a module without memory.
fn memory_bytes(module: &[u8]) -> Result<u64, ComponentError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::MemorySection(memories) = payload? {
            let first = memories.into_iter().next().transpose()?;
            return Ok(first.map_or(0, |memory| memory.initial.saturating_mul(PAGE)));
        }
    }
    Ok(0)
}

/// Number and contents of the segments.
fn data(module: &[u8]) -> Result<(u32, Vec<Data<'_>>), ComponentError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::DataSection(section) = payload? {
            let count = DataSectionReader::count(&section);
            return Ok((count, section.into_iter().collect::<Result<_, _>>()?));
        }
    }
    Err(ComponentError::Template("it has no data"))
}

/// Whether a segment fills a part of the memory from an address to an end.
fn overlaps(segment: &Data<'_>, address: u32, end: u64) -> Result<bool, ComponentError> {
    let DataKind::Active { offset_expr, .. } = &segment.kind else { return Ok(false) };
    let Some(start) = constant(offset_expr)?.map(i32::cast_unsigned) else {
        return Err(ComponentError::Template("where its data goes is not known"));
    };
    let stop = u64::from(start) + u64::try_from(segment.data.len()).unwrap_or(u64::MAX);
    Ok(u64::from(start) < end && stop > u64::from(address))
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> Result<&'a [u8], ComponentError> {
    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(place(range.start)..place(range.end)).ok_or(ComponentError::Template("a section lies outside"))
}
