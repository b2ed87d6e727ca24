//! Clocks and random numbers that stand still. Interpreters bring them along; what builds the component cuts them off from
//! the outside, after which they answer what they did at the build, at every receipt.

use wasmparser::{Parser, Payload};

/// The sentence with which the guards of the templates for JavaScript and Python refuse them. It stands in the data of a
/// component that has a guard, which is how one is known.
pub const GUARD: &str = "a mechanic has no clock and no chance: use the receipt's `time`";

/// The warning about a component that has them, and no guard.
const WARNING: &str = "it carries a clock and random numbers that stand still (in JavaScript `new Date()`, `Math.random()`; in \
    Python `datetime.now()`, `random`): they answer what they did when it was built. Use the receipt's `time`, and take \
    the guard from a project of `offer-host mechanic new` (`src/guard.js`, `guard.py`), with which they fail instead";

/// A text in the data of every component of componentize-js. Its engine has a clock and random numbers of its own, of which
/// no import is left.
const JAVASCRIPT: &str = "StarlingMonkey";

/// The warning about clocks and random numbers in a component, if there are any. It tells those that can be seen: of the
/// JavaScript engine of componentize-js, and of modules inside that import them from WASI, wherever they get them from.
pub fn frozen_clock(file: &[u8]) -> Option<&'static str> {
    let (mut has_clock, mut is_guarded) = (false, false);
    for payload in Parser::new(0).parse_all(file) {
        match payload {
            Ok(Payload::ImportSection(imports)) => {
                let mut imports = imports.into_imports().filter_map(Result::ok);
                has_clock |= imports.any(|import| is_clock(import.module, import.name));
            }
            Ok(Payload::DataSection(data)) => {
                for data in data.into_iter().filter_map(Result::ok) {
                    has_clock |= has(data.data, JAVASCRIPT);
                    is_guarded |= has(data.data, GUARD);
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    (has_clock && !is_guarded).then_some(WARNING)
}

/// True for functions of WASI that tell the time or give random numbers.
fn is_clock(module: &str, name: &str) -> bool {
    let of_preview1 = || matches!(name, "clock_time_get" | "random_get");
    module.starts_with("wasi:clocks/")
        || module.starts_with("wasi:random/")
        || module == "wasi_snapshot_preview1" && of_preview1()
}

fn has(data: &[u8], text: &str) -> bool {
    data.windows(text.len()).any(|window| window == text.as_bytes())
}
