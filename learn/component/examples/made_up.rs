//! Writes the component of a made-up model: `made_up OUT.wasm TREES…`, the trees of each level. To look at
//! with `offer-host mechanic check` and `offer-host mechanic test`.

use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let out = arguments.next().ok_or("usage: made_up OUT.wasm TREES…")?;
    let trees = arguments.map(|count| count.parse()).collect::<Result<Vec<usize>, _>>()?;
    fs::write(out, component::component(&till::sample::model(3, &trees, 6)?)?)?;
    Ok(())
}
