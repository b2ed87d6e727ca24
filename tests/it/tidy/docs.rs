//! Pages that say numbers say those of the code.

use engine::{CallLimits, Class, FileLimits};
use tests::workspace;

use super::assert_none;

#[test]
fn the_page_on_limits_is_true() {
    let page = std::fs::read_to_string(workspace::root().join("docs/limits.md")).expect("the page");
    let classes = [Class::Fast, Class::Standard, Class::Slow];
    let file = |number: fn(FileLimits) -> u64| classes.map(|class| number(FileLimits::of(class)));
    let call = |number: fn(CallLimits) -> u64| classes.map(|class| number(CallLimits::of(class)));
    let rows = [
        ("size, bytes", file(|limits| size(limits.bytes))),
        ("functions", file(|limits| limits.functions.into())),
        ("one function, bytes", file(|limits| size(limits.function_bytes))),
        ("local variables of one function", file(|limits| limits.function_locals.into())),
        ("nested blocks in one function", file(|limits| limits.function_nesting.into())),
        ("fuel of every call", call(|limits| limits.fuel_base)),
        ("and for each line of the receipt", call(|limits| limits.fuel_per_line)),
        ("and for each offer", call(|limits| limits.fuel_per_offer)),
        ("and for each line that an item looks at", call(|limits| limits.fuel_per_scoped_line)),
        ("memory, bytes", call(|limits| size(limits.memory_bytes))),
        ("deadline, ms", call(|limits| limits.deadline.as_millis().try_into().expect("a time"))),
        ("answer, bytes", call(|limits| size(limits.returned_bytes_base))),
        ("and for each offer", call(|limits| size(limits.returned_bytes_per_offer))),
        ("text of a failure, bytes", call(|limits| size(limits.text_bytes))),
    ];
    let missing: Vec<String> = rows
        .into_iter()
        .map(|(name, [fast, standard, slow])| format!("| {name} | {fast} | {standard} | {slow} |"))
        .filter(|row| !page.contains(row))
        .collect();
    assert_none(&missing, "docs/limits.md says otherwise; these are the limits");
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a size")
}
