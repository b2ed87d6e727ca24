//! 95 % intervals of a policy's value hold the truth as often as they say. `examples/coverage` does the same
//! with a hundred larger experiments.

#[path = "../../examples/coverage/run.rs"]
mod run;

use run::{Held, run};

#[test]
fn intervals_hold_the_truth() {
    let mut held = Held::default();
    for seed in 1..=16 {
        held.count(&run(seed, 1_600).unwrap());
    }
    // With a true coverage of 95 %, fewer than 13 of 16 have a chance of 1 in 140.
    assert!(held.value >= 13 && held.difference >= 13, "{} and {} of 16", held.value, held.difference);
}
