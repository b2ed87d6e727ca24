//! Writes the component of a made-up model: `made_up OUT.wasm levels|wide TREES…`, the trees of each level;
//! `wide` asks for as many features as a model may. To look at with `offer-host mechanic check` and
//! `offer-host mechanic test`.

use std::error::Error;
use std::{env, fs};

use till::sample;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(out), Some(kind)) = (arguments.next(), arguments.next()) else {
        return Err("usage: made_up OUT.wasm levels|wide TREES…".into());
    };
    let trees = arguments.map(|count| count.parse()).collect::<Result<Vec<usize>, _>>()?;
    let model = if kind == "wide" { sample::wide(3, &trees)? } else { sample::model(3, &trees, 6)? };
    fs::write(out, component::component(&model)?)?;
    Ok(())
}
