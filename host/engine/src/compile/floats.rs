//! Finds floats in the types of a mechanic's exports: the author has changed the contract.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentItem, Type};

/// The first float: the function, and the path to the field, as in "`f` takes a float in `x`".
pub(super) fn find(engine: &Engine, component: &Component) -> Option<String> {
    let kind = component.component_type();
    kind.exports(engine).find_map(|(_, export)| {
        let ComponentItem::ComponentInstance(interface) = export.ty else { return None };
        interface.exports(engine).find_map(|(name, export)| {
            let ComponentItem::ComponentFunc(function) = export.ty else { return None };
            let answered = function.results().find_map(|kind| way(&kind, String::new()));
            let taken = || function.params().find_map(|(name, kind)| way(&kind, format!(" `{name}`")));
            answered
                .map(|way| format!("`{name}` answers a float{way}"))
                .or_else(|| taken().map(|way| format!("`{name}` takes a float{way}")))
        })
    })
}

/// The path to a float in a type, the innermost field first.
fn way(kind: &Type, so_far: String) -> Option<String> {
    let below = |kind: &Type| way(kind, so_far.clone());
    let named = |name: &str, kind: &Type| way(kind, format!(" in `{name}`{so_far}"));
    match kind {
        Type::Float32 | Type::Float64 => Some(so_far),
        Type::List(list) => below(&list.ty()),
        Type::Option(option) => below(&option.ty()),
        Type::Record(record) => record.fields().find_map(|field| named(field.name, &field.ty)),
        Type::Variant(variant) => variant.cases().find_map(|case| named(case.name, &case.ty?)),
        Type::Tuple(tuple) => tuple.types().find_map(|kind| below(&kind)),
        Type::Result(result) => {
            result.ok().and_then(|kind| below(&kind)).or_else(|| result.err().and_then(|kind| below(&kind)))
        }
        _ => None,
    }
}
