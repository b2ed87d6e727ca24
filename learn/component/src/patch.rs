//! Puts a table into the memory of the mechanic.
//!
//! The mechanic keeps room for a table and exports its address as a global. Here a data segment of its own fills
//! the room when an instance starts, and what the mechanic had there is left out; everything else stays as it was,
//! byte for byte.

use std::ops::Range;

use till::MAX_BYTES as ROOM;
use wasm_encoder::{Component, ConstExpr, DataCountSection, DataSection, Module, RawSection};
use wasmparser::{
    Data, DataKind, DataSectionReader, Encoding, ExternalKind, Operator, Parser, Payload, Validator,
    WasmFeatures,
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
    let room = u64::from(address.unsigned_abs())..end;
    let mut filled = Module::new();
    for Section { id, bytes } in sections(module, Encoding::Module)? {
        match id {
            DATA_COUNT | DATA => {
                let (count, section) = with_segment(module, &room, table)?;
                if id == DATA {
                    filled.section(&section);
                } else {
                    filled.section(&DataCountSection { count });
                }
            }
            _ => {
                filled.section(&RawSection { id, data: bytes });
            }
        }
    }
    Ok(Some(filled.finish()))
}

/// The segments with the table in the room, and their number. Segments keep their numbers: what is new comes last.
fn with_segment(
    module: &[u8],
    room: &Range<u64>,
    table: &[u8],
) -> Result<(u32, DataSection), ComponentError> {
    let mut section = DataSection::new();
    let mut rest = Vec::new();
    let (mut count, segments) = data(module)?;
    for segment in segments {
        let Some(start) = overlapping(&segment, room)? else {
            section.raw(slice(module, &segment.range)?);
            continue;
        };
        let (before, after) = around(segment.data, start, room);
        section.active(0, &at(start)?, before.iter().copied());
        rest.extend(after.map(|after| (room.end, after)));
    }
    rest.push((room.start, table));
    for (start, bytes) in rest {
        section.active(0, &at(start)?, bytes.iter().copied());
        count += 1;
    }
    Ok((count, section))
}

/// What a segment has in front of the room and behind it.
fn around<'a>(bytes: &'a [u8], start: u64, room: &Range<u64>) -> (&'a [u8], Option<&'a [u8]>) {
    let place = |address: u64| usize::try_from(address.saturating_sub(start)).unwrap_or(usize::MAX);
    let before = bytes.get(..place(room.start)).unwrap_or(bytes);
    (before, bytes.get(place(room.end)..).filter(|after| !after.is_empty()))
}

/// The offset of a segment.
fn at(address: u64) -> Result<ConstExpr, ComponentError> {
    let address = u32::try_from(address).map_err(|_| ComponentError::Template("its data lies outside"))?;
    Ok(ConstExpr::i32_const(address.cast_signed()))
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

/// Where a segment starts that fills a part of a range of the memory; nothing for any other segment.
fn overlapping(segment: &Data<'_>, range: &Range<u64>) -> Result<Option<u64>, ComponentError> {
    let DataKind::Active { offset_expr, .. } = &segment.kind else { return Ok(None) };
    let Some(start) = constant(offset_expr)?.map(|start| u64::from(start.cast_unsigned())) else {
        return Err(ComponentError::Template("where its data goes is not known"));
    };
    let stop = start + u64::try_from(segment.data.len()).unwrap_or(u64::MAX);
    Ok(Some(start).filter(|start| *start < range.end && stop > range.start))
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> Result<&'a [u8], ComponentError> {
    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(place(range.start)..place(range.end)).ok_or(ComponentError::Template("a section lies outside"))
}
